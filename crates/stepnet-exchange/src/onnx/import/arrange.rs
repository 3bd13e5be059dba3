//! Extents, and arrays of constants in another order.

use std::rc::Rc;

use super::node::NodeOf;
use super::tensor::Tensor;
use crate::problem::Checked;

/// A dimension by its number; negative ones count from the end.
pub(super) fn axis_of(axis: i64, rank: usize) -> Checked<usize> {
    let size = i64::try_from(rank).unwrap_or(i64::MAX);
    let place = if axis < 0 {
        axis.saturating_add(size)
    } else {
        axis
    };
    let found = usize::try_from(place).ok().filter(|&place| place < rank);
    found.ok_or_else(|| format!("it names the dimension {axis} of {rank}").into())
}

/// How many elements an array of these extents has.
pub(super) fn count(extents: &[usize]) -> Checked<usize> {
    let product = extents
        .iter()
        .try_fold(1_usize, |product, &extent| product.checked_mul(extent));
    product.ok_or_else(|| "its array has more elements than can be addressed".into())
}

/// The extents of a reshape: 0 keeps one, -1 takes the rest.
pub(super) fn extents(before: &[usize], wanted: &[i64], zero: bool) -> Checked<Vec<usize>> {
    let all = count(before)?;
    let mut made = Vec::with_capacity(wanted.len());
    let mut rest = None;
    for (place, &extent) in wanted.iter().enumerate() {
        made.push(match extent {
            -1 if rest.replace(place).is_none() => 1,
            0 if !zero => *before
                .get(place)
                .ok_or("its shape keeps a dimension that is not there")?,
            extent => {
                usize::try_from(extent).map_err(|_| format!("its shape has the extent {extent}"))?
            }
        });
    }
    let known = count(&made)?;
    if let Some(place) = rest
        && known > 0
    {
        made[place] = all / known;
    }
    match count(&made)? == all {
        true => Ok(made),
        false => Err(format!("it makes {before:?} an array of {wanted:?}").into()),
    }
}

/// The extents after `Flatten`, `Squeeze` or `Unsqueeze`.
pub(super) fn renamed(
    node: &NodeOf<'_>,
    extents: &[usize],
    axes: Option<&[i64]>,
) -> Checked<Vec<usize>> {
    let rank = extents.len();
    match node.operator() {
        "Flatten" => {
            let axis = node.int("axis", 1);
            let at = match axis == i64::try_from(rank).unwrap_or(0) {
                true => rank,
                false => axis_of(axis, rank)?,
            };
            let (before, after) = extents.split_at(at);
            Ok(vec![count(before)?, count(after)?])
        }
        "Squeeze" => {
            let dropped: Vec<usize> = match axes {
                Some(axes) => axes
                    .iter()
                    .map(|&axis| axis_of(axis, rank))
                    .collect::<Checked<_>>()?,
                None => (0..rank).filter(|&dim| extents[dim] == 1).collect(),
            };
            if let Some(&dim) = dropped.iter().find(|&&dim| extents[dim] != 1) {
                return Err(format!("it leaves out a dimension of size {}", extents[dim]).into());
            }
            let kept = (0..rank).filter(|dim| !dropped.contains(dim));
            Ok(kept.map(|dim| extents[dim]).collect())
        }
        _ => {
            let axes = axes.ok_or("it has no axes")?;
            let after = rank + axes.len();
            let added: Vec<usize> = axes
                .iter()
                .map(|&axis| axis_of(axis, after))
                .collect::<Checked<_>>()?;
            let mut old = extents.iter();
            let made = (0..after).map(|dim| match added.contains(&dim) {
                true => Some(1),
                false => old.next().copied(),
            });
            let made: Option<Vec<usize>> = made.collect();
            made.ok_or_else(|| "it names a dimension twice".into())
        }
    }
}

/// An array with its dimensions in another order.
pub(super) fn transposed(x: &Tensor, order: &[usize]) -> Checked<Tensor> {
    let mut seen = vec![false; x.extents.len()];
    for &dim in order {
        if std::mem::replace(&mut seen[dim], true) {
            return Err("it names a dimension twice".into());
        }
    }
    if order.len() != seen.len() {
        return Err("it names too few dimensions".into());
    }
    let strides = strides(&x.extents);
    let extents: Vec<usize> = order.iter().map(|&dim| x.extents[dim]).collect();
    let steps: Vec<usize> = order.iter().map(|&dim| strides[dim]).collect();
    Ok(Tensor {
        data: x.data.picked(places(&extents, &steps).into_iter()),
        extents,
    })
}

