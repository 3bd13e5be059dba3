//! AVX-512: vectors of 512 bits, for the heavy passes alone.

use std::arch::x86_64::{__m512, __m512d, _MM_HINT_T0};

use pulp::x86::V4;

use super::{Avx2, Isa};
use crate::Element;

/// AVX-512 F, BW, CD, DQ and VL; the token proves that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Avx512(V4);

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

/// The vectors of a number type and their instructions.
pub trait Avx512Lanes: Copy + Sized {
    /// One register.
    type Vector: Copy;
    /// How many values it holds.
    const LANES: usize;
    /// The same value in every lane.
    fn splat(token: V4, value: Self) -> Self::Vector;
    /// The vector at `from`.
    ///
    /// # Safety
    /// All of its lanes can be read.
    unsafe fn load(token: V4, from: *const Self) -> Self::Vector;
    /// Writes the vector at `to`.
    ///
    /// # Safety
    /// All of its lanes can be written.
    unsafe fn store(token: V4, to: *mut Self, vector: Self::Vector);
    /// The first `count` lanes from `from`, zeros in the others.
    ///
    /// # Safety
    /// These lanes can be read.
    unsafe fn load_part(token: V4, from: *const Self, count: usize) -> Self::Vector;
    /// Writes the first `count` lanes at `to`.
    ///
    /// # Safety
    /// These lanes can be written.
    unsafe fn store_part(token: V4, to: *mut Self, count: usize, vector: Self::Vector);
    /// `a b + c`, rounded once.
    fn mul_add(token: V4, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `a + b`.
    fn add(token: V4, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`.
    fn sub(token: V4, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b`.
    fn mul(token: V4, a: Self::Vector, b: Self::Vector) -> Self::Vector;
}

/// The instructions of both number types have the same names but for their ends.
macro_rules! lanes {
    (
        $number:ty, $vector:ty, $lanes:literal, $mask:ty, $splat:ident, $load:ident, $store:ident,
        $load_part:ident, $store_part:ident, $mul_add:ident, $add:ident, $sub:ident, $mul:ident
    ) => {
        impl Avx512Lanes for $number {
            type Vector = $vector;
            const LANES: usize = $lanes;

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

impl Isa for Avx512 {
    type Vector<T: Element> = <T as Avx512Lanes>::Vector;

    const EVERY_TILE: bool = true;

    #[inline(always)]
    fn lanes<T: Element>() -> usize {
        <T as Avx512Lanes>::LANES
    }

    #[inline(always)]
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T {
        num_traits::Float::mul_add(a, b, c)
    }

    #[inline(always)]
    fn splat<T: Element>(self, value: T) -> Self::Vector<T> {
        <T as Avx512Lanes>::splat(self.0, value)
    }

    #[inline(always)]
    fn load<T: Element>(self, from: &[T]) -> Self::Vector<T> {
        let from = &from[..Self::lanes::<T>()];
        // SAFETY: the slice was just cut to one vector.
        unsafe { <T as Avx512Lanes>::load(self.0, from.as_ptr()) }
    }

    #[inline(always)]
    fn store<T: Element>(self, to: &mut [T], vector: Self::Vector<T>) {
        let to = &mut to[..Self::lanes::<T>()];
        // SAFETY: the slice was just cut to one vector.
        unsafe { <T as Avx512Lanes>::store(self.0, to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn load_part<T: Element>(self, from: &[T]) -> Self::Vector<T> {
        let count = from.len().min(Self::lanes::<T>());
        // SAFETY: no more lanes than the slice has values, or than there are.
        unsafe { <T as Avx512Lanes>::load_part(self.0, from.as_ptr(), count) }
    }

    #[inline(always)]
    fn store_part<T: Element>(self, to: &mut [T], vector: Self::Vector<T>) {
        let count = to.len().min(Self::lanes::<T>());
        // SAFETY: no more lanes than the slice has values, or than there are.
        unsafe { <T as Avx512Lanes>::store_part(self.0, to.as_mut_ptr(), count, vector) }
    }

    /// By squares of half as many rows.
    #[inline(always)]
    fn transpose<T: Element>(self, from: &[T], from_step: usize, to: &mut [T], to_step: usize) {
        let half = Avx2::lanes::<T>();
        for r in [0, half] {
            for k in [0, half] {
                let to = &mut to[k * to_step + r..];
                self.narrow()
                    .transpose(&from[r * from_step + k..], from_step, to, to_step);
            }
        }
    }

    #[inline(always)]
    unsafe fn load_at<T: Element>(self, from: *const T) -> Self::Vector<T> {
        // SAFETY: the caller's promise.
        unsafe { <T as Avx512Lanes>::load(self.0, from) }
    }

    #[inline(always)]
    unsafe fn store_at<T: Element>(self, to: *mut T, vector: Self::Vector<T>) {
        // SAFETY: the caller's promise.
        unsafe { <T as Avx512Lanes>::store(self.0, to, vector) }
    }

    #[inline(always)]
    fn prefetch<T: Element>(self, from: &[T], at: usize) {
        let at = from.as_ptr().wrapping_add(at).cast();
        self.0.sse._mm_prefetch::<_MM_HINT_T0>(at);
    }

    #[inline(always)]
    fn vector_mul_add<T: Element>(
        self,
        a: Self::Vector<T>,
        b: Self::Vector<T>,
        c: Self::Vector<T>,
    ) -> Self::Vector<T> {
        <T as Avx512Lanes>::mul_add(self.0, a, b, c)
    }

    #[inline(always)]
    fn vector_add<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T> {
        <T as Avx512Lanes>::add(self.0, a, b)
    }

    #[inline(always)]
    fn vector_sub<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T> {
        <T as Avx512Lanes>::sub(self.0, a, b)
    }

    #[inline(always)]
    fn vector_mul<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T> {
        <T as Avx512Lanes>::mul(self.0, a, b)
    }
}
