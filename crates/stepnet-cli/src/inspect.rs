//! `stepnet inspect`: a network's layers, shapes and sizes; a model's file.

mod file;
mod times;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use stepnet::nn::notation::presets::Preset;
use stepnet::nn::{Init, Network, Shape};
use stepnet::rng::RandomState;
use stepnet::see::Summary;
use stepnet::see::time::{self, Times};
use stepnet::train::settings::Dtype;
use stepnet_base::limits;
use stepnet_base::text::thousands;

use crate::failure::Outcome;
use crate::methods::Methods;
use crate::named::{self, Named};
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table};
use crate::usage::{any, whole};
use file::inspect_file;
use times::{describe_times, print_times};

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet inspect lenet5
  stepnet inspect \"conv(8, 3, same) -> relu -> linear(10) -> softmax\" --input 32x32x3
  stepnet inspect lenet5 --methods --batch 1      how each pass is computed, and why
  stepnet inspect runs/mnist/model.safetensors --json";

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("steps").multiple(true))]
pub(crate) struct InspectArgs {
    /// A model file, a preset's name, or a text in the arrow notation.
    pub(crate) network: String,
    /// The network's input, HEIGHTxWIDTHxCHANNELS (most presets have their own).
    #[arg(long, value_name = "SHAPE", value_parser = any::<Shape>)]
    pub(crate) input: Option<Shape>,
    /// What `classes` stands for [default: 10; a preset has its own].
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1, limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    pub(crate) classes: Option<u32>,
    /// Measure training steps on drawn examples: milliseconds and GFLOP/s of every layer, and their
    /// share of the machine's multiply-add peak, measured in the same run.
    #[arg(long, group = "steps")]
    pub(crate) time: bool,
    /// Show which method computes each pass of the convolutions and dense layers, and why: the
    /// layer's sizes compared with measured thresholds.
    #[arg(long, group = "steps")]
    pub(crate) methods: bool,
    /// Examples in a batch.
    #[arg(long, value_name = "N", requires = "steps", default_value = "64", value_parser = whole::<usize>(1, 1 << 20), allow_negative_numbers = true)]
    pub(crate) batch: usize,
    /// Number type of the steps [default: that of the model; f32 for a network].
    #[arg(long, value_name = "TYPE", requires = "steps", value_parser = crate::table_args::dtype())]
    pub(crate) dtype: Option<Dtype>,
    /// Show or time the passes of `train --exact`: no Winograd.
    #[arg(long, requires = "steps")]
    pub(crate) exact: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long training steps are measured.
const TIME: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &InspectArgs) -> Outcome {
    let (text, preset) = match Named::of(&args.network)? {
        Named::File(path) => return inspect_file(path, args),
        Named::Network(text, preset) => (text, preset),
    };
    let classes = args.classes.map(|classes| classes as usize);
    match args.dtype.unwrap_or(Dtype::F32) {
        Dtype::F32 => inspect_text::<f32>(args, text, preset, classes),
        Dtype::F64 => inspect_text::<f64>(args, text, preset, classes),
    }
}

fn inspect_text<T: stepnet::Number>(
    args: &InspectArgs,
    text: &str,
    preset: Option<&'static Preset>,
    classes: Option<usize>,
) -> Outcome {
    let mut network: Network<T> = named::build(text, preset, args.input, classes, None)?;
    if args.time {
        // Numbers of the usual size: zeros and subnormals take their own time.
        network.initialize(Init::He, &mut RandomState::new(0));
    }
    let extras = Extras::of(args, &mut network)?;
    show(args, &network, extras, describe(&network))
}

/// The output that was asked for in addition to the network's table.
struct Extras {
    times: Option<Times>,
    methods: Option<Methods>,
}

impl Extras {
    fn of<T: stepnet::Number>(args: &InspectArgs, network: &mut Network<T>) -> Outcome<Self> {
        network.set_exact(args.exact);
        let times = match args.time {
            true => Some(time::time(network, args.batch, TIME)?),
            false => None,
        };
        let methods = args.methods.then(|| Methods::of(network, args.batch));
        Ok(Self { times, methods })
    }
}

/// Prints a network, its methods and its times.
fn show<T: stepnet::Number>(
    args: &InspectArgs,
    network: &Network<T>,
    extras: Extras,
    mut described: Value,
) -> Outcome {
    let Extras { times, methods } = extras;
    if args.json {
        if let Some(methods) = &methods {
            described["methods"] = methods.describe();
        }
        if let Some(times) = &times {
            described["times"] = describe_times(times);
        }
        print_line(&described.to_string());
        return Ok(());
    }
    print_network(network);
    if let Some(methods) = &methods {
        print_line("");
        methods.print();
    }
    if let Some(times) = &times {
        print_line("");
        print_times(times);
    }
    Ok(())
}

/// The network's table on standard output.
pub(crate) fn print_network(network: &Network<impl stepnet::Number>) {
    let summary = Summary::of(network);
    print_sentence(&format!("network: {}", summary.network));
    print_table(&layers(&summary));
    let trainable = match summary.trainable {
        count if count == summary.parameters => String::new(),
        count => format!(" ({} of them trainable)", thousands(count as u64)),
    };
    print_sentence(&format!(
        "total: {} parameters{trainable}, {} multiply-adds for one example",
        thousands(summary.parameters as u64),
        thousands(summary.multiply_adds)
    ));
    print_sentence(&format!("loss: {}", summary.loss));
}

/// A network of many layers in one line, under the name of the file that it comes from; `trained` of its parameters will be.
pub(crate) fn print_in_short(network: &Network<impl stepnet::Number>, file: &Path, trained: usize) {
    print_sentence(&format!(
        "network: that of {0}, {1} layers, {2} parameters ({3} of them trainable), {4} multiply-adds for one example; \
         stepnet inspect {0} shows the layers",
        file.display(),
        network.nodes().len(),
        thousands(network.parameters().len() as u64),
        thousands(trained as u64),
        thousands(network.multiply_adds())
    ));
    print_sentence(&format!("loss: {}", network.loss()));
}

fn layers(summary: &Summary) -> Table {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("", Align::Left),
        ("output", Align::Right),
        ("parameters", Align::Right),
        ("multiply-adds", Align::Right),
    ]);
    table.row(vec![
        "input".into(),
        String::new(),
        summary.input.to_string(),
        String::new(),
        String::new(),
    ]);
    for (number, layer) in summary.layers.iter().enumerate() {
        let blank_zero = |number: u64| {
            if number == 0 {
                String::new()
            } else {
                thousands(number)
            }
        };
        let frozen = if layer.frozen { " (frozen)" } else { "" };
        let inputs = summary.other_inputs(number);
        let inputs = inputs.map_or(String::new(), |inputs| {
            format!(" of {}", inputs.join(" and "))
        });
        table.row(vec![
            layer.name.clone(),
            format!("{}{inputs}{frozen}", layer.layer),
            layer.output.to_string(),
            blank_zero(layer.parameters as u64),
            blank_zero(layer.multiply_adds),
        ]);
    }
    table
}

fn describe<T: stepnet::Number>(network: &Network<T>) -> Value {
    json!(Summary::of(network))
}
