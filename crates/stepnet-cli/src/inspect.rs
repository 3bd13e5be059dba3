//! `stepnet inspect`: a network's layers, shapes and sizes; a model's file.

use std::path::Path;

use std::time::Duration;

use serde_json::{Value, json};
use stepnet::nn::notation::presets::Preset;
use stepnet::nn::{Init, ModelFile, Network, Preprocessing, Registry, Resize, Tensor};
use stepnet::rng::RandomState;
use stepnet::see::Summary;
use stepnet::see::time::{self, Times};

use crate::args::{Dtype, InspectArgs};
use crate::display::{clean, name, width};
use crate::failure::{Failure, LONGEST, Outcome};
use crate::named::{self, Named};
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table, thousands};

/// How long training steps are measured.
const TIME: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &InspectArgs) -> Outcome {
    let (text, preset) = match Named::of(&args.network)? {
        Named::File(path) => return inspect_file(path, args),
        Named::Network(text, preset) => (text, preset),
    };
    let classes = args.classes.map(|classes| classes as usize);
    match args.dtype {
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
    show(
        args,
        &network,
        times_of(args, &network)?,
        describe(&network),
    )
}

/// The times of a network, if they are asked for.
fn times_of<T: stepnet::Number>(
    args: &InspectArgs,
    network: &Network<T>,
) -> Outcome<Option<Times>> {
    match args.time {
        true => Ok(Some(time::time(network, args.batch, TIME)?)),
        false => Ok(None),
    }
}

/// Prints a network and its times.
fn show<T: stepnet::Number>(
    args: &InspectArgs,
    network: &Network<T>,
    times: Option<Times>,
    mut described: Value,
) -> Outcome {
    if args.json {
        if let Some(times) = &times {
            described["times"] = describe_times(times);
        }
        print_line(&described.to_string());
        return Ok(());
    }
    print_network(network);
    if let Some(times) = &times {
        print_line("");
        print_times(times);
    }
    Ok(())
}

/// `62.1`, and nothing where there is nothing to count.
fn one_decimal(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| format!("{number:.1}"))
}

fn print_times(times: &Times) {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("forward ms", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
        ("backward ms", Align::Right),
        ("GFLOP/s", Align::Right),
        ("of peak", Align::Right),
    ]);
    let share = |gflops: Option<f64>| {
        gflops.map_or(String::new(), |gflops| {
            format!("{:.0} %", 100.0 * gflops / times.peak)
        })
    };
    for layer in &times.layers {
        let (forward, backward) = (layer.forward_gflops(), layer.backward_gflops());
        table.row(vec![
            layer.name.clone(),
            format!("{:.3}", layer.forward),
            one_decimal(forward),
            share(forward),
            format!("{:.3}", layer.backward),
            one_decimal(backward),
            share(backward),
        ]);
    }
    print_table(&table);
    let threads = match times.threads {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    print_sentence(&format!(
        "step: {:.3} ms for {} ({:.0} a second) without the update, median of {} steps",
        times.step,
        match times.batch {
            1 => "1 example".to_owned(),
            batch => format!("{batch} examples"),
        },
        1e3 * times.batch as f64 / times.step,
        times.steps
    ));
    let sparse = |gflops: Option<f64>| gflops.is_some_and(|gflops| gflops > times.peak);
    if times
        .layers
        .iter()
        .any(|layer| sparse(layer.backward_gflops()))
    {
        print_sentence(
            "above 100 %: where most gradients are 0, as after max pooling, products with them are skipped but counted",
        );
    }
    print_sentence(&format!(
        "peak: {:.1} GFLOP/s of multiply-adds, {threads}, {}",
        times.peak, times.instruction_set
    ));
}

fn describe_times(times: &Times) -> Value {
    let layers: Vec<Value> = times
        .layers
        .iter()
        .map(|layer| {
            let (forward, backward) = (layer.forward_gflops(), layer.backward_gflops());
            let share = |gflops: Option<f64>| gflops.map(|gflops| gflops / times.peak);
            json!({
                "layers": layer.name,
                "forward_ms": layer.forward,
                "forward_gflops": forward,
                "forward_share_of_peak": share(forward),
                "backward_ms": layer.backward,
                "backward_gflops": backward,
                "backward_share_of_peak": share(backward),
            })
        })
        .collect();
    json!({
        "layers": layers,
        "step_ms": times.step,
        "batch": times.batch,
        "steps": times.steps,
        "threads": times.threads,
        "instruction_set": times.instruction_set,
        "peak_gflops": times.peak,
    })
}

