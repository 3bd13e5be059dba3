//! Eight lanes of values and places: what pooling asks of an instruction set.
//!
//! A block is `M` times eight neighbouring values. Where an image has more channels than that, the
//! last block of a pixel moves back to end with it, over values that are computed twice. Where it
//! has fewer, a block reaches into the next pixel: what is read there is not used, and what is
//! written there is overwritten when that pixel's turn comes, for pixels are visited in order. At
//! the very end of an array, where no next pixel is, a block is cut.

use crate::Real;
#[cfg(target_arch = "x86_64")]
use pulp::{cast, x86::V3};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_UNORD_Q};

/// How many lanes there are.
pub(super) const LANES: usize = 8;

/// Calls `f` with the first channel of each block of `n` values that a pixel is covered with.
///
/// Here and elsewhere closures are marked to be inlined, and adapters of iterators avoided: what
/// the compiler does not inline is compiled without the instruction set.
#[inline(always)]
pub(super) fn for_each_start(n: usize, channels: usize, mut f: impl FnMut(usize)) {
    let last = channels.saturating_sub(n);
    let mut start = 0;
    loop {
        f(start);
        if start >= last {
            break;
        }
        start = (start + n).min(last);
    }
}

/// `make` of the eight values that `values` begins with; 0 for those that it lacks.
///
/// Twice in the text, so that a whole block goes from memory to its register.
#[inline(always)]
fn eight<T: Copy + Default, V>(values: &[T], make: impl Fn([T; LANES]) -> V) -> V {
    match values.first_chunk() {
        Some(eight) => make(*eight),
        None => make(rest(values)),
    }
}

#[cold]
#[inline(never)]
fn rest<T: Copy + Default>(values: &[T]) -> [T; LANES] {
    let mut eight = [T::default(); LANES];
    eight[..values.len()].copy_from_slice(values);
    eight
}

/// Writes the values that `to` begins with, as many as it has.
#[inline(always)]
fn write<T: Copy>(to: &mut [T], eight: [T; LANES]) {
    match to.first_chunk_mut() {
        Some(to) => *to = eight,
        None => write_rest(to, eight),
    }
}

#[cold]
#[inline(never)]
fn write_rest<T: Copy>(to: &mut [T], eight: [T; LANES]) {
    to.copy_from_slice(&eight[..to.len()]);
}

/// Eight lanes of `T`, and of places as `u32`.
pub(super) trait Lanes<T: Real>: Copy {
    /// Eight values.
    type Values: Copy;
    /// Eight places.
    type Places: Copy;

    /// The first eight of `values`; 0 for those that it lacks.
    fn load(self, values: &[T]) -> Self::Values;

    /// Writes the first of `to`, as many as it has of eight.
    fn store(self, to: &mut [T], values: Self::Values);

    /// Writes the first of `to`, as many as it has of eight.
    fn store_places(self, to: &mut [u32], places: Self::Places);

    /// The same value in all lanes.
    fn splat(self, value: T) -> Self::Values;

    /// `first`, `first + 1` and so on, wrapping.
    fn places(self, first: u32) -> Self::Places;

    /// `a + b`.
    fn add(self, a: Self::Values, b: Self::Values) -> Self::Values;

    /// `a - b`.
    fn sub(self, a: Self::Values, b: Self::Values) -> Self::Values;

    /// `a / b`.
    fn div(self, a: Self::Values, b: Self::Values) -> Self::Values;

    /// `x` where it is larger, else `best`; with NaN, `best`.
    fn larger(self, x: Self::Values, best: Self::Values) -> Self::Values;

    /// `place` where `x > best`, else `winner`; no `place` is below its `winner`.
    fn winner(
        self,
        x: Self::Values,
        best: Self::Values,
        place: Self::Places,
        winner: Self::Places,
    ) -> Self::Places;

    /// NaN where `sum` is NaN, else `value`.
    fn unless_nan(self, sum: Self::Values, value: Self::Values) -> Self::Values;

    /// `value` where `x` is `y` or both are NaN, else 0.
    fn at_equal(self, value: Self::Values, x: Self::Values, y: Self::Values) -> Self::Values;
}

/// Arrays, which the compiler makes into vectors as well as it can.
#[derive(Clone, Copy)]
pub(super) struct Arrays;

/// `f` of every lane.
#[inline(always)]
fn each<T: Copy + Default>(f: impl Fn(usize) -> T) -> [T; LANES] {
    let mut eight = [T::default(); LANES];
    for (lane, value) in eight.iter_mut().enumerate() {
        *value = f(lane);
    }
    eight
}

