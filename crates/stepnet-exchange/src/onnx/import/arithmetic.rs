//! Elementwise operators.

use std::rc::Rc;

use super::expression::{Arithmetic, Coefficients, Expression, Function, Term};
use super::inputs::Inputs;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::normalise;
use super::tensor::Tensor;
use super::view::{Axis, View};
use crate::graph::Array;
use crate::problem::Checked;

/// The operation of two numbers that an operator stands for.
pub(super) fn of(operator: &str) -> Option<Arithmetic> {
    Some(match operator {
        "Add" => Arithmetic::Add,
        "Sub" => Arithmetic::Subtract,
        "Mul" => Arithmetic::Multiply,
        "Div" => Arithmetic::Divide,
        "Pow" => Arithmetic::Power,
        "Min" => Arithmetic::Minimum,
        "Max" => Arithmetic::Maximum,
        _ => return None,
    })
}

/// An operation of two inputs.
pub(super) fn both(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    arithmetic: Arithmetic,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let (a, b) = (inputs.known(0)?, inputs.known(1)?);
    if matches!(a, Known::Piece(_)) || matches!(b, Known::Piece(_)) {
        let combined = normalise::combine(lowering, node, arithmetic, [a, b])?;
        return combined.ok_or_else(|| {
            "it computes with a mean or a variance in a way that is no normalisation of the notation".into()
        });
    }
    match (a, b) {
        (Known::Activation(a), Known::Constant(b)) => {
            with_constant(lowering, node, arithmetic, a, b, false)
        }
        (Known::Constant(a), Known::Activation(b)) => {
            with_constant(lowering, node, arithmetic, b, a, true)
        }
        (Known::Activation(a), Known::Activation(b)) => two(lowering, node, arithmetic, a, b),
        _ => Err("its inputs are not known".into()),
    }
}

fn with_constant(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    arithmetic: Arithmetic,
    a: &Activation,
    constant: &Tensor,
    first: bool,
) -> Checked<Known> {
    let coefficients = coefficients(lowering, a, constant)?;
    let term = Term::Constant(arithmetic, Rc::clone(&a.expression), coefficients, first);
    lowering.term(term, a.view.clone(), node.origin())
}

/// A constant as a number for all values, or for each channel.
fn coefficients(
    lowering: &mut Lowering<'_>,
    a: &Activation,
    constant: &Tensor,
) -> Checked<Coefficients> {
    let rank = a.view.rank();
    let extents = a.view.extents();
    let missing = rank.checked_sub(constant.extents.len());
    let refused = || {
        format!(
            "its constant of {:?} has values for places of the input of {extents:?}, expected one for all or one for each channel",
            constant.extents
        )
    };
    if let Some(value) = constant.single()
        && missing.is_some()
    {
        return Ok(Coefficients::One(value));
    }
    let missing = missing.ok_or_else(refused)?;
    let long = (0..constant.extents.len()).filter(|&dim| constant.extents[dim] != 1);
    let long: Vec<usize> = long.collect();
    let &[dim] = long.as_slice() else {
        return Err(refused().into());
    };
    let place = dim + missing;
    let channels = constant.extents[dim];
    if extents[place] != channels || !a.view.is_axis(place, Axis::Channel, channels) {
        return Err(refused().into());
    }
    lowering.spend(channels)?;
    let values = constant.all();
    let equal = values.iter().all(|&value| value == values[0]);
    Ok(match equal {
        true => Coefficients::One(values[0]),
        false => Coefficients::Channels(Rc::new(values)),
    })
}

fn two(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    arithmetic: Arithmetic,
    a: &Activation,
    b: &Activation,
) -> Checked<Known> {
    if a.view == b.view {
        let one = a
            .expression
            .base()
            .is_some_and(|base| b.expression.base() == Some(base));
        let term = Term::Both(
            arithmetic,
            Rc::clone(&a.expression),
            Rc::clone(&b.expression),
        );
        if one {
            return lowering.term(term, a.view.clone(), node.origin());
        }
        let value = match arithmetic {
            Arithmetic::Multiply => {
                let [a, b] = [lowering.force(a)?, lowering.force(b)?];
                lowering.graph.product(node.origin(), a, b)?
            }
            _ => {
                let known = lowering.term(term, a.view.clone(), node.origin())?;
                let Known::Activation(both) = &known else {
                    return Ok(known);
                };
                lowering.force(both)?
            }
        };
        let view = a.view.clone();
        let expression = Expression::value(value);
        return Ok(Known::Activation(Activation { expression, view }));
    }
    if arithmetic != Arithmetic::Multiply {
        let extents = [a, b].map(|side| side.view.extents());
        return Err(format!("its inputs are of {extents:?}, expected the same shape").into());
    }
    gated(lowering, node, a, b)
}

