//! Nodes whose inputs are all known: their values are computed while the file is read.
//!
//! Exporters compute shapes so, and rearrange weights.

use std::rc::Rc;

use super::arrange::{self, axis_of};
use super::lower::{Known, Lowering};
use super::node::NodeOf;
use super::tensor::{Data, Tensor};
use crate::problem::Checked;

type Inputs = [Option<Rc<Tensor>>];

/// The values of a node.
///
/// # Errors
/// When its operator is none of those that constants are computed with here, or its inputs do not fit.
pub(super) fn fold<'f>(
    lowering: &mut Lowering<'f>,
    node: &NodeOf<'f>,
    inputs: &Inputs,
) -> Checked<Vec<Known>> {
    let tensors = match node.operator() {
        "Split" => split(lowering, node, inputs)?,
        _ => vec![one(lowering, node, inputs)?],
    };
    for tensor in &tensors {
        lowering.spend(tensor.len())?;
    }
    let constants = tensors
        .into_iter()
        .map(|tensor| Known::Constant(Rc::new(tensor)));
    Ok(constants.collect())
}

/// An input that must be there.
fn input(inputs: &Inputs, place: usize) -> Checked<&Tensor> {
    let found = inputs.get(place).and_then(Option::as_deref);
    found.ok_or_else(|| format!("it has no input number {}", place + 1).into())
}

/// Whole numbers from an attribute of old files, or an input of new ones.
fn list(node: &NodeOf<'_>, name: &str, inputs: &Inputs, place: usize) -> Option<Vec<i64>> {
    let attribute = node.ints(name).map(<[i64]>::to_vec);
    attribute.or_else(|| {
        let tensor = inputs.get(place)?.as_deref()?;
        tensor.integers().map(<[i64]>::to_vec)
    })
}

fn one<'f>(lowering: &mut Lowering<'f>, node: &NodeOf<'f>, inputs: &Inputs) -> Checked<Tensor> {
    let first = |place| input(inputs, place);
    match node.operator() {
        "Constant" => constant(lowering, node),
        "ConstantOfShape" => filled(lowering, node, first(0)?),
        "Identity" | "Dropout" => Ok(first(0)?.clone()),
        "Cast" => Ok(cast(first(0)?, node.int("to", 1))),
        "Shape" => Ok(shape(node, &first(0)?.extents)),
        "Size" => Ok(Tensor {
            extents: Vec::new(),
            data: Data::Whole(vec![first(0)?.len().cast_signed() as i64]),
        }),
        "Transpose" => {
            let x = first(0)?;
            let order = order(node, x.extents.len())?;
            arrange::transposed(x, &order)
        }
        "Reshape" => {
            let x = first(0)?;
            let wanted = list(node, "shape", inputs, 1).ok_or("its shape is not known")?;
            let extents = arrange::extents(&x.extents, &wanted, node.int("allowzero", 0) != 0)?;
            Ok(Tensor {
                extents,
                data: x.data.clone(),
            })
        }
        "Flatten" | "Squeeze" | "Unsqueeze" => {
            let x = first(0)?;
            let axes = list(node, "axes", inputs, 1);
            let extents = arrange::renamed(node, &x.extents, axes.as_deref())?;
            Ok(Tensor {
                extents,
                data: x.data.clone(),
            })
        }
        "Concat" => {
            let tensors: Checked<Vec<&Tensor>> = (0..inputs.len()).map(first).collect();
            arrange::joined(&tensors?, node.int("axis", 0))
        }
        "Gather" => arrange::gathered(first(0)?, first(1)?, node.int("axis", 0)),
        "Slice" => arrange::sliced(node, inputs),
        "Expand" => {
            let wanted = list(node, "", inputs, 1).ok_or("its shape is not known")?;
            let wanted: Result<Vec<usize>, _> = wanted.into_iter().map(usize::try_from).collect();
            let wanted = wanted.map_err(|_| "its shape has a negative extent")?;
            expanded(lowering, first(0)?, &wanted)
        }
        "Clip" => clipped(node, first(0)?, inputs),
        "Range" => range(lowering, [first(0)?, first(1)?, first(2)?]),
        "ReduceProd" | "ReduceSum" | "ReduceMin" | "ReduceMax" => reduced(node, first(0)?),
        _ => arithmetic(lowering, node, inputs),
    }
}

