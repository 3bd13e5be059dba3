//! Softmax over rows of logits: `y_k = exp(x_k) / sum of exp(x_j)`.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::long_sum::{self, LONGEST, SHORT_BLOCK};
use crate::parallel::piece;
use crate::simd::{self, Isa, Kernel};
use crate::{assert_len, elementary};

/// How many times dearer than a multiplication an element is.
const COST: usize = 4;

/// Values whose exponentials are taken in one loop, of several rows where rows are short.
const BLOCK: usize = 512;

/// Rows from this length on are folded in lanes.
const LONG: usize = 16;

/// Panics unless `values` are rows of `classes`.
#[track_caller]
pub(super) fn assert_rows<T>(operation: &str, argument: &str, values: &[T], classes: usize) {
    assert!(
        classes > 0 && values.len().is_multiple_of(classes),
        "{operation}: {argument} holds {} values, expected rows of {classes} classes",
        values.len()
    );
}

/// The length of pieces of whole rows.
fn row_piece(len: usize, classes: usize, cost: usize) -> usize {
    piece(len, cost).next_multiple_of(classes)
}

/// `f` over the elements from `start` on: one after the other in a short row, else in eight lanes,
/// which are then folded in order. The order depends on the length alone.
#[inline(always)]
fn fold<T: Copy>(row: &[T], start: T, f: impl Fn(T, T) -> T) -> T {
    let mut lanes = [start; 8];
    let chunks = row.chunks_exact(8);
    let mut rest = chunks.remainder();
    if row.len() < LONG {
        rest = row;
    } else {
        for chunk in chunks {
            for lane in 0..8 {
                lanes[lane] = f(lanes[lane], chunk[lane]);
            }
        }
        for lane in 1..8 {
            lanes[0] = f(lanes[0], lanes[lane]);
        }
    }
    let mut sum = lanes[0];
    for &value in rest {
        sum = f(sum, value);
    }
    sum
}

/// The sum, of a long row in blocks.
#[inline(always)]
pub(super) fn sum<T: Real>(row: &[T]) -> T {
    if row.len() <= LONGEST {
        return sum_of(row);
    }
    long_sum::of_blocks(
        row.len(),
        8 * SHORT_BLOCK,
        #[inline(always)]
        |places| sum_of(&row[places]),
    )
}

/// The sum of a row or of a block of it.
#[inline(always)]
fn sum_of<T: Real>(row: &[T]) -> T {
    fold(
        row,
        T::zero(),
        #[inline(always)]
        |a, b| a + b,
    )
}

/// The largest value; NaN is left out.
#[inline(always)]
pub(super) fn largest<T: Real>(row: &[T]) -> T {
    fold(
        row,
        T::neg_infinity(),
        #[inline(always)]
        |a, b| if b > a { b } else { a },
    )
}

/// Whole rows of [`forward`].
struct Forward<'a, T> {
    classes: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let classes = self.classes;
        let rows = (BLOCK / classes).max(1) * classes;
        for (y, x) in self.y.chunks_mut(rows).zip(self.x.chunks(rows)) {
            // Distances to the largest logit, so that no exponential overflows.
            for (y, x) in y.chunks_exact_mut(classes).zip(x.chunks_exact(classes)) {
                let largest = largest(x);
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = x - largest;
                }
            }
            for y in &mut *y {
                *y = elementary::exp(isa, *y);
            }
            for y in y.chunks_exact_mut(classes) {
                let sum = sum(y);
                for y in y {
                    *y /= sum;
                }
            }
        }
    }
}

/// Whole rows of [`backward`].
struct Backward<'a, T> {
    classes: usize,
    y: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let rows = self.y.chunks_exact(self.classes);
        let rows = rows.zip(self.dy.chunks_exact(self.classes));
        for (dx, (y, dy)) in self.dx.chunks_exact_mut(self.classes).zip(rows) {
            let mean = if y.len() < LONG {
                y.iter()
                    .zip(dy)
                    .fold(T::zero(), |sum, (&y, &dy)| sum + y * dy)
            } else {
                for (dx, (&y, &dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
                    *dx = y * dy;
                }
                sum(dx)
            };
            for (dx, (&y, &dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
                *dx = y * (dy - mean);
            }
        }
    }
}

/// `y_k = exp(x_k - max x) / sum over j of exp(x_j - max x)` in every row.
///
/// A row with a NaN becomes NaN.
///
/// # Shapes
///
/// `x` and `y` (batch, classes); `y` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `classes`.
pub fn forward<T: Real>(classes: usize, x: &[T], y: &mut [T]) {
    assert_rows("softmax forward", "x", x, classes);
    assert_len("softmax forward", "y", y, x.len());
    let piece = row_piece(x.len(), classes, COST);
    if piece >= x.len() {
        return simd::run(Forward { classes, x, y });
    }
    y.par_chunks_mut(piece)
        .zip(x.par_chunks(piece))
        .for_each(|(y, x)| simd::run(Forward { classes, x, y }));
}

