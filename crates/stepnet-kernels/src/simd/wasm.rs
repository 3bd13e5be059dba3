//! WebAssembly's vectors of 128 bits, with the lanes of [`Portable`](super::portable::Portable) and, unless multiply-adds
//! are relaxed, its bits.
//!
//! A module has these instructions or it has not, which is decided when it is compiled: an engine that lacks them refuses
//! the module. With `relaxed-simd` a multiply-add of vectors is rounded once or twice, as is faster on the machine; one of
//! single numbers is always rounded twice.

use std::arch::wasm32::*;

use super::isa::Isa;
use super::token::{delegate, isa};
use super::vectors::{Compiled, Vectors, write_part};
use crate::Real;

/// The set's name: another one where a multiply-add of vectors may be fused.
pub(super) const NAME: &str = match cfg!(target_feature = "relaxed-simd") {
    true => "relaxed-simd",
    false => "simd128",
};

/// `simd128`, with or without `relaxed-simd`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Simd128(Compiled);

impl Simd128 {
    /// The set, which is there wherever this code is.
    pub(super) fn compiled() -> Self {
        Self(Compiled)
    }
}

impl Vectors<Compiled> for f32 {
    type Vector = v128;
    /// All bits of a lane.
    type Mask = v128;
    type Indices = v128;
    const LANES: usize = 4;
    const SQUARE: usize = 4;

