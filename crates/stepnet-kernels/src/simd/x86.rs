//! What the instruction sets of x86-64 share: the vectors of each number type, behind a token of `pulp`
//! that proves that the processor has their instructions.

/// Implements [`Isa`](super::Isa) for a set that holds its token, by [`Vectors`]; a macro, since of a
/// token that is a parameter nobody knows that every number type has vectors for it.
macro_rules! isa {
    ($set:ident, $token:ty, { $($own:tt)* }) => {
        impl Isa for $set {
            type Vector<T: Real> = <T as Vectors<$token>>::Vector;

            const EVERY_TILE: bool = true;

            $($own)*

            #[inline(always)]
            fn lanes<T: Real>() -> usize {
                <T as Vectors<$token>>::LANES
            }

            #[inline(always)]
            fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
                num_traits::Float::mul_add(a, b, c)
            }

            #[inline(always)]
            fn splat<T: Real>(self, value: T) -> Self::Vector<T> {
                <T as Vectors<$token>>::splat(self.0, value)
            }

            #[inline(always)]
            fn load<T: Real>(self, from: &[T]) -> Self::Vector<T> {
                let from = &from[..Self::lanes::<T>()];
                // SAFETY: the slice was just cut to one vector.
                unsafe { <T as Vectors<$token>>::load(self.0, from.as_ptr()) }
            }

            #[inline(always)]
            fn store<T: Real>(self, to: &mut [T], vector: Self::Vector<T>) {
                let to = &mut to[..Self::lanes::<T>()];
                // SAFETY: the slice was just cut to one vector.
                unsafe { <T as Vectors<$token>>::store(self.0, to.as_mut_ptr(), vector) }
            }

            #[inline(always)]
            fn load_part<T: Real>(self, from: &[T]) -> Self::Vector<T> {
                let count = from.len().min(Self::lanes::<T>());
                // SAFETY: no more lanes than the slice has values, or than there are.
                unsafe { <T as Vectors<$token>>::load_part(self.0, from.as_ptr(), count) }
            }

            #[inline(always)]
            fn store_part<T: Real>(self, to: &mut [T], vector: Self::Vector<T>) {
                let count = to.len().min(Self::lanes::<T>());
                // SAFETY: no more lanes than the slice has values, or than there are.
                unsafe { <T as Vectors<$token>>::store_part(self.0, to.as_mut_ptr(), count, vector) }
            }

            #[inline(always)]
            fn square<T: Real>() -> usize {
                <T as Vectors<$token>>::SQUARE
            }

            #[inline(always)]
            fn transpose<T: Real>(
                self,
                from: &[T],
                from_step: usize,
                to: &mut [T],
                to_step: usize,
            ) {
                <T as Vectors<$token>>::transpose(self.0, from, from_step, to, to_step);
            }

            #[inline(always)]
            unsafe fn load_at<T: Real>(self, from: *const T) -> Self::Vector<T> {
                // SAFETY: the caller's promise.
                unsafe { <T as Vectors<$token>>::load(self.0, from) }
            }

            #[inline(always)]
            unsafe fn store_at<T: Real>(self, to: *mut T, vector: Self::Vector<T>) {
                // SAFETY: the caller's promise.
                unsafe { <T as Vectors<$token>>::store(self.0, to, vector) }
            }

            #[inline(always)]
            fn prefetch<T: Real>(self, from: &[T], at: usize) {
                let at = from.as_ptr().wrapping_add(at).cast();
                self.0
                    .sse
                    ._mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at);
            }

            #[inline(always)]
            fn vector_mul_add<T: Real>(
                self,
                a: Self::Vector<T>,
                b: Self::Vector<T>,
                c: Self::Vector<T>,
            ) -> Self::Vector<T> {
                <T as Vectors<$token>>::mul_add(self.0, a, b, c)
            }

            #[inline(always)]
            fn vector_add<T: Real>(
                self,
                a: Self::Vector<T>,
                b: Self::Vector<T>,
            ) -> Self::Vector<T> {
                <T as Vectors<$token>>::add(self.0, a, b)
            }

            #[inline(always)]
            fn vector_sub<T: Real>(
                self,
                a: Self::Vector<T>,
                b: Self::Vector<T>,
            ) -> Self::Vector<T> {
                <T as Vectors<$token>>::sub(self.0, a, b)
            }

            #[inline(always)]
            fn vector_mul<T: Real>(
                self,
                a: Self::Vector<T>,
                b: Self::Vector<T>,
            ) -> Self::Vector<T> {
                <T as Vectors<$token>>::mul(self.0, a, b)
            }
        }
    };
}

pub(super) use isa;
