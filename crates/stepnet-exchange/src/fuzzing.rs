//! What the fuzz targets call: readers over bytes.

use std::path::Path;

use crate::options::{ImportOptions, Source};
use crate::weights::{Layout, StateDict};
use crate::{Shape, keras, safetensors, tfjs, torch, weights_only};

/// A network that weights of a fuzzed file may happen to fit.
const NETWORK: &str = "conv(2, 1) -> bn -> flatten -> linear(2) -> softmax";

/// Reads bytes as a file of a format: `pickle`, `keras`, `tfjs` or `weights`. False if it has no such name.
pub fn format(name: &str, bytes: &[u8]) -> bool {
    let options = ImportOptions::default().input(Some(Shape::volume(4, 4, 3)));
    let path = Path::new("fuzz");
    let source = Source { path, bytes };
    match name {
        "pickle" => {
            if let Ok(state) = torch::import::read(bytes, None) {
                take(state, Layout::Torch);
            }
        }
        "weights" => {
            if let Ok(state) = safetensors::read(bytes) {
                take(state, Layout::Torch);
            }
        }
        "keras" => match keras::is_hdf5(bytes) {
            true => drop(keras::read_hdf5::<f32>(&source, &options)),
            false => drop(keras::read_zipped::<f32>(&source, &options)),
        },
        "tfjs" => tfjs::fuzz(bytes, &options),
        _ => return false,
    }
    true
}

/// Reads the values of weights, and tries them on a network and on all recipes.
fn take(state: StateDict<'_>, layout: Layout) {
    for tensor in &state.tensors {
        let mut sum = 0.0;
        tensor.each(|value| sum += value);
    }
    let input = Some(Shape::volume(4, 4, 3));
    let options = ImportOptions::default()
        .input(input)
        .model(Some(NETWORK.to_owned()));
    drop(weights_only::import::<f32>(state.clone(), layout, &options));
    // Without a network the message looks for a recipe by the names.
    drop(weights_only::import::<f32>(
        state,
        layout,
        &ImportOptions::default(),
    ));
}
