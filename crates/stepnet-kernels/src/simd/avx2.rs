//! AVX2 and FMA: vectors of 256 bits.

use std::arch::x86_64::{__m256, __m256d, __m256i};

use pulp::x86::V3;

use super::isa::Isa;
use super::vectors::Vectors;
use super::x86::isa;
use crate::Real;

/// AVX2 and FMA; the token proves that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(V3);

impl Avx2 {
    /// The set, where the processor has it.
    pub(super) fn detected() -> Option<Self> {
        V3::try_new().map(Self)
    }

    /// The set of a token.
    #[inline(always)]
    pub(super) fn of(token: V3) -> Self {
        Self(token)
    }
}

/// A mask of the first `count` lanes of 32 bits.
#[inline(always)]
fn first_lanes(token: V3, count: usize) -> __m256i {
    const MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    let first = 8 - count.min(8);
    // SAFETY: eight numbers from one of the first nine on lie in the array of sixteen.
    unsafe {
        token
            .avx
            ._mm256_loadu_si256(MASKS.as_ptr().add(first).cast())
    }
}

impl Vectors<V3> for f32 {
    type Vector = __m256;
    const LANES: usize = 8;
    const SQUARE: usize = 8;

    #[inline(always)]
    fn splat(token: V3, value: Self) -> __m256 {
        token.avx._mm256_set1_ps(value)
    }

    #[inline(always)]
    unsafe fn load(token: V3, from: *const Self) -> __m256 {
        // SAFETY: the caller's promise is the instruction's: all lanes can be read.
        unsafe { token.avx._mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(token: V3, to: *mut Self, vector: __m256) {
        // SAFETY: the caller's promise is the instruction's: all lanes can be written.
        unsafe { token.avx._mm256_storeu_ps(to, vector) }
    }

    #[inline(always)]
    unsafe fn load_part(token: V3, from: *const Self, count: usize) -> __m256 {
        let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
        // SAFETY: the instruction reads the lanes of the mask alone, those of the caller's promise.
        unsafe { token.avx._mm256_maskload_ps(from, mask) }
    }

    #[inline(always)]
    unsafe fn store_part(token: V3, to: *mut Self, count: usize, vector: __m256) {
        let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
        // SAFETY: the instruction writes the lanes of the mask alone, those of the caller's promise.
        unsafe { token.avx._mm256_maskstore_ps(to, mask, vector) }
    }

    #[inline(always)]
    fn transpose(token: V3, from: &[f32], from_step: usize, to: &mut [f32], to_step: usize) {
        let avx = token.avx;
        let isa = Avx2(token);
        let [mut pairs, mut fours] = [[avx._mm256_setzero_ps(); 8]; 2];
        // Rows two by two, then four by four, in each half of the vectors apart.
        for r in (0..8).step_by(2) {
            let a = isa.load(&from[r * from_step..]);
            let b = isa.load(&from[(r + 1) * from_step..]);
            pairs[r] = avx._mm256_unpacklo_ps(a, b);
            pairs[r + 1] = avx._mm256_unpackhi_ps(a, b);
        }
        for r in [0, 4] {
            for half in 0..2 {
                let (a, b) = (pairs[r + half], pairs[r + 2 + half]);
                fours[r + 2 * half] = avx._mm256_shuffle_ps::<0x44>(a, b);
                fours[r + 2 * half + 1] = avx._mm256_shuffle_ps::<0xee>(a, b);
            }
        }
        for k in 0..4 {
            let (a, b) = (fours[k], fours[k + 4]);
            isa.store(
                &mut to[k * to_step..],
                avx._mm256_permute2f128_ps::<0x20>(a, b),
            );
            let upper = avx._mm256_permute2f128_ps::<0x31>(a, b);
            isa.store(&mut to[(k + 4) * to_step..], upper);
        }
    }

    #[inline(always)]
    fn mul_add(token: V3, a: __m256, b: __m256, c: __m256) -> __m256 {
        token.fma._mm256_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn add(token: V3, a: __m256, b: __m256) -> __m256 {
        token.avx._mm256_add_ps(a, b)
    }

    #[inline(always)]
    fn sub(token: V3, a: __m256, b: __m256) -> __m256 {
        token.avx._mm256_sub_ps(a, b)
    }

    #[inline(always)]
    fn mul(token: V3, a: __m256, b: __m256) -> __m256 {
        token.avx._mm256_mul_ps(a, b)
    }
}

impl Vectors<V3> for f64 {
    type Vector = __m256d;
    const LANES: usize = 4;
    const SQUARE: usize = 4;

    #[inline(always)]
    fn splat(token: V3, value: Self) -> __m256d {
        token.avx._mm256_set1_pd(value)
    }

    #[inline(always)]
    unsafe fn load(token: V3, from: *const Self) -> __m256d {
        // SAFETY: the caller's promise is the instruction's: all lanes can be read.
        unsafe { token.avx._mm256_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn store(token: V3, to: *mut Self, vector: __m256d) {
        // SAFETY: the caller's promise is the instruction's: all lanes can be written.
        unsafe { token.avx._mm256_storeu_pd(to, vector) }
    }

    #[inline(always)]
    unsafe fn load_part(token: V3, from: *const Self, count: usize) -> __m256d {
        let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
        // SAFETY: the instruction reads the lanes of the mask alone, those of the caller's promise.
        unsafe { token.avx._mm256_maskload_pd(from, mask) }
    }

    #[inline(always)]
    unsafe fn store_part(token: V3, to: *mut Self, count: usize, vector: __m256d) {
        let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
        // SAFETY: the instruction writes the lanes of the mask alone, those of the caller's promise.
        unsafe { token.avx._mm256_maskstore_pd(to, mask, vector) }
    }

    #[inline(always)]
    fn transpose(token: V3, from: &[f64], from_step: usize, to: &mut [f64], to_step: usize) {
        let avx = token.avx;
        let isa = Avx2(token);
        let mut pairs = [avx._mm256_setzero_pd(); 4];
        for r in [0, 2] {
            let a = isa.load(&from[r * from_step..]);
            let b = isa.load(&from[(r + 1) * from_step..]);
            pairs[r] = avx._mm256_unpacklo_pd(a, b);
            pairs[r + 1] = avx._mm256_unpackhi_pd(a, b);
        }
        for k in 0..2 {
            let (a, b) = (pairs[k], pairs[k + 2]);
            isa.store(
                &mut to[k * to_step..],
                avx._mm256_permute2f128_pd::<0x20>(a, b),
            );
            let upper = avx._mm256_permute2f128_pd::<0x31>(a, b);
            isa.store(&mut to[(k + 2) * to_step..], upper);
        }
    }

    #[inline(always)]
    fn mul_add(token: V3, a: __m256d, b: __m256d, c: __m256d) -> __m256d {
        token.fma._mm256_fmadd_pd(a, b, c)
    }

    #[inline(always)]
    fn add(token: V3, a: __m256d, b: __m256d) -> __m256d {
        token.avx._mm256_add_pd(a, b)
    }

    #[inline(always)]
    fn sub(token: V3, a: __m256d, b: __m256d) -> __m256d {
        token.avx._mm256_sub_pd(a, b)
    }

    #[inline(always)]
    fn mul(token: V3, a: __m256d, b: __m256d) -> __m256d {
        token.avx._mm256_mul_pd(a, b)
    }
}

isa!(Avx2, V3, {
    const SUMS: usize = 9;
    const BROADCASTS: bool = false;

    #[inline(always)]
    fn avx2(self) -> Option<V3> {
        Some(self.0)
    }
});
