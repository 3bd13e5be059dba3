//! `y = pool(x)`.
//!
//! ```text
//! for each output pixel of the part's rows, for each block of its channels:
//!     best, winner = -inf, the first position         (in registers)
//!     for each position of the window in the image:
//!         larger = x > best
//!         best, winner = larger ? (x, position) : (best, winner)
//!     write best and winner
//! ```
//!
//! A comparison with NaN is false, so that this loses NaN. Rather than pay for it in every
//! comparison, the values are added up on the side: where the sum is a number there was no NaN, and
//! where it is not, NaN is written for the moment, and the value is found again by [`super::beats`].
//!
//! Neighbouring windows whose columns all lie in the image are a *run*: they differ by a constant
//! step.

use stepnet_base::parallel::prelude::*;

use super::PoolGeometry;
use super::average::Average;
use super::blocks::for_each_start;
use super::max::Max;
use super::window::{Pooling, Window};
use crate::Real;
use crate::assert_len;
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::work::compiled;

/// `y = max of x over the window`, and where it was found.
///
/// A winner is the place of the first maximum (row-major in the window) as an offset into its
/// example's `height * width * channels` values. Source: the notebooks' `pool_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels); `y` and `winners` (batch, out_height, out_width,
/// channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn max_forward<T: Real>(g: &PoolGeometry, x: &[T], y: &mut [T], winners: Option<&mut [u32]>) {
    T::run::<MaxPass>((g, x, y, winners));
}

compiled!(MaxPass<'a, T>(
    g: &'a PoolGeometry, x: &'a [T], y: &'a mut [T], winners: Option<&'a mut [u32]>,
) => max_forward_on);

/// [`max_forward`] on an instruction set.
pub(super) fn max_forward_on<T: Real>(
    set: InstructionSet,
    g: &PoolGeometry,
    x: &[T],
    y: &mut [T],
    winners: Option<&mut [u32]>,
) {
    const NAME: &str = "max pooling forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    let Some(winners) = winners else {
        return forward(set, g, Max::<false>, x, y);
    };
    assert_len(NAME, "winners", winners, g.y_len());
    let parts = g.parts(g.batch * g.output[0]);
    let part_len = parts.per_part * g.output[1] * g.output[2];
    let rows = |(part, (y, winners))| {
        set.for_filled::<T>(g.input[2]).run(Rows {
            g,
            pooling: Max::<true>,
            x,
            first: part * parts.per_part,
            y,
            winners,
        });
    };
    if parts.count == 1 {
        return rows((0, (y, winners)));
    }
    y.par_chunks_mut(part_len)
        .zip(winners.par_chunks_mut(part_len))
        .with_max_len(1)
        .enumerate()
        .for_each(rows);
}

/// `y = sum of x over the window / number of its positions`.
///
/// Positions in the padding are counted if `count_padding`. Source: the notebooks' `pool_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `y` (batch, out_height, out_width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn average_forward<T: Real>(g: &PoolGeometry, count_padding: bool, x: &[T], y: &mut [T]) {
    T::run::<AveragePass>((g, count_padding, x, y));
}

compiled!(AveragePass<'a, T>(
    g: &'a PoolGeometry, count_padding: bool, x: &'a [T], y: &'a mut [T],
) => average_forward_on);

/// [`average_forward`] on an instruction set.
pub(super) fn average_forward_on<T: Real>(
    set: InstructionSet,
    g: &PoolGeometry,
    count_padding: bool,
    x: &[T],
    y: &mut [T],
) {
    const NAME: &str = "average pooling forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    forward(set, g, Average { count_padding }, x, y);
}

