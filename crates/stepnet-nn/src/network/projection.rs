//! The changes that make the shortcut of a residual block fit, and the factors of a scale.

use crate::Number;
use crate::layer::Remedy;
use crate::layers::Registry;
use crate::notation::{Item, LayerText, NetworkText};
use crate::shape::Shape;

/// The residual block with a shortcut that brings its `input` to what its body gives: the projection
/// of He et al. (2016).
pub(super) fn projection<T: Number>(
    registry: &Registry<T>,
    block: &LayerText,
    input: Shape,
    body: Shape,
) -> Vec<Remedy> {
    let kinds = registry.kinds();
    let layer = match (input, body) {
        (
            Shape::Volume { height, width, .. },
            Shape::Volume {
                height: rows,
                width: columns,
                channels,
            },
        ) => {
            // With a kernel of one, stride s leaves ceil(n / s).
            let stride = |n: usize, m: usize| (1..=n).find(|&s| n.div_ceil(s) <= m);
            let (Some(down), Some(across)) = (stride(height, rows), stride(width, columns)) else {
                return Vec::new();
            };
            let arguments = [
                ("filters", channels.into()),
                ("kernel", 1.into()),
                ("stride", [down, across].into()),
            ];
            LayerText::new(kinds, "conv", arguments)
        }
        (_, Shape::Features(units)) => LayerText::new(kinds, "linear", [("units", units.into())]),
        _ => return Vec::new(),
    };
    let with = layer.and_then(|layer| {
        let shortcut: NetworkText = [layer].into_iter().collect();
        block.clone().with("shortcut", shortcut)
    });
    let cost = crate::doctor::cost::ARGUMENT;
    let remedy = |text| Remedy { text, cost };
    with.ok().map(remedy).into_iter().collect()
}

/// The scale whose body ends in a factor for each channel: its last layer that says how many outputs it has, with
/// another number.
pub(super) fn factors(block: &LayerText, channels: usize) -> Vec<Remedy> {
    let Some(mut body) = block.network("body").cloned() else {
        return Vec::new();
    };
    let found = body.steps.iter_mut().rev().find_map(|step| {
        let Item::Layer(layer) = &mut step.item else {
            return None;
        };
        let names = ["units", "filters"];
        let name = names.into_iter().find(|name| layer.has(name))?;
        Some((layer, name))
    });
    let Some((layer, name)) = found else {
        return Vec::new();
    };
    let Ok(other) = layer.clone().with(name, channels) else {
        return Vec::new();
    };
    *layer = other;
    let cost = crate::doctor::cost::ARGUMENT;
    let remedy = |text| Remedy { text, cost };
    let with = block.clone().with("body", body);
    with.ok().map(remedy).into_iter().collect()
}
