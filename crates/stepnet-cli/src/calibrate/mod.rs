//! `stepnet calibrate`: a model whose probabilities are right.

mod tables;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use stepnet::Number;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::train::calibration::{
    BINS, Calibration, ClassScores, Reliability, scale_outputs, threshold_by_cost,
};
use stepnet_base::text::count;

use crate::display;
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::material::{self, Tested};
use crate::note;
use crate::output::Target;
use crate::progress::{print_line, print_sentence, print_table};
use crate::table_args::{DataArgs, ExactArgs};
use crate::usage::number;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet calibrate runs/mine/model.safetensors
  stepnet calibrate runs/mine/model.safetensors more-pictures/ --out calibrated.safetensors
  stepnet calibrate runs/mine/model.safetensors --false-negative 10

The scores of the model are divided by a temperature, for which the weights of its last layer are
changed: the predicted classes stay, and every program that runs the model has the new probabilities.
The data should be other than that of the training.";

/// The arguments of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The model file.
    model: PathBuf,
    /// The data, whose test part is taken if it has one; unless given, what the model was tested on in its training.
    data: Option<PathBuf>,
    #[command(flatten)]
    source: DataArgs,
    #[command(flatten)]
    exact: ExactArgs,
    /// Write the calibrated model.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file of --out.
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Two classes: what it costs to take an example of the first class for one of the second.
    #[arg(long, value_name = "COST", default_value_t = 1.0, value_parser = number(|cost| cost > 0.0, "a number above 0"), allow_negative_numbers = true)]
    false_positive: f64,
    /// Two classes: what it costs to take an example of the second class for one of the first.
    #[arg(long, value_name = "COST", default_value_t = 1.0, value_parser = number(|cost| cost > 0.0, "a number above 0"), allow_negative_numbers = true)]
    false_negative: f64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &CalibrateArgs) -> Outcome {
    let inputs = [Some(args.model.as_path()), args.data.as_deref()];
    let check = |path: &PathBuf| {
        Target::check("--out", path, args.overwrite, crate::output::inputs(inputs))
    };
    let target = args.out.as_ref().map(check).transpose()?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => calibrate(args, target, file.model::<f64>(Registry::builtin())?),
        _ => calibrate(args, target, file.model::<f32>(Registry::builtin())?),
    }
}

fn calibrate<T: Number>(
    args: &CalibrateArgs,
    target: Option<Target>,
    mut model: Model<T>,
) -> Outcome {
    args.exact.apply(&mut model.network);
    let place = args.model.display().to_string();
    let in_model = |error: stepnet::Error| Failure::from(error).context(&place);
    model.check_finite().map_err(in_model)?;
    // Refused before the data is read.
    scale_outputs(&mut model.network.clone(), 1.0).map_err(in_model)?;
    let Tested { data, name, facts } = material::for_evaluation(
        args.data.as_deref(),
        &args.source,
        &model.preprocessing,
        &model.classes,
        (&args.model, model.training.get("origin")),
    )?;
    if let Some(path) = &args.data {
        Known::of(&model).check(Some(path), data.images())?;
    }
    note::check(Failure::usage)?;
    let preprocessing = material::suited(args.data.as_deref(), &model.preprocessing);
    let scores = ClassScores::of(&model.network, &data, &preprocessing).map_err(in_model)?;
    let calibration = Calibration::fit(&scores)?;
    if calibration.is_at_the_end() {
        let examples = count(calibration.examples, "example");
        let reason = match calibration.temperature > 1.0 {
            true => format!("the scores say next to nothing about the classes of {examples}"),
            false => format!("{examples} are too few, or too easy to tell apart"),
        };
        note::note(&format!(
            "the temperature {:.2} is an end of the range that is tried: {reason}",
            calibration.temperature
        ));
    }
    let found = Found {
        args,
        name: &name,
        classes: &model.classes,
        scores: &scores,
        calibration: &calibration,
    };
    match args.json {
        true => print_line(&found.json().to_string()),
        false => {
            facts.iter().for_each(|fact| print_sentence(fact));
            found.print();
        }
    }
    note::check(Failure::running)?;
    if let Some((target, path)) = target.zip(args.out.as_ref()) {
        write(&mut model, &calibration, (&name, &target))?;
        if !args.json && !target.is_standard() {
            print_sentence(&format!("calibrated model: {}", path.display()));
        }
    }
    Ok(())
}

