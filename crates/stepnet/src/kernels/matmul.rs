//! Matrix products on parts of slices: a thin layer over `ndarray`, which calls `matrixmultiply`.
//!
//! `matrixmultiply` packs both factors into a buffer that it allocates per call; that is the only
//! allocation in these kernels.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Ix2, ShapeBuilder, StrideShape};

use crate::Element;

/// Multiply-adds that make half of a product worth handing to another thread.
const SPLIT_WORK: u64 = 1 << 19;

/// Rows or columns below which a part of a product is not split further.
const SPLIT_SIDE: usize = 32;

/// A `rows x columns` view of `data`: element (i, j) is `data[i * strides[0] + j * strides[1]]`.
#[track_caller]
pub(super) fn view<T>(data: &[T], shape: [usize; 2], strides: [usize; 2]) -> ArrayView2<'_, T> {
    match ArrayView2::from_shape(layout(shape, strides), data) {
        Ok(view) => view,
        Err(why) => misfit(data.len(), shape, strides, &why),
    }
}

/// Like [`view`], for a matrix that is written.
#[track_caller]
pub(super) fn view_mut<T>(
    data: &mut [T],
    shape: [usize; 2],
    strides: [usize; 2],
) -> ArrayViewMut2<'_, T> {
    let len = data.len();
    match ArrayViewMut2::from_shape(layout(shape, strides), data) {
        Ok(view) => view,
        Err(why) => misfit(len, shape, strides, &why),
    }
}

/// The shape as `ndarray` takes it. Without elements strides mean nothing, and `ndarray` refuses
/// some of them.
fn layout([rows, columns]: [usize; 2], strides: [usize; 2]) -> StrideShape<Ix2> {
    if rows == 0 || columns == 0 {
        return (rows, columns).into();
    }
    (rows, columns).strides((strides[0], strides[1]))
}

#[track_caller]
fn misfit(len: usize, shape: [usize; 2], strides: [usize; 2], why: &ndarray::ShapeError) -> ! {
    panic!("matrix of shape {shape:?}, strides {strides:?}, in {len} values: {why}")
}

/// `c = a b`, on the calling thread.
pub(super) fn multiply<T: Element>(a: ArrayView2<T>, b: ArrayView2<T>, mut c: ArrayViewMut2<T>) {
    general_mat_mul(T::one(), &a, &b, T::zero(), &mut c);
}

/// `c += a b`, on the calling thread.
pub(super) fn multiply_add<T: Element>(
    a: ArrayView2<T>,
    b: ArrayView2<T>,
    mut c: ArrayViewMut2<T>,
) {
    general_mat_mul(T::one(), &a, &b, T::one(), &mut c);
}

/// `c += a b`, on rayon's current pool.
///
/// Halves the longer side of `c` until the parts are small; a sum over the inner dimension is never
/// split, so the parts do not change the result.
pub(super) fn multiply_add_parallel<T: Element>(
    a: ArrayView2<T>,
    b: ArrayView2<T>,
    c: ArrayViewMut2<T>,
) {
    let (rows, columns) = c.dim();
    let work = rows as u64 * columns as u64 * a.ncols() as u64;
    let axis = if rows >= columns { Axis(0) } else { Axis(1) };
    let side = rows.max(columns);
    if work < 2 * SPLIT_WORK || side < 2 * SPLIT_SIDE {
        return multiply_add(a, b, c);
    }
    // A multiple of every register block's side keeps the blocks whole.
    let half = (side / 2).next_multiple_of(SPLIT_SIDE);
    let (c0, c1) = c.split_at(axis, half);
    let ((a0, a1), (b0, b1)) = if axis == Axis(0) {
        (a.split_at(axis, half), (b, b))
    } else {
        ((a, a), b.split_at(axis, half))
    };
    rayon::join(
        || multiply_add_parallel(a0, b0, c0),
        || multiply_add_parallel(a1, b1, c1),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{assert_bits, integers, normal, on_threads};

    #[test]
    fn overlapping_rows_may_be_read() {
        let data: Vec<f64> = (0..8).map(f64::from).collect();
        let windows = view(&data, [6, 3], [1, 1]);
        assert_eq!(windows[[5, 2]], 7.0);
        let mut sums = [0.0; 6];
        multiply(
            windows,
            view(&[1.0, 1.0, 1.0], [3, 1], [1, 1]),
            view_mut(&mut sums, [6, 1], [1, 1]),
        );
        assert_eq!(sums, [3.0, 6.0, 9.0, 12.0, 15.0, 18.0]);
    }

    #[test]
    fn an_empty_inner_dimension_gives_zeros_and_hides_garbage() {
        let mut c = [f64::NAN; 4];
        multiply(
            view(&[], [2, 0], [0, 1]),
            view(&[], [0, 2], [2, 1]),
            view_mut(&mut c, [2, 2], [2, 1]),
        );
        assert_eq!(c, [0.0; 4]);
        let mut c = [f64::NAN; 1];
        multiply(
            view(&[2.0], [1, 1], [1, 1]),
            view(&[3.0], [1, 1], [1, 1]),
            view_mut(&mut c, [1, 1], [1, 1]),
        );
        assert_eq!(c, [6.0]);
    }

    #[test]
    #[should_panic(expected = "matrix of shape [2, 3], strides [3, 1], in 5 values")]
    fn a_slice_that_is_too_short_is_named() {
        view(&[0.0; 5], [2, 3], [3, 1]);
    }

    #[test]
    fn split_products_are_exact_and_do_not_depend_on_threads() {
        for [m, k, n] in [[5, 7, 900], [1000, 70, 30], [300, 40, 190], [64, 256, 120]] {
            let (a, b) = (integers::<f64>(1, m * k, 4), integers::<f64>(2, k * n, 4));
            let product = |a: &[f64], b: &[f64]| {
                let mut c = vec![1.0; m * n];
                multiply_add_parallel(
                    view(a, [m, k], [k, 1]),
                    view(b, [k, n], [1, k]),
                    view_mut(&mut c, [m, n], [n, 1]),
                );
                c
            };
            let c = product(&a, &b);
            for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3), (m / 3, n / 2)] {
                let sum: f64 = (0..k).map(|l| a[i * k + l] * b[j * k + l]).sum();
                assert_eq!(c[i * n + j], 1.0 + sum);
            }
            let (a, b) = (normal::<f64>(3, m * k), normal::<f64>(4, k * n));
            let one = on_threads(1, || product(&a, &b));
            assert_bits(&one, &on_threads(2, || product(&a, &b)));
            assert_bits(&one, &on_threads(3, || product(&a, &b)));
        }
    }
}
