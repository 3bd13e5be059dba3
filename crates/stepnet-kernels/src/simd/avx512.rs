//! AVX-512: vectors of 512 bits, for the heavy passes alone.

use std::arch::x86_64::{__m512, __m512d, __m512i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_UNORD_Q};

use pulp::cast;
use pulp::x86::V4;

use super::avx2::Avx2;
use super::isa::Isa;
use super::token::{delegate, isa};
use super::vectors::{Vectors, write_part};
use super::x86::x86;
use crate::Real;

/// AVX-512 F, BW, CD, DQ and VL; the token proves that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(V4);

impl Avx512 {
    /// The set, where the processor has it.
    pub(super) fn detected() -> Option<Self> {
        V4::try_new().map(Self)
    }

    /// The set of half as wide vectors, which is part of this one.
    #[inline(always)]
    pub(super) fn narrow(self) -> Avx2 {
        Avx2::of(*self.0)
    }
}

/// The instructions of both number types have the same names but for their ends.
macro_rules! lanes {
    (
        $number:ty, $vector:ty, $lanes:literal, $mask:ty, $splat:ident, $load:ident, $store:ident,
        $load_part:ident, $store_part:ident, $mul_add:ident, $add:ident, $sub:ident, $mul:ident,
        $div:ident, $max:ident, $compare:ident, $blend:ident, $move_part:ident,
        $splat_index:expr, $add_indices:ident, $indices_from:expr, $blend_indices:ident, $store_indices:expr
    ) => {
        impl Vectors<V4> for $number {
            type Vector = $vector;
            type Mask = $mask;
            type Indices = __m512i;
            const LANES: usize = $lanes;
            const SQUARE: usize = $lanes / 2;

            #[inline(always)]
            fn splat(token: V4, value: Self) -> $vector {
                token.avx512f.$splat(value)
            }

            #[inline(always)]
            unsafe fn load(token: V4, from: *const Self) -> $vector {
                // SAFETY: the caller's promise is the instruction's: all lanes can be read.
                unsafe { token.avx512f.$load(from) }
            }

            #[inline(always)]
            unsafe fn store(token: V4, to: *mut Self, vector: $vector) {
                // SAFETY: the caller's promise is the instruction's: all lanes can be written.
                unsafe { token.avx512f.$store(to, vector) }
            }

            #[inline(always)]
            unsafe fn load_part(token: V4, from: *const Self, count: usize) -> $vector {
                // SAFETY: the instruction reads the lanes of the mask alone, those of the caller's promise.
                unsafe { token.avx512f.$load_part(first_lanes(count) as $mask, from) }
            }

            #[inline(always)]
            unsafe fn store_part(token: V4, to: *mut Self, count: usize, vector: $vector) {
                // SAFETY: the instruction writes the lanes of the mask alone, those of the caller's promise.
                unsafe {
                    token
                        .avx512f
                        .$store_part(to, first_lanes(count) as $mask, vector)
                }
            }

            /// Those of half as wide vectors.
            #[inline(always)]
            fn transpose(
                token: V4,
                from: &[Self],
                from_step: usize,
                to: &mut [Self],
                to_step: usize,
            ) {
                Avx512(token)
                    .narrow()
                    .transpose(from, from_step, to, to_step);
            }

            #[inline(always)]
            fn mul_add(token: V4, a: $vector, b: $vector, c: $vector) -> $vector {
                token.avx512f.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn add(token: V4, a: $vector, b: $vector) -> $vector {
                token.avx512f.$add(a, b)
            }

            #[inline(always)]
            fn sub(token: V4, a: $vector, b: $vector) -> $vector {
                token.avx512f.$sub(a, b)
            }

            #[inline(always)]
            fn mul(token: V4, a: $vector, b: $vector) -> $vector {
                token.avx512f.$mul(a, b)
            }

            #[inline(always)]
            fn div(token: V4, a: $vector, b: $vector) -> $vector {
                token.avx512f.$div(a, b)
            }

            #[inline(always)]
            fn larger(token: V4, a: $vector, b: $vector) -> $vector {
                // The instruction returns its second argument unless the first is larger.
                token.avx512f.$max(a, b)
            }

            #[inline(always)]
            fn greater(token: V4, a: $vector, b: $vector) -> $mask {
                token.avx512f.$compare::<_CMP_GT_OQ>(a, b)
            }

            #[inline(always)]
            fn same(token: V4, a: $vector, b: $vector) -> $mask {
                let both_nan = Self::where_nan(token, a) & Self::where_nan(token, b);
                token.avx512f.$compare::<_CMP_EQ_OQ>(a, b) | both_nan
            }

            #[inline(always)]
            fn where_nan(token: V4, a: $vector) -> $mask {
                token.avx512f.$compare::<_CMP_UNORD_Q>(a, a)
            }

            #[inline(always)]
            fn select(token: V4, mask: $mask, a: $vector, b: $vector) -> $vector {
                token.avx512f.$blend(mask, b, a)
            }

            #[inline(always)]
            fn select_or_zero(token: V4, mask: $mask, a: $vector) -> $vector {
                token.avx512f.$move_part(mask, a)
            }

            #[inline(always)]
            fn splat_index(token: V4, index: u32) -> __m512i {
                $splat_index(token, index)
            }

            #[inline(always)]
            fn add_indices(token: V4, a: __m512i, b: __m512i) -> __m512i {
                token.avx512f.$add_indices(a, b)
            }

            #[inline(always)]
            fn indices_from(token: V4, first: u32) -> __m512i {
                $indices_from(token, first)
            }

            #[inline(always)]
            fn select_indices(token: V4, mask: $mask, a: __m512i, b: __m512i) -> __m512i {
                token.avx512f.$blend_indices(mask, b, a)
            }

            #[inline(always)]
            fn store_indices(token: V4, to: &mut [u32], indices: __m512i) {
                $store_indices(token, to, indices);
            }
        }
    };
}

lanes!(
    f32,
    __m512,
    16,
    u16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_mask_storeu_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_max_ps,
    _mm512_cmp_ps_mask,
    _mm512_mask_blend_ps,
    _mm512_maskz_mov_ps,
    splat_32_bits,
    _mm512_add_epi32,
    indices_of_32_bits,
    _mm512_mask_blend_epi32,
    store_32_bits
);
lanes!(
    f64,
    __m512d,
    8,
    u8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_mask_storeu_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_max_pd,
    _mm512_cmp_pd_mask,
    _mm512_mask_blend_pd,
    _mm512_maskz_mov_pd,
    splat_64_bits,
    _mm512_add_epi64,
    indices_of_64_bits,
    _mm512_mask_blend_epi64,
    store_64_bits
);

/// A mask of the first `count` lanes, at most sixteen.
#[inline(always)]
fn first_lanes(count: usize) -> u32 {
    (1 << count) - 1
}

/// The same index in sixteen lanes.
#[inline(always)]
fn splat_32_bits(token: V4, index: u32) -> __m512i {
    token.avx512f._mm512_set1_epi32(index.cast_signed())
}

/// The same index in the lower halves of eight lanes.
#[inline(always)]
fn splat_64_bits(token: V4, index: u32) -> __m512i {
    token.avx512f._mm512_set1_epi64(index.into())
}

/// Sixteen indices.
#[inline(always)]
fn indices_of_32_bits(token: V4, first: u32) -> __m512i {
    let lanes: __m512i = cast([0_u32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    token
        .avx512f
        ._mm512_add_epi32(splat_32_bits(token, first), lanes)
}

/// Eight indices, each in the lower half of a lane.
#[inline(always)]
fn indices_of_64_bits(token: V4, first: u32) -> __m512i {
    let lanes: __m512i = cast([0_u64, 1, 2, 3, 4, 5, 6, 7]);
    token
        .avx512f
        ._mm512_add_epi64(splat_64_bits(token, first), lanes)
}

#[inline(always)]
fn store_32_bits(_token: V4, to: &mut [u32], indices: __m512i) {
    match to.first_chunk_mut::<16>() {
        Some(to) => *to = cast(indices),
        None => write_part(to, &cast::<_, [u32; 16]>(indices)),
    }
}

#[inline(always)]
fn store_64_bits(token: V4, to: &mut [u32], indices: __m512i) {
    let indices = token.avx512f._mm512_cvtepi64_epi32(indices);
    match to.first_chunk_mut::<8>() {
        Some(to) => *to = cast(indices),
        None => write_part(to, &cast::<_, [u32; 8]>(indices)),
    }
}

x86!(Avx512, V4, {
    const SUMS: usize = 18;
    const BROADCASTS: bool = true;
});