/// Writes the model with the temperature in it.
fn write<T: Number>(
    model: &mut Model<T>,
    calibration: &Calibration,
    (name, target): (&str, &Target),
) -> Outcome {
    scale_outputs(&mut model.network, calibration.temperature)?;
    let before = model.training.get("calibration");
    let before = before.and_then(|entry| entry.get("temperature")?.as_f64());
    let mut entry = json!(calibration);
    // Of all calibrations together: the weights have them all.
    entry["temperature"] = (before.unwrap_or(1.0) * calibration.temperature).into();
    entry["data"] = name.into();
    model.training.insert("calibration".to_owned(), entry);
    target.write(&model.to_bytes()?)
}

/// What is printed.
struct Found<'a> {
    args: &'a CalibrateArgs,
    name: &'a str,
    classes: &'a [String],
    scores: &'a ClassScores,
    calibration: &'a Calibration,
}

impl Found<'_> {
    fn reliability(&self) -> Reliability {
        Reliability::of(&self.calibration.verdicts, BINS)
    }

    fn threshold(&self) -> Option<stepnet::train::calibration::Threshold> {
        let of_second = self.scores.of_second(self.calibration.temperature);
        let (positive, negative) = (self.args.false_positive, self.args.false_negative);
        (self.scores.classes() == 2).then(|| threshold_by_cost(&of_second, positive, negative))
    }

    fn print(&self) {
        let found = self.calibration;
        print_sentence(&format!(
            "{}: temperature {:.4}, fitted to {}",
            self.name,
            found.temperature,
            count(found.examples, "example")
        ));
        print_sentence(&format!(
            "expected calibration error {:.4} before, {:.4} after; loss {:.4} before, {:.4} after (after: each half of the examples with the temperature of the other)",
            found.error_before, found.error_after, found.loss_before, found.loss_after
        ));
        print_table(&tables::reliability(&self.reliability()));
        print_table(&tables::silence(&found.verdicts));
        if let Some(threshold) = self.threshold() {
            let class = self
                .classes
                .get(1)
                .map_or("1".to_owned(), |name| display::name(name));
            print_sentence(&format!(
                "threshold by cost: predict {class} from a probability of {:.4} on; {} and {} cost {:.4} per example",
                threshold.probability,
                count(threshold.false_positives, "false positive"),
                count(threshold.false_negatives, "false negative"),
                threshold.cost
            ));
        }
    }

    fn json(&self) -> Value {
        let bin = |bin: &stepnet::train::calibration::ReliabilityBin| json!({"examples": bin.examples, "confidence": bin.confidence, "accuracy": bin.accuracy});
        let mut object = json!(self.calibration);
        object["data"] = self.name.into();
        object["reliability"] = self.reliability().bins.iter().map(bin).collect();
        object["answered"] = tables::levels(&self.calibration.verdicts)
            .iter()
            .map(|level| {
                json!({
                    "confidence": level.confidence,
                    "examples": level.examples,
                    "share": level.share,
                    "accuracy": level.accuracy(),
                })
            })
            .collect();
        if let Some(threshold) = self.threshold() {
            object["threshold"] = json!({
                "class": self.classes.get(1),
                "probability": threshold.probability,
                "false_positives": threshold.false_positives,
                "false_negatives": threshold.false_negatives,
                "cost": threshold.cost,
            });
        }
        object["notes"] = note::all().into();
        object
    }
}
