//! The change that makes the shortcut of a residual block fit.

use crate::Number;
use crate::layer::Remedy;
use crate::layers::Registry;
use crate::notation::{LayerText, NetworkText};
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
