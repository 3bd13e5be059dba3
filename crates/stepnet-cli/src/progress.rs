//! What a person sees while a network trains: a bar on a terminal, a line per epoch everywhere.

use std::cell::Cell;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use stepnet::see::gradcheck;
use stepnet::train::Progress;

use crate::failure::say;
pub(crate) use crate::output::print_line;
use crate::run_folder::EpochRecord;

/// The bar over all steps of a run; invisible where the output is no terminal.
#[derive(Debug)]
pub(crate) struct Display {
    bar: ProgressBar,
    start: Instant,
    epochs: usize,
}

impl Display {
    /// A display for `epochs` epochs of `steps` steps.
    pub(crate) fn new(epochs: usize, steps: usize) -> Self {
        let bar = if stderr().is_terminal() {
            ProgressBar::new((epochs * steps) as u64)
        } else {
            ProgressBar::hidden()
        };
        // The template is a constant that indicatif accepts; without it the bar is merely plainer.
        if let Ok(style) =
            ProgressStyle::with_template("{msg}  {bar:24} {percent:>3} %  {eta} left")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
            epochs,
        }
    }

    /// Shows a step; `seen` examples were trained on since the run began.
    pub(crate) fn step(&self, progress: &Progress, seen: usize) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar
            .set_position((progress.epoch * progress.steps + progress.step) as u64);
        self.bar.set_message(format!(
            "epoch {}/{}  loss {:.4}  accuracy {:.2} %  {:.0} images/s",
            progress.epoch + 1,
            self.epochs,
            progress.scores.mean_loss(),
            100.0 * progress.scores.accuracy(),
            seen as f64 / self.start.elapsed().as_secs_f64().max(1e-9),
        ));
    }

    /// Prints the line of an epoch.
    pub(crate) fn epoch(&self, record: &EpochRecord, held_out: &str) {
        let test = match (record.test_loss, record.test_accuracy) {
            (Some(loss), Some(accuracy)) => format!(
                "  {held_out}: loss {loss:.4}, accuracy {:.2} %",
                100.0 * accuracy
            ),
            _ => String::new(),
        };
        let line = format!(
            "epoch {:>width$}/{}  training: loss {:.4}, accuracy {:.2} %{test}  {:.0} images/s, waited {:.1} %",
            record.epoch,
            self.epochs,
            record.train_loss,
            100.0 * record.train_accuracy,
            record.images_per_second,
            100.0 * record.waited,
            width = self.epochs.to_string().len(),
        );
        self.line(&line);
    }

    /// Prints a line above the bar.
    pub(crate) fn line(&self, line: &str) {
        self.bar.suspend(|| print_line(line));
    }

    /// Prints a warning above the bar.
    pub(crate) fn warn(&self, line: &str) {
        self.bar.suspend(|| say(&format!("warning: {line}")));
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What a person sees while a gradient check runs: a bar on a terminal, elsewhere a line now and then.
#[derive(Debug)]
pub(crate) struct Waiting {
    bar: ProgressBar,
    told: Cell<Instant>,
}

/// Between two changes of the bar.
const FRAME: Duration = Duration::from_millis(100);

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(10);

impl Waiting {
    pub(crate) fn new() -> Self {
        let bar = match stderr().is_terminal() {
            true => ProgressBar::new(0),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} arrays  {msg}") {
            bar.set_style(style);
        }
        let told = Cell::new(Instant::now());
        Self { bar, told }
    }

    /// Shows how far the check is.
    pub(crate) fn show(&self, progress: &gradcheck::Progress<'_>) {
        let on_bar = !self.bar.is_hidden();
        if self.told.get().elapsed() < if on_bar { FRAME } else { QUIET } {
            return;
        }
        self.told.set(Instant::now());
        let left = progress.left.map_or_else(String::new, |left| {
            format!(", about {} s left", left.as_secs().max(1))
        });
        if on_bar {
            self.bar.set_length(progress.arrays as u64);
            self.bar.set_position(progress.done as u64);
            self.bar.set_message(format!("{}{left}", progress.array));
        } else {
            say(&format!(
                "checked {} of {} arrays{left}",
                progress.done, progress.arrays
            ));
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