/// A volume times a factor for each of its channels.
fn gated(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    a: &Activation,
    b: &Activation,
) -> Checked<Known> {
    let len = |view: &View| view.extents().iter().product::<usize>();
    let (volume, gate) = match len(&a.view) >= len(&b.view) {
        true => (a, b),
        false => (b, a),
    };
    let (value, shape) = lowering.forced(volume)?;
    let factors = lowering.force(gate)?;
    let channels = shape.channels();
    let place = volume.view.channel_dim().unwrap_or(1);
    // Aligned on the right, as dimensions are.
    let own = (place + gate.view.rank()).checked_sub(volume.view.rank());
    let fits = own.is_some_and(|own| {
        gate.view.is_axis(own, Axis::Channel, channels)
            && volume.view.is_axis(place, Axis::Channel, channels)
            && len(&gate.view) == channels * lowering.batch
    });
    if !fits {
        return Err(format!(
            "it multiplies {:?} by {:?}, expected a factor for each channel",
            volume.view.extents(),
            gate.view.extents()
        )
        .into());
    }
    let value = lowering.graph.product(node.origin(), value, factors)?;
    Ok(Known::Activation(Activation {
        expression: Expression::value(value),
        view: volume.view.clone(),
    }))
}

/// The sum of any number of inputs.
pub(super) fn sum(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let mut all = inputs.known(0)?.clone();
    for place in 1..inputs.inputs.len() {
        let pair = [Some(all), inputs.inputs[place].clone()];
        all = both(lowering, node, Arithmetic::Add, Inputs { inputs: &pair })?;
    }
    Ok(all)
}

/// A function of each element.
pub(super) fn function(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let Some(function) = function_of(node, inputs)? else {
        return Err("no layer of the notation does what this operator does".into());
    };
    if let Known::Piece(piece) = inputs.known(0)? {
        let next = normalise::function(node, piece);
        return next.ok_or_else(|| "it computes with a mean or a variance".into());
    }
    let a = inputs.activation(0)?;
    let term = Term::Function(function, Rc::clone(&a.expression));
    lowering.term(term, a.view.clone(), node.origin())
}

fn function_of(node: &NodeOf<'_>, inputs: Inputs<'_>) -> Checked<Option<Function>> {
    let bound = |name: &str, place: usize, usual: f64| -> Checked<f64> {
        let given = inputs.constant(place)?.and_then(Tensor::single);
        Ok(given.unwrap_or_else(|| node.float(name, usual)))
    };
    Ok(Some(match node.operator() {
        "Relu" => Function::Relu,
        "Sigmoid" => Function::Sigmoid,
        "Tanh" => Function::Tanh,
        "Erf" => Function::Erf,
        "Exp" => Function::Exp,
        "Log" => Function::Log,
        "Sqrt" => Function::Sqrt,
        "Abs" => Function::Abs,
        "Neg" => Function::Negative,
        "Reciprocal" => Function::Reciprocal,
        "Softplus" => Function::Softplus,
        "Softsign" => Function::Softsign,
        "Clip" => Function::Clip(
            bound("min", 1, f64::NEG_INFINITY)?,
            bound("max", 2, f64::INFINITY)?,
        ),
        "LeakyRelu" => Function::LeakyRelu(node.float("alpha", 0.01)),
        "Elu" | "Celu" if node.operator() == "Elu" || node.float("alpha", 1.0) == 1.0 => {
            Function::Elu(node.float("alpha", 1.0))
        }
        "Selu" => Function::Selu(
            node.float("alpha", 1.673_263_2),
            node.float("gamma", 1.050_701),
        ),
        "HardSigmoid" => Function::HardSigmoid(node.float("alpha", 0.2), node.float("beta", 0.5)),
        "HardSwish" => Function::HardSwish,
        "Gelu" => Function::Gelu {
            tanh: node.word("approximate", "none") == "tanh",
        },
        "Swish" => Function::Silu(node.float("alpha", 1.0)),
        _ => return Ok(None),
    }))
}

/// A ReLU with a trained slope.
pub(super) fn prelu(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let (value, shape) = lowering.forced(a)?;
    let slopes = match coefficients(lowering, a, inputs.weights(1)?)? {
        Coefficients::One(slope) => vec![slope; shape.channels()],
        Coefficients::Channels(slopes) => slopes.to_vec(),
    };
    let text = lowering.graph.text("prelu", [])?;
    let arrays = vec![Array::of("slope", slopes)];
    let value = lowering.graph.layer(node.origin(), text, arrays, value)?;
    let (expression, view) = (Expression::value(value), a.view.clone());
    Ok(Known::Activation(Activation { expression, view }))
}
