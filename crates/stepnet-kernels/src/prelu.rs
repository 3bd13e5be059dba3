//! Leaky ReLU with trained slopes, one for each channel or one for all: `y = x` where `x > 0`, `slope x` elsewhere.
//!
//! Rows of few channels are taken several at a time, so that they fill whole vectors; the gradients of the slopes are then
//! summed column by column, in blocks (`long_sum`), and columns of one channel last.

use stepnet_base::parallel::prelude::*;

use crate::long_sum::{self, SHORT_BLOCK};
use crate::parallel::{MAX_PARTS, Parts, piece, share, workers};
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::{Real, assert_len, assert_scratch};

/// Columns that loops run over, at least.
const WIDE: usize = 128;

/// About how many multiplications the gradients of an element are worth.
const COST: u64 = 3;

/// Columns of the rows that are taken together.
fn width(slopes: usize) -> usize {
    slopes * WIDE.div_ceil(slopes.max(1))
}

/// The slopes, again and again, for a whole row: in `buffer` where they do not fill one.
fn spread<'a, T: Real>(slopes: &'a [T], buffer: &'a mut [T; 2 * WIDE]) -> &'a [T] {
    let width = width(slopes.len());
    if width == slopes.len() {
        return slopes;
    }
    for part in buffer[..width].chunks_exact_mut(slopes.len()) {
        part.copy_from_slice(slopes);
    }
    &buffer[..width]
}

#[track_caller]
fn assert_rows<T>(operation: &str, slopes: &[T], len: usize) {
    assert!(
        !slopes.is_empty() && len.is_multiple_of(slopes.len()),
        "{operation}: x holds {len} values, expected a multiple of the {} slopes",
        slopes.len()
    );
}

/// `y = x` where `x > 0`, `slope x` elsewhere; NaN passes.
///
/// Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
///
/// # Shapes
///
/// `x` and `y` `(rows, channels)`, `slopes` `(channels)`; one slope for all is that of rows of one channel. `y` is written.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn forward<T: Real>(slopes: &[T], x: &[T], y: &mut [T]) {
    run_forward(InstructionSet::best(), slopes, x, y);
}

fn run_forward<T: Real>(set: InstructionSet, slopes: &[T], x: &[T], y: &mut [T]) {
    assert_rows("prelu forward", slopes, x.len());
    assert_len("prelu forward", "y", y, x.len());
    let mut buffer = [T::zero(); 2 * WIDE];
    let slopes = spread(slopes, &mut buffer);
    let piece = piece(y.len(), 1).next_multiple_of(slopes.len());
    if piece >= y.len() {
        return set.run(Forward(slopes, x, y));
    }
    y.par_chunks_mut(piece)
        .zip(x.par_chunks(piece))
        .for_each(|(y, x)| set.run(Forward(slopes, x, y)));
}

/// Whole rows of [`forward`], the last one perhaps shorter.
struct Forward<'a, T>(&'a [T], &'a [T], &'a mut [T]);

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self(slopes, x, y) = self;
        for (y, x) in y.chunks_mut(slopes.len()).zip(x.chunks(slopes.len())) {
            for ((y, &x), &slope) in y.iter_mut().zip(x).zip(slopes) {
                *y = (slope * x).choose(x <= T::zero(), x);
            }
        }
    }
}

/// Arrays of a part: the sums, what `long_sum` keeps of them, and those of the rows that are being summed.
const STATE: usize = 3;

/// Scratch that [`backward`] needs for arrays of any length.
pub fn backward_scratch(slopes: usize) -> usize {
    MAX_PARTS * STATE * width(slopes)
}

/// `dx = dy` where `x > 0`, `slope dy` elsewhere, at 0 too; `dslope` the sum of `x dy` over the values that are not above 0.
///
/// # Shapes
///
/// As [`forward`]; `dx` and `dslopes` are written where they are asked for.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn backward<T: Real>(
    slopes: &[T],
    [x, dy]: [&[T]; 2],
    dx: Option<&mut [T]>,
    dslopes: Option<&mut [T]>,
    scratch: &mut [T],
) {
    let set = InstructionSet::best();
    run_backward(set, slopes, [x, dy], dx, dslopes, scratch);
}

