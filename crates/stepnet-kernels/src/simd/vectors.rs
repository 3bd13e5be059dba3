//! The vectors of the number types.

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

/// The number types as each instruction set holds them in vectors.
#[cfg(target_arch = "x86_64")]
pub trait VectorElement: Vectors<V3> + Vectors<V4> {}
#[cfg(target_arch = "x86_64")]
impl<T: Vectors<V3> + Vectors<V4>> VectorElement for T {}

/// A token that says that a module is compiled with `simd128`.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[derive(Clone, Copy, Debug)]
pub struct Compiled;

/// The number types as the instruction set holds them in vectors.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub trait VectorElement: Vectors<Compiled> {}
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl<T: Vectors<Compiled>> VectorElement for T {}

/// The number types; without an instruction set of its own this target asks nothing of them.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub trait VectorElement {}
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
impl<T> VectorElement for T {}

#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
/// The vectors of a number type in the set of a token, and their instructions.
pub trait Vectors<Token>: Copy + Sized {
    /// One register.
    type Vector: Copy;
    /// For each lane, whether a comparison holds.
    type Mask: Copy;
    /// One index for each lane.
    type Indices: Copy;
    /// How many values it holds.
    const LANES: usize;
    /// Rows of a square that is turned at a time.
    const SQUARE: usize;
    /// The same value in every lane.
    fn splat(token: Token, value: Self) -> Self::Vector;
    /// The vector at `from`.
    ///
    /// # Safety
    /// All of its lanes can be read.
    unsafe fn load(token: Token, from: *const Self) -> Self::Vector;
    /// Writes the vector at `to`.
    ///
    /// # Safety
    /// All of its lanes can be written.
    unsafe fn store(token: Token, to: *mut Self, vector: Self::Vector);
    /// The first `count` lanes from `from`, zeros in the others.
    ///
    /// # Safety
    /// These lanes can be read.
    unsafe fn load_part(token: Token, from: *const Self, count: usize) -> Self::Vector;
    /// Writes the first `count` lanes at `to`.
    ///
    /// # Safety
    /// These lanes can be written.
    unsafe fn store_part(token: Token, to: *mut Self, count: usize, vector: Self::Vector);
    /// Turns a square.
    fn transpose(token: Token, from: &[Self], from_step: usize, to: &mut [Self], to_step: usize);
    /// `a b + c`, rounded as the set does.
    fn mul_add(token: Token, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `a + b`.
    fn add(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`.
    fn sub(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b`.
    fn mul(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a / b`.
    fn div(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a` where it is larger than `b`, else `b`.
    fn larger(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Where `a > b`.
    fn greater(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// Where `a == b`, or both are NaN.
    fn same(token: Token, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// Where `a` is NaN.
    fn where_nan(token: Token, a: Self::Vector) -> Self::Mask;
    /// `a` where `mask` holds, else `b`.
    fn select(token: Token, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a` where `mask` holds, else 0.
    fn select_or_zero(token: Token, mask: Self::Mask, a: Self::Vector) -> Self::Vector;
    /// The same index in every lane.
    fn splat_index(token: Token, index: u32) -> Self::Indices;
    /// `a + b`; the lower half of a lane wraps.
    fn add_indices(token: Token, a: Self::Indices, b: Self::Indices) -> Self::Indices;
    /// `first`, `first + 1` and so on.
    fn indices_from(token: Token, first: u32) -> Self::Indices;
    /// `a` where `mask` holds, else `b`.
    fn select_indices(
        token: Token,
        mask: Self::Mask,
        a: Self::Indices,
        b: Self::Indices,
    ) -> Self::Indices;
    /// As many of the indices as `to` takes.
    fn store_indices(token: Token, to: &mut [u32], indices: Self::Indices);
}

/// Writes as many of the indices as `to` takes, at the end of an array. A function of its own, and not inlined, so that a
/// whole vector goes from its register to memory.
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
#[cold]
#[inline(never)]
pub(super) fn write_part(to: &mut [u32], indices: &[u32]) {
    to.copy_from_slice(&indices[..to.len()]);
}

/// No vector of any set holds more values.
pub(crate) const MOST_LANES: usize = 16;
