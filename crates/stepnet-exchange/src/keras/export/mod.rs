//! Writes a network as a model of Keras 3: a `.keras` file, which is an archive with the description and the weights.
//!
//! Channels are last in both, so arrays keep their order. What Keras has no layer for is refused by name.

mod graph;
mod layers;
mod windows;

use std::io::{Cursor, Write};

use hdf5_pure::FileBuilder;
use serde_json::{Value as Json, json};
use stepnet_base::{Element as _, Error, Result, Task};
use stepnet_nn::{Preprocessing, Shape};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::outgoing::{Outgoing, metadata};
use crate::{Model, Number};
use graph::Graph;

/// The version of Keras whose form the file has.
const VERSION: &str = "3.0.0";

/// A model of Keras.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExportedKeras {
    /// The content of the `.keras` file.
    pub bytes: Vec<u8>,
    /// What the model takes, and what was chosen or changed.
    pub notes: Vec<String>,
}

/// The model of Keras: images of the model's size, with values from 0 to 255, or the data's own values in; the network's
/// outputs out, numbers in the unit of the targets.
///
/// ```
/// use stepnet::exchange::keras::export::export_keras;
/// use stepnet::nn::{Model, Network, Preprocessing};
///
/// let network = Network::<f32>::new("conv(4, 3) -> relu -> linear(2) -> softmax", [8, 8, 1])?;
/// let model = Model::new(network, Vec::new(), Preprocessing::scaled(8, 8, 1, 255.0));
/// let exported = export_keras(&model)?;
/// assert!(exported.bytes.starts_with(b"PK"));
/// # Ok::<(), stepnet::Error>(())
/// ```
///
/// # Errors
/// A layer that Keras does not have, by its name; weights that are not finite.
pub fn export_keras<T: Number>(model: &Model<T>) -> Result<ExportedKeras> {
    let outgoing = Outgoing::of(model)?;
    let mut notes = Vec::new();
    if T::NAME != f32::NAME {
        notes.push("the weights are rounded from f64 to f32".to_owned());
    }
    let mut graph = Graph::new(model.network.input());
    let mut values = vec![scaled(&mut graph, model, &mut notes)];
    for layer in &outgoing.layers {
        let inputs: Vec<usize> = layer.inputs.iter().map(|&value| values[value]).collect();
        values.push(layers::write(&mut graph, layer, &inputs)?);
    }
    let mut output = values[values.len() - 1];
    if let Task::Numbers(scale) = &model.preprocessing.task {
        let (mean, deviation) = (&scale.mean, &scale.deviation);
        if !mean.is_empty() || !deviation.is_empty() {
            output = graph.rescaling(
                "unit_of_the_targets",
                numbers(deviation, 1.0),
                numbers(mean, 0.0),
                output,
            );
        }
    }
    let facts: serde_json::Map<String, Json> = metadata(model)
        .into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect();
    let about = json!({"keras_version": VERSION, "stepnet": facts});
    let files = [
        ("metadata.json", about.to_string().into_bytes()),
        (
            "config.json",
            graph.description(output).to_string().into_bytes(),
        ),
        ("model.weights.h5", weights(&graph, output)?),
    ];
    Ok(ExportedKeras {
        bytes: archive(&files)?,
        notes,
    })
}

/// A number for all, or one for each channel, as Keras takes it.
fn numbers(each: &[f64], usual: f64) -> Json {
    match each {
        [] => usual.into(),
        each => each.into(),
    }
}

/// The preprocessing `(v / divisor - mean) / deviation` as a factor and an offset.
fn scaled<T: Number>(graph: &mut Graph, model: &Model<T>, notes: &mut Vec<String>) -> usize {
    let is_image = matches!(
        model.network.input(),
        Shape::Volume {
            channels: 1 | 3,
            ..
        }
    );
    let preprocessing = match is_image {
        true => model.preprocessing.for_pictures(),
        false => model.preprocessing.clone(),
    };
    let Preprocessing {
        height,
        width,
        divisor,
        mean,
        deviation,
        ..
    } = &preprocessing;
    notes.push(match is_image {
        true => format!(
            "it takes images of {height}x{width} with values from 0 to 255; their scaling is in the file, resizing is not"
        ),
        false => {
            "it takes values in the unit of the training data; their scaling is in the file".to_owned()
        }
    });
    let input = graph.input();
    let channels = mean.len().max(deviation.len());
    if channels == 0 {
        return match *divisor {
            1.0 => input,
            divisor => graph.rescaling("scaling", (1.0 / divisor).into(), 0.0.into(), input),
        };
    }
    let at =
        |values: &[f64], channel: usize, usual: f64| values.get(channel).copied().unwrap_or(usual);
    let factors = (0..channels).map(|channel| 1.0 / (divisor * at(deviation, channel, 1.0)));
    let offsets =
        (0..channels).map(|channel| -at(mean, channel, 0.0) / at(deviation, channel, 1.0));
    let (factors, offsets): (Vec<f64>, Vec<f64>) = (factors.collect(), offsets.collect());
    graph.rescaling("scaling", factors.into(), offsets.into(), input)
}

/// The file of weights: `layers/conv2d_1/vars/0`.
fn weights(graph: &Graph, output: usize) -> Result<Vec<u8>> {
    let mut file = FileBuilder::new();
    let mut layers = file.create_group("layers");
    for (path, node) in graph.stored(output) {
        let mut group = layers.create_group(&path);
        let mut variables = group.create_group("vars");
        for (number, array) in node.weights.iter().enumerate() {
            let shape: Vec<u64> = array.shape.iter().map(|&extent| extent as u64).collect();
            variables
                .create_dataset(&number.to_string())
                .with_f32_data(&array.values)
                .with_shape(&shape);
        }
        group.add_group(variables.finish());
        layers.add_group(group.finish());
    }
    file.add_group(layers.finish());
    file.finish()
        .map_err(|error| Error::Training(format!("the weights cannot be written: {error}")))
}

/// An archive of files that are stored as they are.
fn archive(files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let failed =
        |problem: String| Error::Training(format!("the archive cannot be written: {problem}"));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        let options = options.large_file(bytes.len() > u32::MAX as usize);
        archive
            .start_file(*name, options)
            .map_err(|error| failed(error.to_string()))?;
        archive
            .write_all(bytes)
            .map_err(|error| failed(error.to_string()))?;
    }
    let archive = archive
        .finish()
        .map_err(|error| failed(error.to_string()))?;
    Ok(archive.into_inner())
}

#[cfg(test)]
mod tests;