/// Shares out the rows of `y`.
fn forward<T: Real>(
    set: InstructionSet,
    g: &PoolGeometry,
    pooling: impl Pooling,
    x: &[T],
    y: &mut [T],
) {
    let parts = g.parts(g.batch * g.output[0]);
    let rows = |(part, y): (usize, _)| {
        set.for_filled::<T>(g.input[2]).run(Rows {
            g,
            pooling,
            x,
            first: part * parts.per_part,
            y,
            winners: &mut [],
        });
    };
    if parts.count == 1 {
        return rows((0, y));
    }
    y.par_chunks_mut(parts.per_part * g.output[1] * g.output[2])
        .with_max_len(1)
        .enumerate()
        .for_each(rows);
}

/// Whole output rows, from row `first` of the batch on.
pub(super) struct Rows<'a, T, P> {
    pub(super) g: &'a PoolGeometry,
    pub(super) pooling: P,
    pub(super) x: &'a [T],
    pub(super) first: usize,
    pub(super) y: &'a mut [T],
    pub(super) winners: &'a mut [u32],
}

impl<T: Real, P: Pooling> Kernel for Rows<'_, T, P> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        if self.g.input[2] >= 2 * I::lanes::<T>() {
            self.in_blocks::<I, 2>(isa);
        } else {
            self.in_blocks::<I, 1>(isa);
        }
    }
}

impl<T: Real, P: Pooling> Rows<'_, T, P> {
    #[inline(always)]
    fn in_blocks<I: Isa, const M: usize>(self, isa: I) {
        // A copy: the compiler sees that no write can change it.
        let g = *self.g;
        let ([height, width, channels], [out_h, out_w, _]) = (g.input, g.output);
        let (whole, step) = (g.whole_windows(), g.stride[1] * channels);
        let line = out_w * channels;
        for index in 0..self.y.len() / line {
            let (example, row) = ((self.first + index) / out_h, (self.first + index) % out_h);
            let (rows, counted) = (g.covered(0, row), g.counted(0, row));
            let window = |col: usize| {
                let cols = g.covered(1, col);
                let place = (rows.start * width + cols.start) * channels;
                Window {
                    x: self.x,
                    at: example * height * width * channels + place,
                    place,
                    line: width * channels,
                    channels,
                    rows: rows.len(),
                    cols: cols.len(),
                    size: counted * g.counted(1, col),
                }
            };
            let y = &mut self.y[index * line..];
            let winners = self.winners.get_mut(index * line..).unwrap_or_default();
            let mut col = 0;
            while col < out_w {
                let count = match col == whole.start && !whole.is_empty() {
                    true => whole.len(),
                    false => 1,
                };
                let at = col * channels;
                let winners = winners.get_mut(at..).unwrap_or_default();
                run::<T, P, I, M>(
                    self.pooling,
                    isa,
                    window(col),
                    [count, step],
                    &mut y[at..],
                    winners,
                );
                col += count;
            }
            if P::MENDS && any_nan(&y[..line]) {
                for col in 0..out_w {
                    let at = col * channels;
                    let winners = winners.get_mut(at..).unwrap_or_default();
                    self.pooling
                        .mend(&window(col), &mut y[at..][..channels], winners);
                }
            }
        }
    }
}

/// A run of `count` windows, each `step` values after the one before.
#[inline(always)]
fn run<T: Real, P: Pooling, I: Isa, const M: usize>(
    pooling: P,
    isa: I,
    mut window: Window<'_, T>,
    [count, step]: [usize; 2],
    y: &mut [T],
    winners: &mut [u32],
) {
    let channels = window.channels;
    let mut at = 0;
    for _ in 0..count {
        for_each_start(
            M * I::lanes::<T>(),
            channels,
            #[inline(always)]
            |channel| {
                let winners = winners.get_mut(at + channel..).unwrap_or_default();
                let y = &mut y[at + channel..];
                pooling.block::<T, I, M>(isa, &window, channel, y, winners);
            },
        );
        window.at += step;
        window.place += step;
        at += channels;
    }
}

/// Whether there is a NaN.
#[inline(always)]
fn any_nan<T: Real>(values: &[T]) -> bool {
    let mut nan = false;
    for value in values {
        nan |= value.is_nan();
    }
    nan
}