fn strides(extents: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; extents.len()];
    for dim in (1..extents.len()).rev() {
        strides[dim - 1] = strides[dim] * extents[dim];
    }
    strides
}

/// The place of each element of an array of these extents, steps from one to the next along each dimension.
fn places(extents: &[usize], steps: &[usize]) -> Vec<usize> {
    let mut places = vec![0];
    for (&extent, &step) in extents.iter().zip(steps) {
        let each = |&place: &usize| (0..extent).map(move |at| place + at * step);
        places = places.iter().flat_map(each).collect();
    }
    places
}

/// The extents of an operation of two arrays.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Checked<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |extents: &[usize], dim: usize| {
        (dim + extents.len())
            .checked_sub(rank)
            .map_or(1, |place| extents[place])
    };
    let each = |dim: usize| match (at(a, dim), at(b, dim)) {
        (x, y) if x == y => Some(x),
        (1, x) | (x, 1) => Some(x),
        _ => None,
    };
    let extents: Option<Vec<usize>> = (0..rank).map(each).collect();
    extents.ok_or_else(|| format!("its inputs are of {a:?} and {b:?}").into())
}

/// For each element of an array of the extents `to`, its place in one of the extents `from` that is repeated.
pub(super) fn broadcast_places(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = strides(from);
    let missing = to.len() - from.len();
    let steps: Vec<usize> = (0..to.len())
        .map(|dim| match dim.checked_sub(missing) {
            Some(place) if from[place] != 1 => own[place],
            _ => 0,
        })
        .collect();
    places(to, &steps)
}

/// Arrays one after the other along a dimension.
pub(super) fn joined(tensors: &[&Tensor], axis: i64) -> Checked<Tensor> {
    let first = tensors.first().ok_or("it joins nothing")?;
    let axis = axis_of(axis, first.extents.len())?;
    let mut extents = first.extents.clone();
    extents[axis] = 0;
    for tensor in tensors {
        let mut own = tensor.extents.clone();
        let length = own
            .get_mut(axis)
            .map(std::mem::take)
            .ok_or("its inputs have other dimensions")?;
        extents[axis] += length;
        let all = std::mem::take(&mut extents[axis]);
        if own != extents {
            return Err("its inputs have other extents".into());
        }
        extents[axis] = all;
    }
    let all = extents[axis];
    let inner: usize = extents[axis + 1..].iter().product();
    let outer: usize = extents[..axis].iter().product();
    // As f64, unless all are whole numbers: constants of shapes are.
    let whole: Option<Vec<&[i64]>> = tensors.iter().map(|tensor| tensor.integers()).collect();
    let mut places = Vec::with_capacity(outer * all * inner);
    for row in 0..outer {
        for (number, tensor) in tensors.iter().enumerate() {
            let length = tensor.extents[axis] * inner;
            places.extend((0..length).map(|at| (number, row * length + at)));
        }
    }
    use super::tensor::Data;
    let data = match whole {
        Some(values) => Data::Whole(
            places
                .into_iter()
                .map(|(number, at)| values[number][at])
                .collect(),
        ),
        #[allow(clippy::cast_possible_truncation)] // weights are of f32
        None => Data::F32(
            places
                .into_iter()
                .map(|(number, at)| tensors[number].at(at) as f32)
                .collect(),
        ),
    };
    Ok(Tensor { extents, data })
}

/// Elements by their numbers along a dimension.
pub(super) fn gathered(x: &Tensor, indices: &Tensor, axis: i64) -> Checked<Tensor> {
    let axis = axis_of(axis, x.extents.len())?;
    let length = x.extents[axis];
    let wanted = indices
        .integers()
        .ok_or("its indices are not whole numbers")?;
    let wanted: Checked<Vec<usize>> = wanted.iter().map(|&at| axis_of(at, length)).collect();
    let wanted = wanted?;
    let inner: usize = x.extents[axis + 1..].iter().product();
    let outer: usize = x.extents[..axis].iter().product();
    let extents = [&x.extents[..axis], &indices.extents, &x.extents[axis + 1..]].concat();
    if count(&extents)? > x.len().saturating_mul(4).saturating_add(1 << 16) {
        return Err("it repeats its input too often".into());
    }
    let places = (0..outer).flat_map(|row| {
        wanted.iter().flat_map(move |&at| {
            let start = (row * length + at) * inner;
            start..start + inner
        })
    });
    Ok(Tensor {
        data: x.data.picked(places),
        extents,
    })
}