fn constant(lowering: &mut Lowering<'_>, node: &NodeOf<'_>) -> Checked<Tensor> {
    if let Some(message) = node.tensor("value") {
        return lowering.tensor(message);
    }
    if let Some(values) = node.ints("value_ints") {
        return Ok(Tensor::whole(values.to_vec()));
    }
    if let Some(values) = node.floats("value_floats") {
        return Ok(Tensor {
            extents: vec![values.len()],
            data: Data::F32(values.to_vec()),
        });
    }
    let float = node.float("value_float", f64::NAN);
    let data = match float.is_nan() {
        #[allow(clippy::cast_possible_truncation)] // it was one
        false => Data::F32(vec![float as f32]),
        true => Data::Whole(vec![node.int("value_int", 0)]),
    };
    Ok(Tensor {
        extents: Vec::new(),
        data,
    })
}

fn filled(lowering: &mut Lowering<'_>, node: &NodeOf<'_>, shape: &Tensor) -> Checked<Tensor> {
    let extents = shape
        .integers()
        .ok_or("its shape is not of whole numbers")?;
    let extents: Result<Vec<usize>, _> = extents.iter().map(|&e| usize::try_from(e)).collect();
    let extents = extents.map_err(|_| "its shape has a negative extent")?;
    let count = arrange::count(&extents)?;
    lowering.spend(count)?;
    let value = match node.tensor("value") {
        Some(message) => lowering.tensor(message)?,
        None => Tensor {
            extents: vec![1],
            data: Data::F32(vec![0.0]),
        },
    };
    if value.len() != 1 {
        return Err("its value is not a single number".into());
    }
    let data = value.data.picked(std::iter::repeat_n(0, count));
    Ok(Tensor { extents, data })
}

/// The extents that are asked for; all unless `start` and `end` say otherwise.
pub(super) fn shape(node: &NodeOf<'_>, extents: &[usize]) -> Tensor {
    let rank = extents.len().cast_signed() as i64;
    let place = |at: i64| {
        if at < 0 {
            (at + rank).max(0)
        } else {
            at.min(rank)
        }
    };
    let (start, end) = (place(node.int("start", 0)), place(node.int("end", rank)));
    let all = extents.iter().map(|&extent| extent.cast_signed() as i64);
    let few = all.skip(start as usize).take((end - start).max(0) as usize);
    Tensor::whole(few.collect())
}

/// The order of dimensions of a transpose; reversed unless it is given.
pub(super) fn order(node: &NodeOf<'_>, rank: usize) -> Checked<Vec<usize>> {
    match node.ints("perm") {
        None => Ok((0..rank).rev().collect()),
        Some(order) => order.iter().map(|&dim| axis_of(dim, rank)).collect(),
    }
}

fn cast(x: &Tensor, to: i64) -> Tensor {
    use crate::onnx::proto::data_type as kind;
    let to = i32::try_from(to).unwrap_or(0);
    let floats = [kind::FLOAT, kind::FLOAT16, kind::BFLOAT16].contains(&to);
    let data = match &x.data {
        #[allow(clippy::cast_possible_truncation)] // what a cast is for
        _ if floats => Data::F32(x.all().into_iter().map(|value| value as f32).collect()),
        _ if to == kind::DOUBLE => Data::F64(x.all()),
        Data::Whole(values) if to == kind::BOOL => {
            Data::Whole(values.iter().map(|&value| i64::from(value != 0)).collect())
        }
        Data::Whole(values) => Data::Whole(values.clone()),
        #[allow(clippy::cast_possible_truncation)] // what a cast is for
        _ => Data::Whole(x.all().into_iter().map(|value| value as i64).collect()),
    };
    Tensor {
        extents: x.extents.clone(),
        data,
    }
}

