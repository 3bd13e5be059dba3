//! `dx`: where the gradient of a pooled value goes.
//!
//! The winners of max pooling are scattered one by one: most of a window's pixels win nothing, and
//! an addition for each winner is less work than a comparison for each pixel. What goes to many
//! pixels of a window is written in blocks of channels, in one of three orders:
//!
//! - windows lie apart: row by row of `dx`, each value written once, nothing zeroed ahead;
//! - windows overlap, few channels: the same, each pixel adding up what the windows over it give;
//! - windows overlap: window by window, added to what was zeroed.

use std::ops::Range;

use stepnet_base::parallel::prelude::*;

use super::PoolGeometry;
use super::blocks::{self, for_each_start};
use super::source::{Maxima, Shares, Source};
use crate::Real;
use crate::assert_len;
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::work::compiled;

/// `dx[winner of (n, i, j, c)] += dy[n, i, j, c]`; 0 where nothing won.
///
/// Overlapping windows with the same winner add up. Source: the notebooks' `pool_backward`, with
/// one winner per window.
///
/// # Shapes
///
/// `winners` (as [`super::max_forward`] wrote them) and `dy` (batch, out_height, out_width,
/// channels); `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or a winner lies outside its example.
pub fn max_backward<T: Real>(g: &PoolGeometry, winners: &[u32], dy: &[T], dx: &mut [T]) {
    const NAME: &str = "max pooling backward";
    assert_len(NAME, "winners", winners, g.y_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    let parts = g.parts(g.batch);
    let examples = |(part, dx): (usize, &mut [T])| {
        let first = part * parts.per_part * g.output_len();
        let outputs = dx.len() / g.example_len() * g.output_len();
        let (dy, winners) = (&dy[first..][..outputs], &winners[first..][..outputs]);
        let dy = dy.chunks_exact(g.output_len());
        let winners = winners.chunks_exact(g.output_len());
        let dx = dx.chunks_exact_mut(g.example_len());
        for (dx, (dy, winners)) in dx.zip(dy.zip(winners)) {
            scatter(winners, dy, dx);
        }
    };
    if parts.count == 1 {
        return examples((0, dx));
    }
    dx.par_chunks_mut(parts.per_part * g.example_len())
        .with_max_len(1)
        .enumerate()
        .for_each(examples);
}

/// Adds the gradients of one example up at their winners.
fn scatter<T: Real>(winners: &[u32], dy: &[T], dx: &mut [T]) {
    dx.fill(T::zero());
    for (&dy, &winner) in dy.iter().zip(winners) {
        match dx.get_mut(winner as usize) {
            Some(dx) => *dx += dy,
            None => outside(winner, dx.len()),
        }
    }
}

#[cold]
fn outside(winner: u32, values: usize) -> ! {
    panic!("max pooling backward: winner {winner} of an example of {values} values")
}

/// `dx[n, h, w, c] += dy[n, i, j, c]` for every position of the window whose `x` is the maximum
/// `y[n, i, j, c]` (for a NaN, every position that is NaN).
///
/// Source: the notebooks' `create_mask_from_window` and `pool_backward`.
///
/// # Shapes
///
/// `x` and `dx` (batch, height, width, channels), `y` and `dy` (batch, out_height, out_width,
/// channels); `dx` is written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn max_backward_all<T: Real>(g: &PoolGeometry, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    const NAME: &str = "max pooling backward (all maxima)";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    T::run::<MaximaPass>((g, Maxima { x, y, dy }, dx));
}

compiled!(MaximaPass<'a, T>(g: &'a PoolGeometry, maxima: Maxima<'a, T>, dx: &'a mut [T]) => run);

/// `dx[n, h, w, c] += dy[n, i, j, c] / number of positions` for every position of the window.
///
/// Source: the notebooks' `distribute_value` and `pool_backward`.
///
/// # Shapes
///
/// `dy` (batch, out_height, out_width, channels), `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn average_backward<T: Real>(g: &PoolGeometry, count_padding: bool, dy: &[T], dx: &mut [T]) {
    const NAME: &str = "average pooling backward";
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    T::run::<AveragePass>((g, Shares { dy, count_padding }, dx));
}

compiled!(AveragePass<'a, T>(g: &'a PoolGeometry, shares: Shares<'a, T>, dx: &'a mut [T]) => run);

/// Shares out the rows of `dx`, or its examples where windows are taken one by one.
pub(super) fn run<T: Real>(
    set: InstructionSet,
    g: &PoolGeometry,
    source: impl Source<T>,
    dx: &mut [T],
) {
    let order = match (g.apart(), g.input[2] < FEW_CHANNELS) {
        (true, _) => Order::Apart,
        (false, true) => Order::Overlapping,
        (false, false) => Order::Windows,
    };
    let (items, item_len) = match order {
        Order::Windows => (g.batch, g.example_len()),
        _ => (g.batch * g.input[0], g.input[1] * g.input[2]),
    };
    let parts = g.parts(items);
    let work = |(part, dx): (usize, _)| {
        let first = part * parts.per_part;
        set.for_filled::<T>(g.input[2]).run(Pass {
            g,
            source,
            order,
            first,
            dx,
        });
    };
    if parts.count == 1 {
        return work((0, dx));
    }
    let pieces = dx.par_chunks_mut(parts.per_part * item_len).with_max_len(1);
    pieces.enumerate().for_each(work);
}

/// With fewer channels a row of overlapping windows is written pixel by pixel.
const FEW_CHANNELS: usize = 8;

/// See the module.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Apart,
    Overlapping,
    Windows,
}

