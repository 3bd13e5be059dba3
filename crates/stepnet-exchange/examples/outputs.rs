//! Imports a model and computes its outputs: what the tests in Python compare with the framework that a file comes from.
//!
//!     outputs FILE INPUT OUTPUT [recipe=NAME] [model=TEXT] [input=HxWxC] [part=NAME] [until=NODE] [logits] [f64]
//!
//! INPUT has the network's inputs as 32-bit numbers, example after example in rows of pixels, not scaled any more; OUTPUT
//! gets the outputs. A line of JSON on the standard output says what was imported.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use stepnet_exchange::{ImportOptions, Imported, import};
use stepnet_nn::{Number, PlanOptions, Workspace};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, input, output, rest @ ..] = arguments.as_slice() else {
        return Err("expected FILE INPUT OUTPUT".into());
    };
    let mut options = ImportOptions::default();
    let mut double = false;
    for option in rest {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        options = match name {
            "recipe" => options.recipe(Some(value.to_owned())),
            "model" => options.model(Some(value.to_owned())),
            "input" => options.input(Some(value.parse()?)),
            "part" => options.part(Some(value.to_owned())),
            "until" => options.until(Some(value.to_owned())),
            "logits" => options.keep_logits(true),
            "f64" => {
                double = true;
                options
            }
            other => return Err(format!("no option {other:?}").into()),
        };
    }
    match double {
        true => compute::<f64>([file, input, output], &options),
        false => compute::<f32>([file, input, output], &options),
    }
}

fn compute<T: Number>(
    [file, input, output]: [&str; 3],
    options: &ImportOptions,
) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let imported = import::<T>(file, options)?;
    let seconds = started.elapsed().as_secs_f64();
    let network = &imported.model.network;
    let bytes = std::fs::read(input)?;
    let values = bytes.as_chunks().0.iter();
    let values: Vec<T> = values
        .map(|&bytes| T::from_f64(f32::from_le_bytes(bytes).into()))
        .collect();
    let mut workspace = Workspace::new(network, 1, PlanOptions::INFERENCE)?;
    let mut outputs = Vec::new();
    for example in values.chunks(network.input().len()) {
        let made = workspace.predict(network, example)?;
        outputs.extend(
            made.iter()
                .flat_map(|value| (value.as_f64() as f32).to_le_bytes()),
        );
    }
    std::fs::write(output, outputs)?;
    println!("{}", description(&imported, seconds));
    Ok(())
}

fn description<T: Number>(imported: &Imported<T>, seconds: f64) -> serde_json::Value {
    let network = &imported.model.network;
    let preprocessing = &imported.model.preprocessing;
    let mappings = imported.mappings.iter();
    let mappings: Vec<_> = mappings
        .map(|mapping| json!({"layer": mapping.layer, "sources": mapping.sources}))
        .collect();
    json!({
        "network": network.text().to_string(),
        "input": network.input().to_string(),
        "output": network.output().to_string(),
        "layers": network.nodes().len(),
        "mappings": mappings,
        "mapped": imported.mappings.iter().map(|mapping| mapping.sources.len()).sum::<usize>(),
        "classes": imported.model.classes,
        "seconds": seconds,
        "notes": imported.notes,
        "divisor": preprocessing.divisor,
        "mean": preprocessing.mean,
        "deviation": preprocessing.deviation,
    })
}
