//! `y = pool(x)`.
//!
//! ```text
//! for each output pixel of the lane's rows, for each block of its channels:
//!     best, winner = -inf, the first position         (in registers)
//!     for each position of the window in the image:
//!         larger = x > best
//!         best, winner = larger ? (x, position) : (best, winner)
//!     write best and winner
//! ```
//!
//! A comparison with NaN is false, so that this loses NaN. Rather than pay for it in every
//! comparison, the values are added up on the side: where the sum is a number there was no NaN, and
//! where it is not, NaN is written for the moment, and the value is found again by [`beats`].
//!
//! Neighbouring windows whose columns all lie in the image are a *run*: they differ by a constant
//! step.

use rayon::prelude::*;

use super::PoolGeometry;
use super::lanes::{Arrays, LANES, Lanes, for_each_start};
use crate::Real;
use crate::assert_len;
use crate::long_sum::{FEW, SETTLED, SHORT_BLOCK};
use crate::simd::{InstructionSet, Isa, Kernel};

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
    (T::passes().max_forward)(g, x, y, winners);
}

/// [`max_forward`] on an instruction set.
pub(crate) fn max_forward_on<T: Real>(
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
    let lanes = g.lanes(g.batch * g.output[0]);
    let lane_len = lanes.per_lane * g.output[1] * g.output[2];
    let rows = |(lane, (y, winners))| {
        set.run(Rows {
            g,
            pooling: Max::<true>,
            x,
            first: lane * lanes.per_lane,
            y,
            winners,
        });
    };
    if lanes.count == 1 {
        return rows((0, (y, winners)));
    }
    y.par_chunks_mut(lane_len)
        .zip(winners.par_chunks_mut(lane_len))
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
    (T::passes().average_forward)(g, count_padding, x, y);
}

/// [`average_forward`] on an instruction set.
pub(crate) fn average_forward_on<T: Real>(
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
    let lanes = g.lanes(g.batch * g.output[0]);
    let rows = |(lane, y): (usize, _)| {
        set.run(Rows {
            g,
            pooling,
            x,
            first: lane * lanes.per_lane,
            y,
            winners: &mut [],
        });
    };
    if lanes.count == 1 {
        return rows((0, y));
    }
    y.par_chunks_mut(lanes.per_lane * g.output[1] * g.output[2])
        .with_max_len(1)
        .enumerate()
        .for_each(rows);
}

/// Whether `value` takes the maximum from `best`: it is larger, or the first NaN.
///
/// `!(value <= best)` is "larger, or one of them is NaN"; a `best` that is NaN stays.
#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord)] // the negation is what lets NaN in
pub fn beats<T: Real>(value: T, best: T) -> bool {
    !(value <= best) & !best.is_nan()
}

/// What is done with the values of a window.
pub(super) trait Pooling: Copy + Send + Sync {
    /// Whether outputs that are NaN are to be mended.
    const MENDS: bool;

    /// Writes the block of `M` times eight channels that `y` and `winners` begin with.
    fn block<T: Real, L: Lanes<T>, const M: usize>(
        self,
        lanes: L,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        winners: &mut [u32],
    );

    /// Mends the output `y` of a window, and its winners, where it is NaN.
    fn mend<T: Real>(self, _window: &Window<'_, T>, _y: &mut [T], _winners: &mut [u32]) {}
}

/// The part of a window that lies in the image.
#[derive(Clone, Copy)]
pub(super) struct Window<'a, T> {
    x: &'a [T],
    /// Where its first channel is in `x`.
    at: usize,
    /// The same in its example.
    place: usize,
    /// From one of its rows to the next in `x`.
    line: usize,
    channels: usize,
    rows: usize,
    cols: usize,
    /// How many positions it has, in the padding too.
    size: usize,
}

