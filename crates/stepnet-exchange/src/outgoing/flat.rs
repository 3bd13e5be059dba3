//! Where a flattened volume may keep its channels in front.
//!
//! Stepnet flattens by height, width, channel; formats with channels in front flatten by channel, height, width. Nothing has to
//! be moved while the model runs if the order does not matter until a dense layer, whose weights are put in that order
//! instead.

use stepnet_nn::Shape;

use super::layer::OutLayer;

/// Kinds that treat every value alike, wherever it is.
const ALIKE: &[&str] = &[
    "dropout",
    "droppath",
    "elu",
    "flatten",
    "gelu",
    "gelutanh",
    "hardsigmoid",
    "hardswish",
    "identity",
    "leakyrelu",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "tanh",
];

/// For each value the volume whose channels stay in front, see [`super::Outgoing::channels_first`].
pub(super) fn channels_first(layers: &[OutLayer], shapes: &[Shape]) -> Vec<Option<[usize; 3]>> {
    let mut free = vec![false; shapes.len()];
    // From the end: a value is free if every layer that takes it is a dense one, or passes it on to a free value.
    for value in (1..shapes.len()).rev() {
        let mut readers = layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.inputs.contains(&value));
        let is_free = |(number, layer): (usize, &OutLayer)| match layer.kind() {
            "linear" => true,
            kind => ALIKE.contains(&kind) && free[number + 1],
        };
        free[value] = value < layers.len() && readers.all(is_free);
    }
    let mut found = vec![None; shapes.len()];
    for (number, layer) in layers.iter().enumerate() {
        if !free[number + 1] || !matches!(shapes[number + 1], Shape::Features(_)) {
            continue;
        }
        found[number + 1] = match layer.input() {
            // With one channel or one pixel both orders are the same.
            Shape::Volume {
                height,
                width,
                channels,
            } if layer.kind() == "flatten" => {
                (channels > 1 && height * width > 1).then_some([height, width, channels])
            }
            Shape::Features(_) if ALIKE.contains(&layer.kind()) => found[layer.inputs[0]],
            _ => None,
        };
    }
    found
}
