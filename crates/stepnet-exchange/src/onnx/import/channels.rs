//! Channels one after the other, and some of them.

use std::rc::Rc;

use super::arrange::{self, Part};
use super::expression::Expression;
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::shapes;
use super::tensor::Tensor;
use super::view::{Atom, Axis};
use crate::problem::Checked;

/// Values one after the other, along their channels.
pub(super) fn concat(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let first = inputs.activation(0)?;
    let dim = shapes::dim(node, "axis", 1, first.view.rank())?;
    let mut values = Vec::new();
    let mut channels = 0;
    for place in 0..inputs.inputs.len() {
        let input = inputs.activation(place)?;
        let (value, own) = lowering.channels_at(input, dim)?;
        // All but the channels must lie in the same way.
        if input.view.with_channels(dim, 1) != first.view.with_channels(dim, 1) {
            return Err(
                lowering.misshapen(input, "the same order of dimensions as the others have")
            );
        }
        channels += own;
        values.push(value);
    }
    let value = match values.as_slice() {
        &[only] => only,
        _ => lowering.graph.concat(node.origin(), values)?,
    };
    let view = first.view.with_channels(dim, channels);
    let expression = Expression::value(value);
    Ok(Known::Activation(Activation { expression, view }))
}

/// Consecutive values of a dimension.
fn part(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    part: Part,
) -> Checked<Activation> {
    let Part { axis, start, size } = part;
    if start == 0 && size == a.view.extents()[axis] {
        return Ok(a.clone());
    }
    let (value, shape) = lowering.forced(a)?;
    // The dimension must be the slowest part of the channels, so that those taken are neighbours.
    let &[
        Atom {
            axis: Axis::Channel,
            stride,
            size: whole,
        },
    ] = a.view.atoms(axis)
    else {
        return Err("it takes a part of something else than the channels".into());
    };
    if stride * whole != shape.channels() || size == 0 {
        return Err("it takes channels that are not neighbours".into());
    }
    let arguments = [
        ("first", (start * stride).into()),
        ("count", (size * stride).into()),
    ];
    let text = lowering.graph.text("slicechannels", arguments)?;
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), value)?;
    let atom = Atom {
        axis: Axis::Channel,
        stride,
        size,
    };
    Ok(Activation {
        expression: Expression::value(value),
        view: a.view.with_dim(axis, vec![atom]),
    })
}

/// A slice.
pub(super) fn slice(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let mut a = inputs.activation(0)?.clone();
    let limits: Vec<Option<Rc<Tensor>>> = inputs
        .inputs
        .iter()
        .map(|input| match input {
            Some(Known::Constant(tensor)) => Some(Rc::clone(tensor)),
            _ => None,
        })
        .collect();
    for taken in arrange::parts(node, &limits, &a.view.extents())? {
        a = part(lowering, node, &a, taken)?;
    }
    Ok(Known::Activation(a))
}

/// One value of a dimension: a slice of one.
pub(super) fn gather(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let dim = shapes::dim(node, "axis", 0, a.view.rank())?;
    let indices = inputs.weights(1)?;
    let extents = a.view.extents();
    // All of them in order, as newer exporters write a flatten: another shape.
    let counted = indices
        .integers()
        .is_some_and(|indices| indices.iter().copied().eq(0..extents[dim] as i64));
    if counted && indices.len() > 1 {
        let extents = [&extents[..dim], &indices.extents, &extents[dim + 1..]].concat();
        let view = a.view.reshaped(&extents).ok_or("it rearranges its input")?;
        let expression = Rc::clone(&a.expression);
        return Ok(Known::Activation(Activation { expression, view }));
    }
    let index = indices.integers().filter(|indices| indices.len() == 1);
    let &[index] = index.ok_or("it takes several values of a dimension by their numbers")? else {
        return Err("it takes nothing".into());
    };
    let start = arrange::axis_of(index, a.view.extents()[dim])?;
    let taken = Part {
        axis: dim,
        start,
        size: 1,
    };
    let one = part(lowering, node, a, taken)?;
    let view = one.view.reduced(&[dim], !indices.extents.is_empty());
    Ok(Known::Activation(Activation { view, ..one }))
}

/// Several slices of a dimension that follow each other.
pub(super) fn split(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Vec<Known>> {
    let a = inputs.activation(0)?;
    let dim = shapes::dim(node, "axis", 0, a.view.rank())?;
    let given = inputs.list(node, "split", 1)?;
    let extent = a.view.extents()[dim];
    let sizes = arrange::shares(extent, given.as_deref(), node.proto.output.len())?;
    let mut start = 0;
    let mut parts = Vec::new();
    for size in sizes {
        let taken = Part {
            axis: dim,
            start,
            size,
        };
        parts.push(Known::Activation(part(lowering, node, a, taken)?));
        start += size;
    }
    Ok(parts)
}
