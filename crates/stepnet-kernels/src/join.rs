//! Operations that join branches: sums of values, and channels one after the other.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::assert_len;
use crate::elementwise::{by_rows, map2};
use crate::long_sum;
use crate::parallel::piece;
use crate::simd::{self, Isa, Kernel};

/// `y = a + b`.
///
/// # Shapes
///
/// All of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn add<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    assert_len("add", "b", b, a.len());
    assert_len("add", "y", y, a.len());
    map2(a, b, y, |a, b| a + b);
}

/// `y = max(a + b, 0)`, bitwise [`add`] and [`relu::forward`](super::relu::forward) one after the
/// other.
///
/// # Shapes
///
/// All of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn add_relu<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    assert_len("add_relu", "b", b, a.len());
    assert_len("add_relu", "y", y, a.len());
    map2(a, b, y, |a, b| {
        let sum = a + b;
        if sum <= T::zero() { T::zero() } else { sum }
    });
}

/// `sum = sum + part`, in place.
///
/// # Panics
///
/// If the lengths differ.
pub fn add_to<T: Real>(sum: &mut [T], part: &[T]) {
    assert_len("add_to", "part", part, sum.len());
    let piece = piece(sum.len(), 1);
    if piece >= sum.len() {
        return simd::run(AddTo(sum, part));
    }
    sum.par_chunks_mut(piece)
        .zip(part.par_chunks(piece))
        .for_each(|(sum, part)| simd::run(AddTo(sum, part)));
}

struct AddTo<'a, T>(&'a mut [T], &'a [T]);

impl<T: Real> Kernel for AddTo<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for (sum, &part) in self.0.iter_mut().zip(self.1) {
            *sum += part;
        }
    }
}

/// `y[p, c] += b[c]`, in place.
///
/// # Shapes
///
/// `y` (pixels, channels), `b` (channels).
///
/// # Panics
///
/// If there are no channels, or `y` holds no whole pixels.
pub fn add_to_rows<T: Real>(y: &mut [T], b: &[T]) {
    let channels = b.len();
    assert!(channels > 0, "add_to_rows: no channels");
    assert_len("add_to_rows", "y", y, y.len() / channels * channels);
    by_rows(channels, 1, y, |_, y| {
        for y in y.chunks_exact_mut(channels) {
            y.iter_mut().zip(b).for_each(|(y, &b)| *y += b);
        }
    });
}

/// `db[c] = sum over p of dy[p, c]`.
///
/// # Shapes
///
/// As [`add_to_rows`], `dy` like `y` and `db` like `b`; `db` is written.
///
/// # Panics
///
/// As [`add_to_rows`].
pub fn sum_of_rows<T: Real>(dy: &[T], db: &mut [T]) {
    let channels = db.len();
    assert!(channels > 0, "sum_of_rows: no channels");
    assert_len("sum_of_rows", "dy", dy, dy.len() / channels * channels);
    long_sum::columns(dy, db);
}

/// Some of the channels of an array: those of one of the arrays that it joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// How many the array has.
    pub all: usize,
    /// The first of the part.
    pub first: usize,
    /// How many the part has.
    pub count: usize,
}

impl Channels {
    /// How many pixels `part` has.
    fn pixels<T>(self, operation: &str, whole: &[T], part: &[T]) -> usize {
        let pixels = whole.len() / self.all.max(1);
        assert_len(operation, "the whole", whole, pixels * self.all);
        assert_len(operation, "the part", part, pixels * self.count);
        pixels
    }

    /// Does `work` for the pixels of two arrays, one of which is written.
    fn each<T: Real>(
        self,
        [out_channels, in_channels]: [usize; 2],
        out: &mut [T],
        input: &[T],
        work: impl Fn(&mut [T], &[T]) + Sync,
    ) {
        let pixels = piece(input.len().max(out.len()), 1).div_ceil(self.all.max(1));
        let pieces = out.par_chunks_mut((pixels * out_channels).max(1));
        let pieces = pieces.zip(input.par_chunks((pixels * in_channels).max(1)));
        pieces.for_each(|(out, input)| {
            let pixels = out.chunks_exact_mut(out_channels);
            for (out, input) in pixels.zip(input.chunks_exact(in_channels)) {
                work(out, input);
            }
        });
    }

