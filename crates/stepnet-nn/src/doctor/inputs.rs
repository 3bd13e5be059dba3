//! Inputs of another shape.

use super::cost;
use super::diagnosis::Change;
use super::patient::InputChange;
use super::site::{Candidate, Site};
use crate::Number;
use crate::network::misfit::Kind;
use crate::shape::Shape;

impl<T: Number> Site<'_, T> {
    /// Inputs that the network may have been meant for.
    pub(super) fn inputs(&mut self, change: InputChange) {
        if self.misfit.kind == Kind::Input && matches!(self.input.extents()[..], [_] | [1, 1, _]) {
            self.dense();
        }
        let mut shapes: Vec<(Shape, u32)> = Vec::new();
        let any = change == InputChange::Any;
        match self.input {
            _ if change == InputChange::Never => {}
            _ if self.misfit.kind == Kind::Size && !any => {}
            Shape::Features(values)
            | Shape::Volume {
                height: 1,
                width: 1,
                channels: values,
            } => {
                if self.misfit.kind == Kind::Input {
                    shapes.extend(as_image(values));
                }
            }
            Shape::Volume {
                height,
                width,
                channels,
            } if any => {
                if height <= 4 && width > 4 && channels > 4 {
                    shapes.push((Shape::volume(width, channels, height), cost::SLIP));
                }
                shapes.extend(sizes(self.misfit.kind, [height, width, channels]));
            }
            Shape::Volume { .. } => {}
        }
        let from = self.input;
        for (to, cost) in shapes {
            self.found.push(Candidate {
                text: self.text.clone(),
                input: to,
                changes: vec![Change::Input { from, to }],
                cost,
            });
        }
    }
}

/// Larger images of the same form for windows that do not fit, smaller ones for networks that ask
/// for too much.
fn sizes(kind: Kind, [height, width, channels]: [usize; 3]) -> Vec<(Shape, u32)> {
    let scaled = |by: fn(usize, usize) -> usize, k: usize| {
        let (height, width) = (by(height, k), by(width, k));
        (height > 0 && width > 0).then(|| Shape::volume(height, width, channels))
    };
    let steps = 1..=12_usize;
    if kind == Kind::Size {
        let halves = steps.filter_map(|k| Some((scaled(|n, k| n >> k, k)?, k as u32)));
        return halves
            .map(|(shape, k)| (shape, cost::HALVED + 1 + k))
            .collect();
    }
    // By quarters up to four times the size, then twice that, ...
    let more = steps.chain([28, 60, 124]).filter_map(|k| {
        let by = |n: usize, k: usize| n.saturating_mul(4 + k).div_ceil(4);
        Some((scaled(by, k)?, k.min(15) as u32))
    });
    more.map(|(shape, k)| (shape, cost::INPUT + k)).collect()
}

/// The square images that have this number of values, in grey or in colour.
fn as_image(values: usize) -> impl Iterator<Item = (Shape, u32)> {
    [1, 3].into_iter().filter_map(move |channels| {
        let side = (values / channels).isqrt();
        let whole = side > 1 && side * side * channels == values;
        whole.then(|| (Shape::volume(side, side, channels), cost::PADDING))
    })
}
