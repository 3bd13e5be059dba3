//! Code that the instruction sets of x86-64 share.

/// Implements [`Isa`](super::Isa) for a set that holds a token of `pulp`, by [`Vectors`](super::vectors::Vectors).
macro_rules! x86 {
    ($set:ident, $token:ty, { $($own:tt)* }) => {
        isa!($set, $token, {
            const EVERY_TILE: bool = true;

            $($own)*

            #[inline(always)]
            fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
                num_traits::Float::mul_add(a, b, c)
            }

            #[inline(always)]
            fn prefetch<T: Real>(self, from: &[T], at: usize) {
                let at = from.as_ptr().wrapping_add(at).cast();
                self.0
                    .sse
                    ._mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at);
            }
        });
    };
}

pub(super) use x86;