fn expanded(lowering: &mut Lowering<'_>, x: &Tensor, wanted: &[usize]) -> Checked<Tensor> {
    let extents = arrange::broadcast(&x.extents, wanted)?;
    lowering.spend(arrange::count(&extents)?)?;
    let places = arrange::broadcast_places(&x.extents, &extents);
    Ok(Tensor {
        data: x.data.picked(places.into_iter()),
        extents,
    })
}

fn clipped(node: &NodeOf<'_>, x: &Tensor, inputs: &Inputs) -> Checked<Tensor> {
    let bound = |name: &str, place: usize, usual: f64| {
        let given = inputs.get(place).and_then(Option::as_deref);
        let given = given.and_then(Tensor::single);
        given.unwrap_or_else(|| node.float(name, usual))
    };
    let low = bound("min", 1, f64::NEG_INFINITY);
    let high = bound("max", 2, f64::INFINITY);
    let values = x.all().into_iter().map(|value| value.max(low).min(high));
    Ok(like(&x.data, x.extents.clone(), values.collect()))
}

fn range(lowering: &mut Lowering<'_>, [start, end, step]: [&Tensor; 3]) -> Checked<Tensor> {
    let whole = |tensor: &Tensor| tensor.integers().and_then(|values| values.first().copied());
    let (Some(start), Some(end), Some(step)) = (whole(start), whole(end), whole(step)) else {
        return Err("its limits are not whole numbers".into());
    };
    let count = match step {
        0 => 0,
        step => {
            (i128::from(end) - i128::from(start))
                .div_euclid(i128::from(step))
                .max(0)
                + 1
        }
    };
    lowering.spend(usize::try_from(count).unwrap_or(usize::MAX))?;
    let inside = |value: &i64| if step > 0 { *value < end } else { *value > end };
    let values = std::iter::successors(Some(start), |value| value.checked_add(step));
    let count = usize::try_from(count).unwrap_or(0);
    Ok(Tensor::whole(
        values.take(count).take_while(inside).collect(),
    ))
}

/// A reduction over all elements, as shapes need it.
fn reduced(node: &NodeOf<'_>, x: &Tensor) -> Checked<Tensor> {
    let values = x.integers().filter(|_| x.extents.len() <= 1);
    let values =
        values.ok_or("constants are reduced here only if they are whole numbers in a row")?;
    let mut each = values.iter().copied();
    let result = match node.operator() {
        "ReduceProd" => each.try_fold(1_i64, i64::checked_mul),
        "ReduceSum" => each.try_fold(0_i64, i64::checked_add),
        "ReduceMin" => each.min(),
        _ => each.max(),
    };
    let result = result.ok_or("its result is too large")?;
    let extents = vec![1; (node.int("keepdims", 1) != 0).into()];
    Ok(Tensor {
        extents,
        data: Data::Whole(vec![result]),
    })
}

fn split(lowering: &mut Lowering<'_>, node: &NodeOf<'_>, inputs: &Inputs) -> Checked<Vec<Tensor>> {
    let x = input(inputs, 0)?;
    let axis = axis_of(node.int("axis", 0), x.extents.len())?;
    let given = list(node, "split", inputs, 1);
    let sizes = arrange::shares(x.extents[axis], given.as_deref(), node.proto.output.len())?;
    lowering.spend(x.len())?;
    let mut start = 0;
    let part = |size: usize| {
        let part = arrange::run(x, axis, start, size);
        start += size;
        part
    };
    Ok(sizes.into_iter().map(part).collect())
}

