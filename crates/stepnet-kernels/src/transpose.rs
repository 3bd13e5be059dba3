//! Transposed copies of matrices.

use stepnet_base::parallel::prelude::*;

use crate::parallel::LIGHT_WORK;
use crate::simd::{self, Isa, Kernel};
use crate::{Real, assert_len};

/// Columns that one thread transposes at a time.
const BAND: usize = 64;

/// `to[c, r] = from[r, c]`.
///
/// # Shapes
///
/// `from` (rows, columns), `to` (columns, rows), written.
///
/// # Panics
///
/// If a slice does not have the length that the sizes say.
pub fn transpose<T: Real>([rows, columns]: [usize; 2], from: &[T], to: &mut [T]) {
    assert_len("transpose", "from", from, rows * columns);
    assert_len("transpose", "to", to, rows * columns);
    if from.is_empty() {
        return;
    }
    let one = |(band, to): (usize, &mut [T])| {
        simd::run(Band {
            rows,
            columns,
            first: band * BAND,
            from,
            to,
        });
    };
    if from.len() <= LIGHT_WORK {
        to.chunks_mut(BAND * rows).enumerate().for_each(one);
    } else {
        to.par_chunks_mut(BAND * rows).enumerate().for_each(one);
    }
}

/// The columns from `first` on.
struct Band<'a, T> {
    rows: usize,
    columns: usize,
    first: usize,
    from: &'a [T],
    /// Their values alone, one column after the other.
    to: &'a mut [T],
}

impl<T: Real> Kernel for Band<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self {
            rows,
            columns,
            first,
            from,
            to,
        } = self;
        let square = I::square::<T>();
        let count = to.len() / rows;
        let (whole_rows, whole) = (rows - rows % square, count - count % square);
        for row in (0..whole_rows).step_by(square) {
            for column in (0..whole).step_by(square) {
                let from = &from[row * columns + first + column..];
                isa.transpose(from, columns, &mut to[column * rows + row..], rows);
            }
        }
        let mut one = |row: usize, column: usize| {
            to[column * rows + row] = from[row * columns + first + column];
        };
        for row in 0..rows {
            let start = if row < whole_rows { whole } else { 0 };
            (start..count).for_each(|column| one(row, column));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Real>(rows: usize, columns: usize) {
        let from: Vec<T> = (0..rows * columns).map(|n| T::from_f64(n as f64)).collect();
        let mut to = vec![T::nan(); from.len()];
        transpose([rows, columns], &from, &mut to);
        for (at, &value) in to.iter().enumerate() {
            let (column, row) = (at / rows, at % rows);
            assert_eq!(
                value,
                from[row * columns + column],
                "{rows}x{columns} at {at}"
            );
        }
    }

    #[test]
    fn every_value_comes_to_its_place() {
        for rows in [1, 2, 7, 8, 9, 16, 20, 33] {
            for columns in [1, 3, 8, 15, 63, 64, 65, 200] {
                check::<f32>(rows, columns);
                check::<f64>(rows, columns);
            }
        }
        // On several threads.
        check::<f32>(300, 250);
        check::<f64>(0, 3);
        check::<f32>(5, 0);
    }
}
