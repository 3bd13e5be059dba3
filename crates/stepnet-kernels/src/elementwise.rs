//! Light operations: a function of each element, by pieces.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::parallel::piece;
use crate::simd::{self, Isa, Kernel};

/// A function of one number; a closure is one that does not ask for the instruction set.
pub(crate) trait Unary<T>: Copy + Send + Sync {
    /// Its value.
    fn apply<I: Isa>(self, isa: I, x: T) -> T;
}

impl<T, F: Fn(T) -> T + Copy + Send + Sync> Unary<T> for F {
    #[inline(always)]
    fn apply<I: Isa>(self, _isa: I, x: T) -> T {
        self(x)
    }
}

/// A function of two numbers; a closure is one that does not ask for the instruction set.
pub(crate) trait Binary<T>: Copy + Send + Sync {
    /// About how many times dearer than a multiplication it is.
    const COST: usize = 1;

    /// Its value.
    fn apply<I: Isa>(self, isa: I, a: T, b: T) -> T;
}

impl<T, F: Fn(T, T) -> T + Copy + Send + Sync> Binary<T> for F {
    #[inline(always)]
    fn apply<I: Isa>(self, _isa: I, a: T, b: T) -> T {
        self(a, b)
    }
}

/// One piece of [`map`].
pub(crate) struct Map<'a, T, F>(pub(crate) &'a [T], pub(crate) &'a mut [T], pub(crate) F);

impl<T: Real, F: Unary<T>> Kernel for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        for (y, &x) in self.1.iter_mut().zip(self.0) {
            *y = self.2.apply(isa, x);
        }
    }
}

/// One piece of [`map2`].
pub(crate) struct Map2<'a, T, F>(
    pub(crate) &'a [T],
    pub(crate) &'a [T],
    pub(crate) &'a mut [T],
    pub(crate) F,
);

impl<T: Real, F: Binary<T>> Kernel for Map2<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        for (y, (&a, &b)) in self.2.iter_mut().zip(self.0.iter().zip(self.1)) {
            *y = self.3.apply(isa, a, b);
        }
    }
}

/// `y = f(x)`, element by element.
pub(crate) fn map<T: Real>(cost: usize, x: &[T], y: &mut [T], f: impl Unary<T>) {
    let piece = piece(y.len(), cost);
    if piece >= y.len() {
        return simd::run(Map(x, y, f));
    }
    y.par_chunks_mut(piece)
        .zip(x.par_chunks(piece))
        .for_each(|(y, x)| simd::run(Map(x, y, f)));
}

/// `y = f(a, b)`, element by element.
pub(crate) fn map2<T: Real, F: Binary<T>>(a: &[T], b: &[T], y: &mut [T], f: F) {
    let piece = piece(y.len(), F::COST);
    if piece >= y.len() {
        return simd::run(Map2(a, b, y, f));
    }
    y.par_chunks_mut(piece)
        .zip(a.par_chunks(piece).zip(b.par_chunks(piece)))
        .for_each(|(y, (a, b))| simd::run(Map2(a, b, y, f)));
}

/// Does `work` for pieces of whole rows of `y`, each with the number of its first row; an element costs about `cost`
/// multiplications.
///
/// Work must write what depends on the rows alone.
pub(crate) fn by_rows<T: Real>(
    row: usize,
    cost: usize,
    y: &mut [T],
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let row = row.max(1);
    let rows = piece(y.len(), cost).div_ceil(row);
    if rows * row >= y.len() {
        return work(0, y);
    }
    let pieces = y.par_chunks_mut(rows * row).enumerate();
    pieces.for_each(|(number, y)| work(number * rows, y));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::LIGHT_WORK;

    #[test]
    fn rows_are_numbered_in_order() {
        for (rows, row) in [(0, 3), (1, 1), (5, 7), (3 * LIGHT_WORK / 7 + 1, 7)] {
            let mut y = vec![f64::NAN; rows * row];
            by_rows(row, 1, &mut y, |first, y| {
                for (number, y) in y.chunks_exact_mut(row).enumerate() {
                    y.fill((first + number) as f64);
                }
            });
            assert!(y.iter().enumerate().all(|(i, &y)| y == (i / row) as f64));
        }
    }

    #[test]
    fn maps_reach_every_element() {
        for len in [0, 1, 5, 3 * LIGHT_WORK + 7] {
            let x: Vec<f64> = (0..len).map(|i| i as f64).collect();
            let mut y = vec![f64::NAN; len];
            map(1, &x, &mut y, |x: f64| x + 1.0);
            assert!(y.iter().enumerate().all(|(i, &y)| y == i as f64 + 1.0));
            map2(&x, &x, &mut y, |a, b| a + b);
            assert!(y.iter().enumerate().all(|(i, &y)| y == 2.0 * i as f64));
        }
    }
}