/// Elementwise operations, extents broadcast.
fn arithmetic(lowering: &mut Lowering<'_>, node: &NodeOf<'_>, inputs: &Inputs) -> Checked<Tensor> {
    let operator = node.operator();
    let a = input(inputs, 0)?;
    if let Some(function) = single(operator) {
        let values: Vec<f64> = a.all().into_iter().map(function).collect();
        return Ok(like(&a.data, a.extents.clone(), values));
    }
    if operator == "Where" {
        let (x, y) = (input(inputs, 1)?, input(inputs, 2)?);
        let extents = arrange::broadcast(&a.extents, &arrange::broadcast(&x.extents, &y.extents)?)?;
        lowering.spend(arrange::count(&extents)?)?;
        let [a_at, x_at, y_at] = [a, x, y].map(|t| arrange::broadcast_places(&t.extents, &extents));
        let each = a_at.iter().zip(x_at.iter().zip(&y_at));
        let values = each.map(|(&a_at, (&x_at, &y_at))| match a.at(a_at) != 0.0 {
            true => x.at(x_at),
            false => y.at(y_at),
        });
        return Ok(like(&x.data, extents, values.collect()));
    }
    let Some(function) = double(operator) else {
        return Err("it computes with constants in a way that is not known here".into());
    };
    let b = input(inputs, 1)?;
    let extents = arrange::broadcast(&a.extents, &b.extents)?;
    lowering.spend(arrange::count(&extents)?)?;
    let [a_at, b_at] = [a, b].map(|t| arrange::broadcast_places(&t.extents, &extents));
    let whole = a.integers().is_some();
    let values = a_at.iter().zip(&b_at).map(|(&i, &j)| {
        let value = function(a.at(i), b.at(j));
        // Whole numbers are divided towards zero.
        if whole && operator == "Div" {
            value.trunc()
        } else {
            value
        }
    });
    let values: Vec<f64> = values.collect();
    let truth = matches!(
        operator,
        "Equal" | "Less" | "Greater" | "And" | "Or" | "LessOrEqual" | "GreaterOrEqual"
    );
    match truth {
        true => Ok(like(&Data::Whole(Vec::new()), extents, values)),
        false => Ok(like(&a.data, extents, values)),
    }
}

/// Values of the same type as others.
fn like(kind: &Data, extents: Vec<usize>, values: Vec<f64>) -> Tensor {
    #[allow(clippy::cast_possible_truncation)] // as the file's own type would
    let data = match kind {
        Data::F32(_) => Data::F32(values.into_iter().map(|value| value as f32).collect()),
        Data::F64(_) => Data::F64(values),
        Data::Whole(_) => Data::Whole(values.into_iter().map(|value| value as i64).collect()),
    };
    Tensor { extents, data }
}

fn single(operator: &str) -> Option<fn(f64) -> f64> {
    Some(match operator {
        "Neg" => |x| -x,
        "Sqrt" => f64::sqrt,
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Round" => f64::round_ties_even,
        "Exp" => f64::exp,
        "Log" => f64::ln,
        "Abs" => f64::abs,
        "Reciprocal" => |x| 1.0 / x,
        "Not" => |x| f64::from(u8::from(x == 0.0)),
        _ => return None,
    })
}

fn double(operator: &str) -> Option<fn(f64, f64) -> f64> {
    fn truth(value: bool) -> f64 {
        f64::from(u8::from(value))
    }
    Some(match operator {
        "Add" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Pow" => f64::powf,
        "Min" => f64::min,
        "Max" => f64::max,
        "Mod" => f64::rem_euclid,
        "Equal" => |a, b| truth(a == b),
        "Less" => |a, b| truth(a < b),
        "Greater" => |a, b| truth(a > b),
        "LessOrEqual" => |a, b| truth(a <= b),
        "GreaterOrEqual" => |a, b| truth(a >= b),
        "And" => |a, b| truth(a != 0.0 && b != 0.0),
        "Or" => |a, b| truth(a != 0.0 || b != 0.0),
        _ => return None,
    })
}