    /// Writes `part` into its channels of `whole`.
    ///
    /// # Shapes
    /// `part`: (pixels, count); `whole`: (pixels, all), of which the other channels stay.
    ///
    /// # Panics
    /// If the lengths are others.
    pub fn put<T: Real>(self, part: &[T], whole: &mut [T]) {
        if self.pixels("put channels", whole, part) == 0 {
            return;
        }
        let range = self.first..self.first + self.count;
        self.each([self.all, self.count], whole, part, |whole, part| {
            whole[range.clone()].copy_from_slice(part);
        });
    }

    /// Writes its channels of `whole` into `part`; with `add` they are added to what is there.
    ///
    /// # Shapes
    /// As [`Channels::put`].
    ///
    /// # Panics
    /// If the lengths are others.
    pub fn take<T: Real>(self, whole: &[T], part: &mut [T], add: bool) {
        if self.pixels("take channels", whole, part) == 0 {
            return;
        }
        let range = self.first..self.first + self.count;
        self.each([self.count, self.all], part, whole, |part, whole| {
            let whole = &whole[range.clone()];
            match add {
                false => part.copy_from_slice(whole),
                true => part.iter_mut().zip(whole).for_each(|(p, &w)| *p += w),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relu;

    #[test]
    fn sums_by_name() {
        let (a, b) = ([1.0_f32, -2.0, 3.0, f32::NAN], [0.5, 1.0, -3.0, 1.0]);
        let (mut y, mut rectified, mut together) = ([9.0; 4], [9.0; 4], [9.0; 4]);
        add(&a, &b, &mut y);
        assert_eq!(y[..3], [1.5, -1.0, 0.0]);
        relu::forward(&y, &mut rectified);
        add_relu(&a, &b, &mut together);
        assert_eq!(
            together.map(f32::to_bits),
            rectified.map(f32::to_bits),
            "NaN passes"
        );
        add_to(&mut y, &a);
        assert_eq!(y[..3], [2.5, -3.0, 3.0]);
    }

    #[test]
    fn rows_get_their_summands_and_give_their_sums() {
        let pixels = 70_000;
        let mut y: Vec<f64> = (0..3 * pixels).map(|i| (i % 3) as f64).collect();
        add_to_rows(&mut y, &[5.0, 6.0, 7.0]);
        assert!(y.chunks_exact(3).all(|y| y == [5.0, 7.0, 9.0]));
        let mut sums = [f64::NAN; 3];
        sum_of_rows(&y, &mut sums);
        assert_eq!(sums, [5.0, 7.0, 9.0].map(|y| y * pixels as f64));
    }

    #[test]
    fn channels_go_where_they_came_from() {
        // Enough pixels for several pieces.
        let pixels = 70_000;
        let part: Vec<f64> = (0..2 * pixels).map(|i| i as f64).collect();
        let channels = Channels {
            all: 5,
            first: 2,
            count: 2,
        };
        let mut whole = vec![-1.0; 5 * pixels];
        channels.put(&part, &mut whole);
        for (at, pixel) in whole.chunks_exact(5).enumerate() {
            let at = 2.0 * at as f64;
            assert_eq!(pixel, [-1.0, -1.0, at, at + 1.0, -1.0]);
        }
        let mut back = vec![0.5; 2 * pixels];
        channels.take(&whole, &mut back, false);
        assert_eq!(back, part);
        channels.take(&whole, &mut back, true);
        assert!(
            back.iter()
                .zip(&part)
                .all(|(twice, once)| *twice == 2.0 * once)
        );
    }

    #[test]
    #[should_panic(expected = "the part holds 3 values, expected 4")]
    fn parts_have_as_many_pixels() {
        let channels = Channels {
            all: 3,
            first: 0,
            count: 2,
        };
        channels.put(&[0.0_f32; 3], &mut [0.0; 6]);
    }
}