impl<T> Window<'_, T> {
    /// Calls `f`, row by row, with the rest of `x` from `channel` of each of its pixels on, and with
    /// where in the example that is.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the geometry has checked that places fit in u32
    fn pixels(&self, channel: usize, mut f: impl FnMut(&[T], u32)) {
        let (mut line, mut line_place) = (self.at + channel, (self.place + channel) as u32);
        for _ in 0..self.rows {
            let (mut at, mut place) = (line, line_place);
            for _ in 0..self.cols {
                f(&self.x[at..], place);
                at += self.channels;
                place = place.wrapping_add(self.channels as u32);
            }
            line += self.line;
            line_place = line_place.wrapping_add(self.line as u32);
        }
    }
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

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        #[cfg(target_arch = "x86_64")]
        if let (Some(token), Some(x)) = (_isa.avx2(), T::as_f32s(self.x)) {
            match T::as_f32s_mut(self.y) {
                Ok(y) => {
                    return Rows {
                        g: self.g,
                        pooling: self.pooling,
                        x,
                        first: self.first,
                        y,
                        winners: self.winners,
                    }
                    .on(token);
                }
                Err(y) => return Rows { y, ..self }.on(Arrays),
            }
        }
        self.on(Arrays);
    }
}

impl<T: Real, P: Pooling> Rows<'_, T, P> {
    #[inline(always)]
    fn on<L: Lanes<T>>(self, lanes: L) {
        if self.g.input[2] >= 2 * LANES {
            self.in_blocks::<L, 2>(lanes);
        } else {
            self.in_blocks::<L, 1>(lanes);
        }
    }

    #[inline(always)]
    fn in_blocks<L: Lanes<T>, const M: usize>(self, lanes: L) {
        // A copy: the compiler sees that no write can change it.
        let g = *self.g;
        let ([height, width, channels], [out_h, out_w, _]) = (g.input, g.output);
        let (whole, step) = (g.whole_windows(), g.stride[1] * channels);
        let line = out_w * channels;
        for index in 0..self.y.len() / line {
            let (example, row) = ((self.first + index) / out_h, (self.first + index) % out_h);
            let rows = g.covered(0, row);
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
                    size: g.kernel[0] * g.kernel[1],
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
                run::<T, P, L, M>(
                    self.pooling,
                    lanes,
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
fn run<T: Real, P: Pooling, L: Lanes<T>, const M: usize>(
    pooling: P,
    lanes: L,
    mut window: Window<'_, T>,
    [count, step]: [usize; 2],
    y: &mut [T],
    winners: &mut [u32],
) {
    let channels = window.channels;
    let mut at = 0;
    for _ in 0..count {
        for_each_start(
            M * LANES,
            channels,
            #[inline(always)]
            |channel| {
                let winners = winners.get_mut(at + channel..).unwrap_or_default();
                let y = &mut y[at + channel..];
                pooling.block::<T, L, M>(lanes, &window, channel, y, winners);
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

/// Max pooling, with `WINNERS` or without.
#[derive(Clone, Copy)]
pub(super) struct Max<const WINNERS: bool>;

impl<const WINNERS: bool> Pooling for Max<WINNERS> {
    const MENDS: bool = true;

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the geometry has checked that places fit in u32
    fn block<T: Real, L: Lanes<T>, const M: usize>(
        self,
        lanes: L,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        winners: &mut [u32],
    ) {
        let mut best = [lanes.splat(T::neg_infinity()); M];
        let mut sum = [lanes.splat(T::zero()); M];
        let first = (window.place + channel) as u32;
        let mut winner = [lanes.places(first); M];
        for (m, winner) in winner.iter_mut().enumerate() {
            *winner = lanes.places(first.wrapping_add((m * LANES) as u32));
        }
        window.pixels(
            channel,
            #[inline(always)]
            |x, place| {
                for m in 0..M {
                    let x = lanes.load(&x[m * LANES..]);
                    if WINNERS {
                        let place = lanes.places(place.wrapping_add((m * LANES) as u32));
                        winner[m] = lanes.winner(x, best[m], place, winner[m]);
                    }
                    best[m] = lanes.larger(x, best[m]);
                    sum[m] = lanes.add(sum[m], x);
                }
            },
        );
        for m in 0..M {
            let best = lanes.unless_nan(sum[m], best[m]);
            lanes.store(&mut y[m * LANES..], best);
            if WINNERS {
                lanes.store_places(&mut winners[m * LANES..], winner[m]);
            }
        }
    }

    #[cold]
    fn mend<T: Real>(self, window: &Window<'_, T>, y: &mut [T], winners: &mut [u32]) {
        for channel in 0..window.channels {
            if !y[channel].is_nan() {
                continue;
            }
            let mut best: Option<(T, u32)> = None;
            window.pixels(channel, |x, place| {
                if best.is_none_or(|(best, _)| beats(x[0], best)) {
                    best = Some((x[0], place));
                }
            });
            if let Some((value, winner)) = best {
                y[channel] = value;
                if WINNERS {
                    winners[channel] = winner;
                }
            }
        }
    }
}

/// Average pooling.
#[derive(Clone, Copy)]
pub(super) struct Average {
    /// Whether positions in the padding count.
    pub(super) count_padding: bool,
}

impl Pooling for Average {
    const MENDS: bool = false;

    #[inline(always)]
    fn block<T: Real, L: Lanes<T>, const M: usize>(
        self,
        lanes: L,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        _winners: &mut [u32],
    ) {
        let mut sum = [lanes.splat(T::zero()); M];
        if window.rows * window.cols <= FEW {
            window.pixels(
                channel,
                #[inline(always)]
                |x, _| {
                    for m in 0..M {
                        sum[m] = lanes.add(sum[m], lanes.load(&x[m * LANES..]));
                    }
                },
            );
        } else {
            sum = long_sums::<T, L, M>(lanes, window, channel);
        }
        let count = match self.count_padding {
            true => window.size,
            false => window.rows * window.cols,
        };
        let count = lanes.splat(T::from_f64(count as f64));
        for m in 0..M {
            lanes.store(&mut y[m * LANES..], lanes.div(sum[m], count));
        }
    }
}

/// The sums of many pixels as `long_sum` takes them: in blocks, with what adding each one rounds off.
#[inline(always)]
fn long_sums<T: Real, L: Lanes<T>, const M: usize>(
    lanes: L,
    window: &Window<'_, T>,
    channel: usize,
) -> [L::Values; M] {
    let zero = lanes.splat(T::zero());
    let (mut sum, mut rest, mut block) = ([zero; M], [zero; M], [zero; M]);
    let (mut left, mut in_block, mut blocks) = (window.rows * window.cols, 0, 0_usize);
    window.pixels(
        channel,
        #[inline(always)]
        |x, _| {
            for m in 0..M {
                block[m] = lanes.add(block[m], lanes.load(&x[m * LANES..]));
            }
            in_block += 1;
            left -= 1;
            if in_block < SHORT_BLOCK && left > 0 {
                return;
            }
            (in_block, blocks) = (0, blocks + 1);
            for m in 0..M {
                let total = lanes.add(sum[m], block[m]);
                let added = lanes.sub(total, sum[m]);
                let lost = lanes.sub(sum[m], lanes.sub(total, added));
                rest[m] = lanes.add(rest[m], lanes.add(lost, lanes.sub(block[m], added)));
                sum[m] = total;
                block[m] = zero;
            }
            if blocks.is_multiple_of(SETTLED) {
                for m in 0..M {
                    (sum[m], rest[m]) = settled(lanes, sum[m], rest[m]);
                }
            }
        },
    );
    for m in 0..M {
        (sum[m], _) = settled(lanes, sum[m], rest[m]);
    }
    sum
}

/// The sum with its rest added, and what that rounds off; a sum that is not finite has no rest.
#[inline(always)]
fn settled<T: Real, L: Lanes<T>>(
    lanes: L,
    sum: L::Values,
    rest: L::Values,
) -> (L::Values, L::Values) {
    let zero = lanes.splat(T::zero());
    let rest = lanes.at_equal(rest, lanes.sub(sum, sum), zero);
    let total = lanes.add(sum, rest);
    (total, lanes.sub(rest, lanes.sub(total, sum)))
}
