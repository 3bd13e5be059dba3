//! Convolutions and dense layers.

use super::expression::Expression;
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::tensor::Tensor;
use super::view::{Axis, View};
use super::windows::padding;
use crate::Shape;
use crate::graph::{Array, Numbers, Value};
use crate::problem::Checked;

/// A convolution. Of a vector, which is an image of one pixel, it is a dense layer.
pub(super) fn conv(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let weights = inputs.weights(1)?;
    let &[filters, seen, height, width] = weights.extents.as_slice() else {
        return Err(format!(
            "its weights are of {:?}, expected those of a convolution of images",
            weights.extents
        )
        .into());
    };
    let input = lowering.image(inputs.activation(0)?)?;
    let shape = lowering.graph.shape(input);
    let bias = inputs.constant(2)?;
    let groups = groups(node, shape.channels(), seen)?;
    let numbers = lowering.numbers(weights)?;
    if matches!(shape, Shape::Features(_)) && [height, width] == [1, 1] && groups == 1 {
        return dense(lowering, node, input, filters, numbers, bias)
            .map(|value| planes(lowering, value));
    }
    let stride = node.pair("strides", [1, 1])?;
    let dilation = node.pair("dilations", [1, 1])?;
    let mut arguments = vec![
        ("filters", filters.into()),
        ("kernel", [height, width].into()),
        ("stride", stride.into()),
        ("dilation", dilation.into()),
        ("bias", bias.is_some().into()),
        ("groups", groups.into()),
    ];
    let window = super::windows::WindowOf {
        kernel: [height, width],
        stride,
        dilation,
        input: shape.as_image(),
    };
    arguments.push(("padding", padding(node, &window)?.into()));
    let text = lowering.graph.text("conv", arguments)?;
    // (filters, channels, height, width) -> (height, width, channels, filters)
    let numbers = numbers.transposed(&weights.extents, &[2, 3, 1, 0]);
    let mut arrays = vec![Array::new("weight", numbers)];
    arrays.extend(bias.map(|bias| Array::new("bias", bias.numbers())));
    let origin = node.origin();
    let value = lowering.graph.layer(origin, text, arrays, input)?;
    Ok(planes(lowering, value))
}

fn groups(node: &NodeOf<'_>, channels: usize, seen: usize) -> Checked<usize> {
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    if groups == 0 || seen.checked_mul(groups) != Some(channels) {
        return Err(format!(
            "its filters see {seen} channels in {groups} groups, but its input has {channels} channels"
        )
        .into());
    }
    Ok(groups)
}

fn planes(lowering: &Lowering<'_>, value: Value) -> Known {
    Known::Activation(lowering.plane(value))
}

/// A transposed convolution.
pub(super) fn conv_transpose(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let weights = inputs.weights(1)?;
    let &[channels, per_group, height, width] = weights.extents.as_slice() else {
        return Err("its weights are not those of a convolution of images".into());
    };
    let input = lowering.image(inputs.activation(0)?)?;
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    let own = lowering.graph.shape(input).channels();
    if groups == 0 || own != channels || !channels.is_multiple_of(groups) {
        return Err(
            format!("its weights are for {channels} channels, but its input has {own}").into(),
        );
    }
    if node.word("auto_pad", "NOTSET") != "NOTSET" || node.ints("output_shape").is_some() {
        return Err("its padding follows from its output's shape, expected numbers".into());
    }
    let [top, left, bottom, right] = node.sides("pads")?.unwrap_or([0; 4]);
    let padding = crate::PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    };
    let bias = inputs.constant(2)?;
    let filters = per_group * groups;
    let arguments = [
        ("filters", filters.into()),
        ("kernel", [height, width].into()),
        ("padding", padding.into()),
        ("stride", node.pair("strides", [1, 1])?.into()),
        (
            "output_padding",
            node.pair("output_padding", [0, 0])?.into(),
        ),
        ("dilation", node.pair("dilations", [1, 1])?.into()),
        ("groups", groups.into()),
        ("bias", bias.is_some().into()),
    ];
    let text = lowering.graph.text("convtranspose", arguments)?;
    // (channels, filters, height, width) -> (height, width, filters, channels)
    let numbers = lowering.numbers(weights)?;
    let numbers = numbers.transposed(&weights.extents, &[2, 3, 1, 0]);
    let mut arrays = vec![Array::new("weight", numbers)];
    arrays.extend(bias.map(|bias| Array::new("bias", bias.numbers())));
    let value = lowering.graph.layer(node.origin(), text, arrays, input)?;
    Ok(planes(lowering, value))
}

/// `alpha A B + beta C` with constants `B` and `C`: a dense layer.
pub(super) fn gemm(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    if node.int("transA", 0) != 0 {
        return Err("it transposes a value of the network".into());
    }
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let mut weights = rows(lowering, inputs.weights(1)?, node.int("transB", 0) != 0)?;
    if alpha != 1.0 {
        weights.numbers.change(|_, value| value * alpha);
    }
    let bias = match inputs.constant(2)? {
        Some(bias) => {
            let places = super::arrange::broadcast(&bias.extents, &[1, weights.units])?;
            let places = super::arrange::broadcast_places(&bias.extents, &places);
            if places.len() != weights.units {
                return Err("its offsets are not one for each unit".into());
            }
            let mut numbers = bias.numbers().picked(places.into_iter());
            numbers.change(|_, value| value * beta);
            Some(numbers)
        }
        None => None,
    };
    product(lowering, node, a, weights, bias)
}

