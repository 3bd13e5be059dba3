//! One axis of a sum over windows: which source coordinate each output sees through each tap.

use crate::geometry::{Axis, greatest_common_divisor};
use std::ops::Range;

/// The outputs of one axis: output `o` sees through tap `t` the source at
/// `origin + o stride + t dilation`, or nothing where that lies outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conv) struct Line {
    /// The source's extent.
    pub(in crate::conv) n: usize,
    /// Outputs.
    pub(in crate::conv) outputs: usize,
    /// The position that the first output sees through the first tap.
    pub(in crate::conv) origin: isize,
    /// Source coordinates between neighbouring outputs.
    pub(in crate::conv) stride: usize,
    /// Taps.
    pub(in crate::conv) taps: usize,
    /// Source coordinates between neighbouring taps.
    pub(in crate::conv) dilation: usize,
    /// The convolution's own tap that tap 0 stands for.
    first_tap: usize,
    /// How many of its taps lie between neighbouring ones here; negative where they run backwards.
    tap_step: isize,
}

impl Line {
    /// The windows of a convolution over its input.
    pub(in crate::conv) fn forward(axis: &Axis) -> Self {
        Self {
            n: axis.n,
            outputs: axis.windows,
            origin: -signed(axis.before),
            stride: axis.stride,
            taps: axis.kernel,
            dilation: axis.dilation,
            first_tap: 0,
            tap_step: 1,
        }
        .trimmed()
    }

    /// The inputs `phase`, `phase + stride`, ... over the gradient of the outputs.
    ///
    /// Input `i` was seen by window `o` through tap `u` where `i + before = o stride + u dilation`.
    /// For the inputs of one phase the same taps solve that, every `stride / gcd(stride, dilation)`th
    /// one; from one of these to the next the window moves back by `dilation / gcd`. Taken backwards
    /// they are the taps of a convolution of stride 1. Phases that no tap solves have none.
    pub(in crate::conv) fn backward(axis: &Axis, phase: usize) -> Self {
        let (stride, dilation) = (axis.stride, axis.dilation);
        let common = greatest_common_divisor(stride, dilation);
        let tap_step = stride / common;
        let place = phase + axis.before;
        let solves = |tap: usize| {
            // Modulo the stride, so that nothing is negative.
            (place + tap * (stride - dilation % stride)).is_multiple_of(stride)
        };
        let first = (0..tap_step.min(axis.kernel)).find(|&tap| solves(tap));
        let taps = first.map_or(0, |first| (axis.kernel - first).div_ceil(tap_step));
        let last = first.unwrap_or(0) + taps.saturating_sub(1) * tap_step;
        let origin = match taps {
            0 => 0,
            _ => (signed(place) - signed(last * dilation)) / signed(stride),
        };
        Self {
            n: axis.windows,
            outputs: axis.n.saturating_sub(phase).div_ceil(stride),
            origin,
            stride: 1,
            taps,
            dilation: dilation / common,
            first_tap: last,
            tap_step: -signed(tap_step),
        }
        .trimmed()
    }

    /// Without the taps through which no output sees the source: of a window far larger than its
    /// image few are left.
    fn trimmed(self) -> Self {
        let Some(last) = self.outputs.checked_sub(1) else {
            return self;
        };
        // The last output sees through the first tap left, the first one through the last.
        let reach = self.origin + signed(last * self.stride);
        let below = (-reach).max(0).cast_unsigned().div_ceil(self.dilation);
        let room = signed(self.n) - self.origin;
        let end = room.max(0).cast_unsigned().div_ceil(self.dilation);
        let taps = end.min(self.taps).saturating_sub(below);
        if taps == 0 {
            return Self {
                taps,
                origin: 0,
                ..self
            };
        }
        Self {
            taps: below + taps,
            ..self
        }
        .without(below)
    }

    /// The convolution's own tap that tap `t` stands for.
    #[inline(always)]
    pub(in crate::conv) fn tap(&self, t: usize) -> usize {
        self.first_tap
            .wrapping_add_signed(signed(t) * self.tap_step)
    }

    /// How many source coordinates `outputs` neighbouring outputs span.
    #[inline(always)]
    pub(in crate::conv) fn span(&self, outputs: usize) -> usize {
        match (outputs, self.taps) {
            (0, _) | (_, 0) => 0,
            _ => (outputs - 1) * self.stride + (self.taps - 1) * self.dilation + 1,
        }
    }

    /// Where the span of the outputs from `first` on starts.
    #[inline(always)]
    pub(in crate::conv) fn start(&self, first: usize) -> isize {
        self.origin + signed(first * self.stride)
    }

    /// The outputs through all taps but the first ones.
    #[inline(always)]
    pub(in crate::conv) fn without(self, first: usize) -> Self {
        Self {
            origin: self.origin + signed(first * self.dilation),
            taps: self.taps - first,
            first_tap: self.tap(first),
            ..self
        }
    }

