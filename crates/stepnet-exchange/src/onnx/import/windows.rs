//! Pooling and borders.

use super::expression::Expression;
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::normalise::{self, Piece};
use super::view::{Axis, View};
use crate::problem::Checked;
use crate::{PaddingText, Shape};

/// The sizes that a window's padding follows from.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowOf {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    /// Height, width, channels.
    pub(super) input: [usize; 3],
}

/// The padding of a window.
///
/// # Errors
/// When it is none that the notation has.
pub(super) fn padding(node: &NodeOf<'_>, window: &WindowOf) -> Checked<PaddingText> {
    let same = |lower: bool| -> PaddingText {
        let rest = |dim: usize| {
            let outputs = window.input[dim].div_ceil(window.stride[dim].max(1));
            let extent = (window.kernel[dim].max(1) - 1) * window.dilation[dim] + 1;
            ((outputs - 1) * window.stride[dim] + extent).saturating_sub(window.input[dim])
        };
        let halves = |rest: usize| match lower {
            true => [rest.div_ceil(2), rest / 2],
            false => [rest / 2, rest.div_ceil(2)],
        };
        let ([top, bottom], [left, right]) = (halves(rest(0)), halves(rest(1)));
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        }
    };
    match node.word("auto_pad", "NOTSET") {
        "NOTSET" | "" => {}
        "VALID" => return Ok(PaddingText::Valid),
        "SAME_UPPER" => return Ok(PaddingText::Same),
        "SAME_LOWER" => return Ok(same(true)),
        other => return Err(format!("its auto_pad is {other:?}, which is not known").into()),
    }
    let [top, left, bottom, right] = node.sides("pads")?.unwrap_or([0; 4]);
    let sides = PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    };
    // At stride 1 the word says the same for every size.
    let word = window.stride == [1, 1] && sides != PaddingText::symmetric(0, 0);
    Ok(match word && same(false) == sides {
        true => PaddingText::Same,
        false => sides,
    })
}

/// Pooling over windows.
pub(super) fn pool(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let input = lowering.image(inputs.activation(0)?)?;
    let shape = lowering.graph.shape(input);
    let mean = node.operator() == "AveragePool";
    let Some(&[height, width]) = node.ints("kernel_shape") else {
        return Err("its kernel is not of height and width".into());
    };
    let kernel = [height, width].map(|size| usize::try_from(size).unwrap_or(0));
    let stride = node.pair("strides", [1, 1])?;
    if node.pair("dilations", [1, 1])? != [1, 1] {
        return Err("its windows have gaps, and no pooling of the notation has".into());
    }
    let window = WindowOf {
        kernel,
        stride,
        dilation: [1, 1],
        input: shape.as_image(),
    };
    let sides = padding(node, &window)?;
    let mut arguments = vec![
        ("size", kernel.into()),
        ("padding", sides.into()),
        ("stride", stride.into()),
    ];
    if node.int("ceil_mode", 0) != 0 && rounds(&window, sides) {
        arguments.push(("ceil_mode", true.into()));
    }
    if mean && node.int("count_include_pad", 0) != 0 && sides != PaddingText::symmetric(0, 0) {
        arguments.push(("count_padding", true.into()));
    }
    let kind = if mean { "avgpool" } else { "maxpool" };
    let text = lowering.graph.text(kind, arguments)?;
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), input)?;
    Ok(Known::Activation(lowering.plane(value)))
}

/// Whether rounding up makes a difference.
fn rounds(window: &WindowOf, sides: PaddingText) -> bool {
    let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = sides
    else {
        return false;
    };
    let rest = |dim: usize, border: usize| {
        let spare = (window.input[dim] + border).checked_sub(window.kernel[dim]);
        spare.is_some_and(|spare| !spare.is_multiple_of(window.stride[dim].max(1)))
    };
    rest(0, top + bottom) || rest(1, left + right)
}

