//! Arrays in other shapes: no layer, only another view, unless channels change their order.

use std::rc::Rc;

use super::arrange::{self, axis_of};
use super::expression::Expression;
use super::fold;
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use crate::problem::Checked;

/// The extents of an input.
pub(super) fn shape(node: &NodeOf<'_>, inputs: Inputs<'_>) -> Checked<Known> {
    let extents = inputs.activation(0)?.view.extents();
    Ok(Known::Constant(Rc::new(fold::shape(node, &extents))))
}

/// An input in other extents, or with its dimensions in another order.
pub(super) fn rearranged(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let before = a.view.extents();
    let rank = before.len();
    let extents = match node.operator() {
        "Transpose" => {
            let order = fold::order(node, rank)?;
            let view = a
                .view
                .transposed(&order)
                .ok_or("its order is not one of the dimensions")?;
            return finished(lowering, node, a, view);
        }
        "Reshape" => {
            let wanted = inputs
                .list(node, "shape", 1)?
                .ok_or("its shape is not known")?;
            arrange::extents(&before, &wanted, node.int("allowzero", 0) != 0)?
        }
        _ => {
            let axes = inputs.list(node, "axes", 1)?;
            arrange::renamed(node, &before, axes.as_deref())?
        }
    };
    let view = a.view.reshaped(&extents).ok_or_else(|| {
        format!("it makes an array of {before:?} one of {extents:?}, which mixes height, width and channels")
    })?;
    finished(lowering, node, a, view)
}

/// A value in another view. If its channels are in another order then, that is a layer.
fn finished(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    view: super::view::View,
) -> Checked<Known> {
    let expression = Rc::clone(&a.expression);
    let base = expression.base().map(|base| lowering.graph.shape(base));
    let shuffled = base.and_then(|shape| Some((view.shuffled(shape.channels())?, shape)));
    let Some((groups, shape)) = shuffled else {
        return Ok(Known::Activation(Activation { expression, view }));
    };
    let value = lowering.force(a)?;
    let text = lowering
        .graph
        .text("channelshuffle", [("groups", groups.into())])?;
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), value)?;
    let dim = view.channel_dim().unwrap_or(1);
    Ok(Known::Activation(Activation {
        expression: Expression::value(value),
        view: view.with_channels(dim, shape.channels()),
    }))
}

/// A dimension by its number in an attribute.
pub(super) fn dim(node: &NodeOf<'_>, name: &str, usual: i64, rank: usize) -> Checked<usize> {
    axis_of(node.int(name, usual), rank)
}
