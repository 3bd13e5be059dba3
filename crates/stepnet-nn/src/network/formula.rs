//! Formulas that show why a layer does not fit.

use super::node::Node;
use crate::Number;
use crate::layer::{Layer, Parameter};
use crate::shape::Shape;

/// Which layer made a vector of a volume that `layer` would have taken, for layers after `nodes`.
pub(super) fn vector_made<T: Number>(
    nodes: &[Node<T>],
    layer: &dyn Layer<T>,
    input: Shape,
) -> Option<String> {
    let Shape::Features(_) = input else {
        return None;
    };
    nodes.iter().rev().find_map(|node| {
        let (
            Shape::Volume {
                height,
                width,
                channels,
            },
            Shape::Features(features),
        ) = (node.input, node.output)
        else {
            return None;
        };
        let volume = node.input;
        layer.output_shape(volume).ok()?;
        let sum = match features == volume.len() {
            true => format!("{height} * {width} * {channels} = {features}"),
            false => features.to_string(),
        };
        Some(format!("{} made {sum} features of {volume}", node.name))
    })
}

/// How many numbers some arrays hold: `3 * 3 * 8 * 16 + 16 = 1168`, and the sum.
pub(super) fn count(parameters: &[Parameter]) -> (String, u128) {
    let product = |parameter: &Parameter| {
        let extents = parameter.shape.iter();
        extents.fold(1_u128, |product, &extent| {
            product.saturating_mul(extent as u128)
        })
    };
    let written = |parameter: &Parameter| {
        let extents: Vec<String> = parameter.shape.iter().map(usize::to_string).collect();
        extents.join(" * ")
    };
    let terms: Vec<String> = parameters.iter().map(written).collect();
    let sum = parameters.iter().map(product).fold(0, u128::saturating_add);
    (format!("{} = {sum}", terms.join(" + ")), sum)
}