    /// The taps through which output `o` sees the source.
    #[inline(always)]
    pub(in crate::conv) fn taps_inside(&self, o: usize) -> Range<usize> {
        let start = self.start(o);
        let first = (-start).max(0).cast_unsigned().div_ceil(self.dilation);
        let room = (signed(self.n) - start).max(0).cast_unsigned();
        let end = room.div_ceil(self.dilation).min(self.taps);
        first.min(end)..end
    }

    /// Outputs next to one another that see the source through the same taps, and these taps.
    pub(in crate::conv) fn alike(
        self,
        outputs: Range<usize>,
    ) -> impl Iterator<Item = [Range<usize>; 2]> {
        let mut first = outputs.start;
        std::iter::from_fn(move || {
            if first >= outputs.end {
                return None;
            }
            let taps = self.taps_inside(first);
            let mut end = first + 1;
            while end < outputs.end && self.taps_inside(end) == taps {
                end += 1;
            }
            let some = first..end;
            first = end;
            Some([some, taps])
        })
    }

    /// Whether an eighth or more of what the outputs see lies outside of the source.
    pub(in crate::conv) fn is_much_outside(&self) -> bool {
        // The pixels outside the input that the first and the last outputs see, as if taps were adjacent.
        let (reach, stride) = (self.span(1), self.stride);
        let outside = |missing: isize| {
            let missing = missing.max(0).cast_unsigned().min(reach);
            missing * missing / (2 * stride)
        };
        let end = self.start(self.outputs.saturating_sub(1)) + signed(reach);
        let missing = outside(-self.origin) + outside(end - signed(self.n));
        8 * missing >= self.outputs * reach && missing > 0
    }

    /// Whether every output sees only the source.
    #[inline(always)]
    pub(in crate::conv) fn is_inside(&self) -> bool {
        self.origin >= 0 && self.origin + signed(self.span(self.outputs)) <= signed(self.n)
    }
}

/// Sizes were checked when the geometry was made: none is near the largest number.
fn signed(size: usize) -> isize {
    size.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_alike_see_the_source_through_their_taps_and_no_others() {
        let mut partly = 0;
        for (n, outputs, origin, stride, taps, dilation) in [
            (8, 12, -4, 1, 5, 1),
            (28, 24, 0, 1, 5, 1),
            (7, 4, -1, 2, 3, 1),
            (9, 9, -6, 1, 5, 3),
            (3, 9, -7, 1, 8, 1),
            (5, 4, -2, 3, 4, 2),
        ] {
            let line = Line {
                n,
                outputs,
                origin,
                stride,
                taps,
                dilation,
                first_tap: 0,
                tap_step: 1,
            };
            let mut next = 0;
            for [some, inside] in line.alike(0..outputs) {
                assert_eq!(some.start, next);
                next = some.end;
                for o in some {
                    let sees = |t: &usize| {
                        let at = line.start(o) + signed(t * dilation);
                        at >= 0 && at < signed(n)
                    };
                    let seen: Vec<_> = (0..taps).filter(sees).collect();
                    partly += usize::from(seen.len() < taps);
                    assert_eq!(seen, inside.clone().collect::<Vec<_>>(), "{line:?} at {o}");
                }
            }
            assert_eq!(next, outputs);
        }
        assert!(partly > 20);
    }

    #[test]
    fn phases_see_exactly_the_windows_that_saw_each_input() {
        for (n, kernel, stride, dilation, before) in [
            (7, 3, 1, 1, 1),
            (9, 3, 2, 1, 1),
            (11, 2, 3, 1, 0),
            (12, 4, 2, 2, 3),
            (13, 3, 4, 6, 5),
            (10, 5, 3, 2, 0),
            (6, 1, 2, 1, 0),
            (5, 2, 7, 3, 1),
            (5, 3, 1, 40, 40),
            (4, 9, 1, 3, 12),
            (6, 4, 5, 50, 75),
        ] {
            let windows = (n + 2 * before - (kernel - 1) * dilation - 1) / stride + 1;
            let axis = Axis {
                n,
                before,
                kernel,
                stride,
                dilation,
                windows,
            };
            for i in 0..n {
                let line = Line::backward(&axis, i % stride);
                assert!(i / stride < line.outputs);
                let mut found: Vec<_> = (0..line.taps)
                    .filter_map(|t| {
                        let at = line.start(i / stride) + signed(t * line.dilation);
                        let seen = at >= 0 && at < signed(line.n);
                        seen.then(|| (at.cast_unsigned(), line.tap(t)))
                    })
                    .collect();
                found.sort_unstable();
                let expected: Vec<_> = axis.windows(i).collect();
                assert_eq!(found, expected, "{axis:?} at {i}");
            }
        }
    }
}