    #[inline(always)]
    fn splat(_: Compiled, value: Self) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    unsafe fn load(_: Compiled, from: *const Self) -> v128 {
        // SAFETY: the caller's promise is the instruction's: all lanes can be read.
        unsafe { v128_load(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(_: Compiled, to: *mut Self, vector: v128) {
        // SAFETY: the caller's promise is the instruction's: all lanes can be written.
        unsafe { v128_store(to.cast(), vector) }
    }

    #[inline(always)]
    unsafe fn load_part(_: Compiled, from: *const Self, count: usize) -> v128 {
        // SAFETY: each instruction reads no more than the lanes of the caller's promise.
        unsafe {
            match count {
                0 => f32x4_splat(0.0),
                1 => v128_load32_zero(from.cast()),
                2 => v128_load64_zero(from.cast()),
                3 => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
                _ => v128_load(from.cast()),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_part(_: Compiled, to: *mut Self, count: usize, vector: v128) {
        // SAFETY: each instruction writes no more than the lanes of the caller's promise.
        unsafe {
            match count {
                0 => {}
                1 => v128_store32_lane::<0>(vector, to.cast()),
                2 => v128_store64_lane::<0>(vector, to.cast()),
                3 => {
                    v128_store64_lane::<0>(vector, to.cast());
                    v128_store32_lane::<2>(vector, to.add(2).cast());
                }
                _ => v128_store(to.cast(), vector),
            }
        }
    }

    #[inline(always)]
    fn transpose(
        token: Compiled,
        from: &[Self],
        from_step: usize,
        to: &mut [Self],
        to_step: usize,
    ) {
        let isa = Simd128(token);
        let [a, b, c, d] = [0, 1, 2, 3].map(|r| isa.load(&from[r * from_step..]));
        // Rows two by two, then all four.
        let [ab, cd] = [(a, b), (c, d)].map(|(a, b)| {
            let lower = i32x4_shuffle::<0, 4, 1, 5>(a, b);
            let upper = i32x4_shuffle::<2, 6, 3, 7>(a, b);
            [lower, upper]
        });
        for half in 0..2 {
            let (a, c) = (ab[half], cd[half]);
            let first = 2 * half;
            isa.store(&mut to[first * to_step..], i64x2_shuffle::<0, 2>(a, c));
            let second = i64x2_shuffle::<1, 3>(a, c);
            isa.store(&mut to[(first + 1) * to_step..], second);
        }
    }

    #[inline(always)]
    fn mul_add(_: Compiled, a: v128, b: v128, c: v128) -> v128 {
        #[cfg(target_feature = "relaxed-simd")]
        return f32x4_relaxed_madd(a, b, c);
        #[cfg(not(target_feature = "relaxed-simd"))]
        f32x4_add(f32x4_mul(a, b), c)
    }

    #[inline(always)]
    fn add(_: Compiled, a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }

    #[inline(always)]
    fn sub(_: Compiled, a: v128, b: v128) -> v128 {
        f32x4_sub(a, b)
    }

    #[inline(always)]
    fn mul(_: Compiled, a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }

    #[inline(always)]
    fn div(_: Compiled, a: v128, b: v128) -> v128 {
        f32x4_div(a, b)
    }

    #[inline(always)]
    fn larger(_: Compiled, a: v128, b: v128) -> v128 {
        // The instruction returns its first argument unless the second is larger.
        f32x4_pmax(b, a)
    }

    #[inline(always)]
    fn greater(_: Compiled, a: v128, b: v128) -> v128 {
        f32x4_gt(a, b)
    }

    #[inline(always)]
    fn same(token: Compiled, a: v128, b: v128) -> v128 {
        let both_nan = v128_and(Self::where_nan(token, a), Self::where_nan(token, b));
        v128_or(f32x4_eq(a, b), both_nan)
    }

    #[inline(always)]
    fn where_nan(_: Compiled, a: v128) -> v128 {
        f32x4_ne(a, a)
    }

    #[inline(always)]
    fn select(_: Compiled, mask: v128, a: v128, b: v128) -> v128 {
        v128_bitselect(a, b, mask)
    }

    #[inline(always)]
    fn select_or_zero(_: Compiled, mask: v128, a: v128) -> v128 {
        v128_and(mask, a)
    }

    #[inline(always)]
    fn splat_index(_: Compiled, index: u32) -> v128 {
        u32x4_splat(index)
    }

    #[inline(always)]
    fn add_indices(_: Compiled, a: v128, b: v128) -> v128 {
        u32x4_add(a, b)
    }

    #[inline(always)]
    fn indices_from(_: Compiled, first: u32) -> v128 {
        u32x4_add(u32x4_splat(first), u32x4(0, 1, 2, 3))
    }

    #[inline(always)]
    fn select_indices(_: Compiled, mask: v128, a: v128, b: v128) -> v128 {
        v128_bitselect(a, b, mask)
    }

    #[inline(always)]
    fn store_indices(_: Compiled, to: &mut [u32], indices: v128) {
        write_indices(to, indices);
    }
}

/// Two registers: as many lanes as [`f32`] and the portable vectors have, so that sums are in the same order.
impl Vectors<Compiled> for f64 {
    type Vector = [v128; 2];
    /// All bits of a lane.
    type Mask = [v128; 2];
    type Indices = v128;
    const LANES: usize = 4;
    const SQUARE: usize = 4;

    #[inline(always)]
    fn splat(_: Compiled, value: Self) -> [v128; 2] {
        [f64x2_splat(value); 2]
    }

    #[inline(always)]
    unsafe fn load(_: Compiled, from: *const Self) -> [v128; 2] {
        // SAFETY: the caller's promise is the instructions': all lanes can be read.
        unsafe { [v128_load(from.cast()), v128_load(from.add(2).cast())] }
    }

    #[inline(always)]
    unsafe fn store(_: Compiled, to: *mut Self, vector: [v128; 2]) {
        // SAFETY: the caller's promise is the instructions': all lanes can be written.
        unsafe {
            v128_store(to.cast(), vector[0]);
            v128_store(to.add(2).cast(), vector[1]);
        }
    }

    #[inline(always)]
    unsafe fn load_part(token: Compiled, from: *const Self, count: usize) -> [v128; 2] {
        let none = f64x2_splat(0.0);
        // SAFETY: each instruction reads no more than the lanes of the caller's promise.
        unsafe {
            match count {
                0 => [none, none],
                1 => [v128_load64_zero(from.cast()), none],
                2 => [v128_load(from.cast()), none],
                3 => [v128_load(from.cast()), v128_load64_zero(from.add(2).cast())],
                _ => Self::load(token, from),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_part(token: Compiled, to: *mut Self, count: usize, vector: [v128; 2]) {
        // SAFETY: each instruction writes no more than the lanes of the caller's promise.
        unsafe {
            match count {
                0 => {}
                1 => v128_store64_lane::<0>(vector[0], to.cast()),
                2 => v128_store(to.cast(), vector[0]),
                3 => {
                    v128_store(to.cast(), vector[0]);
                    v128_store64_lane::<0>(vector[1], to.add(2).cast());
                }
                _ => Self::store(token, to, vector),
            }
        }
    }

    #[inline(always)]
    fn transpose(
        token: Compiled,
        from: &[Self],
        from_step: usize,
        to: &mut [Self],
        to_step: usize,
    ) {
        let isa = Simd128(token);
        let [a, b, c, d] = [0, 1, 2, 3].map(|r| isa.load(&from[r * from_step..]));
        for half in 0..2 {
            let (a, b, c, d) = (a[half], b[half], c[half], d[half]);
            let first = 2 * half;
            let even = [i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<0, 2>(c, d)];
            let odd = [i64x2_shuffle::<1, 3>(a, b), i64x2_shuffle::<1, 3>(c, d)];
            isa.store(&mut to[first * to_step..], even);
            isa.store(&mut to[(first + 1) * to_step..], odd);
        }
    }

    #[inline(always)]
    fn mul_add(_: Compiled, a: [v128; 2], b: [v128; 2], c: [v128; 2]) -> [v128; 2] {
        let both = |half: usize| {
            #[cfg(target_feature = "relaxed-simd")]
            return f64x2_relaxed_madd(a[half], b[half], c[half]);
            #[cfg(not(target_feature = "relaxed-simd"))]
            f64x2_add(f64x2_mul(a[half], b[half]), c[half])
        };
        [both(0), both(1)]
    }

    #[inline(always)]
    fn add(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f64x2_add(a[0], b[0]), f64x2_add(a[1], b[1])]
    }

    #[inline(always)]
    fn sub(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f64x2_sub(a[0], b[0]), f64x2_sub(a[1], b[1])]
    }

    #[inline(always)]
    fn mul(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f64x2_mul(a[0], b[0]), f64x2_mul(a[1], b[1])]
    }

    #[inline(always)]
    fn div(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f64x2_div(a[0], b[0]), f64x2_div(a[1], b[1])]
    }

    #[inline(always)]
    fn larger(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        // The instruction returns its first argument unless the second is larger.
        [f64x2_pmax(b[0], a[0]), f64x2_pmax(b[1], a[1])]
    }

    #[inline(always)]
    fn greater(_: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [f64x2_gt(a[0], b[0]), f64x2_gt(a[1], b[1])]
    }

    #[inline(always)]
    fn same(token: Compiled, a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        let (no_a, no_b) = (Self::where_nan(token, a), Self::where_nan(token, b));
        [0, 1].map(|half| {
            let both_nan = v128_and(no_a[half], no_b[half]);
            v128_or(f64x2_eq(a[half], b[half]), both_nan)
        })
    }

    #[inline(always)]
    fn where_nan(_: Compiled, a: [v128; 2]) -> [v128; 2] {
        [f64x2_ne(a[0], a[0]), f64x2_ne(a[1], a[1])]
    }

    #[inline(always)]
    fn select(_: Compiled, mask: [v128; 2], a: [v128; 2], b: [v128; 2]) -> [v128; 2] {
        [0, 1].map(|half| v128_bitselect(a[half], b[half], mask[half]))
    }

    #[inline(always)]
    fn select_or_zero(_: Compiled, mask: [v128; 2], a: [v128; 2]) -> [v128; 2] {
        [v128_and(mask[0], a[0]), v128_and(mask[1], a[1])]
    }

    #[inline(always)]
    fn splat_index(_: Compiled, index: u32) -> v128 {
        u32x4_splat(index)
    }

    #[inline(always)]
    fn add_indices(_: Compiled, a: v128, b: v128) -> v128 {
        u32x4_add(a, b)
    }

    #[inline(always)]
    fn indices_from(_: Compiled, first: u32) -> v128 {
        u32x4_add(u32x4_splat(first), u32x4(0, 1, 2, 3))
    }

    #[inline(always)]
    fn select_indices(_: Compiled, mask: [v128; 2], a: v128, b: v128) -> v128 {
        // The lower half of each lane of the mask, next to each other.
        let mask = i32x4_shuffle::<0, 2, 4, 6>(mask[0], mask[1]);
        v128_bitselect(a, b, mask)
    }

    #[inline(always)]
    fn store_indices(_: Compiled, to: &mut [u32], indices: v128) {
        write_indices(to, indices);
    }
}

/// As many of four indices as `to` takes.
#[inline(always)]
fn write_indices(to: &mut [u32], indices: v128) {
    let four = [
        u32x4_extract_lane::<0>(indices),
        u32x4_extract_lane::<1>(indices),
        u32x4_extract_lane::<2>(indices),
        u32x4_extract_lane::<3>(indices),
    ];
    match to.first_chunk_mut::<4>() {
        Some(to) => *to = four,
        None => write_part(to, &four),
    }
}

isa!(Simd128, Compiled, {
    const EVERY_TILE: bool = true;
    const SUMS: usize = 9;
    const BROADCASTS: bool = false;

    #[inline(always)]
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
        a * b + c
    }
});