/// Pooling over whole images, or the mean over other dimensions, with which normalisations begin.
pub(super) fn global(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let reduces = node.operator().starts_with("Reduce");
    let keep = !reduces || node.int("keepdims", 1) != 0;
    let dims = |view: &View| -> Checked<Vec<usize>> {
        let rank = view.rank();
        let given = if reduces {
            inputs.list(node, "axes", 1)?
        } else {
            None
        };
        match given {
            Some(axes) => {
                let mut dims: Vec<usize> = axes
                    .iter()
                    .map(|&axis| super::arrange::axis_of(axis, rank))
                    .collect::<Checked<_>>()?;
                dims.sort_unstable();
                Ok(dims)
            }
            None if reduces => Ok((0..rank).collect()),
            None => Ok((2..rank).collect()),
        }
    };
    if let Known::Piece(piece) = inputs.known(0)? {
        let variance = match node.operator() {
            "ReduceMean" => normalise::mean(node, piece, &dims(piece.view())?),
            _ => None,
        };
        return variance.ok_or_else(|| "it takes a mean of a mean".into());
    }
    let input = inputs.activation(0)?;
    let dims = dims(&input.view)?;
    let (value, shape) = lowering.forced(input)?;
    let [height, width, _] = shape.as_image();
    let atoms: Vec<_> = dims.iter().flat_map(|&dim| input.view.atoms(dim)).collect();
    let size = |axis: Axis| -> usize {
        let own = atoms.iter().filter(|atom| atom.axis == axis);
        own.map(|atom| atom.size).product()
    };
    let other = size(Axis::Channel) * size(Axis::Batch);
    let view = input.view.reduced(&dims, keep);
    if other == 1 && [size(Axis::Height), size(Axis::Width)] == [height, width] {
        let kind = match node.operator() {
            "GlobalMaxPool" | "ReduceMax" => "globalmaxpool",
            _ => "globalavgpool",
        };
        let value = match shape {
            Shape::Volume { .. } => lowering.graph.plain(node.origin(), kind, value)?,
            Shape::Features(_) => value,
        };
        let expression = Expression::value(value);
        return Ok(Known::Activation(Activation { expression, view }));
    }
    if node.operator() == "ReduceMean" {
        return Ok(Known::Piece(Piece::mean(node, input, dims)));
    }
    Err(format!(
        "it takes the maximum over the dimensions {dims:?} of {:?}, expected height and width",
        input.view.extents()
    )
    .into())
}

/// A border.
pub(super) fn pad(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let input = inputs.activation(0)?;
    let (value, shape) = lowering.forced(input)?;
    let sides = border(node, inputs, input, shape)?;
    let [top, bottom, left, right] = sides;
    if sides == [0; 4] {
        return Ok(Known::Activation(input.clone()));
    }
    let padding = PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    };
    let text = match node.word("mode", "constant") {
        "constant" => {
            let filling = inputs.constant(2)?.and_then(super::tensor::Tensor::single);
            let filling = filling.unwrap_or_else(|| node.float("value", 0.0));
            if filling != 0.0 {
                return Err(format!("its border is of {filling}, expected zeros").into());
            }
            lowering.graph.text("pad", [("padding", padding.into())])?
        }
        mode @ ("reflect" | "edge") => lowering
            .graph
            .parsed(&format!("pad({padding}, mode={mode})"))?,
        other => return Err(format!("its border is of the mode {other:?}").into()),
    };
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), value)?;
    let view = with_extents(&input.view, shape, lowering.graph.shape(value));
    let expression = Expression::value(value);
    Ok(Known::Activation(Activation { expression, view }))
}

/// The rows and columns of a border: top, bottom, left, right.
fn border(
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
    input: &Activation,
    shape: Shape,
) -> Checked<[usize; 4]> {
    let pads = inputs
        .list(node, "pads", 1)?
        .ok_or("its border is not known")?;
    let rank = input.view.rank();
    let dims = match inputs.list(node, "axes", 3)? {
        Some(axes) => axes
            .iter()
            .map(|&axis| super::arrange::axis_of(axis, rank))
            .collect::<Checked<_>>()?,
        None => (0..rank).collect::<Vec<usize>>(),
    };
    if pads.len() != 2 * dims.len() {
        return Err(format!(
            "its border has {} numbers, expected {}",
            pads.len(),
            2 * dims.len()
        )
        .into());
    }
    let [height, width, _] = shape.as_image();
    let mut sides = [0; 4];
    for (number, &dim) in dims.iter().enumerate() {
        let border = [pads[number], pads[number + dims.len()]];
        if border == [0, 0] {
            continue;
        }
        let at = if input.view.is_axis(dim, Axis::Height, height) {
            0
        } else if input.view.is_axis(dim, Axis::Width, width) {
            2
        } else {
            return Err("its border is around something else than height and width".into());
        };
        for (side, border) in sides[at..].iter_mut().zip(border) {
            let found = usize::try_from(border)
                .ok()
                .filter(|&border| border < 1 << 20);
            *side = found
                .ok_or_else(|| format!("its border is {border}, and the notation cannot cut"))?;
        }
    }
    Ok(sides)
}

/// A view whose heights and widths are others; the order of dimensions stays.
fn with_extents(view: &View, before: Shape, after: Shape) -> View {
    let [before, after] = [before, after].map(|shape| shape.as_image());
    let mut changed = view.clone();
    for dim in 0..view.rank() {
        for (place, axis) in [Axis::Height, Axis::Width].into_iter().enumerate() {
            if before[place] > 1 && view.is_axis(dim, axis, before[place]) {
                changed = changed.with_axis(dim, axis, after[place]);
            }
        }
    }
    changed
}
