//! Imports a model and computes its outputs, for comparisons with the framework that it comes from.
//!
//! `import_outputs MODEL INPUTS OUTPUTS [HEIGHTxWIDTHxCHANNELS [UNTIL]]` computes with `f64`, if the environment has
//! STEPNET_F64, and with `f32` otherwise: `INPUTS` has `f32` numbers, little-endian, as
//! the network takes them (height, width, channels; not scaled any more); so has `OUTPUTS`. A line of JSON on the
//! standard output says what was imported.

use std::env;
use std::fs;
use std::time::Instant;

use ndarray::ArrayViewD;
use serde_json::json;
use stepnet_base::Error;
use stepnet_exchange::{ImportOptions, import};
use stepnet_nn::{Number, Shape};

fn main() -> Result<(), Error> {
    match env::var_os("STEPNET_F64") {
        Some(_) => compute::<f64>(),
        None => compute::<f32>(),
    }
}

fn compute<T: Number>() -> Result<(), Error> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [model, inputs, outputs, rest @ ..] = words.as_slice() else {
        return Err(Error::Training(
            "usage: import_outputs MODEL INPUTS OUTPUTS [SHAPE [UNTIL]]".to_owned(),
        ));
    };
    let shape = rest.first().filter(|shape| *shape != "-");
    let shape: Option<Shape> = shape.map(|shape| shape.parse()).transpose()?;
    let options = ImportOptions::default().keep_logits(true);
    let options = options.input(shape).until(rest.get(1).cloned());
    let start = Instant::now();
    let imported = import::<T>(model, &options)?;
    let seconds = start.elapsed().as_secs_f64();

    let network = &imported.model.network;
    let read = |error| Error::file(inputs, format!("{error}"));
    let bytes = fs::read(inputs).map_err(read)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    let values: Vec<T> = numbers
        .iter()
        .map(|&bytes| T::from_f64(f32::from_le_bytes(bytes).into()))
        .collect();
    let batch = values.len() / network.input().len();
    let extents = [vec![batch], network.input().extents()].concat();
    let x = ArrayViewD::from_shape(extents, &values);
    let x = x.map_err(|error| Error::Training(error.to_string()))?;
    let y = network.predict(x)?;
    let bytes: Vec<u8> = y
        .iter()
        .flat_map(|value| (value.as_f64() as f32).to_le_bytes())
        .collect();
    fs::write(outputs, bytes).map_err(|error| Error::file(outputs, format!("{error}")))?;

    let preprocessing = &imported.model.preprocessing;
    let sources = imported
        .mappings
        .iter()
        .map(|mapping| mapping.sources.len());
    println!(
        "{}",
        json!({
            "network": network.text().to_string(),
            "input": network.input().to_string(),
            "output": network.output().to_string(),
            "layers": network.nodes().len(),
            "mapped": sources.sum::<usize>(),
            "seconds": seconds,
            "notes": imported.notes,
            "divisor": preprocessing.divisor,
            "mean": preprocessing.mean,
            "deviation": preprocessing.deviation,
        })
    );
    Ok(())
}
