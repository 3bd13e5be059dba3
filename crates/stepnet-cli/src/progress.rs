//! The display while a network trains: a progress bar on a terminal, and a line per epoch everywhere.

use std::cell::Cell;
use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use stepnet::see::gradcheck;
use stepnet::train::Progress;
use stepnet::train::features::FeatureProgress;
use stepnet::train::run::EpochRecord;

use crate::display::{self, COLUMNS, columns, escaped, escaped_lines, width, wrap};
use crate::failure::say;
use crate::note;
use crate::output;
use crate::table::Table;

/// Columns from which a long bar has room next to its message.
const WIDE: usize = 100;

/// The shortest time that a rate is taken from: a clock may stand still or be put back.
const SHORTEST: f64 = 1e-6;

/// The bar over all steps of a run; invisible where the output is no terminal.
#[derive(Debug)]
pub(crate) struct Display {
    bar: ProgressBar,
    start: Instant,
    epochs: usize,
    /// Whether the targets are classes, so that there is an accuracy.
    by_class: bool,
    /// Whether rarely needed numbers are shown.
    verbose: bool,
}

impl Display {
    /// A display for `epochs` epochs of `steps` steps.
    pub(crate) fn new(epochs: usize, steps: usize, by_class: bool) -> Self {
        let bar = if stderr().is_terminal() {
            ProgressBar::new((epochs * steps) as u64)
        } else {
            ProgressBar::hidden()
        };
        // A message that is too wide is cut: a line that wraps cannot be taken back.
        let template = match columns().unwrap_or(COLUMNS) {
            WIDE.. => "{wide_msg}  {bar:24} {percent:>3} %  {eta} left",
            COLUMNS..WIDE => "{wide_msg}  {bar:10} {percent:>3} %  {eta} left",
            ..COLUMNS => "{wide_msg}  {percent:>3} %  {eta} left",
        };
        // The template is a constant that indicatif accepts; without it the bar is merely plainer.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
            epochs,
            by_class,
            verbose: note::is_verbose(),
        }
    }

    /// Shows a step; `seen` examples were trained on since the run began.
    pub(crate) fn step(&self, progress: &Progress, seen: usize) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar
            .set_position((progress.epoch * progress.steps + progress.step) as u64);
        let rate = rate(seen, self.start.elapsed().as_secs_f64());
        let rate = rate.map_or(String::new(), |rate| format!("  {rate:.0} images/s"));
        let accuracy = match self.by_class {
            true => format!("  accuracy {:.2} %", 100.0 * progress.scores.accuracy()),
            false => String::new(),
        };
        self.bar.set_message(format!(
            "epoch {}/{}  loss {:.4}{accuracy}{rate}",
            progress.epoch + 1,
            self.epochs,
            progress.scores.mean_loss(),
        ));
    }

    /// Shows how far the features of images are computed.
    pub(crate) fn features(&self, progress: &FeatureProgress) {
        let FeatureProgress { done, images, .. } = progress;
        self.bar
            .set_message(format!("features of {done} of {images} images"));
    }

    /// Prints the line of an epoch, coloured on a terminal where it was the `best` so far.
    pub(crate) fn epoch(&self, record: &EpochRecord, held_out: &str, best: bool) {
        let line = epoch_line(record, self.epochs, held_out);
        let more = more(record, held_out);
        let room = columns().unwrap_or(COLUMNS);
        let line = match self.verbose || width(&line) + width(&more) <= room.min(200) {
            true => line + &more,
            false => line,
        };
        let lines = columns().map_or(vec![line.clone()], |columns| wrap(&line, columns, 2));
        self.bar.suspend(|| {
            lines.iter().for_each(|line| match best {
                true => print_styled(line, display::BEST),
                false => print_line(line),
            });
        });
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

/// The display while a gradient check runs: a progress bar on a terminal, elsewhere an occasional line.
#[derive(Debug)]
pub(crate) struct Waiting {
    bar: ProgressBar,
    told: Cell<Instant>,
}

/// Between two changes of the bar.
const FRAME: Duration = Duration::from_millis(100);

/// Between two lines where there is no terminal: longer than the usual check takes.
const QUIET: Duration = Duration::from_secs(30);

impl Waiting {
    pub(crate) fn new() -> Self {
        let bar = match stderr().is_terminal() {
            true => ProgressBar::new(0),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} arrays  {wide_msg}") {
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

/// Items per second, if enough time has passed to measure.
pub(crate) fn rate(things: usize, seconds: f64) -> Option<f64> {
    (seconds > SHORTEST).then(|| things as f64 / seconds)
}

/// The line of an epoch: its number, how well the network did, how long it took.
fn epoch_line(record: &EpochRecord, epochs: usize, held_out: &str) -> String {
    let test = match (record.test_accuracy, record.measure()) {
        (Some(accuracy), _) => format!("  {held_out} {:6.2} %", 100.0 * accuracy),
        (None, Some(measure)) => format!("  {held_out} {measure}"),
        (None, None) => String::new(),
    };
    let train = record.train_accuracy.map_or(String::new(), |accuracy| {
        format!("  accuracy {:6.2} %", 100.0 * accuracy)
    });
    let time = match record.seconds {
        long if long >= 3600.0 => format!("{:.1} h", long / 3600.0),
        short => duration(short),
    };
    format!(
        "epoch {:>width$}/{epochs}  loss {}{train}{test}  {time}",
        record.epoch,
        loss(record.train_loss),
        width = epochs.to_string().len(),
    )
}

/// Figures that are rarely needed.
fn more(record: &EpochRecord, held_out: &str) -> String {
    let test = record.test_loss.map_or(String::new(), |value| {
        format!("  {held_out} loss {}", loss(value))
    });
    format!(
        "{test}  {:.0} images/s  rate {:.2e}  {:.1} % waiting for data",
        record.images_per_second,
        record.learning_rate,
        100.0 * record.waited,
    )
}

/// A loss in at most nine cells.
fn loss(value: f64) -> String {
    match value.abs() {
        large if large >= 1e4 => format!("{value:.1e}"),
        _ => format!("{value:.4}"),
    }
}

/// `0.4 s`, `48 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Prints a line and flushes it; control characters are escaped. A closed pipe does not stop training.
pub(crate) fn print_line(line: &str) {
    put(&escaped(line));
}

/// Prints a line in a style, if the terminal supports it.
fn print_styled(line: &str, style: anstyle::Style) {
    let choice = anstream::AutoStream::choice(&stdout());
    match choice == anstream::ColorChoice::Never {
        true => print_line(line),
        false => put(&format!("{style}{}{style:#}", escaped(line))),
    }
}

/// Prints several lines.
pub(crate) fn print_lines(text: &str) {
    put(&escaped_lines(text));
}

/// Prints a sentence, on a terminal in lines that fit it.
pub(crate) fn print_sentence(text: &str) {
    let text = escaped(text);
    match columns() {
        Some(columns) => wrap(&text, columns, 2).iter().for_each(|line| put(line)),
        None => put(&text),
    }
}

/// Prints a table, on a terminal in lines that fit it.
pub(crate) fn print_table(table: &Table) {
    let lines = match columns() {
        Some(columns) => table.lines_within(columns),
        None => table.lines(),
    };
    lines.iter().for_each(|line| print_line(line));
}

fn put(text: &str) {
    output::print_line(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_epoch_fits_eighty_columns() {
        let mut record: EpochRecord = serde_json::from_value(serde_json::json!({
            "epoch": 7,
            "train_loss": 0.123_46,
            "train_accuracy": 0.5,
            "test_loss": 0.3,
            "test_accuracy": 0.75,
            "learning_rate": 1e-3,
            "seconds": 2.0,
            "images_per_second": 123.4,
            "waited": 0.285,
            "interrupted": false,
        }))
        .unwrap();
        assert_eq!(
            epoch_line(&record, 25, "held out"),
            "epoch  7/25  loss 0.1235  accuracy  50.00 %  held out  75.00 %  2.0 s"
        );
        assert_eq!(
            more(&record, "held out"),
            "  held out loss 0.3000  123 images/s  rate 1.00e-3  28.5 % waiting for data"
        );
        record.epoch = 99_999;
        record.train_loss = 3.4e38;
        record.train_accuracy = Some(1.0);
        record.test_accuracy = Some(1.0);
        record.seconds = 3600.0 * 23.99;
        let longest = epoch_line(&record, 100_000, "held out");
        assert!(width(&longest) <= COLUMNS, "{longest}");
    }

    #[test]
    fn durations_are_told_in_two_units() {
        for (seconds, told) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (9.96, "10 s"),
            (59.6, "1 min 0 s"),
            (200.2, "3 min 20 s"),
            (7500.0, "2 h 5 min"),
        ] {
            assert_eq!(duration(seconds), told);
        }
    }

    #[test]
    fn a_clock_that_stands_still_gives_no_rate() {
        assert_eq!((rate(100, 0.0), rate(100, 50.0)), (None, Some(2.0)));
    }
}
