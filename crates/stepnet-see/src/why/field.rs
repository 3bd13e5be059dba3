//! The receptive field: the part of the image that a value depends on.

use super::Why;
use super::at::{Spot, indices, shape_of};
use super::explanation::Field;
use crate::error::Result;
use stepnet_kernels::join::Channels;
use stepnet_nn::Number;
use stepnet_nn::Shape;

/// First and last index along each axis.
type Span = Vec<[usize; 2]>;

impl<T: Number> Why<'_, T> {
    /// The smallest part of the image that holds every pixel that `spot` depends on; `None` where
    /// the input is a vector.
    ///
    /// Windows move steadily with their outputs, so that the outermost outputs of a box have the
    /// outermost windows: the corners of a box are all that has to be asked at each layer.
    pub(super) fn field(&self, spot: Spot) -> Result<Option<Field>> {
        let shape = shape_of(self.network, spot.value);
        let span: Span = indices(shape, spot.place).iter().map(|&i| [i, i]).collect();
        // The part of each value that matters; a value comes after all those that it is computed from.
        let mut spans: Vec<Option<Span>> = vec![None; spot.value + 1];
        spans[spot.value] = Some(span);
        for value in (1..=spot.value).rev() {
            let Some(span) = spans[value].take() else {
                continue;
            };
            let node = &self.network.nodes()[value - 1];
            for (number, &input) in node.inputs().iter().enumerate() {
                let below = match node.merge() {
                    Some(merge) => merged(&span, merge.channels(number))
                        .map(|span| within(span, merge.inputs()[number])),
                    None => Some(self.below(value, span.clone())?),
                };
                let ends = below.into_iter().flat_map(|below| {
                    [0, 1].map(|end| below.iter().map(|ends| ends[end]).collect::<Vec<_>>())
                });
                ends.for_each(|at| widen(&mut spans[input], &at));
            }
        }
        Ok(match spans[0].as_deref() {
            Some(&[rows, columns, _]) => Some(Field { rows, columns }),
            _ => None,
        })
    }

    /// The part of the layer's input that a box of value number `value` depends on.
    fn below(&self, value: usize, span: Span) -> Result<Span> {
        let node = &self.network.nodes()[value - 1];
        let (input, output) = (node.input(), node.output());
        let one = span.iter().all(|[first, last]| first == last);
        let same_kind = input.extents().len() == output.extents().len();
        if !one && !same_kind {
            return Ok(whole(input));
        }
        let mut below: Option<Span> = None;
        for corner in 0..1_usize << span.len() {
            let end = |axis: usize| corner >> axis & 1;
            let at = span.iter().enumerate().map(|(axis, ends)| ends[end(axis)]);
            let repeats = span.iter().enumerate();
            let mut repeats =
                repeats.filter(|(axis, [first, last])| end(*axis) == 1 && first == last);
            if repeats.next().is_some() {
                continue;
            }
            let extents = output.extents();
            let place = at
                .zip(&extents)
                .fold(0, |place, (i, extent)| place * extent + i);
            let Some(account) = node
                .layer()
                .explain()
                .account(place, &self.seen(value - 1))?
            else {
                return Ok(whole(input));
            };
            for place in account.terms.iter().filter_map(|term| term.place) {
                widen(&mut below, &indices(input, place));
            }
        }
        Ok(below.unwrap_or_else(|| whole(input)))
    }
}

/// The part of a box of a merge's output that comes from one of its inputs, in the input's own indices.
fn merged(span: &Span, channels: Channels) -> Option<Span> {
    let (&[first, last], before) = span.split_last()?;
    let end = channels.first + channels.count;
    // In a sum the channels of every input are all of the output's.
    if last < channels.first || first >= end {
        return None;
    }
    let own = [
        first.max(channels.first) - channels.first,
        last.min(end - 1) - channels.first,
    ];
    Some(before.iter().copied().chain([own]).collect())
}

/// The part that a box is of a value of another height and width: factors that all pixels share.
fn within(span: Span, shape: Shape) -> Span {
    let extents = shape.extents();
    let skipped = span.len().saturating_sub(extents.len());
    let mut own = vec![[0, 0]; extents.len().saturating_sub(span.len())];
    own.extend(span.into_iter().skip(skipped));
    let last = extents.into_iter().map(|extent| extent.saturating_sub(1));
    let ends = own.into_iter().zip(last);
    ends.map(|(ends, last)| ends.map(|end| end.min(last)))
        .collect()
}

fn whole(shape: Shape) -> Span {
    let extents = shape.extents().into_iter();
    extents
        .map(|extent| [0, extent.saturating_sub(1)])
        .collect()
}

fn widen(span: &mut Option<Span>, at: &[usize]) {
    match span {
        None => *span = Some(at.iter().map(|&i| [i, i]).collect()),
        Some(span) => {
            for ([first, last], &index) in span.iter_mut().zip(at) {
                *first = (*first).min(index);
                *last = (*last).max(index);
            }
        }
    }
}