fn run_backward<T: Real>(
    set: InstructionSet,
    slopes: &[T],
    [x, dy]: [&[T]; 2],
    dx: Option<&mut [T]>,
    dslopes: Option<&mut [T]>,
    scratch: &mut [T],
) {
    assert_rows("prelu backward", slopes, x.len());
    assert_len("prelu backward", "dy", dy, x.len());
    if let Some(dx) = &dx {
        assert_len("prelu backward", "dx", dx, x.len());
    }
    if let Some(dslopes) = &dslopes {
        assert_len("prelu backward", "dslopes", dslopes, slopes.len());
    }
    assert_scratch("prelu backward", scratch, backward_scratch(slopes.len()));
    let mut buffer = [T::zero(); 2 * WIDE];
    let spread = spread(slopes, &mut buffer);
    let width = spread.len();
    let parts = Parts::new(x.len().div_ceil(width), COST * width as u64, MAX_PARTS);
    let states = &mut scratch[..STATE * width * parts.count];
    states.fill(T::zero());
    let step = parts.per_part * width;
    let mut dx = dx.map(|dx| dx.chunks_mut(step));
    let jobs = states
        .chunks_exact_mut(STATE * width)
        .zip(x.chunks(step).zip(dy.chunks(step)));
    let jobs = jobs.map(move |job| (job, dx.as_mut().and_then(Iterator::next)));
    let workers = workers(parts.count, COST * x.len() as u64);
    let summed = dslopes.is_some();
    share(
        jobs,
        workers,
        0,
        &mut [],
        |((state, (x, dy)), dx), _: &mut [T]| {
            set.run(Backward {
                slopes: spread,
                x,
                dy,
                dx: dx.unwrap_or_default(),
                state: if summed { state } else { &mut [] },
            });
        },
    );
    let Some(dslopes) = dslopes else { return };
    dslopes.fill(T::zero());
    for state in states.chunks_exact(STATE * width) {
        for part in state[..width].chunks_exact(dslopes.len()) {
            for (sum, &part) in dslopes.iter_mut().zip(part) {
                *sum += part;
            }
        }
    }
}

