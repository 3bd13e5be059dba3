//! Writes a network as an ONNX file.
//!
//! The file takes what a program has (images in bytes, or raw values) and gives what the model says of it: preprocessing is
//! inside, and so is what follows the network, such as bringing numbers back to their unit. Inside, volumes have their channels
//! in front, `(batch, channels, height, width)`, as ONNX's operators want them; transposes are only at the input, around
//! layer normalisation, and where a vector's order matters. Every layer is a node of its name, or several: then the last
//! has its name, and those before it `name/Operator`. Weights are called as in Stepnet's own files, `conv1.weight`.

mod attributes;
mod graph;
mod images;
mod input;
mod layers;
mod outputs;

use prost::Message;
use stepnet_base::{Element as _, Result, setters};

use super::proto::{
    GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, ValueInfoProto,
};
use crate::outgoing::{Outgoing, metadata};
use crate::{Model, Number};
use graph::Graph;

/// The version of the file format, which runtimes since the beginning of 2021 read.
const IR_VERSION: i64 = 8;

/// What the file's input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExportInput {
    /// Images of any size for networks of images, raw values for others.
    #[default]
    Auto,
    /// `images`: `uint8` of `(batch, height, width, channels)`, of any height and width. The file resizes them as the
    /// model's preprocessing does, which takes version 18 of the operators.
    AnySize,
    /// `images`: the same, of the model's own height and width.
    ModelSize,
    /// `values`: `float32` in the unit of the training data, `(batch, height, width, channels)` or `(batch, features)`.
    Values,
}

/// Options of [`export`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExportOptions {
    /// What the file's input is.
    pub input: ExportInput,
}

setters! { ExportOptions {
    input: ExportInput,
} }

/// An ONNX file, and what a user should know of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exported {
    /// The content of the file.
    pub bytes: Vec<u8>,
    /// The version of ONNX's operators that it needs.
    pub opset: i64,
    /// The input, in words: its name, type and shape.
    pub input: String,
    /// The outputs in the same way.
    pub outputs: Vec<String>,
    /// What was chosen or changed.
    pub notes: Vec<String>,
}

/// The ONNX file of a model.
///
/// ```
/// use stepnet::exchange::onnx::{ExportOptions, export};
/// use stepnet::nn::{Model, Network, Preprocessing};
///
/// let network = Network::<f32>::new("conv(4, 3) -> relu -> linear(2) -> softmax", [8, 8, 1])?;
/// let names = vec!["cat".to_owned(), "dog".to_owned()];
/// let model = Model::new(network, names, Preprocessing::scaled(8, 8, 1, 255.0));
/// let exported = export(&model, &ExportOptions::default())?;
/// assert_eq!(exported.input, "images: uint8 (batch, height, width, 1)");
/// assert_eq!(exported.outputs[0], "probabilities: float32 (batch, 2)");
/// # Ok::<(), stepnet::Error>(())
/// ```
///
/// # Errors
/// A layer that ONNX cannot say, by its name; an input that the network does not have, such as images of a network for
/// vectors; weights that are not finite.
pub fn export<T: Number>(model: &Model<T>, options: &ExportOptions) -> Result<Exported> {
    let outgoing = Outgoing::of(model)?;
    let mut graph = Graph::default();
    let mut notes = Vec::new();
    if T::NAME != f32::NAME {
        notes.push("the weights are rounded from f64 to f32".to_owned());
    }
    let entry = input::write(&mut graph, model, options.input, &mut notes)?;
    let mut values = vec![entry.value];
    for (number, layer) in outgoing.layers.iter().enumerate() {
        let place = layers::Place {
            layer,
            inputs: layer
                .inputs
                .iter()
                .map(|&value| values[value].as_str())
                .collect(),
            from: outgoing.channels_first[layer.inputs[0]],
            keeps_channels_first: outgoing.channels_first[number + 1].is_some(),
        };
        let value = layers::write(&mut graph, &place)?;
        values.push(value);
    }
    let outputs = outputs::write(&mut graph, model, &outgoing, &values);
    let described = |info: &ValueInfoProto| attributes::described(info);
    let (input, opset) = (described(&entry.info), graph.opset());
    let told = outputs.iter().map(described).collect();
    let proto = ModelProto {
        ir_version: IR_VERSION,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: opset,
        }],
        producer_name: "stepnet".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        metadata_props: metadata(model)
            .into_iter()
            .map(|(key, value)| StringStringEntryProto { key, value })
            .collect(),
        graph: Some(GraphProto {
            name: "network".to_owned(),
            input: vec![entry.info],
            output: outputs,
            ..graph.into_proto()
        }),
        ..ModelProto::default()
    };
    Ok(Exported {
        bytes: proto.encode_to_vec(),
        opset,
        input,
        outputs: told,
        notes,
    })
}

impl Exported {
    /// The version of the operators, the input and the outputs in a sentence each, then the notes.
    pub fn lines(&self) -> Vec<String> {
        let first = [
            format!("ONNX opset {}", self.opset),
            format!("input {}", self.input),
        ];
        let outputs = self.outputs.iter().map(|output| format!("output {output}"));
        first
            .into_iter()
            .chain(outputs)
            .chain(self.notes.iter().cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests;
