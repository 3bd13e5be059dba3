//! Sums and products, of the values of layers and with numbers: layers, and operators of Python between layers.

use super::input::scaled;
use super::refusals::{one, refuse};
use crate::graph::Value;
use crate::keras::build::{Build, Site};
use crate::keras::config::Operand;
use crate::problem::Checked;

/// What is done with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// `Add`, a layer or an operator.
pub(super) fn add(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    combined(build, site, inputs, Operator::Add)
}

/// `Subtract`.
pub(super) fn subtract(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    combined(build, site, inputs, Operator::Subtract)
}

/// `Multiply`.
pub(super) fn multiply(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    combined(build, site, inputs, Operator::Multiply)
}

/// `Divide`, `TrueDivide`.
pub(super) fn divide(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    combined(build, site, inputs, Operator::Divide)
}

/// `TFOpLambda` of Keras 2: a function of TensorFlow, such as `__operators__.add` or `nn.relu6`.
pub(super) fn function(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let name = site.layer.word("function").unwrap_or_default();
    let operator = match name.rsplit('.').next().unwrap_or_default() {
        "add" => Operator::Add,
        "sub" | "subtract" => Operator::Subtract,
        "mul" | "multiply" => Operator::Multiply,
        "div" | "divide" | "truediv" | "true_divide" => Operator::Divide,
        kind @ ("relu" | "relu6" | "sigmoid" | "tanh" | "silu" | "swish") => {
            let input = one(site, inputs)?;
            let kind = if kind == "swish" { "silu" } else { kind };
            return build.graph.plain(site.origin(), kind, input);
        }
        _ => {
            let problem = format!("the function {name:?} has no counterpart in the notation");
            return refuse(site, &problem);
        }
    };
    combined(build, site, inputs, operator)
}

/// A value with a number, or with other values.
fn combined(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
    operator: Operator,
) -> Checked<Value> {
    match site.operands {
        [Operand::Output(_), Operand::Numbers(numbers)] => {
            with_numbers(build, site, inputs, operator, numbers)
        }
        [Operand::Numbers(numbers), Operand::Output(_)] => match operator {
            Operator::Divide => refuse(site, "it divides a number by a value of the network"),
            // n - x = -x + n
            Operator::Subtract => {
                let negative = scaled(build, site, inputs, &[-1.0], &[0.0])?;
                with_numbers(build, site, &[negative], Operator::Add, numbers)
            }
            _ => with_numbers(build, site, inputs, operator, numbers),
        },
        _ => values(build, site, inputs, operator),
    }
}

fn with_numbers(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
    operator: Operator,
    numbers: &[f64],
) -> Checked<Value> {
    let channels = build.graph.shape(one(site, inputs)?).channels();
    if numbers.len() != 1 && numbers.len() != channels {
        return refuse(
            site,
            "its constant has values for places, expected one for all or one for each channel",
        );
    }
    let changed = |change: fn(f64) -> f64| -> Vec<f64> {
        numbers.iter().map(|&number| change(number)).collect()
    };
    let (factors, offsets) = match operator {
        Operator::Add => (vec![1.0], changed(|number| number)),
        Operator::Subtract => (vec![1.0], changed(|number| -number)),
        Operator::Multiply => (changed(|number| number), vec![0.0]),
        Operator::Divide => (changed(|number| 1.0 / number), vec![0.0]),
    };
    scaled(build, site, inputs, &factors, &offsets)
}

/// Values of several layers.
fn values(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
    operator: Operator,
) -> Checked<Value> {
    let too_few = || {
        let problem = format!("it takes {} values, expected two or more", inputs.len());
        refuse(site, &problem)
    };
    let Some((&first, rest)) = inputs.split_first() else {
        return too_few();
    };
    match (operator, rest) {
        (_, []) => too_few(),
        (Operator::Add, rest) => {
            let mut sum = first;
            for &value in rest {
                sum = build.graph.sum(site.origin(), sum, value)?;
            }
            Ok(sum)
        }
        (Operator::Subtract, &[second]) => {
            let negative = scaled(build, site, &[second], &[-1.0], &[0.0])?;
            build.graph.sum(site.origin(), first, negative)
        }
        // A volume by factors, in either order.
        (Operator::Multiply, &[second]) => {
            let [left, right] = [first, second].map(|value| build.graph.shape(value).len());
            let (value, gate) = if left >= right {
                (first, second)
            } else {
                (second, first)
            };
            build.graph.product(site.origin(), value, gate)
        }
        (Operator::Divide, _) => refuse(site, "it divides a value of the network by another"),
        _ => {
            let problem = format!("it takes {} values, expected two", inputs.len());
            refuse(site, &problem)
        }
    }
}