/// Whole rows of [`backward`], the last one perhaps shorter; an empty `dx` or `state` is not asked for.
struct Backward<'a, T> {
    slopes: &'a [T],
    x: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
    state: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let width = self.slopes.len();
        let rows = self.x.chunks(width).zip(self.dy.chunks(width));
        for (dx, (x, dy)) in self.dx.chunks_mut(width).zip(rows) {
            let given = x.iter().zip(dy).zip(self.slopes);
            for (dx, ((&x, &dy), &slope)) in dx.iter_mut().zip(given) {
                *dx = (slope * dy).choose(x <= T::zero(), dy);
            }
        }
        if self.state.is_empty() {
            return;
        }
        let (sums, rest) = self.state.split_at_mut(width);
        let (rests, block) = rest.split_at_mut(width);
        let blocks = self.x.chunks(SHORT_BLOCK * width);
        let blocks = blocks.zip(self.dy.chunks(SHORT_BLOCK * width));
        for (number, (x, dy)) in blocks.enumerate() {
            block.fill(T::zero());
            for (x, dy) in x.chunks(width).zip(dy.chunks(width)) {
                for (sum, (&x, &dy)) in block.iter_mut().zip(x.iter().zip(dy)) {
                    // A NaN is not above 0, and shows in the slope's gradient.
                    let below = T::zero().choose(x > T::zero(), x);
                    *sum = isa.mul_add(below, dy, *sum);
                }
            }
            long_sum::add(sums, rests, block);
            long_sum::settle(sums, rests, number + 1);
        }
        long_sum::finish(sums, rests);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, assert_gradient, assert_sums, inner, normal, on_threads};

    /// Rows and slopes: one for all, narrow rows, rests, wide rows, several parts.
    const SIZES: [[usize; 2]; 9] = [
        [0, 3],
        [1, 1],
        [1000, 1],
        [37, 3],
        [130, 16],
        [9, 130],
        [5, 300],
        [200_001, 1],
        [9000, 24],
    ];

    struct Arrays<T> {
        slopes: Vec<T>,
        x: Vec<T>,
        dy: Vec<T>,
    }

    impl<T: Real> Arrays<T> {
        fn new([rows, slopes]: [usize; 2]) -> Self {
            Self {
                slopes: normal(1, slopes),
                x: normal(2, rows * slopes),
                dy: normal(3, rows * slopes),
            }
        }

        /// `[y, dx, dslopes]`.
        fn passes(&self, set: InstructionSet) -> [Vec<T>; 3] {
            let mut found =
                [self.x.len(), self.x.len(), self.slopes.len()].map(|len| vec![T::nan(); len]);
            let [y, dx, dslopes] = &mut found;
            let mut scratch = vec![T::nan(); backward_scratch(self.slopes.len())];
            run_forward(set, &self.slopes, &self.x, y);
            let given = [&self.x[..], &self.dy];
            run_backward(
                set,
                &self.slopes,
                given,
                Some(dx),
                Some(dslopes),
                &mut scratch,
            );
            found
        }

        /// The naive loop, with the sums of the magnitudes.
        fn reference(&self) -> [Vec<T>; 4] {
            let c = self.slopes.len();
            let (mut y, mut dx) = (self.x.clone(), self.dy.clone());
            let (mut sums, mut sizes) = (vec![0.0; c], vec![0.0; c]);
            for at in 0..self.x.len() {
                if self.x[at] <= T::zero() {
                    y[at] = self.slopes[at % c] * self.x[at];
                    dx[at] = self.slopes[at % c] * self.dy[at];
                    let product = self.x[at].as_f64() * self.dy[at].as_f64();
                    sums[at % c] += product;
                    sizes[at % c] += product.abs();
                }
            }
            let [sums, sizes] =
                [sums, sizes].map(|sums| sums.into_iter().map(T::from_f64).collect());
            [y, dx, sums, sizes]
        }
    }

    fn passes_are_the_reference<T: Real>() {
        for size in SIZES {
            let arrays = Arrays::<T>::new(size);
            let [y, dx, dslopes, sizes] = arrays.reference();
            for set in InstructionSet::all() {
                let found = arrays.passes(set);
                assert_bits(&found[0], &y);
                assert_bits(&found[1], &dx);
                assert_sums(&found[2], &dslopes, &sizes, 32);
            }
        }
    }

    #[test]
    fn the_passes_are_the_reference() {
        passes_are_the_reference::<f32>();
        passes_are_the_reference::<f64>();
    }

    #[test]
    fn threads_change_no_bit() {
        for size in [[400_001, 1], [20_000, 24]] {
            let arrays = Arrays::<f32>::new(size);
            let run = |threads| on_threads(threads, || arrays.passes(InstructionSet::best()));
            let one = run(1);
            for threads in [2, 3] {
                for (one, other) in one.iter().zip(&run(threads)) {
                    assert_bits(one, other);
                }
            }
        }
    }

    #[test]
    fn gradients_by_differences() {
        let arrays = Arrays::<f64>::new([7, 3]);
        let set = InstructionSet::best();
        let [_, dx, dslopes] = arrays.passes(set);
        let value = |x: &[f64], slopes: &[f64]| {
            let mut y = vec![0.0; x.len()];
            forward(slopes, x, &mut y);
            inner(&arrays.dy, &y)
        };
        assert_gradient(&arrays.x, &dx, |x| value(x, &arrays.slopes));
        assert_gradient(&arrays.slopes, &dslopes, |slopes| value(&arrays.x, slopes));
    }

    #[test]
    fn one_gradient_may_be_asked_for_alone() {
        let arrays = Arrays::<f32>::new([50, 5]);
        let [_, dx, dslopes] = arrays.passes(InstructionSet::best());
        let (slopes, given) = (&arrays.slopes, [&arrays.x[..], &arrays.dy]);
        let mut scratch = vec![f32::NAN; backward_scratch(5)];
        let (mut own_dx, mut own) = ([f32::NAN; 250], [f32::NAN; 5]);
        backward(slopes, given, Some(&mut own_dx), None, &mut scratch);
        backward(slopes, given, None, Some(&mut own), &mut scratch);
        assert_bits(&own_dx, &dx);
        assert_bits(&own, &dslopes);
    }

    #[test]
    fn nan_shows_everywhere() {
        let (mut y, mut slope) = ([0.0; 2], [0.0; 1]);
        let mut scratch = vec![0.0; backward_scratch(1)];
        forward(&[0.5], &[f64::NAN, -2.0], &mut y);
        assert!(y[0].is_nan() && y[1] == -1.0);
        let given = [&[f64::NAN, -2.0][..], &[1.0, 1.0]];
        backward(&[0.5], given, None, Some(&mut slope), &mut scratch);
        assert!(slope[0].is_nan());
    }
}