fn inspect_file(path: &Path, args: &InspectArgs) -> Outcome {
    let as_json = args.json;
    named::refuse_for_file(
        path,
        &[
            ("--input", args.input.is_some()),
            ("--classes", args.classes.is_some()),
        ],
    )?;
    let file = ModelFile::open(path)?;
    if !file.is_model() {
        if args.time {
            return Err(Failure::usage(format!(
                "--time: {} has tensors but no network to measure",
                path.display()
            )));
        }
        print_tensors(path, file.tensors(), as_json);
        return Ok(());
    }
    let model = file.model::<f64>(Registry::builtin())?;
    let element = file.element().unwrap_or("f64");
    let times = match args.dtype {
        Dtype::F32 if args.time => {
            let model = file.model::<f32>(Registry::builtin())?;
            times_of(args, &model.network)?
        }
        _ => times_of(args, &model.network)?,
    };
    // Of the numbers as they are in the file.
    let hash = match element {
        "f32" => file.model::<f32>(Registry::builtin())?.network.hash(),
        _ => model.network.hash(),
    };
    let non_finite: usize = file.tensors().iter().map(Tensor::non_finite).sum();
    if as_json {
        let mut described = describe(&model.network);
        described["file"] = json!(path.display().to_string());
        described["element"] = json!(element);
        described["weights"] = json!(hash);
        described["classes"] = json!(model.classes);
        described["preprocessing"] = json!(model.preprocessing);
        described["training"] = json!(model.training);
        described["non_finite_values"] = json!(non_finite);
        return show(args, &model.network, times, described);
    }
    print_sentence(&format!("{}: a Stepnet model in {element}", path.display()));
    print_line("");
    show(args, &model.network, times, Value::Null)?;
    print_line("");
    let mut facts = vec![
        ("weights".to_owned(), format!("{hash} (SHA-256)")),
        ("classes".to_owned(), listed(&model.classes)),
        (
            "images".to_owned(),
            preprocessing_line(&model.preprocessing),
        ),
    ];
    for (name, value) in &model.training {
        facts_of(name, value, &mut facts);
    }
    print_facts(&facts);
    warn_of_non_finite(file.tensors());
    Ok(())
}

/// The names of classes, the first of many.
fn listed(classes: &[String]) -> String {
    const SHOWN: usize = 100;
    let mut names: Vec<String> = classes
        .iter()
        .take(SHOWN)
        .map(|class| name(class))
        .collect();
    if classes.len() > SHOWN {
        names.push(format!("and {} more", classes.len() - SHOWN));
    }
    names.join(", ")
}

/// A line for each tensor with values that make every prediction meaningless.
fn warn_of_non_finite(tensors: &[Tensor]) {
    for tensor in tensors.iter().filter(|tensor| tensor.non_finite() > 0) {
        print_sentence(&format!(
            "warning: {} of the {} values of {} are not finite (NaN or infinite): what it predicts means nothing",
            tensor.non_finite(),
            tensor.values.len(),
            tensor.name
        ));
    }
}

/// How images become the network's input, in words.
fn preprocessing_line(preprocessing: &Preprocessing) -> String {
    let [height, width, channels] = preprocessing.shape();
    let rule = match preprocessing.resize {
        Resize::Stretch => "stretched",
        Resize::Crop => "cropped",
        Resize::Fit => "fitted",
    };
    let mut line = format!(
        "{rule} to {height}x{width}x{channels}, divided by {}",
        preprocessing.divisor
    );
    if preprocessing.picture_divisor != preprocessing.divisor {
        line += &format!(" ({} for image files)", preprocessing.picture_divisor);
    }
    if !preprocessing.mean.is_empty() {
        line += &format!(
            ", less the mean {:.4?}, over the deviation {:.4?}",
            preprocessing.mean, preprocessing.deviation
        );
    }
    line
}

/// The facts of an entry of the training summary: text without quotes, an object's entries one by one.
fn facts_of(entry: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => facts.push((name(entry), clean(text, LONGEST))),
        Value::Object(entries) => {
            for (inner, value) in entries {
                facts_of(&format!("{entry}.{inner}"), value, facts);
            }
        }
        other => facts.push((name(entry), clean(&other.to_string(), LONGEST))),
    }
}

/// Prints facts with their names in a column.
fn print_facts(facts: &[(String, String)]) {
    let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, fact) in facts {
        let blank = " ".repeat(widest - width(name) + 2);
        print_sentence(&format!("{name}:{blank}{fact}"));
    }
}

fn print_tensors(path: &Path, tensors: &[Tensor], as_json: bool) {
    if as_json {
        let rows: Vec<Value> = tensors
            .iter()
            .map(|tensor| {
                json!({"name": tensor.name, "shape": tensor.shape, "values": tensor.values.len(), "non_finite_values": tensor.non_finite()})
            })
            .collect();
        print_line(
            &json!({"file": path.display().to_string(), "model": false, "tensors": rows})
                .to_string(),
        );
        return;
    }
    print_sentence(&format!(
        "{}: tensors, but no Stepnet model (it has no network in its metadata)",
        path.display()
    ));
    let mut table = Table::new(&[
        ("tensor", Align::Left),
        ("shape", Align::Left),
        ("values", Align::Right),
        ("not finite", Align::Right),
    ]);
    for tensor in tensors {
        let extents: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        let shape = if extents.is_empty() {
            "scalar".to_owned()
        } else {
            extents.join("x")
        };
        let values = thousands(tensor.values.len() as u64);
        table.row(vec![
            tensor.name.clone(),
            shape,
            values,
            tensor.non_finite().to_string(),
        ]);
    }
    print_table(&table);
    warn_of_non_finite(tensors);
}

/// The network's table on standard output.
pub(crate) fn print_network(network: &Network<impl stepnet::Number>) {
    let summary = Summary::of(network);
    print_sentence(&format!("network: {}", summary.network));
    print_table(&layers(&summary));
    let not_learnt = match summary.not_learnt {
        0 => String::new(),
        count => format!(" ({} of them not learnt)", thousands(count as u64)),
    };
    print_sentence(&format!(
        "total: {} parameters{not_learnt}, {} multiply-adds for one example",
        thousands(summary.parameters as u64),
        thousands(summary.multiply_adds)
    ));
    print_sentence(&format!("loss: {}", summary.loss));
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
        let frozen = if layer.frozen { " (held still)" } else { "" };
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