/// A product with constant weights, over the last dimension.
pub(super) fn matmul(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let is_value = |place: usize| matches!(inputs.optional(place), Some(Known::Activation(_)));
    if is_value(0) && is_value(1) {
        return Err(
            "it multiplies two values of the network, as attention does, and no layer does that"
                .into(),
        );
    }
    let a = inputs.activation(0)?;
    let weights = rows(lowering, inputs.weights(1)?, false)?;
    product(lowering, node, a, weights, None)
}

/// The weights of a dense layer, a row for each unit.
struct Rows {
    units: usize,
    features: usize,
    numbers: Numbers,
}

fn rows(lowering: &mut Lowering<'_>, weights: &Tensor, by_unit: bool) -> Checked<Rows> {
    let &[first, second] = weights.extents.as_slice() else {
        return Err(format!(
            "its weights are of {:?}, expected two dimensions",
            weights.extents
        )
        .into());
    };
    let numbers = lowering.numbers(weights)?;
    Ok(match by_unit {
        true => Rows {
            units: first,
            features: second,
            numbers,
        },
        false => Rows {
            units: second,
            features: first,
            numbers: numbers.transposed(&[first, second], &[1, 0]),
        },
    })
}

fn product(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    weights: Rows,
    bias: Option<Numbers>,
) -> Checked<Known> {
    let (value, shape) = lowering.forced(a)?;
    let rank = a.view.rank();
    let last = rank.checked_sub(1).ok_or("its input has no dimensions")?;
    let features = a.view.extents()[last];
    if features != weights.features {
        return Err(format!(
            "its weights are for {} features, but its input has {features}",
            weights.features
        )
        .into());
    }
    let pixels = shape.len() / shape.channels().max(1);
    let channels = a.view.is_axis(last, Axis::Channel, shape.channels());
    if channels && pixels > 1 {
        return pixelwise(lowering, node, a, weights, bias);
    }
    let all: usize = a.view.extents().iter().product();
    if all != features * lowering.batch || features != shape.len() {
        return Err(lowering.misshapen(a, "a vector for each example"));
    }
    let places = a.view.places(last, shape);
    let mut numbers = weights.numbers;
    if places.iter().enumerate().any(|(at, &place)| at != place) {
        // The file's vector has its values in another order: by channel first.
        let mut order = vec![0; features];
        for (at, &place) in places.iter().enumerate() {
            order[place] = at;
        }
        let order = &order;
        let row = |unit: usize| order.iter().map(move |&at| unit * features + at);
        numbers = numbers.picked((0..weights.units).flat_map(row));
    }
    let mut arrays = vec![Array::new("weight", numbers)];
    let text = lowering.graph.text(
        "linear",
        [
            ("units", weights.units.into()),
            ("bias", bias.is_some().into()),
        ],
    )?;
    arrays.extend(bias.map(|bias| Array::new("bias", bias)));
    let value = match shape {
        Shape::Volume { .. } => lowering.graph.plain(unnamed(node), "flatten", value)?,
        Shape::Features(_) => value,
    };
    let value = lowering.graph.layer(node.origin(), text, arrays, value)?;
    let view = a.view.with_channels(last, weights.units);
    let expression = Expression::value(value);
    Ok(Known::Activation(Activation { expression, view }))
}

/// A layer that no node stands for.
fn unnamed(node: &NodeOf<'_>) -> crate::graph::Origin {
    let mut origin = node.origin();
    origin.sources.clear();
    origin
}

/// A dense layer for each pixel: a convolution of 1x1.
fn pixelwise(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    weights: Rows,
    bias: Option<Numbers>,
) -> Checked<Known> {
    let value = lowering.force(a)?;
    let text = lowering.graph.text(
        "conv",
        [
            ("filters", weights.units.into()),
            ("kernel", 1.into()),
            ("bias", bias.is_some().into()),
        ],
    )?;
    let numbers = weights
        .numbers
        .transposed(&[weights.units, weights.features], &[1, 0]);
    let mut arrays = vec![Array::new("weight", numbers)];
    arrays.extend(bias.map(|bias| Array::new("bias", bias)));
    let value = lowering.graph.layer(node.origin(), text, arrays, value)?;
    let view: View = a.view.with_channels(a.view.rank() - 1, weights.units);
    let expression = Expression::value(value);
    Ok(Known::Activation(Activation { expression, view }))
}

/// A dense layer of a vector whose weights a convolution of 1x1 has.
fn dense(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    input: Value,
    units: usize,
    numbers: Numbers,
    bias: Option<&Tensor>,
) -> Checked<Value> {
    let arguments = [("units", units.into()), ("bias", bias.is_some().into())];
    let text = lowering.graph.text("linear", arguments)?;
    let mut arrays = vec![Array::new("weight", numbers)];
    arrays.extend(bias.map(|bias| Array::new("bias", bias.numbers())));
    lowering.graph.layer(node.origin(), text, arrays, input)
}
