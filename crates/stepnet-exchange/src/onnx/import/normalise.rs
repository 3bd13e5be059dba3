//! Normalisations that a file writes out: mean, difference, square, mean, root, quotient.
//!
//! Each of these nodes has a value only as a part of the whole, so it becomes a [`Piece`], and the last one a layer.

use std::rc::Rc;

use super::digits::short;
use super::expression::{Arithmetic, Expression};
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::view::{Axis, View};
use crate::graph::Array;
use crate::problem::Checked;

/// A part of a normalisation.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// What is normalised.
    of: Activation,
    /// The dimensions over which it is.
    dims: Vec<usize>,
    stage: Stage,
    /// The nodes so far.
    sources: Vec<String>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Mean,
    Centred,
    Square,
    Variance,
    /// With epsilon.
    Raised(f64),
    Deviation(f64),
    Inverse(f64),
}

impl Piece {
    /// The mean of a value over some dimensions.
    pub(super) fn mean(node: &NodeOf<'_>, of: &Activation, dims: Vec<usize>) -> Self {
        Self {
            of: of.clone(),
            dims,
            stage: Stage::Mean,
            sources: vec![node.name().to_owned()],
        }
    }

    /// The view of what is normalised.
    pub(super) fn view(&self) -> &View {
        &self.of.view
    }

    fn next(&self, node: &NodeOf<'_>, stage: Stage) -> Known {
        let mut next = self.clone();
        next.stage = stage;
        next.sources.push(node.name().to_owned());
        Known::Piece(next)
    }

    fn is_of(&self, other: &Activation) -> bool {
        let same = Rc::ptr_eq(&self.of.expression, &other.expression)
            || both(&self.of.expression, &other.expression);
        same && self.of.view == other.view
    }
}

/// Whether both have the same value of the graph.
fn both(a: &Expression, b: &Expression) -> bool {
    a.forced.get().is_some() && a.forced.get() == b.forced.get()
}

/// The mean of a piece over `dims`: the variance, if the piece is the square.
pub(super) fn mean(node: &NodeOf<'_>, piece: &Piece, dims: &[usize]) -> Option<Known> {
    let variance = piece.stage == Stage::Square && piece.dims == dims;
    variance.then(|| piece.next(node, Stage::Variance))
}

/// A function of a piece.
pub(super) fn function(node: &NodeOf<'_>, piece: &Piece) -> Option<Known> {
    let stage = match (node.operator(), piece.stage) {
        ("Sqrt", Stage::Raised(epsilon)) => Stage::Deviation(epsilon),
        ("Reciprocal", Stage::Deviation(epsilon)) => Stage::Inverse(epsilon),
        _ => return None,
    };
    Some(piece.next(node, stage))
}

/// An operation of a piece with something else.
///
/// # Errors
/// When the notation has no such normalisation.
pub(super) fn combine(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    arithmetic: Arithmetic,
    inputs: [&Known; 2],
) -> Checked<Option<Known>> {
    let stage = match (arithmetic, inputs) {
        (Arithmetic::Subtract, [Known::Activation(x), Known::Piece(mean)])
            if mean.stage == Stage::Mean && mean.is_of(x) =>
        {
            return Ok(Some(mean.next(node, Stage::Centred)));
        }
        (Arithmetic::Power, [Known::Piece(piece), Known::Constant(constant)]) => {
            match (piece.stage, constant.single()) {
                (Stage::Centred, Some(2.0)) => Some((piece, Stage::Square)),
                (Stage::Raised(epsilon), Some(0.5)) => Some((piece, Stage::Deviation(epsilon))),
                (Stage::Raised(epsilon), Some(-0.5)) => Some((piece, Stage::Inverse(epsilon))),
                _ => None,
            }
        }
        (Arithmetic::Add, [Known::Piece(piece), Known::Constant(constant)])
        | (Arithmetic::Add, [Known::Constant(constant), Known::Piece(piece)]) => {
            match (piece.stage, constant.single()) {
                (Stage::Variance, Some(epsilon)) => Some((piece, Stage::Raised(epsilon))),
                _ => None,
            }
        }
        (Arithmetic::Multiply, [Known::Piece(a), Known::Piece(b)])
            if [a.stage, b.stage] == [Stage::Centred; 2] && a.is_of(&b.of) =>
        {
            Some((a, Stage::Square))
        }
        (Arithmetic::Divide, [Known::Constant(one), Known::Piece(piece)]) => {
            match (one.single(), piece.stage) {
                (Some(1.0), Stage::Deviation(epsilon)) => Some((piece, Stage::Inverse(epsilon))),
                _ => None,
            }
        }
        (Arithmetic::Divide, [Known::Piece(a), Known::Piece(b)]) if a.is_of(&b.of) => {
            return match (a.stage, b.stage) {
                (Stage::Centred, Stage::Deviation(epsilon)) => {
                    normal(lowering, node, a, b, epsilon)
                }
                _ => Ok(None),
            };
        }
        (Arithmetic::Multiply, [Known::Piece(a), Known::Piece(b)]) if a.is_of(&b.of) => {
            return match (a.stage, b.stage) {
                (Stage::Centred, Stage::Inverse(epsilon)) => normal(lowering, node, a, b, epsilon),
                (Stage::Inverse(epsilon), Stage::Centred) => normal(lowering, node, b, a, epsilon),
                _ => Ok(None),
            };
        }
        _ => None,
    };
    Ok(stage.map(|(piece, stage)| piece.next(node, stage)))
}

