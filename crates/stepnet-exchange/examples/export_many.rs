//! Exports many networks in one process, for the tests in `tests/python`.
//!
//! `export_many FOLDER` reads a line of JSON for each network: its `name`, its `network` in the arrow notation, its `input`, the
//! number of `classes` and the `seed` of its weights; optionally `preprocessing` (fields of a model's) and `labels`. It writes
//! `NAME.onnx`, `NAME.keras` if Keras has its layers, `NAME.py` and `NAME.safetensors` into the folder, the model as `models/NAME.safetensors`, and a few inputs with
//! what Stepnet makes of them as little-endian `f32`: `NAME.inputs`, `NAME.outputs`, and `NAME.logits`, which are the outputs before a
//! closing softmax or sigmoid. For each network it prints a line of JSON.
//!
//! `export_many --examples` prints the presets, and a small network around each example of each kind, in the same form.

use std::error::Error;
use std::io::{BufRead, stdin};
use std::path::Path;

use ndarray::ArrayViewD;
use serde_json::{Value, json};
use stepnet_base::rng::RandomState;
use stepnet_exchange::keras::export::export_keras;
use stepnet_exchange::onnx::{ExportInput, ExportOptions, export};
use stepnet_exchange::torch::export::export_code;
use stepnet_nn::notation::{Kinds, parse_or_preset, presets};
use stepnet_nn::{Init, Model, Network, Preprocessing, Shape};

/// Inputs of each network.
const EXAMPLES: usize = 4;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let argument = std::env::args()
        .nth(1)
        .ok_or("expected a folder, or --examples")?;
    if argument == "--examples" {
        list();
        return Ok(());
    }
    for line in stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        println!("{}", write(Path::new(&argument), &case)?);
    }
    Ok(())
}

/// Prints the presets and the examples.
fn list() {
    let shape = |[height, width, channels]: [usize; 3]| format!("{height}x{width}x{channels}");
    for preset in presets::ALL {
        let input = shape(preset.input.unwrap_or([32, 32, 3]));
        let name = format!("preset_{}", preset.name.replace('-', "_"));
        println!(
            "{}",
            json!({"name": name, "network": preset.name, "input": input, "classes": preset.classes, "seed": 1})
        );
    }
    for (number, (text, input)) in stepnet_nn::example_networks().into_iter().enumerate() {
        let (name, network) = (format!("example{number}"), format!("{text} -> softmax"));
        println!(
            "{}",
            json!({"name": name, "network": network, "input": input.to_string(), "classes": 3, "seed": number})
        );
    }
}

/// Exports a network and gives what is to be told of it.
fn write(folder: &Path, case: &Value) -> Outcome<Value> {
    let word = |key: &str| case[key].as_str().ok_or(format!("{key} is missing"));
    let name = word("name")?;
    let seed = u32::try_from(case["seed"].as_u64().unwrap_or(0))?;
    let classes = case["classes"].as_u64().unwrap_or(10) as usize;
    let input: Shape = word("input")?.parse()?;
    let mut network = Network::<f32>::builder()
        .classes(classes)
        .build(word("network")?, input)?;
    draw(&mut network, seed);
    let preprocessing = preprocessing(&case["preprocessing"], input)?;
    let names = match case["names"].as_array() {
        Some(names) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        None => Vec::new(),
    };
    let model = Model::new(network, names, preprocessing);
    std::fs::create_dir_all(folder.join("models"))?;
    model.save(folder.join("models").join(format!("{name}.safetensors")))?;
    let options = match case["preprocessing"].is_null() {
        true => ExportOptions::default().input(ExportInput::Values),
        false => ExportOptions::default(),
    };
    let exported = export(&model, &options)?;
    std::fs::write(folder.join(format!("{name}.onnx")), &exported.bytes)?;
    let program = export_code(&model, name)?;
    std::fs::write(folder.join(format!("{name}.py")), &program.code)?;
    std::fs::write(folder.join(format!("{name}.safetensors")), &program.weights)?;
    let without_keras = match export_keras(&model) {
        Ok(exported) => {
            std::fs::write(folder.join(format!("{name}.keras")), exported.bytes)?;
            None
        }
        Err(error) => Some(error.to_string()),
    };
    let counts = compute(folder, name, &model, seed)?;
    Ok(json!({
        "name": name, "input": model.network.input().extents(), "columns": counts.0, "logits": counts.1,
        "opset": exported.opset, "without_keras": without_keras, "network": model.network.text().to_string(),
    }))
}

/// Weights by He's rule, and biases, scales and running statistics that are neither 0 nor 1.
fn draw(network: &mut Network<f32>, seed: u32) {
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    let ranges: Vec<_> = network
        .nodes()
        .iter()
        .flat_map(|node| {
            node.placed_parameters()
                .map(|(parameter, range)| (parameter.name, range))
                .collect::<Vec<_>>()
        })
        .filter(|(name, _)| *name != "weight")
        .collect();
    for (name, range) in ranges {
        for value in &mut network.parameters_mut()[range] {
            let draw = 0.1 * random.normal() as f32;
            *value = match name {
                "variance" => 1.0 + draw.abs(),
                _ => *value + draw,
            };
        }
    }
}

/// The usual preprocessing of an input, with some fields changed.
fn preprocessing(changes: &Value, input: Shape) -> Outcome<Preprocessing> {
    let [height, width, channels] = input.as_image();
    let mut all = serde_json::to_value(Preprocessing::scaled(height, width, channels, 255.0))?;
    for (name, value) in changes.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    Ok(serde_json::from_value(all)?)
}

/// Writes some inputs and what the network makes of them; gives the numbers of outputs, and of logits if there are any.
fn compute(folder: &Path, name: &str, model: &Model<f32>, seed: u32) -> Outcome<(usize, usize)> {
    let mut random = RandomState::new(seed.wrapping_add(1));
    let network = &model.network;
    let raw: Vec<f32> = (0..EXAMPLES * network.input().len())
        .map(|_| 255.0 * random.uniform() as f32)
        .collect();
    let channels = network.input().channels();
    let scaled = raw
        .iter()
        .enumerate()
        .map(|(at, &value)| model.preprocessing.value(value, at % channels));
    let scaled: Vec<f32> = scaled.collect();
    let mut shape = vec![EXAMPLES];
    shape.extend(network.input().extents());
    let x = ArrayViewD::from_shape(shape, &scaled)?;
    let mut outputs = network
        .predict(x.clone())?
        .into_iter()
        .collect::<Vec<f32>>();
    model.restore(&mut outputs);
    let bytes = |values: &[f32]| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    std::fs::write(folder.join(format!("{name}.inputs")), bytes(&raw))?;
    std::fs::write(folder.join(format!("{name}.outputs")), bytes(&outputs))?;
    let columns = outputs.len() / EXAMPLES;
    let closing = network
        .nodes()
        .last()
        .map(|node| node.layer().text().kind().to_owned());
    if !matches!(closing.as_deref(), Some("softmax" | "sigmoid")) {
        return Ok((columns, 0));
    }
    // The same network without its last layer, which has no parameters.
    let mut text = parse_or_preset(&network.text().to_string(), &Kinds::builtin())?;
    text.steps.pop();
    let mut open = Network::<f32>::builder().build_text(text, network.input())?;
    open.parameters_mut().copy_from_slice(network.parameters());
    let logits = open.predict(x)?.into_iter().collect::<Vec<f32>>();
    std::fs::write(folder.join(format!("{name}.logits")), bytes(&logits))?;
    Ok((columns, logits.len() / EXAMPLES))
}
