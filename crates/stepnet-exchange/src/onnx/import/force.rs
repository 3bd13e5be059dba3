//! From expressions to layers.

use std::rc::Rc;

use super::digits::tidy;
use super::expression::{Arithmetic, Coefficients, Expression, Function, Term};
use super::lower::Lowering;
use super::recognise::{Recognised, recognise, straight};
use crate::graph::{Origin, Value};
use crate::problem::Checked;

/// The value of an expression in the graph.
///
/// The whole expression is compared with the notation's activations first; if it is none of them, its last operation
/// becomes a layer or a join, and its parts are treated the same way.
pub(super) fn force(lowering: &mut Lowering<'_>, expression: &Rc<Expression>) -> Checked<Value> {
    if let Some(value) = expression.forced.get() {
        return Ok(value);
    }
    let mut made = whole(lowering, expression)?;
    if made.is_none() && cut_channels(lowering, expression)? {
        made = whole(lowering, expression)?;
    }
    let value = match made {
        Some(value) => value,
        None => last(lowering, expression)?,
    };
    expression.forced.set(Some(value));
    Ok(value)
}

/// The value of an expression over one value of the graph, if it is an activation, or a factor and an offset for each
/// channel.
fn whole(lowering: &mut Lowering<'_>, expression: &Rc<Expression>) -> Checked<Option<Value>> {
    let Some(base) = expression.base() else {
        return Ok(None);
    };
    let channels = expression.channels();
    if channels == 0 {
        let Some(found) = recognise(&|x| expression.eval(x, 0)) else {
            return Ok(None);
        };
        return add(lowering, expression.origins(), &found, base).map(Some);
    }
    let lines: Option<Vec<(f64, f64)>> = (0..channels)
        .map(|channel| straight(&|x| expression.eval(x, channel)))
        .collect();
    let Some(lines) = lines else { return Ok(None) };
    let (scale, shift) = lines.into_iter().unzip();
    let value = lowering
        .graph
        .affine(expression.origins(), scale, shift, base);
    value.map(Some)
}

/// Gives the parts with constants for each channel their values; whether there were any.
fn cut_channels(lowering: &mut Lowering<'_>, expression: &Rc<Expression>) -> Checked<bool> {
    let mut cut = false;
    for part in expression.parts() {
        if part.forced.get().is_some() {
            continue;
        }
        let own = matches!(
            part.term,
            Term::Constant(_, _, Coefficients::Channels(_), _)
        );
        if own {
            force(lowering, part)?;
        }
        cut |= own || cut_channels(lowering, part)?;
    }
    Ok(cut)
}

/// Adds a recognised function.
fn add(
    lowering: &mut Lowering<'_>,
    origin: Origin,
    found: &Recognised,
    base: Value,
) -> Checked<Value> {
    let mut value = line(lowering, &origin, found.before, base)?;
    if let Some((kind, argument)) = found.layer {
        let argument = argument.map(|(name, number)| (name, tidy(number).into()));
        let text = lowering.graph.text(kind, argument)?;
        value = lowering
            .graph
            .layer(origin.clone(), text, Vec::new(), value)?;
    }
    line(lowering, &origin, found.after, value)
}

/// A factor and an offset for all channels, if they change anything.
fn line(
    lowering: &mut Lowering<'_>,
    origin: &Origin,
    (factor, offset): (f64, f64),
    base: Value,
) -> Checked<Value> {
    if (factor - 1.0).abs() < 1e-9 && offset.abs() < 1e-9 {
        return Ok(base);
    }
    let channels = lowering.graph.shape(base).channels();
    let (scale, shift) = (vec![factor; channels], vec![offset; channels]);
    lowering.graph.affine(origin.clone(), scale, shift, base)
}

/// The value of an expression's last operation, its parts being values.
fn last(lowering: &mut Lowering<'_>, expression: &Rc<Expression>) -> Checked<Value> {
    let origin = expression.origin.clone();
    match &expression.term {
        Term::Value(value) => Ok(*value),
        Term::Function(function, a) => {
            let a = force(lowering, a)?;
            match recognise(&|x| function.of(x)) {
                Some(found) => add(lowering, origin, &found, a),
                None => Err(refused(
                    &origin,
                    &format!("the function {}", name(*function)),
                )),
            }
        }
        Term::Constant(arithmetic, a, constant, first) => {
            let a = force(lowering, a)?;
            let channels = lowering.graph.shape(a).channels();
            let lines: Option<Vec<(f64, f64)>> = (0..channels)
                .map(|channel| {
                    let c = constant.of(channel);
                    straight(&|x| match first {
                        true => arithmetic.of(c, x),
                        false => arithmetic.of(x, c),
                    })
                })
                .collect();
            match lines {
                Some(lines) => {
                    let (scale, shift) = lines.into_iter().unzip();
                    lowering.graph.affine(origin, scale, shift, a)
                }
                None => Err(refused(&origin, "this operation with a constant")),
            }
        }
        Term::Both(arithmetic, a, b) => {
            let (a, b) = (force(lowering, a)?, force(lowering, b)?);
            match arithmetic {
                Arithmetic::Add => lowering.graph.sum(origin, a, b),
                Arithmetic::Multiply => lowering.graph.product(origin, a, b),
                Arithmetic::Subtract => {
                    let b = line(lowering, &origin, (-1.0, 0.0), b)?;
                    lowering.graph.sum(origin, a, b)
                }
                _ => Err(refused(
                    &origin,
                    "this operation of two values of the network",
                )),
            }
        }
    }
}

/// The problem of the node that made an operation, which may be found when another one needs its value.
fn refused(origin: &Origin, what: &str) -> crate::problem::Problem {
    format!(
        "node {}: the notation has no layer for {what}",
        origin.shown()
    )
    .into()
}

fn name(function: Function) -> String {
    let name = format!("{function:?}");
    let end = name.find(['(', '{', ' ']).unwrap_or(name.len());
    name[..end].to_lowercase()
}