/// Whole rows or examples of `dx`, from number `first` of the batch on.
struct Pass<'a, T, S> {
    g: &'a PoolGeometry,
    source: S,
    order: Order,
    first: usize,
    dx: &'a mut [T],
}

impl<T: Real, S: Source<T>> Kernel for Pass<'_, T, S> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        // A copy: the compiler sees that no write can change it.
        let (g, source, first, dx) = (*self.g, self.source, self.first, self.dx);
        if self.order == Order::Windows {
            return window_by_window(&g, isa, source, first, dx);
        }
        let line = g.input[1] * g.input[2];
        for index in 0..dx.len() / line {
            let (example, row) = ((first + index) / g.input[0], (first + index) % g.input[0]);
            let dx = &mut dx[index * line..];
            let windows = g.covering(0, row);
            if windows.is_empty() {
                dx[..line].fill(T::zero());
                continue;
            }
            let row = Row {
                place: (first + index) * line,
                outputs: example * g.output_len(),
                windows,
            };
            if self.order == Order::Apart {
                windows_apart(&g, isa, source, &row, dx);
            } else {
                windows_overlap(&g, isa, source, &row, dx);
            }
        }
    }
}

/// A row of `dx`, and the windows over it.
struct Row {
    /// Where it begins in all of `dx`.
    place: usize,
    /// Where the outputs of its image begin.
    outputs: usize,
    /// The rows of windows that cover it.
    windows: Range<usize>,
}

/// A row over which windows lie side by side. `dx` begins with it, and ends with its part of the rows.
#[inline(always)]
fn windows_apart<T: Real, I: Isa, S: Source<T>>(
    g: &PoolGeometry,
    isa: I,
    source: S,
    row: &Row,
    dx: &mut [T],
) {
    let [_, width, channels] = g.input;
    let rows = g.covered(0, row.windows.start).len();
    let mut output = row.outputs + row.windows.start * g.output[1] * channels;
    let mut done = 0;
    for window in 0..g.output[1] {
        let cols = g.covered(1, window);
        let start = cols.start * channels;
        if done < start {
            dx[done..start].fill(T::zero());
        }
        done = cols.end * channels;
        let size = source.size(g, [row.windows.start, window], rows * cols.len());
        for_each_start(
            I::lanes::<T>(),
            channels,
            #[inline(always)]
            |channel| {
                let block = source.load(isa, output + channel, size);
                let mut at = start + channel;
                for _ in cols.start..cols.end {
                    let share = source.share(isa, block, row.place + at);
                    // A sum, so that -0 becomes 0 as it does where windows overlap.
                    blocks::store(
                        isa,
                        &mut dx[at..],
                        isa.vector_add(isa.splat(T::zero()), share),
                    );
                    at += channels;
                }
            },
        );
        output += channels;
    }
    if done < width * channels {
        dx[done..width * channels].fill(T::zero());
    }
}

/// A row over which windows may overlap. `dx` begins with it, and ends with its part of the rows.
#[inline(always)]
fn windows_overlap<T: Real, I: Isa, S: Source<T>>(
    g: &PoolGeometry,
    isa: I,
    source: S,
    row: &Row,
    dx: &mut [T],
) {
    let ([_, width, channels], out_w) = (g.input, g.output[1]);
    let (mut from, mut to) = (0, 0);
    for col in 0..width {
        let padded = col + g.padding.left;
        while to < out_w && to * g.stride[1] <= padded {
            to += 1;
        }
        while from < to && from * g.stride[1] + g.kernel[1] <= padded {
            from += 1;
        }
        for_each_start(
            I::lanes::<T>(),
            channels,
            #[inline(always)]
            |channel| {
                let at = col * channels + channel;
                let mut sum = isa.splat(T::zero());
                for window_row in row.windows.start..row.windows.end {
                    let rows = g.covered(0, window_row).len();
                    for window_col in from..to {
                        let inside = rows * g.covered(1, window_col).len();
                        let size = source.size(g, [window_row, window_col], inside);
                        let output = row.outputs + (window_row * out_w + window_col) * channels;
                        let block = source.load(isa, output + channel, size);
                        sum = isa.vector_add(sum, source.share(isa, block, row.place + at));
                    }
                }
                blocks::store(isa, &mut dx[at..], sum);
            },
        );
    }
}

/// Whole examples, from example `first` on, window by window.
#[inline(always)]
fn window_by_window<T: Real, I: Isa, S: Source<T>>(
    g: &PoolGeometry,
    isa: I,
    source: S,
    first: usize,
    dx: &mut [T],
) {
    let ([_, width, channels], [out_h, out_w, _]) = (g.input, g.output);
    let example_len = g.example_len();
    for (index, dx) in dx.chunks_exact_mut(example_len).enumerate() {
        dx.fill(T::zero());
        let mut output = (first + index) * out_h * out_w * channels;
        for row in 0..out_h {
            let rows = g.covered(0, row);
            for col in 0..out_w {
                let cols = g.covered(1, col);
                let size = source.size(g, [row, col], rows.len() * cols.len());
                let mut channel = 0;
                while channel < channels {
                    // The last block is cut: nothing may be added twice.
                    let end = (channel + I::lanes::<T>()).min(channels);
                    let block = source.load(isa, output + channel, size);
                    for row in rows.start..rows.end {
                        for col in cols.start..cols.end {
                            let pixel = (row * width + col) * channels;
                            let place = (first + index) * example_len + pixel + channel;
                            let share = source.share(isa, block, place);
                            let dx = &mut dx[pixel + channel..pixel + end];
                            blocks::store(isa, dx, isa.vector_add(blocks::load(isa, dx), share));
                        }
                    }
                    channel = end;
                }
                output += channels;
            }
        }
    }
}
