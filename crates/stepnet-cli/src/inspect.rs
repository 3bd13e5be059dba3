//! `stepnet inspect`: a network's layers, shapes and sizes; a model's file.

use std::path::Path;

use serde_json::{Value, json};
use stepnet::nn::{ModelFile, Network, Preprocessing, Registry, Resize, Shape, Tensor};

use crate::args::InspectArgs;
use crate::failure::Outcome;
use crate::named::{self, Named};
use crate::progress::print_line;
use crate::table::{Align, Table, thousands};

pub(crate) fn run(args: &InspectArgs) -> Outcome {
    let (text, preset) = match Named::of(&args.network)? {
        Named::File(path) => return inspect_file(path, args.json),
        Named::Network(text, preset) => (text, preset),
    };
    // Shapes and counts do not depend on the element type.
    let classes = args.classes.map(|classes| classes as usize);
    let network: Network<f32> = named::build(text, preset, args.input, classes, None)?;
    if args.json {
        print_line(&describe(&network).to_string());
    } else {
        print_network(&network);
    }
    Ok(())
}

fn inspect_file(path: &Path, as_json: bool) -> Outcome {
    let file = ModelFile::open(path)?;
    if !file.is_model() {
        print_tensors(path, file.tensors(), as_json);
        return Ok(());
    }
    let model = file.model::<f64>(Registry::builtin())?;
    let element = file.element().unwrap_or("f64");
    let non_finite: usize = file.tensors().iter().map(Tensor::non_finite).sum();
    if as_json {
        let mut described = describe(&model.network);
        described["file"] = json!(path.display().to_string());
        described["element"] = json!(element);
        described["classes"] = json!(model.classes);
        described["preprocessing"] = json!(model.preprocessing);
        described["training"] = json!(model.training);
        described["non_finite_values"] = json!(non_finite);
        print_line(&described.to_string());
        return Ok(());
    }
    print_line(&format!("{}: a Stepnet model in {element}", path.display()));
    print_line("");
    print_network(&model.network);
    print_line("");
    print_line(&format!("classes:          {}", model.classes.join(", ")));
    print_line(&format!(
        "pictures:         {}",
        preprocessing_line(&model.preprocessing)
    ));
    for (name, value) in &model.training {
        print_value(name, value);
    }
    warn_of_non_finite(file.tensors());
    Ok(())
}

/// A line for each tensor with values that make every prediction meaningless.
fn warn_of_non_finite(tensors: &[Tensor]) {
    for tensor in tensors.iter().filter(|tensor| tensor.non_finite() > 0) {
        print_line(&format!(
            "warning: {} of the {} values of {} are not finite (NaN or infinite): what it predicts means nothing",
            tensor.non_finite(),
            tensor.values.len(),
            tensor.name
        ));
    }
}

/// How pictures become the network's input, in words.
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
        line += &format!(" ({} for picture files)", preprocessing.picture_divisor);
    }
    if !preprocessing.mean.is_empty() {
        line += &format!(
            ", less the mean {:.4?}, over the deviation {:.4?}",
            preprocessing.mean, preprocessing.deviation
        );
    }
    line
}

/// A fact of the training summary: text without quotes, an object's entries one by one.
fn print_value(name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => print_line(&format!("{:<18}{text}", format!("{name}:"))),
        Value::Object(entries) => {
            for (entry, value) in entries {
                print_value(&format!("{name}.{entry}"), value);
            }
        }
        other => print_line(&format!("{:<18}{other}", format!("{name}:"))),
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
    print_line(&format!(
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
    table.lines().iter().for_each(|line| print_line(line));
    warn_of_non_finite(tensors);
}

/// The network's table on standard output.
pub(crate) fn print_network(network: &Network<impl stepnet::Element>) {
    network_lines(network)
        .iter()
        .for_each(|line| print_line(line));
}

fn network_lines<T: stepnet::Element>(network: &Network<T>) -> Vec<String> {
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
        network.input().to_string(),
        String::new(),
        String::new(),
    ]);
    for node in network.nodes() {
        let blank_zero = |number: u64| {
            if number == 0 {
                String::new()
            } else {
                thousands(number)
            }
        };
        let frozen = if node.frozen() { " (held still)" } else { "" };
        table.row(vec![
            node.name().to_owned(),
            format!("{}{frozen}", node.layer().text()),
            node.output().to_string(),
            blank_zero(node.range().len() as u64),
            blank_zero(node.layer().multiply_adds(node.input())),
        ]);
    }
    let mut lines = vec![format!("network: {}", network.text())];
    lines.extend(table.lines());
    lines.push(format!(
        "total: {} parameters, {} multiply-adds for one example, loss {}",
        thousands(network.parameters().len() as u64),
        thousands(network.multiply_adds()),
        network.loss()
    ));
    lines
}

fn describe<T: stepnet::Element>(network: &Network<T>) -> Value {
    let extents = |shape: Shape| shape.extents();
    let layers: Vec<Value> = network
        .nodes()
        .iter()
        .map(|node| {
            json!({
                "name": node.name(),
                "layer": node.layer().text().to_string(),
                "implied": node.implied(),
                "output": extents(node.output()),
                "parameters": node.range().len(),
                "multiply_adds": node.layer().multiply_adds(node.input()),
            })
        })
        .collect();
    json!({
        "network": network.text().to_string(),
        "input": extents(network.input()),
        "layers": layers,
        "parameters": network.parameters().len(),
        "multiply_adds": network.multiply_adds(),
        "loss": network.loss().to_string(),
    })
}
