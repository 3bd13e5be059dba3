//! `stepnet find-lr`: which learning rate to train with.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Arg, Args};
use serde_json::json;
use stepnet::Number;
use stepnet::nn::Network;
use stepnet::train::settings::Dtype;
use stepnet::train::{
    LEAST_STEPS, MOST_STEPS, MOST_SWEEPS, RateCurve, RateSweep, SweepProgress, TrainOptions,
    Transfer, find_rate,
};
use stepnet_base::limits::SWEPT_RATE;
use stepnet_base::text::count;

use crate::failure::{Failure, Outcome};
use crate::material::Material;
use crate::note;
use crate::output::{self, Target};
use crate::progress::print_line;
use crate::train::{TrainArgs, build, check_model, gather, load_start};
use crate::usage::{whole, within};

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet find-lr                                 the embedded digits, a small network
  stepnet find-lr my-pictures/ --model lenet5 --optimizer classic-momentum
  stepnet find-lr my-pictures/ --batch 128 --json

A copy of the network is trained while the learning rate rises from --lowest to --highest, by the
same factor at each update. This is repeated --sweeps times with the data in a different order. The
rate suggested for train --lr is a third of the rate at which the loss turns, or the first rate at
which the loss is nearly as low, whichever is lower. This takes 1000 updates unless --steps or
--sweeps is given: as many as 10 epochs on 3200 images with batches of 32. If the loss does not fall,
or the suggestions of the sweeps differ by a factor of more than 10, the sweeps are repeated with twice
as many updates. Options of train are accepted; those for the length of a run, its rate, its schedule
and its weight average are ignored.";

/// Options of train that find-lr takes and does not use.
const UNUSED: [&str; 13] = [
    "epochs",
    "lr",
    "schedule",
    "warm_up",
    "ema",
    "transfer",
    "unfreeze_after",
    "lr_backbone",
    "out",
    "checkpoint_every",
    "trace_hashes",
    "tensorboard",
    "tensorboard_every",
];

/// Hides the options that are not used, and changes the help of those that mean something else here.
pub(crate) fn unused(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "overwrite" => arg.help("Replace the file of the curve if there is one."),
        "resume" => arg.hide(true),
        id if UNUSED.contains(&id) => arg.hide(true),
        _ => arg,
    }
}

