//! AVX2 and FMA: vectors of 256 bits.

use std::arch::x86_64::{__m256, __m256d, __m256i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_UNORD_Q};

use pulp::cast;
use pulp::x86::V3;

use super::isa::Isa;
use super::token::{delegate, isa};
use super::vectors::{Vectors, write_part};
use super::x86::x86;
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

/// The instructions of both number types have the same names but for their ends.
macro_rules! lanes {
    (
        $number:ty, $vector:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
        $load_part:ident, $store_part:ident, $transpose:ident, $mul_add:ident, $add:ident, $sub:ident,
        $mul:ident, $div:ident, $max:ident, $compare:ident, $and:ident, $or:ident, $blend:ident,
        $splat_index:ident, $add_indices:ident, $indices_from:ident, $store_indices:ident
    ) => {
        impl Vectors<V3> for $number {
            type Vector = $vector;
            /// All bits of a lane.
            type Mask = $vector;
            type Indices = __m256i;
            const LANES: usize = $lanes;
            const SQUARE: usize = $lanes;

            #[inline(always)]
            fn splat(token: V3, value: Self) -> $vector {
                token.avx.$splat(value)
            }

            #[inline(always)]
            unsafe fn load(token: V3, from: *const Self) -> $vector {
                // SAFETY: the caller's promise is the instruction's: all lanes can be read.
                unsafe { token.avx.$load(from) }
            }

            #[inline(always)]
            unsafe fn store(token: V3, to: *mut Self, vector: $vector) {
                // SAFETY: the caller's promise is the instruction's: all lanes can be written.
                unsafe { token.avx.$store(to, vector) }
            }

            #[inline(always)]
            unsafe fn load_part(token: V3, from: *const Self, count: usize) -> $vector {
                let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
                // SAFETY: the instruction reads the lanes of the mask alone, those of the caller's promise.
                unsafe { token.avx.$load_part(from, mask) }
            }

            #[inline(always)]
            unsafe fn store_part(token: V3, to: *mut Self, count: usize, vector: $vector) {
                let mask = first_lanes(token, count * (size_of::<Self>() / size_of::<i32>()));
                // SAFETY: the instruction writes the lanes of the mask alone, those of the caller's promise.
                unsafe { token.avx.$store_part(to, mask, vector) }
            }

            #[inline(always)]
            fn transpose(
                token: V3,
                from: &[Self],
                from_step: usize,
                to: &mut [Self],
                to_step: usize,
            ) {
                $transpose(token, from, from_step, to, to_step);
            }

            #[inline(always)]
            fn mul_add(token: V3, a: $vector, b: $vector, c: $vector) -> $vector {
                token.fma.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn add(token: V3, a: $vector, b: $vector) -> $vector {
                token.avx.$add(a, b)
            }

            #[inline(always)]
            fn sub(token: V3, a: $vector, b: $vector) -> $vector {
                token.avx.$sub(a, b)
            }

            #[inline(always)]
            fn mul(token: V3, a: $vector, b: $vector) -> $vector {
                token.avx.$mul(a, b)
            }

            #[inline(always)]
            fn div(token: V3, a: $vector, b: $vector) -> $vector {
                token.avx.$div(a, b)
            }

            #[inline(always)]
            fn larger(token: V3, a: $vector, b: $vector) -> $vector {
                // The instruction returns its second argument unless the first is larger.
                token.avx.$max(a, b)
            }

            #[inline(always)]
            fn greater(token: V3, a: $vector, b: $vector) -> $vector {
                token.avx.$compare::<_CMP_GT_OQ>(a, b)
            }

            #[inline(always)]
            fn same(token: V3, a: $vector, b: $vector) -> $vector {
                let both_nan = token
                    .avx
                    .$and(Self::where_nan(token, a), Self::where_nan(token, b));
                token
                    .avx
                    .$or(token.avx.$compare::<_CMP_EQ_OQ>(a, b), both_nan)
            }

            #[inline(always)]
            fn where_nan(token: V3, a: $vector) -> $vector {
                token.avx.$compare::<_CMP_UNORD_Q>(a, a)
            }

            #[inline(always)]
            fn select(token: V3, mask: $vector, a: $vector, b: $vector) -> $vector {
                token.avx.$blend(b, a, mask)
            }

            #[inline(always)]
            fn select_or_zero(token: V3, mask: $vector, a: $vector) -> $vector {
                token.avx.$and(mask, a)
            }

            #[inline(always)]
            fn splat_index(token: V3, index: u32) -> __m256i {
                $splat_index(token, index)
            }

            #[inline(always)]
            fn add_indices(token: V3, a: __m256i, b: __m256i) -> __m256i {
                token.avx2.$add_indices(a, b)
            }

            #[inline(always)]
            fn indices_from(token: V3, first: u32) -> __m256i {
                $indices_from(token, first)
            }

            #[inline(always)]
            fn select_indices(token: V3, mask: $vector, a: __m256i, b: __m256i) -> __m256i {
                token.avx2._mm256_blendv_epi8(b, a, cast(mask))
            }

            #[inline(always)]
            fn store_indices(token: V3, to: &mut [u32], indices: __m256i) {
                $store_indices(token, to, indices);
            }
        }
    };
}

lanes!(
    f32,
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_maskload_ps,
    _mm256_maskstore_ps,
    transpose_f32,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_max_ps,
    _mm256_cmp_ps,
    _mm256_and_ps,
    _mm256_or_ps,
    _mm256_blendv_ps,
    splat_32_bits,
    _mm256_add_epi32,
    indices_of_32_bits,
    store_32_bits
);
lanes!(
    f64,
    __m256d,
    4,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_maskload_pd,
    _mm256_maskstore_pd,
    transpose_f64,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_max_pd,
    _mm256_cmp_pd,
    _mm256_and_pd,
    _mm256_or_pd,
    _mm256_blendv_pd,
    splat_64_bits,
    _mm256_add_epi64,
    indices_of_64_bits,
    store_64_bits
);

#[inline(always)]
fn transpose_f32(token: V3, from: &[f32], from_step: usize, to: &mut [f32], to_step: usize) {
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
fn transpose_f64(token: V3, from: &[f64], from_step: usize, to: &mut [f64], to_step: usize) {
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

/// The same index in eight lanes.
#[inline(always)]
fn splat_32_bits(token: V3, index: u32) -> __m256i {
    token.avx._mm256_set1_epi32(index.cast_signed())
}

/// The same index in the lower halves of four lanes.
#[inline(always)]
fn splat_64_bits(token: V3, index: u32) -> __m256i {
    token.avx._mm256_set1_epi64x(index.into())
}

/// Eight indices.
#[inline(always)]
fn indices_of_32_bits(token: V3, first: u32) -> __m256i {
    let lanes: __m256i = cast([0_u32, 1, 2, 3, 4, 5, 6, 7]);
    token
        .avx2
        ._mm256_add_epi32(splat_32_bits(token, first), lanes)
}

/// Four indices, each in the lower half of a lane.
#[inline(always)]
fn indices_of_64_bits(token: V3, first: u32) -> __m256i {
    let lanes: __m256i = cast([0_u64, 1, 2, 3]);
    token
        .avx2
        ._mm256_add_epi64(splat_64_bits(token, first), lanes)
}

#[inline(always)]
fn store_32_bits(_token: V3, to: &mut [u32], indices: __m256i) {
    match to.first_chunk_mut::<8>() {
        Some(to) => *to = cast(indices),
        None => write_part(to, &cast::<_, [u32; 8]>(indices)),
    }
}

#[inline(always)]
fn store_64_bits(token: V3, to: &mut [u32], indices: __m256i) {
    let lower: __m256i = cast([0_u32, 2, 4, 6, 0, 2, 4, 6]);
    let indices = token.avx2._mm256_permutevar8x32_epi32(indices, lower);
    let indices = token.avx._mm256_castsi256_si128(indices);
    match to.first_chunk_mut::<4>() {
        Some(to) => *to = cast(indices),
        None => write_part(to, &cast::<_, [u32; 4]>(indices)),
    }
}

x86!(Avx2, V3, {
    const SUMS: usize = 9;
    const BROADCASTS: bool = false;
});
