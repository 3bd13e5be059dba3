//! No more than the target that the library was compiled for.

use super::isa::Isa;
use crate::Real;

/// How many values the vectors of [`Portable`] hold: one register of every target that has any.
const LANES: usize = 4;

/// Plain arrays, which the compiler lays into whatever vector registers the target has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// `f` of the values of each lane.
#[inline(always)]
fn each<T>(f: impl Fn(usize) -> T) -> [T; LANES] {
    [f(0), f(1), f(2), f(3)]
}

impl Isa for Portable {
    type Vector<T: Real> = [T; LANES];
    type Mask<T: Real> = [bool; LANES];
    type Indices<T: Real> = [u32; LANES];

    const EVERY_TILE: bool = false;
    const SUMS: usize = 9;
    const BROADCASTS: bool = false;

    #[inline(always)]
    fn lanes<T: Real>() -> usize {
        LANES
    }

    #[inline(always)]
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
        a * b + c
    }

    #[inline(always)]
    fn splat<T: Real>(self, value: T) -> [T; LANES] {
        [value; LANES]
    }

    #[inline(always)]
    fn load<T: Real>(self, from: &[T]) -> [T; LANES] {
        let from = &from[..LANES];
        each(|lane| from[lane])
    }

    #[inline(always)]
    fn store<T: Real>(self, to: &mut [T], vector: [T; LANES]) {
        to[..LANES].copy_from_slice(&vector);
    }

    #[inline(always)]
    fn load_part<T: Real>(self, from: &[T]) -> [T; LANES] {
        each(|lane| from.get(lane).copied().unwrap_or(T::zero()))
    }

    #[inline(always)]
    fn store_part<T: Real>(self, to: &mut [T], vector: [T; LANES]) {
        for (to, value) in to.iter_mut().zip(vector) {
            *to = value;
        }
    }

    #[inline(always)]
    fn square<T: Real>() -> usize {
        LANES
    }

    #[inline(always)]
    fn transpose<T: Real>(self, from: &[T], from_step: usize, to: &mut [T], to_step: usize) {
        let rows = each(|r| self.load(&from[r * from_step..]));
        for k in 0..LANES {
            self.store(&mut to[k * to_step..], each(|r| rows[r][k]));
        }
    }

    #[inline(always)]
    unsafe fn load_at<T: Real>(self, from: *const T) -> [T; LANES] {
        // SAFETY: the caller's promise is that all lanes lie in one array; an array of numbers is
        // aligned as a number is.
        unsafe { from.cast::<[T; LANES]>().read() }
    }

    #[inline(always)]
    unsafe fn store_at<T: Real>(self, to: *mut T, vector: [T; LANES]) {
        // SAFETY: as in `load_at`.
        unsafe { to.cast::<[T; LANES]>().write(vector) }
    }

    #[inline(always)]
    fn vector_mul_add<T: Real>(self, a: [T; LANES], b: [T; LANES], c: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane] * b[lane] + c[lane])
    }

    #[inline(always)]
    fn vector_add<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    fn vector_sub<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane] - b[lane])
    }

    #[inline(always)]
    fn vector_mul<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane] * b[lane])
    }

    #[inline(always)]
    fn vector_div<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane] / b[lane])
    }

    #[inline(always)]
    fn vector_max<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn greater<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [bool; LANES] {
        each(|lane| a[lane] > b[lane])
    }

    #[inline(always)]
    fn same<T: Real>(self, a: [T; LANES], b: [T; LANES]) -> [bool; LANES] {
        each(|lane| (a[lane] == b[lane]) | (a[lane].is_nan() & b[lane].is_nan()))
    }

    #[inline(always)]
    fn is_nan<T: Real>(self, a: [T; LANES]) -> [bool; LANES] {
        each(|lane| a[lane].is_nan())
    }

    #[inline(always)]
    fn select<T: Real>(self, mask: [bool; LANES], a: [T; LANES], b: [T; LANES]) -> [T; LANES] {
        each(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn select_or_zero<T: Real>(self, mask: [bool; LANES], a: [T; LANES]) -> [T; LANES] {
        each(|lane| a[lane].only_if(mask[lane]))
    }

    #[inline(always)]
    fn splat_index<T: Real>(self, index: u32) -> [u32; LANES] {
        [index; LANES]
    }

    #[inline(always)]
    fn add_indices<T: Real>(self, a: [u32; LANES], b: [u32; LANES]) -> [u32; LANES] {
        each(|lane| a[lane].wrapping_add(b[lane]))
    }

    #[inline(always)]
    fn indices_from<T: Real>(self, first: u32) -> [u32; LANES] {
        [0, 1, 2, 3].map(|lane| first.wrapping_add(lane))
    }

    #[inline(always)]
    fn select_indices<T: Real>(
        self,
        mask: [bool; LANES],
        a: [u32; LANES],
        b: [u32; LANES],
    ) -> [u32; LANES] {
        each(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn store_indices<T: Real>(self, to: &mut [u32], indices: [u32; LANES]) {
        for (to, index) in to.iter_mut().zip(indices) {
            *to = index;
        }
    }
}