/// The end of a normalisation.
fn normal(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    centred: &Piece,
    other: &Piece,
    epsilon: f64,
) -> Checked<Option<Known>> {
    let sources = centred.sources.iter().chain(&other.sources).cloned();
    let sources: Vec<String> = sources.collect();
    let (of, dims) = (centred.of.clone(), centred.dims.clone());
    layer(lowering, node, &of, &dims, epsilon, sources).map(Some)
}

/// Adds the layer that normalises a value over some of its dimensions.
///
/// # Errors
/// When the notation has none that does so.
pub(super) fn layer(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    of: &Activation,
    dims: &[usize],
    epsilon: f64,
    sources: Vec<String>,
) -> Checked<Known> {
    let (value, shape) = lowering.forced(of)?;
    let channels = shape.channels();
    let [height, width, _] = shape.as_image();
    let atoms = || dims.iter().flat_map(|&dim| of.view.atoms(dim));
    let count = |axis: Axis| -> usize {
        let of_axis = atoms().filter(|atom| atom.axis == axis);
        of_axis.map(|atom| atom.size).product()
    };
    // Of the channels the innermost ones are a group.
    let inner = count(Axis::Channel);
    let first = atoms().find(|atom| atom.axis == Axis::Channel);
    let together = first.is_none_or(|atom| atom.stride == 1 && atom.size == inner);
    let plane = [count(Axis::Height), count(Axis::Width)] == [height, width];
    let batch = count(Axis::Batch);
    let epsilon = short(epsilon);
    let groups = channels / inner.max(1);
    let text = if batch != 1 || !together {
        None
    } else if inner == channels && count(Axis::Height) * count(Axis::Width) == 1 {
        Some(
            lowering
                .graph
                .text("layernorm", [("epsilon", epsilon.into())])?,
        )
    } else if plane && inner == 1 && channels > 1 {
        let arguments = [("epsilon", epsilon.into())];
        Some(lowering.graph.text("instancenorm", arguments)?)
    } else if plane {
        let arguments = [("groups", groups.into()), ("epsilon", epsilon.into())];
        Some(lowering.graph.text("groupnorm", arguments)?)
    } else {
        None
    };
    let Some(text) = text else {
        let problem = format!(
            "it normalises an array of {:?} over the dimensions {dims:?}, which no layer of the notation does",
            of.view.extents()
        );
        return Err(problem.into());
    };
    let arrays = vec![
        Array::of("gamma", vec![1.0; channels]),
        Array::of("beta", vec![0.0; channels]),
    ];
    let origin = node.origin().and(sources);
    let value = lowering.graph.layer(origin, text, arrays, value)?;
    Ok(Known::Activation(Activation {
        expression: Expression::value(value),
        view: of.view.clone(),
    }))
}
