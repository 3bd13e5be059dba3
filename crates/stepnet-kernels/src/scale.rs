//! Products of an array with a factor for each channel, or with an array of the same shape: squeeze-and-excitation, and a
//! trained scale of each channel.

use super::{assert_len, parallel};
use crate::Real;
use crate::elementwise::by_rows;
use crate::simd::{self, Isa, Kernel};

/// The sizes: `x` is `(examples, pixels, channels)`, and the factors are `(examples, channels)`.
///
/// Factors for each pixel as well are those of examples of one pixel; the same factors for all examples are those of one
/// example that has all the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleGeometry {
    /// Examples with factors that are theirs alone.
    pub examples: usize,
    /// Pixels of an example, which share its factors.
    pub pixels: usize,
    /// Channels of a pixel.
    pub channels: usize,
}

impl ScaleGeometry {
    fn x_len(&self) -> usize {
        self.examples * self.pixels * self.channels
    }

    fn factors_len(&self) -> usize {
        self.examples * self.channels
    }
}

/// `y[e, p, c] = x[e, p, c] factors[e, c]`; with `add` it is added to what `y` holds.
///
/// With `dy` as `x` it is the gradient with respect to `x`.
///
/// Source: Hu, Shen and Sun, "Squeeze-and-excitation networks", 2018.
///
/// # Shapes
///
/// `x` and `y` `(examples, pixels, channels)`, `factors` `(examples, channels)`.
///
/// # Panics
///
/// If the lengths are others.
pub fn forward<T: Real>(g: &ScaleGeometry, x: &[T], factors: &[T], y: &mut [T], add: bool) {
    const NAME: &str = "scale forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "factors", factors, g.factors_len());
    assert_len(NAME, "y", y, g.x_len());
    if y.is_empty() {
        return;
    }
    if g.pixels == 1 {
        return product(x, factors, y, add);
    }
    by_rows(g.channels, 1, y, |first, y| {
        let x = &x[first * g.channels..][..y.len()];
        simd::run(Rows {
            g,
            first,
            x,
            factors,
            y,
            add,
        });
    });
}

/// Whole pixels of [`forward`], from number `first` of all examples on.
struct Rows<'a, T> {
    g: &'a ScaleGeometry,
    first: usize,
    x: &'a [T],
    factors: &'a [T],
    y: &'a mut [T],
    add: bool,
}

impl<T: Real> Kernel for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let (channels, pixels) = (self.g.channels, self.g.pixels);
        let rows = self.y.chunks_exact_mut(channels);
        for (row, (y, x)) in rows.zip(self.x.chunks_exact(channels)).enumerate() {
            let example = (self.first + row) / pixels;
            let factors = &self.factors[example * channels..][..channels];
            let values = y.iter_mut().zip(x).zip(factors);
            match self.add {
                true => values.for_each(|((y, &x), &factor)| *y += x * factor),
                false => values.for_each(|((y, &x), &factor)| *y = x * factor),
            }
        }
    }
}

/// `dfactors[e, c] = sum over p of x[e, p, c] dy[e, p, c]`; with `add` it is added to what `dfactors` holds.
///
/// # Shapes
///
/// As [`forward`], `dy` like `y` and `dfactors` like `factors`.
///
/// # Panics
///
/// If the lengths are others.
pub fn backward_factors<T: Real>(
    g: &ScaleGeometry,
    x: &[T],
    dy: &[T],
    dfactors: &mut [T],
    add: bool,
) {
    const NAME: &str = "scale backward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.x_len());
    assert_len(NAME, "dfactors", dfactors, g.factors_len());
    if dfactors.is_empty() {
        return;
    }
    if g.pixels == 1 {
        return product(x, dy, dfactors, add);
    }
    let len = g.pixels * g.channels;
    let sums = |example: usize, first: usize, sums: &mut [T]| {
        let range = example * len..(example + 1) * len;
        simd::run(Sums {
            x: &x[range.clone()],
            dy: &dy[range],
            channels: g.channels,
            first,
            sums,
            add,
        });
    };
    // A product and its addition in twice the precision are some four multiply-adds.
    let cost = 4_u64.saturating_mul(x.len() as u64);
    if g.examples == 1 {
        let jobs = dfactors.chunks_mut(BLOCK).enumerate();
        return parallel::each(jobs, cost, |(number, part)| sums(0, number * BLOCK, part));
    }
    let jobs = dfactors.chunks_exact_mut(g.channels).enumerate();
    parallel::each(jobs, cost, |(example, dfactors)| {
        for (number, part) in dfactors.chunks_mut(BLOCK).enumerate() {
            sums(example, number * BLOCK, part);
        }
    });
}

/// Channels that are summed at a time: a cache line of `f32`.
const BLOCK: usize = 16;

/// Pixels whose products are summed before they are added to those before them.
const RUN: usize = 128;

