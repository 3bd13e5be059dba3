//! Models of TensorFlow.js: `model.json` with the description of a Keras model, and the weights in files next to it.

mod manifest;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::Number;
use crate::graph::Numbers;
use crate::imported::Imported;
use crate::keras::{self, Loaded, Place, Weights};
use crate::options::{ImportOptions, Source};
use crate::problem::Checked;
use crate::weights::{Layout, StateDict};

/// Whether bytes are the JSON of such a model: with a list of weights, or the beginning of one.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let has = |mark: &[u8]| bytes.windows(mark.len()).any(|part| part == mark);
    matches!(start, Some(b'{' | b'['))
        && (has(b"\"weightsManifest\"")
            || has(b"\"modelTopology\"")
            || (has(b"\"weights\"") && has(b"\"paths\"")))
}

/// Reads a model, or weights whose network the user gives.
///
/// # Errors
/// A damaged file, a graph of TensorFlow's own operations, or the first layer that the notation cannot write.
pub(crate) fn read<T: Number>(
    source: &Source<'_>,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    // The files of weights are named by the model, which may be a stranger's: only those in its folder are read.
    read_with(source.bytes, options, &|name| {
        manifest::beside(source.path, name)
    })
}

/// Reads a model whose files of weights are given by `load`.
fn read_with<T: Number>(
    bytes: &[u8],
    options: &ImportOptions,
    load: &manifest::Load<'_>,
) -> Checked<Imported<T>> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the file is not in UTF-8".to_owned())?;
    let json = keras::parse(text)?;
    let topology = json
        .get("modelTopology")
        .filter(|topology| !topology.is_null());
    if json.get("format").and_then(Json::as_str) == Some("graph-model")
        || topology.is_some_and(|topology| topology.get("node").is_some())
    {
        return Err("a TensorFlow.js graph model, whose layers are not in the file: expected a layers model, as its \
                    converter makes of a Keras model"
            .into());
    }
    let state = manifest::read(json.get("weightsManifest").unwrap_or(&json), load)?;
    match topology {
        Some(topology) => {
            let description = topology.get("model_config").unwrap_or(topology);
            let version = topology
                .get("keras_version")
                .and_then(Json::as_str)
                .unwrap_or_default();
            let third = version.starts_with('3');
            keras::build(description, &Named::new(&state), third, options)
        }
        None => {
            let state = state.with_separable_layers_split();
            crate::weights_only::import(state, Layout::Keras, options)
        }
    }
}

/// Reads bytes as a model: the JSON up to the first zero, the rest as each of its files of weights.
pub(crate) fn fuzz(bytes: &[u8], options: &ImportOptions) {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    let (json, weights) = bytes.split_at(end);
    let load = |_: &str| Ok(weights.to_vec());
    drop(read_with::<f32>(json, options, &load));
    let options = options
        .clone()
        .model(Some("conv(2, 1) -> flatten -> linear(2)".to_owned()));
    drop(read_with::<f32>(json, &options, &load));
}

/// Tensors by the layer's name and the array's.
struct Named<'a> {
    state: &'a StateDict<'a>,
    places: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Named<'a> {
    fn new(state: &'a StateDict<'a>) -> Self {
        let mut places = HashMap::new();
        for (at, tensor) in state.tensors.iter().enumerate() {
            let Some((layer, name)) = tensor.name.rsplit_once('.') else {
                continue;
            };
            // Models around a layer, and names that TensorFlow repeats.
            let mut parts = layer.split('/');
            let (first, last) = (parts.next(), parts.next_back());
            for layer in [last, first].into_iter().flatten() {
                places.entry((layer, name)).or_insert(at);
            }
        }
        Self { state, places }
    }
}

impl Weights for Named<'_> {
    fn find(&self, place: &Place, _: usize, names: &[&str]) -> Checked<Option<Loaded>> {
        let found = names
            .iter()
            .find_map(|name| self.places.get(&(place.name.as_str(), *name)));
        let Some(tensor) = found.and_then(|&at| self.state.tensors.get(at)) else {
            return Ok(None);
        };
        let mut values = Vec::with_capacity(tensor.len());
        // The numbers of such files are of single precision at most.
        tensor.each(|value| values.push(value as f32));
        Ok(Some(Loaded {
            shape: tensor.shape.clone(),
            numbers: Numbers::F32(values),
        }))
    }
}