/// Elements `start..start + size` along a dimension.
pub(super) fn run(x: &Tensor, axis: usize, start: usize, size: usize) -> Tensor {
    let whole = x.extents[axis];
    let inner: usize = x.extents[axis + 1..].iter().product();
    let outer: usize = x.extents[..axis].iter().product();
    let places = (0..outer).flat_map(|row| {
        let first = (row * whole + start) * inner;
        first..first + size * inner
    });
    let mut extents = x.extents.clone();
    extents[axis] = size;
    Tensor {
        data: x.data.picked(places),
        extents,
    }
}

/// A slice of a dimension: its number, first place and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) axis: usize,
    pub(super) start: usize,
    pub(super) size: usize,
}

/// What a `Slice` takes of a dimension: from `start` to before `end`, every `step`th; backwards if that is negative.
struct Limits {
    axis: usize,
    start: i64,
    end: i64,
    step: i64,
}

fn limits(
    node: &NodeOf<'_>,
    inputs: &[Option<Rc<Tensor>>],
    extents: &[usize],
) -> Checked<Vec<Limits>> {
    let list = |name: &str, place: usize| -> Option<Vec<i64>> {
        let attribute = node.ints(name).map(<[i64]>::to_vec);
        attribute.or_else(|| Some(inputs.get(place)?.as_deref()?.integers()?.to_vec()))
    };
    let starts = list("starts", 1).ok_or("where it starts is not known")?;
    let ends = list("ends", 2).ok_or("where it ends is not known")?;
    let usual = || {
        (0..starts.len())
            .map(|dim| dim.cast_signed() as i64)
            .collect()
    };
    let axes = list("axes", 3).unwrap_or_else(usual);
    let steps = list("steps", 4).unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err("its limits are not as many as its dimensions".into());
    }
    let mut all = Vec::new();
    for (((start, end), axis), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
        let axis = axis_of(axis, extents.len())?;
        let size = i64::try_from(extents[axis]).unwrap_or(i64::MAX);
        // Backwards, the place before the first one is an end, too.
        let (low, high) = if step < 0 { (-1, size - 1) } else { (0, size) };
        let place = |at: i64| {
            let at = if at < 0 { at.saturating_add(size) } else { at };
            at.clamp(low, high.max(low))
        };
        let (start, end) = (place(start), place(end));
        all.push(Limits {
            axis,
            start,
            end,
            step,
        });
    }
    Ok(all)
}

/// The parts that a `Slice` takes, with its limits as constants.
pub(super) fn parts(
    node: &NodeOf<'_>,
    inputs: &[Option<Rc<Tensor>>],
    extents: &[usize],
) -> Checked<Vec<Part>> {
    let part = |limits: Limits| match limits.step {
        1 => Ok(Part {
            axis: limits.axis,
            start: limits.start.cast_unsigned() as usize,
            size: (limits.end - limits.start).max(0).cast_unsigned() as usize,
        }),
        step => Err(format!("its step is {step}, expected 1").into()),
    };
    limits(node, inputs, extents)?
        .into_iter()
        .map(part)
        .collect()
}

/// A slice of a constant.
pub(super) fn sliced(node: &NodeOf<'_>, inputs: &[Option<Rc<Tensor>>]) -> Checked<Tensor> {
    let x = inputs.first().and_then(Option::as_deref);
    let x = x.ok_or("it has no input")?;
    let mut sliced = x.clone();
    for Limits {
        axis,
        start,
        end,
        step,
    } in limits(node, inputs, &x.extents)?
    {
        if step == 0 {
            return Err("its step is 0".into());
        }
        let inside = |&at: &i64| if step > 0 { at < end } else { at > end };
        let places = std::iter::successors(Some(start), |at| at.checked_add(step));
        let places = places.take_while(inside).collect();
        sliced = gathered(&sliced, &Tensor::whole(places), axis.cast_signed() as i64)?;
    }
    Ok(sliced)
}

/// The sizes of a split: those given, or equal ones.
pub(super) fn shares(extent: usize, given: Option<&[i64]>, parts: usize) -> Checked<Vec<usize>> {
    let sizes = match given {
        Some(sizes) => sizes
            .iter()
            .map(|&size| usize::try_from(size).unwrap_or(usize::MAX))
            .collect(),
        None => {
            let share = extent.div_ceil(parts.max(1));
            let starts = (0..parts).map(|part| (part * share).min(extent));
            starts
                .map(|start| share.min(extent - start))
                .collect::<Vec<usize>>()
        }
    };
    let all = sizes
        .iter()
        .fold(0_usize, |all, &size| all.saturating_add(size));
    match all == extent && sizes.iter().all(|&size| size > 0) {
        true => Ok(sizes),
        false => Err(format!("it splits {extent} values into parts of {sizes:?}").into()),
    }
}
