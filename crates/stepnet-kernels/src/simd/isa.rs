//! The operations of an instruction set, as kernels use them.

use crate::Real;

/// The operations that every instruction set has for kernels.
pub(crate) trait Isa: Copy + Send + Sync {
    /// As many values as the innermost loops compute at a time.
    type Vector<T: Real>: Copy;

    /// For each lane of a vector, whether a comparison holds.
    type Mask<T: Real>: Copy;

    /// One index for each lane of a vector. Indices are `u32` and wrap.
    type Indices<T: Real>: Copy;

    /// Whether tiles of every size that could be asked for are compiled, or a few that make up the
    /// others: code takes time to compile, and room.
    const EVERY_TILE: bool;

    /// Sums that fit into the registers beside what is added to them.
    const SUMS: usize;

    /// Whether a multiply-add can take one number from memory for all lanes.
    const BROADCASTS: bool;

    /// How many values a vector holds.
    fn lanes<T: Real>() -> usize;

    /// `a b + c`: rounded once where the set fuses both, twice where it does not.
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T;

    /// The same value in every lane.
    fn splat<T: Real>(self, value: T) -> Self::Vector<T>;

    /// The first values of `from`, which holds at least one vector.
    fn load<T: Real>(self, from: &[T]) -> Self::Vector<T>;

    /// Writes the first values of `to`, which holds at least one vector.
    fn store<T: Real>(self, to: &mut [T], vector: Self::Vector<T>);

    /// The first values of `from`; zeros in the lanes after its end.
    fn load_part<T: Real>(self, from: &[T]) -> Self::Vector<T>;

    /// As many of the vector's values as `to` takes.
    fn store_part<T: Real>(self, to: &mut [T], vector: Self::Vector<T>);

    /// Rows of a square that is turned at a time: as many as a vector has lanes, or half.
    fn square<T: Real>() -> usize;

    /// Turns a square of [`Isa::square`] rows: `to[k to_step + r] = from[r from_step + k]`.
    ///
    /// # Panics
    ///
    /// If a row ends after its slice.
    fn transpose<T: Real>(self, from: &[T], from_step: usize, to: &mut [T], to_step: usize);

    /// The vector that starts at `from`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn load_at<T: Real>(self, from: *const T) -> Self::Vector<T>;

    /// Writes the vector that starts at `to`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn store_at<T: Real>(self, to: *mut T, vector: Self::Vector<T>);

    /// Asks for the line of the cache that `from[at]` is in, if there is one: it will be read soon.
    #[inline(always)]
    fn prefetch<T: Real>(self, from: &[T], at: usize) {
        let _ = (from, at);
    }

    /// `a b + c`, rounded as by [`Isa::mul_add`].
    fn vector_mul_add<T: Real>(
        self,
        a: Self::Vector<T>,
        b: Self::Vector<T>,
        c: Self::Vector<T>,
    ) -> Self::Vector<T>;

    /// `a + b`.
    fn vector_add<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a - b`.
    fn vector_sub<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a b`.
    fn vector_mul<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a / b`.
    fn vector_div<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a` where it is larger than `b`, else `b`; where one is NaN, `b`.
    fn vector_max<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// Where `a > b`; not where one is NaN.
    fn greater<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Mask<T>;

    /// Where `a == b`, or both are NaN.
    fn same<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Mask<T>;

    /// Where `a` is NaN.
    fn is_nan<T: Real>(self, a: Self::Vector<T>) -> Self::Mask<T>;

    /// `a` where `mask` holds, else `b`.
    fn select<T: Real>(
        self,
        mask: Self::Mask<T>,
        a: Self::Vector<T>,
        b: Self::Vector<T>,
    ) -> Self::Vector<T>;

    /// `a` where `mask` holds, else 0.
    fn select_or_zero<T: Real>(self, mask: Self::Mask<T>, a: Self::Vector<T>) -> Self::Vector<T>;

    /// The same index in every lane.
    fn splat_index<T: Real>(self, index: u32) -> Self::Indices<T>;

    /// `a + b`, which wraps.
    fn add_indices<T: Real>(self, a: Self::Indices<T>, b: Self::Indices<T>) -> Self::Indices<T>;

    /// `first`, `first + 1` and so on.
    fn indices_from<T: Real>(self, first: u32) -> Self::Indices<T>;

    /// `a` where `mask` holds, else `b`.
    fn select_indices<T: Real>(
        self,
        mask: Self::Mask<T>,
        a: Self::Indices<T>,
        b: Self::Indices<T>,
    ) -> Self::Indices<T>;

    /// As many of the indices as `to` takes.
    fn store_indices<T: Real>(self, to: &mut [u32], indices: Self::Indices<T>);
}
