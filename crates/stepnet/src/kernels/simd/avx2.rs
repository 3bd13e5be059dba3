//! AVX2 and FMA: vectors of 256 bits.

use std::arch::x86_64::{__m256, __m256d};

use pulp::x86::V3;

use super::{Isa, Kernel};
use crate::Element;

/// AVX2 and FMA; the token proves that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Avx2(V3);

impl Avx2 {
    /// The set, where the processor has it.
    pub(super) fn detected() -> Option<Self> {
        V3::try_new().map(Self)
    }

    /// Runs `kernel` as compiled for this set.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        self.0.vectorize(
            #[inline(always)]
            || kernel.run(self),
        )
    }
}

/// The vectors of a number type and their instructions.
pub trait Avx2Lanes: Copy {
    /// One register.
    type Vector: Copy;
    /// How many values it holds.
    const LANES: usize;
    /// The same value in every lane.
    fn splat(token: V3, value: Self) -> Self::Vector;
    /// The vector at `from`.
    ///
    /// # Safety
    /// All of its lanes can be read.
    unsafe fn load(token: V3, from: *const Self) -> Self::Vector;
    /// Writes the vector at `to`.
    ///
    /// # Safety
    /// All of its lanes can be written.
    unsafe fn store(token: V3, to: *mut Self, vector: Self::Vector);
    /// `a b + c`, rounded once.
    fn mul_add(token: V3, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `a + b`.
    fn add(token: V3, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`.
    fn sub(token: V3, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b`.
    fn mul(token: V3, a: Self::Vector, b: Self::Vector) -> Self::Vector;
}

impl Avx2Lanes for f32 {
    type Vector = __m256;
    const LANES: usize = 8;

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

impl Avx2Lanes for f64 {
    type Vector = __m256d;
    const LANES: usize = 4;

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

impl Isa for Avx2 {
    type Vector<T: Element> = <T as Avx2Lanes>::Vector;

    #[inline(always)]
    fn lanes<T: Element>() -> usize {
        T::LANES
    }

    #[inline(always)]
    fn avx2(self) -> Option<V3> {
        Some(self.0)
    }

    #[inline(always)]
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T {
        num_traits::Float::mul_add(a, b, c)
    }

    #[inline(always)]
    fn splat<T: Element>(self, value: T) -> T::Vector {
        T::splat(self.0, value)
    }

    #[inline(always)]
    fn load<T: Element>(self, from: &[T]) -> T::Vector {
        let from = &from[..T::LANES];
        // SAFETY: the slice was just cut to one vector.
        unsafe { T::load(self.0, from.as_ptr()) }
    }

    #[inline(always)]
    fn store<T: Element>(self, to: &mut [T], vector: T::Vector) {
        let to = &mut to[..T::LANES];
        // SAFETY: the slice was just cut to one vector.
        unsafe { T::store(self.0, to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    unsafe fn load_at<T: Element>(self, from: *const T) -> T::Vector {
        // SAFETY: the caller's promise.
        unsafe { T::load(self.0, from) }
    }

    #[inline(always)]
    fn vector_mul_add<T: Element>(self, a: T::Vector, b: T::Vector, c: T::Vector) -> T::Vector {
        <T as Avx2Lanes>::mul_add(self.0, a, b, c)
    }

    #[inline(always)]
    fn vector_add<T: Element>(self, a: T::Vector, b: T::Vector) -> T::Vector {
        <T as Avx2Lanes>::add(self.0, a, b)
    }

    #[inline(always)]
    fn vector_sub<T: Element>(self, a: T::Vector, b: T::Vector) -> T::Vector {
        <T as Avx2Lanes>::sub(self.0, a, b)
    }

    #[inline(always)]
    fn vector_mul<T: Element>(self, a: T::Vector, b: T::Vector) -> T::Vector {
        <T as Avx2Lanes>::mul(self.0, a, b)
    }
}