/// `dx_k = y_k (dy_k - sum over j of y_j dy_j)` in every row.
///
/// # Shapes
///
/// `y`, `dy` and `dx` (batch, classes); `dx` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `classes`.
pub fn backward<T: Real>(classes: usize, y: &[T], dy: &[T], dx: &mut [T]) {
    assert_rows("softmax backward", "y", y, classes);
    assert_len("softmax backward", "dy", dy, y.len());
    assert_len("softmax backward", "dx", dx, y.len());
    let piece = row_piece(y.len(), classes, 1);
    if piece >= y.len() {
        return simd::run(Backward { classes, y, dy, dx });
    }
    let inputs = y.par_chunks(piece).zip(dy.par_chunks(piece));
    dx.par_chunks_mut(piece)
        .zip(inputs)
        .for_each(|(dx, (y, dy))| simd::run(Backward { classes, y, dy, dx }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::InstructionSet;
    use crate::testing::{assert_bits, assert_gradient, inner, normal, on_threads};

    #[test]
    fn rows_sum_to_one_and_ignore_a_common_shift() {
        let x = normal::<f64>(1, 30);
        let shifted: Vec<f64> = x.iter().map(|x| x + 3.0).collect();
        let (mut y, mut y_shifted) = ([0.0; 30], [0.0; 30]);
        forward(6, &x, &mut y);
        forward(6, &shifted, &mut y_shifted);
        for (i, row) in y.chunks(6).enumerate() {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-15);
            assert!((row[2] / row[4] - (x[i * 6 + 2] - x[i * 6 + 4]).exp()).abs() < 1e-12);
        }
        assert!(y.iter().zip(&y_shifted).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn extreme_logits() {
        let mut y = [0.0f32; 4];
        forward(2, &[f32::MAX, f32::MIN, -1e30, -1e30], &mut y);
        assert_eq!(y, [1.0, 0.0, 0.5, 0.5]);
        forward(2, &[f32::NAN, 0.0, 0.0, 0.0], &mut y);
        assert!(y[0].is_nan() && y[1].is_nan() && y[2] == 0.5);
        forward(1, &[7.0], &mut y[..1]);
        assert_eq!(y[0], 1.0);
    }

    #[test]
    fn gradient_by_differences() {
        let (x, dy) = (normal::<f64>(3, 15), normal::<f64>(4, 15));
        let run = |x: &[f64]| {
            let mut y = vec![0.0; 15];
            forward(5, x, &mut y);
            y
        };
        let mut dx = vec![0.0; 15];
        backward(5, &run(&x), &dy, &mut dx);
        assert_gradient(&x, &dx, |x| inner(&dy, &run(x)));
    }

    #[test]
    fn large_batches_do_not_depend_on_threads() {
        let x = normal::<f32>(5, 7 * 21_001);
        let run = || {
            let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            forward(7, &x, &mut y);
            backward(7, &y, &x, &mut dx);
            y.extend(dx);
            y
        };
        let one = on_threads(1, run);
        assert!(
            one.chunks(7)
                .take(21_001)
                .all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6)
        );
        assert_bits(&one, &on_threads(3, run));
    }

    #[test]
    fn every_length_of_row_on_every_instruction_set() {
        for classes in (1..40).chain([100, 511, 512, 513, 1100]) {
            let x = normal::<f64>(classes as u64, 3 * classes);
            let dy = normal::<f64>(7, 3 * classes);
            for set in InstructionSet::all() {
                let (mut y, mut dx) = (vec![f64::NAN; x.len()], vec![f64::NAN; x.len()]);
                set.run(Forward {
                    classes,
                    x: &x,
                    y: &mut y,
                });
                set.run(Backward {
                    classes,
                    y: &y,
                    dy: &dy,
                    dx: &mut dx,
                });
                let rows = x.chunks(classes).zip(y.chunks(classes));
                let gradients = dy.chunks(classes).zip(dx.chunks(classes));
                for ((x, y), (dy, dx)) in rows.zip(gradients) {
                    let sum: f64 = x.iter().map(|x| x.exp()).sum();
                    let mean = inner(y, dy);
                    for k in 0..classes {
                        let exact = x[k].exp() / sum;
                        assert!(
                            (y[k] / exact - 1.0).abs() < 1e-13,
                            "{classes} {}",
                            set.name()
                        );
                        assert!((dx[k] - exact * (dy[k] - mean)).abs() < 1e-13, "{classes}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_nan_anywhere_in_a_long_row_shows() {
        for place in [0, 7, 16, 599] {
            let mut x = vec![0.0_f32; 600];
            x[place] = f32::NAN;
            let mut y = vec![0.0; 600];
            forward(600, &x, &mut y);
            assert!(y.iter().all(|y| y.is_nan()), "{place}");
        }
    }

    #[test]
    #[should_panic(expected = "softmax forward: x holds 5 values, expected rows of 2 classes")]
    fn broken_rows_are_named() {
        forward(2, &[0.0; 5], &mut [0.0; 5]);
    }
}
