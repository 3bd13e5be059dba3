//! Normalisations that are operators, and softmax.

use super::digits::short;
use super::expression::Expression;
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::normalise;
use super::tensor::Tensor;
use crate::graph::Array;
use crate::problem::Checked;

/// Batch normalisation with running statistics.
pub(super) fn batch(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    if node.int("training_mode", 0) != 0 || node.int("is_test", 1) == 0 {
        return Err("it is in training mode; export the model in evaluation mode".into());
    }
    let (value, channels) = lowering.channels_at(a, 1)?;
    let mut arrays = Vec::new();
    for (place, name) in ["gamma", "beta", "mean", "variance"]
        .into_iter()
        .enumerate()
    {
        arrays.push(Array::new(
            name,
            per_channel(inputs.weights(place + 1)?, channels)?,
        ));
    }
    let epsilon = short(node.float("epsilon", 1e-5));
    let momentum = short(node.float("momentum", 0.9));
    let arguments = [("momentum", momentum.into()), ("epsilon", epsilon.into())];
    let text = lowering.graph.text("bn", arguments)?;
    let value = lowering.graph.layer(node.origin(), text, arrays, value)?;
    Ok(same_view(a, value))
}

fn per_channel(tensor: &Tensor, channels: usize) -> Checked<crate::graph::Numbers> {
    match tensor.len() == channels {
        true => Ok(tensor.numbers()),
        false => Err(format!("it has {} numbers for {channels} channels", tensor.len()).into()),
    }
}

fn same_view(a: &Activation, value: crate::graph::Value) -> Known {
    Known::Activation(Activation {
        expression: Expression::value(value),
        view: a.view.clone(),
    })
}

/// Adds a normalisation, and the factors and offsets of the node after it.
fn normalised(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    dims: &[usize],
    [scale, offset]: [Option<Vec<f64>>; 2],
) -> Checked<Known> {
    let epsilon = node.float("epsilon", 1e-5);
    let known = normalise::layer(lowering, node, a, dims, epsilon, Vec::new())?;
    let Known::Activation(normal) = &known else {
        return Ok(known);
    };
    let (value, shape) = lowering.forced(normal)?;
    let channels = shape.channels();
    let scale = scale.unwrap_or_else(|| vec![1.0; channels]);
    let offset = offset.unwrap_or_else(|| vec![0.0; channels]);
    let value = lowering.graph.affine(node.origin(), scale, offset, value)?;
    Ok(same_view(a, value))
}

/// Layer normalisation over the last dimensions.
pub(super) fn layer(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let rank = a.view.rank();
    let first = super::arrange::axis_of(node.int("axis", -1), rank)?;
    let dims: Vec<usize> = (first..rank).collect();
    let channels = a.view.extents()[rank - 1];
    let numbers = |tensor: Option<&Tensor>| -> Checked<Option<Vec<f64>>> {
        let own = tensor.filter(|tensor| tensor.len() != channels);
        match own {
            Some(tensor) => {
                Err(format!("it has {} numbers for {channels} channels", tensor.len()).into())
            }
            None => Ok(tensor.map(Tensor::all)),
        }
    };
    let arrays = [
        numbers(Some(inputs.weights(1)?))?,
        numbers(inputs.constant(2)?)?,
    ];
    normalised(lowering, node, a, &dims, arrays)
}

/// Instance normalisation; of groups of channels, group normalisation.
pub(super) fn instance(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let dims: Vec<usize> = (2..a.view.rank()).collect();
    let (_, shape) = lowering.forced(a)?;
    let arrays = [1, 2].map(|place| inputs.weights(place).map(Tensor::all));
    let [scale, offset] = arrays;
    let (scale, offset) = (scale?, offset?);
    let each = |values: &[f64], usual: f64| values.iter().all(|&value| value == usual);
    if each(&scale, 1.0) && each(&offset, 0.0) {
        let epsilon = node.float("epsilon", 1e-5);
        return normalise::layer(lowering, node, a, &dims, epsilon, Vec::new());
    }
    // A factor for each of the second dimension's values, which may be groups of channels.
    let repeat = shape.channels() / scale.len().max(1);
    let spread = |values: Vec<f64>| {
        values
            .into_iter()
            .flat_map(|value| vec![value; repeat])
            .collect()
    };
    normalised(
        lowering,
        node,
        a,
        &dims,
        [Some(spread(scale)), Some(spread(offset))],
    )
}

/// Group normalisation.
pub(super) fn group(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let (value, channels) = lowering.channels_at(a, 1)?;
    let groups = usize::try_from(node.int("num_groups", 1)).unwrap_or(0);
    if groups == 0 || !channels.is_multiple_of(groups) {
        return Err(format!("it has {groups} groups for {channels} channels").into());
    }
    let spread = |tensor: &Tensor| -> Checked<Vec<f64>> {
        match tensor.len() {
            own if own == channels => Ok(tensor.all()),
            // Version 18 has a number for each group.
            own if own == groups => {
                let each = |value: f64| vec![value; channels / groups];
                Ok(tensor.all().into_iter().flat_map(each).collect())
            }
            own => Err(format!("it has {own} numbers for {channels} channels").into()),
        }
    };
    let arrays = vec![
        Array::of("gamma", spread(inputs.weights(1)?)?),
        Array::of("beta", spread(inputs.weights(2)?)?),
    ];
    let epsilon = short(node.float("epsilon", 1e-5));
    let arguments = [("groups", groups.into()), ("epsilon", epsilon.into())];
    let text = lowering.graph.text("groupnorm", arguments)?;
    let value = lowering.graph.layer(node.origin(), text, arrays, value)?;
    Ok(same_view(a, value))
}

/// Local response normalisation.
pub(super) fn lrn(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let (value, _) = lowering.channels_at(a, 1)?;
    let size = usize::try_from(node.int("size", 1)).unwrap_or(0);
    if size.is_multiple_of(2) {
        return Err(format!(
            "its size is {size}, expected an odd one: as many channels before as after"
        )
        .into());
    }
    let number = |name, usual| short(node.float(name, usual));
    let arguments = [
        ("size", size.into()),
        ("alpha", number("alpha", 1e-4).into()),
        ("beta", number("beta", 0.75).into()),
        ("k", number("bias", 1.0).into()),
    ];
    let text = lowering.graph.text("lrn", arguments)?;
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), value)?;
    Ok(same_view(a, value))
}

/// Softmax over the channels. Its logarithm is the same as far as a classifier's answer is concerned.
pub(super) fn softmax(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let (value, shape) = lowering.forced(a)?;
    let rank = a.view.rank();
    let usual = if lowering.opset < 13 { 1 } else { -1 };
    let dim = super::arrange::axis_of(node.int("axis", usual), rank)?;
    let channels = shape.channels();
    // Before version 13 it is over all dimensions from `axis` on.
    let rest = || (dim + 1..rank).all(|dim| a.view.atoms(dim).is_empty());
    if !a.view.is_axis(dim, super::view::Axis::Channel, channels)
        || (lowering.opset < 13 && !rest())
    {
        return Err("it is not over the channels".into());
    }
    if node.operator() == "LogSoftmax" {
        let note =
            "the file ends in the logarithms of probabilities; the network gives the probabilities";
        lowering.notes.push(note.to_owned());
    }
    let value = lowering.graph.plain(node.origin(), "softmax", value)?;
    Ok(same_view(a, value))
}
