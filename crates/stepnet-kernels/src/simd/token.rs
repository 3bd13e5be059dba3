//! Implements [`Isa`](super::Isa) for the sets whose vectors are those of [`Vectors`](super::vectors::Vectors), behind a
//! token that proves that the processor has their instructions.

/// Implements [`Isa`](super::Isa) for a set that holds its token, by [`Vectors`]; a macro, since of a
/// token that is a parameter nobody knows that every number type has vectors for it.
macro_rules! isa {
    ($set:ident, $token:ty, { $($own:tt)* }) => {
        impl Isa for $set {
            type Vector<T: Real> = <T as Vectors<$token>>::Vector;
            type Mask<T: Real> = <T as Vectors<$token>>::Mask;
            type Indices<T: Real> = <T as Vectors<$token>>::Indices;

            $($own)*

            #[inline(always)]
            fn lanes<T: Real>() -> usize {
                <T as Vectors<$token>>::LANES
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

            delegate!($token,
                vector_mul_add = mul_add(a: Vector, b: Vector, c: Vector) -> Vector;
                vector_add = add(a: Vector, b: Vector) -> Vector;
                vector_sub = sub(a: Vector, b: Vector) -> Vector;
                vector_mul = mul(a: Vector, b: Vector) -> Vector;
                vector_div = div(a: Vector, b: Vector) -> Vector;
                vector_max = larger(a: Vector, b: Vector) -> Vector;
                greater = greater(a: Vector, b: Vector) -> Mask;
                same = same(a: Vector, b: Vector) -> Mask;
                is_nan = where_nan(a: Vector) -> Mask;
                select = select(mask: Mask, a: Vector, b: Vector) -> Vector;
                select_or_zero = select_or_zero(mask: Mask, a: Vector) -> Vector;
                add_indices = add_indices(a: Indices, b: Indices) -> Indices;
                select_indices = select_indices(mask: Mask, a: Indices, b: Indices) -> Indices;
            );

            #[inline(always)]
            fn splat_index<T: Real>(self, index: u32) -> Self::Indices<T> {
                <T as Vectors<$token>>::splat_index(self.0, index)
            }

            #[inline(always)]
            fn indices_from<T: Real>(self, first: u32) -> Self::Indices<T> {
                <T as Vectors<$token>>::indices_from(self.0, first)
            }

            #[inline(always)]
            fn store_indices<T: Real>(self, to: &mut [u32], indices: Self::Indices<T>) {
                <T as Vectors<$token>>::store_indices(self.0, to, indices);
            }
        }
    };
}

/// Implements methods of [`Isa`](super::Isa) by functions of [`Vectors`].
macro_rules! delegate {
    ($token:ty, $($name:ident = $of:ident($($arg:ident: $kind:ident),*) -> $result:ident;)*) => {$(
        #[inline(always)]
        fn $name<T: Real>(self, $($arg: Self::$kind<T>),*) -> Self::$result<T> {
            <T as Vectors<$token>>::$of(self.0, $($arg),*)
        }
    )*};
}

pub(super) use {delegate, isa};
