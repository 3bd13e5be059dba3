//! AVX-512: vectors of 512 bits, for the heavy passes alone.

use std::arch::x86_64::{__m512, __m512d};

use pulp::x86::V4;

use super::avx2::Avx2;
use super::isa::Isa;
use super::vectors::Vectors;
use super::x86::isa;
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
        $load_part:ident, $store_part:ident, $mul_add:ident, $add:ident, $sub:ident, $mul:ident
    ) => {
        impl Vectors<V4> for $number {
            type Vector = $vector;
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
    _mm512_mul_ps
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
    _mm512_mul_pd
);

/// A mask of the first `count` lanes, at most sixteen.
#[inline(always)]
fn first_lanes(count: usize) -> u32 {
    (1 << count) - 1
}

isa!(Avx512, V4, {
    const SUMS: usize = 18;
    const BROADCASTS: bool = true;
});