#[derive(Debug, Args)]
pub(crate) struct FindLrArgs {
    #[command(flatten)]
    pub(crate) train: TrainArgs,
    /// The learning rate of the first update.
    #[arg(long, value_name = "RATE", default_value_t = RateSweep::default().lowest, value_parser = within(SWEPT_RATE), allow_negative_numbers = true, help_heading = "Sweep")]
    lowest: f64,
    /// The learning rate of the last update.
    #[arg(long, value_name = "RATE", default_value_t = RateSweep::default().highest, value_parser = within(SWEPT_RATE), allow_negative_numbers = true, help_heading = "Sweep")]
    highest: f64,
    /// Updates in a sweep, one batch each.
    #[arg(long, value_name = "N", default_value_t = RateSweep::default().steps, value_parser = whole::<usize>(LEAST_STEPS as u64, MOST_STEPS as u64), allow_negative_numbers = true, help_heading = "Sweep")]
    steps: usize,
    /// Sweeps, each with the data in a different order; the median of their losses is used.
    #[arg(long, value_name = "N", default_value_t = RateSweep::default().sweeps, value_parser = whole::<usize>(1, MOST_SWEEPS as u64), allow_negative_numbers = true, help_heading = "Sweep")]
    sweeps: usize,
    /// Write the curve to this file [default: find-lr.svg, or the next free find-lr-N.svg].
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    svg: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(crate) fn run(args: &FindLrArgs) -> Outcome {
    match args.train.settings().network.dtype {
        Dtype::F32 => find::<f32>(args),
        Dtype::F64 => find::<f64>(args),
    }
}

fn find<T: Number>(args: &FindLrArgs) -> Outcome {
    let train = &args.train;
    if train.keeping.resume.is_some() {
        return Err(Failure::usage(
            "--resume continues a run, but find-lr does not start one; name the data and the model",
        ));
    }
    let (svg, target) = place(args)?;
    if target.is_standard() && args.json {
        return Err(Failure::usage(
            "--svg and --json would both be written to the standard output; name a file for the curve",
        ));
    }
    let quiet = args.json || target.is_standard();
    let say = |line: &str| {
        if !quiet {
            print_line(line);
        }
    };
    let settings = train.settings();
    settings.check()?;
    let from = settings
        .network
        .from
        .as_deref()
        .map(load_start::<T>)
        .transpose()?;
    check_model(settings, from.as_ref())?;
    let mut material = gather(settings, from.as_ref())?;
    material.facts.iter().for_each(|fact| say(fact));
    note::check(Failure::usage)?;
    let mut options = settings.train_options(&material.train)?;
    // The rates are those of steps.
    options.transfer = Transfer::All;
    let network: Network<T> = build(settings, from.as_ref(), &mut material, &options)?;
    let sweep = RateSweep::default()
        .lowest(args.lowest)
        .highest(args.highest)
        .steps(args.steps)
        .sweeps(args.sweeps);
    say(&format!(
        "{} of {} from {:e} to {:e}, {} with batches of {}, seed {}",
        count(sweep.sweeps, "sweep"),
        count(sweep.steps, "update"),
        sweep.lowest,
        sweep.highest,
        options.rule,
        options.batch.examples(material.train.len()),
        options.seed
    ));
    let (sweep, curve) = search(&network, &material, &options, sweep, &say)?;
    target.write(curve.to_svg().as_bytes())?;
    if args.json {
        print_line(&summary(&curve, &svg).to_string());
    } else if !quiet {
        tell(&curve, &sweep, material.train.len(), &svg);
    }
    if curve.suggestion.is_none() {
        return Err(Failure::running(format!(
            "the loss does not fall at any of these rates, so no rate can be suggested; try more --steps; the curve is in {}",
            svg.display()
        )));
    }
    Ok(())
}

/// Where the curve goes, and its name.
fn place(args: &FindLrArgs) -> Outcome<(PathBuf, Target)> {
    let (train, overwrite) = (&args.train, args.train.overwrite);
    let settings = train.settings();
    let path = match &args.svg {
        Some(asked) => asked.clone(),
        None => {
            let names = (2..).map(|number| PathBuf::from(format!("find-lr-{number}.svg")));
            let mut all = std::iter::once(PathBuf::from("find-lr.svg")).chain(names);
            let free = all.find(|path| overwrite || path.symlink_metadata().is_err());
            free.ok_or_else(|| Failure::running("no name is free for the curve"))?
        }
    };
    let inputs = output::inputs([
        train.settings_file.as_deref(),
        settings.source.data.as_deref(),
        settings.source.test.as_deref(),
        settings.network.from.as_deref(),
        settings.reading.labels.as_deref(),
        settings.source.leave_out.as_deref(),
    ]);
    let target = Target::check("--svg", &path, overwrite, inputs)?;
    Ok((path, target))
}

/// The sweeps, and once more with twice the updates where they leave the rate open: the slower the rate rises, the
/// further the loss falls compared with the difference of batches. Returns the sweeps that count, too.
fn search<T: Number>(
    network: &Network<T>,
    material: &Material,
    options: &TrainOptions,
    sweep: RateSweep,
    say: &impl Fn(&str),
) -> Outcome<(RateSweep, RateCurve)> {
    let curve = sweep_with(network, material, options, &sweep, say)?;
    let steps = MOST_STEPS.min(2 * sweep.steps);
    let open = curve.spread.is_none_or(|(least, most)| most > WIDE * least);
    if !open || steps == sweep.steps {
        return Ok((sweep, curve));
    }
    say(&format!(
        "too uncertain: the sweeps start again, with {} each",
        count(steps, "update")
    ));
    let slower = sweep.steps(steps);
    let again = sweep_with(network, material, options, &slower, say)?;
    Ok(match again.suggestion {
        None => (sweep, curve),
        Some(_) => (slower, again),
    })
}

/// The sweeps, and a line for about every twentieth rate of them all.
fn sweep_with<T: Number>(
    network: &Network<T>,
    material: &Material,
    options: &TrainOptions,
    sweep: &RateSweep,
    say: &impl Fn(&str),
) -> Outcome<RateCurve> {
    let mut told = Instant::now();
    let observe = |progress: &SweepProgress| {
        if told.elapsed() >= QUIET {
            told = Instant::now();
            say(&format!(
                "sweep {} of {}, update {} of {}",
                progress.sweep + 1,
                sweep.sweeps,
                progress.step + 1,
                sweep.steps
            ));
        }
        ControlFlow::Continue(())
    };
    let (data, preprocessing) = (&material.train, &material.preprocessing);
    let curve = find_rate(network, preprocessing, options, data, sweep, observe)?;
    let row = |cells: [String; 3]| say(&cells.map(|cell| format!("{cell:>10}")).join("  "));
    row(["rate", "loss", "smoothed"].map(str::to_owned));
    for trial in curve.trials.iter().step_by(sweep.steps.div_ceil(20)) {
        let losses = [trial.loss, trial.smoothed].map(|loss| format!("{loss:.4}"));
        let [loss, smoothed] = losses;
        row([format!("{:.2e}", trial.rate), loss, smoothed]);
    }
    Ok(curve)
}

/// Between two lines that say how far the sweeps are.
const QUIET: Duration = Duration::from_secs(5);

/// A rate as it is typed: more than two digits say nothing.
fn typed(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

fn summary(curve: &RateCurve, svg: &Path) -> serde_json::Value {
    let trials: Vec<_> = curve
        .trials
        .iter()
        .map(|trial| json!({"rate": trial.rate, "loss": trial.loss, "smoothed": trial.smoothed}))
        .collect();
    json!({
        "suggestion": curve.suggestion.map(typed),
        "lowest_suggestion": curve.spread.map(|(least, _)| typed(least)),
        "highest_suggestion": curve.spread.map(|(_, most)| typed(most)),
        "turn": curve.turn,
        "steepest": curve.steepest,
        "valley": curve.valley,
        "diverged": curve.diverged,
        "svg": svg.display().to_string(),
        "trials": trials,
    })
}

/// The factor by which single sweeps may differ before the suggestion is called uncertain.
const WIDE: f64 = 10.0;

fn tell(curve: &RateCurve, sweep: &RateSweep, examples: usize, svg: &Path) {
    let last = curve.trials.last().map_or(0.0, |trial| trial.rate);
    if curve.diverged {
        print_line(&format!("the loss blew up at {last:.1e}"));
    }
    if let (Some(rate), Some(turn)) = (curve.suggestion, curve.turn) {
        let (least, most) = curve.spread.unwrap_or((rate, rate));
        let why = match curve.is_flat() {
            true => "the loss is hardly lower at higher rates up to",
            false => "a third of",
        };
        print_line(&format!(
            "suggested learning rate: {} ({why} {}, where the loss turns; single sweeps suggest {} to {})",
            typed(rate),
            typed(turn),
            typed(least),
            typed(most)
        ));
        if most > WIDE * least {
            print_line(&format!(
                "note: the sweeps differ by a factor of {:.0}: {} may be too few, or the batches differ too much; try rates around this one, or more --steps",
                most / least,
                count(examples, "example")
            ));
        }
        let whole = !curve.diverged && curve.trials.len() == sweep.steps;
        if whole && turn > 0.5 * last && !curve.is_flat() {
            print_line("note: the loss still falls at the highest rate; try a larger --highest");
        }
    }
    print_line(&format!("curve in {}", svg.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_reported_with_two_digits() {
        assert_eq!(typed(0.002_345), 0.0023);
        assert_eq!(typed(1.0e-7), 1e-7);
        assert_eq!(typed(9.96), 10.0);
    }
}
