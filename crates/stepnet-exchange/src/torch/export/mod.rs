//! Writes a network as a PyTorch program: a readable `nn.Module`, and its weights as a file of safetensors.
//!
//! The program has the network as `nn.Sequential`s, `preprocess` and `predict`, and `load`, which reads the weights. It needs
//! the packages torch and safetensors, and nothing of Stepnet.

mod file;
mod helpers;
mod layers;
mod modules;

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};
use stepnet_base::{Element as _, Error, Result};

use crate::outgoing::{Array, Outgoing, metadata, tree};
use crate::{Model, Number};

/// A program and its weights.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExportedCode {
    /// The program.
    pub code: String,
    /// The content of the weights' file, which the program looks for next to itself, under its own name with the ending
    /// `.safetensors`.
    pub weights: Vec<u8>,
    /// What was chosen or changed.
    pub notes: Vec<String>,
}

/// The PyTorch program of a model. `name` is that of the file without its ending, for the examples in its first lines.
///
/// ```
/// use stepnet::exchange::torch::export::export_code;
/// use stepnet::nn::{Model, Network, Preprocessing};
///
/// let network = Network::<f32>::new("conv(4, 3) -> relu -> linear(2) -> softmax", [8, 8, 1])?;
/// let model = Model::new(network, Vec::new(), Preprocessing::scaled(8, 8, 1, 255.0));
/// let exported = export_code(&model, "pets")?;
/// assert!(exported.code.contains("nn.Conv2d(1, 4, 3)"));
/// # Ok::<(), stepnet::Error>(())
/// ```
///
/// # Errors
/// A layer that has no form in PyTorch, by its name; weights that are not finite.
pub fn export_code<T: Number>(model: &Model<T>, name: &str) -> Result<ExportedCode> {
    let outgoing = Outgoing::of(model)?;
    let blocks = tree(&outgoing, model.network.text())?;
    let network = layers::network(&outgoing, &blocks, file::closes(model, &outgoing))?;
    let mut notes = Vec::new();
    if T::NAME != f32::NAME {
        notes.push("the weights are rounded from f64 to f32".to_owned());
    }
    Ok(ExportedCode {
        code: file::program(model, &outgoing, &network, name),
        weights: weights(network.tensors, metadata(model))?,
        notes,
    })
}

/// The content of a file of safetensors.
fn weights(tensors: Vec<(String, Array)>, metadata: Vec<(String, String)>) -> Result<Vec<u8>> {
    let tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, array)| {
            (
                format!("layers.{name}"),
                (
                    array.shape,
                    array
                        .values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
            )
        })
        .collect();
    let wrong = |error: safetensors::SafeTensorError| Error::Training(error.to_string());
    let views = tensors.iter().map(|(name, (shape, bytes))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(wrong)?;
        Ok((name.clone(), view))
    });
    let views: Vec<_> = views.collect::<Result<_>>()?;
    // One entry, because several would be written in a random order and equal models would be different files.
    let entries = serde_json::to_string(&metadata.into_iter().collect::<BTreeMap<_, _>>());
    let entries = entries.map_err(|error| Error::Training(error.to_string()))?;
    let all = [("stepnet_model".to_owned(), entries)].into();
    safetensors::serialize(views, Some(all)).map_err(wrong)
}

#[cfg(test)]
mod tests;