#[allow(clippy::cast_possible_truncation)] // there are eight lanes
impl<T: Real> Lanes<T> for Arrays {
    type Values = [T; LANES];
    type Places = [u32; LANES];

    #[inline(always)]
    fn load(self, values: &[T]) -> [T; LANES] {
        eight(
            values,
            #[inline(always)]
            |eight| eight,
        )
    }

    #[inline(always)]
    fn store(self, to: &mut [T], values: [T; LANES]) {
        write(to, values);
    }

    #[inline(always)]
    fn store_places(self, to: &mut [u32], places: [u32; LANES]) {
        write(to, places);
    }

    #[inline(always)]
    fn splat(self, value: T) -> [T; LANES] {
        [value; LANES]
    }

    #[inline(always)]
    fn places(self, first: u32) -> [u32; LANES] {
        each(
            #[inline(always)]
            |lane| first.wrapping_add(lane as u32),
        )
    }

    #[inline(always)]
    fn add(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| a[lane] + b[lane],
        )
    }

    #[inline(always)]
    fn sub(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| a[lane] - b[lane],
        )
    }

    #[inline(always)]
    fn div(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| a[lane] / b[lane],
        )
    }

    #[inline(always)]
    fn larger(self, x: [T; LANES], best: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| {
                if x[lane] > best[lane] {
                    x[lane]
                } else {
                    best[lane]
                }
            },
        )
    }

    #[inline(always)]
    fn winner(
        self,
        x: [T; LANES],
        best: [T; LANES],
        place: [u32; LANES],
        winner: [u32; LANES],
    ) -> [u32; LANES] {
        each(
            #[inline(always)]
            |lane| {
                let larger = u32::from(x[lane] > best[lane]).wrapping_neg();
                winner[lane].max(place[lane] & larger)
            },
        )
    }

    #[inline(always)]
    fn unless_nan(self, sum: [T; LANES], value: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| {
                if sum[lane].is_nan() {
                    sum[lane]
                } else {
                    value[lane]
                }
            },
        )
    }

    #[inline(always)]
    fn at_equal(self, value: [T; LANES], x: [T; LANES], y: [T; LANES]) -> [T; LANES] {
        each(
            #[inline(always)]
            |lane| {
                let equal = (x[lane] == y[lane]) | (x[lane].is_nan() & y[lane].is_nan());
                value[lane].only_if(equal)
            },
        )
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes<f32> for V3 {
    type Values = __m256;
    type Places = __m256i;

    #[inline(always)]
    fn load(self, values: &[f32]) -> __m256 {
        eight(values, cast)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32], values: __m256) {
        write(to, cast(values));
    }

    #[inline(always)]
    fn store_places(self, to: &mut [u32], places: __m256i) {
        write(to, cast(places));
    }

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        self.avx._mm256_set1_ps(value)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_wrap)] // the same bits
    fn places(self, first: u32) -> __m256i {
        let lanes = self.avx._mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let first = self.avx._mm256_set1_epi32(first as i32);
        self.avx2._mm256_add_epi32(first, lanes)
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_add_ps(a, b)
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_sub_ps(a, b)
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_div_ps(a, b)
    }

    #[inline(always)]
    fn larger(self, x: __m256, best: __m256) -> __m256 {
        // The instruction answers its second argument unless the first is larger.
        self.avx._mm256_max_ps(x, best)
    }

    #[inline(always)]
    fn winner(self, x: __m256, best: __m256, place: __m256i, winner: __m256i) -> __m256i {
        let larger = cast(self.avx._mm256_cmp_ps::<_CMP_GT_OQ>(x, best));
        let place = self.avx2._mm256_and_si256(place, larger);
        self.avx2._mm256_max_epu32(winner, place)
    }

    #[inline(always)]
    fn unless_nan(self, sum: __m256, value: __m256) -> __m256 {
        // All bits of NaN's lanes set: a NaN.
        let nan = self.avx._mm256_cmp_ps::<_CMP_UNORD_Q>(sum, sum);
        self.avx._mm256_or_ps(value, nan)
    }

    #[inline(always)]
    fn at_equal(self, value: __m256, x: __m256, y: __m256) -> __m256 {
        let equal = self.avx._mm256_cmp_ps::<_CMP_EQ_OQ>(x, y);
        let (x_nan, y_nan) = (
            self.avx._mm256_cmp_ps::<_CMP_UNORD_Q>(x, x),
            self.avx._mm256_cmp_ps::<_CMP_UNORD_Q>(y, y),
        );
        let both = self.avx._mm256_and_ps(x_nan, y_nan);
        let mask = self.avx._mm256_or_ps(equal, both);
        self.avx._mm256_and_ps(value, mask)
    }
}
