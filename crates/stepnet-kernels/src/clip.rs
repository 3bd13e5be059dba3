//! Gradient clipping: the sum of squares, and gradients scaled or limited to a range.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::parallel::{join, piece};
use crate::simd::{self, Isa, Kernel};

/// Numbers whose squares are summed in one go; a longer array is halved, on a multiple of this.
const BLOCK: usize = 1 << 15;

/// Sums side by side.
const SUMS: usize = 16;

/// The sum of the squares, in `f64` for both element types.
///
/// The array is cut by its length alone, and the parts are added in a fixed order: the same bits for any
/// number of threads.
pub fn sum_of_squares<T: Real>(x: &[T]) -> f64 {
    if x.len() <= BLOCK {
        return simd::run(SumOfSquares(x));
    }
    let blocks = x.len().div_ceil(BLOCK);
    let (left, right) = x.split_at(blocks / 2 * BLOCK);
    let (left, right) = join(|| sum_of_squares(left), || sum_of_squares(right));
    left + right
}

/// One block of [`sum_of_squares`].
struct SumOfSquares<'a, T>(&'a [T]);

impl<T: Real> Kernel for SumOfSquares<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) -> f64 {
        let mut sums = [0.0; SUMS];
        let mut rows = self.0.chunks_exact(SUMS);
        for row in &mut rows {
            for (sum, &x) in sums.iter_mut().zip(row) {
                let x = x.as_f64();
                *sum += x * x;
            }
        }
        for (sum, &x) in sums.iter_mut().zip(rows.remainder()) {
            let x = x.as_f64();
            *sum += x * x;
        }
        sums.iter().sum()
    }
}

/// Changes each number by a function.
struct Change<'a, T, F>(&'a mut [T], F);

impl<T: Real, F: Fn(T) -> T> Kernel for Change<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for x in self.0 {
            *x = (self.1)(*x);
        }
    }
}

fn change<T: Real>(x: &mut [T], f: impl Fn(T) -> T + Copy + Send + Sync) {
    let piece = piece(x.len(), 1);
    if piece >= x.len() {
        return simd::run(Change(x, f));
    }
    x.par_chunks_mut(piece)
        .for_each(|x| simd::run(Change(x, f)));
}

/// `x = factor x`.
pub fn scale<T: Real>(x: &mut [T], factor: f64) {
    let factor = T::from_f64(factor);
    change(x, move |x| factor * x);
}

/// `x = min(max(x, -most), most)`. NaN stays.
pub fn clamp<T: Real>(x: &mut [T], most: f64) {
    let most = T::from_f64(most);
    change(x, move |x| {
        let x = if x > most { most } else { x };
        if x < -most { -most } else { x }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::InstructionSet;
    use crate::testing::{normal, on_threads};

    #[test]
    fn squares_of_every_length_on_every_instruction_set() {
        for len in (0..70).chain([255, 256, 257, BLOCK - 1, BLOCK]) {
            let x = normal::<f32>(len as u64, len);
            let exact: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            for set in InstructionSet::all() {
                let sum = set.run(SumOfSquares(&x));
                assert!((sum - exact).abs() <= 1e-13 * exact, "{len} {}", set.name());
            }
        }
    }

    #[test]
    fn the_sum_does_not_depend_on_threads() {
        let x = normal::<f32>(1, 5 * BLOCK + 321);
        let one = on_threads(1, || sum_of_squares(&x));
        for threads in [2, 3, 4] {
            assert_eq!(
                on_threads(threads, || sum_of_squares(&x)).to_bits(),
                one.to_bits()
            );
        }
        let exact: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        assert!((one - exact).abs() < 1e-12 * exact);
        assert!(sum_of_squares(&[1.0, f64::NAN]).is_nan());
        assert_eq!(sum_of_squares(&[f32::MAX, f32::INFINITY]), f64::INFINITY);
        assert!(sum_of_squares(&[f32::MAX; 9]).is_finite());
    }

    #[test]
    fn numbers_are_scaled_and_brought_into_a_range() {
        let len = 200_003;
        let x = normal::<f32>(2, len);
        let (mut scaled, mut clamped) = (x.clone(), x.clone());
        scale(&mut scaled, 0.25);
        clamp(&mut clamped, 0.5);
        for ((x, scaled), clamped) in x.iter().zip(scaled).zip(clamped) {
            assert_eq!(scaled, 0.25 * x);
            assert_eq!(clamped, x.clamp(-0.5, 0.5));
        }
        let mut odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.25];
        clamp(&mut odd, 2.0);
        assert!(odd[0].is_nan());
        assert_eq!(odd[1..], [2.0, -2.0, -0.25]);
    }
}