/// The sums of at most [`BLOCK`] channels of one example, in `f64`.
struct Sums<'a, T> {
    x: &'a [T],
    dy: &'a [T],
    channels: usize,
    first: usize,
    sums: &'a mut [T],
    add: bool,
}

impl<T: Real> Kernel for Sums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let (channels, first, count) = (self.channels, self.first, self.sums.len());
        let mut totals = [0.0_f64; BLOCK];
        let run = RUN * channels;
        for (x, dy) in self.x.chunks(run).zip(self.dy.chunks(run)) {
            let mut part = [0.0_f64; BLOCK];
            for (x, dy) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)) {
                let (x, dy) = (&x[first..first + count], &dy[first..first + count]);
                for (sum, (&x, &dy)) in part.iter_mut().zip(x.iter().zip(dy)) {
                    *sum += x.as_f64() * dy.as_f64();
                }
            }
            for (total, part) in totals.iter_mut().zip(part) {
                *total += part;
            }
        }
        for (sum, total) in self.sums.iter_mut().zip(totals) {
            let total = T::from_f64(total);
            *sum = if self.add { *sum + total } else { total };
        }
    }
}

/// `y = a b`, or `y += a b`, element by element.
fn product<T: Real>(a: &[T], b: &[T], y: &mut [T], add: bool) {
    by_rows(1, 1, y, |first, y| {
        let (a, b) = (&a[first..][..y.len()], &b[first..][..y.len()]);
        simd::run(Product(a, b, y, add));
    });
}

struct Product<'a, T>(&'a [T], &'a [T], &'a mut [T], bool);

impl<T: Real> Kernel for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self(a, b, y, add) = self;
        let values = y.iter_mut().zip(a.iter().zip(b));
        match add {
            true => values.for_each(|(y, (&a, &b))| *y += a * b),
            false => values.for_each(|(y, (&a, &b))| *y = a * b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, integers, normal, on_threads};

    /// Examples, pixels and channels: single ones, blocks with a rest, and enough for several pieces.
    const SIZES: [[usize; 3]; 7] = [
        [1, 1, 1],
        [3, 1, 5],
        [2, 7, 3],
        [1, 300, 35],
        [4, 130, 16],
        [3, 900, 70],
        [1, 9000, 33],
    ];

    fn geometry([examples, pixels, channels]: [usize; 3]) -> ScaleGeometry {
        ScaleGeometry {
            examples,
            pixels,
            channels,
        }
    }

    /// Integers, so that every sum is exact: `y` and `dfactors`, both added to ones.
    fn naive(g: &ScaleGeometry, x: &[f32], factors: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
        let (mut y, mut dfactors) = (vec![1.0; x.len()], vec![1.0; factors.len()]);
        for e in 0..g.examples {
            for p in 0..g.pixels {
                for c in 0..g.channels {
                    let at = (e * g.pixels + p) * g.channels + c;
                    y[at] += x[at] * factors[e * g.channels + c];
                    dfactors[e * g.channels + c] += x[at] * dy[at];
                }
            }
        }
        [y, dfactors]
    }

    #[test]
    fn is_the_naive_product_for_any_number_of_threads() {
        for size in SIZES {
            let g = geometry(size);
            let x = integers::<f32>(1, g.x_len(), 9);
            let dy = integers::<f32>(2, g.x_len(), 9);
            let factors = integers::<f32>(3, g.factors_len(), 9);
            let expected = naive(&g, &x, &factors, &dy);
            for threads in [1, 2, 3] {
                for add in [true, false] {
                    let start = if add { 1.0 } else { f32::NAN };
                    let (mut y, mut dfactors) = (vec![start; x.len()], vec![start; factors.len()]);
                    on_threads(threads, || {
                        forward(&g, &x, &factors, &mut y, add);
                        backward_factors(&g, &x, &dy, &mut dfactors, add);
                    });
                    let more = if add { 0.0 } else { 1.0 };
                    let all = y.iter().zip(&expected[0]);
                    assert!(all.into_iter().all(|(y, e)| y + more == *e), "{size:?}");
                    let all = dfactors.iter().zip(&expected[1]);
                    assert!(all.into_iter().all(|(d, e)| d + more == *e), "{size:?}");
                }
            }
        }
    }

    #[test]
    fn long_sums_have_the_same_bits_on_any_number_of_threads() {
        let g = geometry([1, 9000, 33]);
        let (x, dy) = (normal::<f64>(1, g.x_len()), normal::<f64>(2, g.x_len()));
        let run = |threads| {
            let mut sums = vec![0.0; 33];
            on_threads(threads, || backward_factors(&g, &x, &dy, &mut sums, false));
            sums
        };
        assert_bits(&run(1), &run(3));
    }

    #[test]
    #[should_panic(expected = "factors holds 2 values, expected 3")]
    fn factors_are_one_for_each_channel() {
        forward(
            &geometry([1, 2, 3]),
            &[0.0; 6],
            &[0.0; 2],
            &mut [0.0; 6],
            false,
        );
    }
}
