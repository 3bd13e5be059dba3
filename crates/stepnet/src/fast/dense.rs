//! Dense layers, whose examples are columns. Each product of the notebooks is one of the kernels' three, by how
//! its factors lie in memory, so that nothing large is transposed: the notebooks make their inputs by
//! `reshape(m, -1).T`, which is such a transposed view.

use ndarray::{Array2, ArrayRef2, CowArray, Ix2, s};

use super::arrays::{scratch, sizes, standard, values};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::{DenseGeometry, dense, long_sum, transpose};
use crate::steps::checks::layer;
use crate::steps::checks::{same_shape, zeros};

/// The outputs of [`steps::linear_forward`](crate::steps::linear_forward): `Z = W A + b`.
///
/// # Shapes
///
/// `A` `(n_prev, m)`, `W` `(n, n_prev)`, `b` `(n, 1)` or any shape that can be added to the result, `(n, m)`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn linear_forward<T: Real>(
    A: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<Array2<T>> {
    const OPERATION: &str = "linear_forward";
    layer(OPERATION, ["A", "W", "b"], A, W, b)?;
    let mut Z = product(OPERATION, ("W", W), ("A", A))?;
    Z += &b.view();
    Ok(Z)
}

/// The gradients `(dA_prev, dW, db)` of [`steps::linear_backward`](crate::steps::linear_backward), whose cache
/// holds `A_prev`, `W` and `b`.
///
/// # Shapes
///
/// `dZ` is `(n, m)`; `dA_prev` and `dW` have the shapes of `A_prev` and `W`, `db` is `(n, 1)`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn linear_backward<T: Real>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<(Array2<T>, Array2<T>, Array2<T>)> {
    const OPERATION: &str = "linear_backward";
    layer(OPERATION, ["cache.A", "cache.W", "cache.b"], A_prev, W, b)?;
    let (n, m) = (W.nrows(), A_prev.ncols());
    same_shape(OPERATION, "dZ", dZ.shape(), &[n, m], "the shape of Z")?;
    let examples = T::from_f64(m as f64);
    let dA_prev = product(OPERATION, ("cache.W", &W.t()), ("dZ", dZ))?;
    let mut dW = product(OPERATION, ("dZ", dZ), ("cache.A", &A_prev.t()))?;
    dW /= examples;
    let mut db = zeros(OPERATION, "cache.b", (n, 1))?;
    for (db, dz) in db.iter_mut().zip(dZ.rows()) {
        let block = |examples| dz.slice(s![examples]).sum();
        *db = long_sum::of_blocks(m, long_sum::short_block(m), block) / examples;
    }
    Ok((dA_prev, dW, db))
}

/// A factor of a product, with the name of the argument that it comes from.
type Factor<'a, T> = (&'static str, &'a ArrayRef2<T>);

/// The kernel that takes a product `c = a b`, by the layouts in which it reads the factors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// The gradient by data: `a` by rows, `b` by rows.
    Data,
    /// The same of `c^T = b^T a^T`: `a` by columns, `b` by columns.
    DataOfTransposed,
    /// The forward pass of `c^T`: `a` by rows, `b` by columns.
    Forward,
    /// The gradient by weights: `a` by columns, `b` by rows.
    Weights,
}

/// `a b`, of shapes `(p, q)` and `(q, r)`; by columns where that is how the kernel leaves it.
fn product<T: Real>(
    operation: &'static str,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
) -> Result<Array2<T>> {
    let ((p, q), r) = (a.1.dim(), b.1.ncols());
    if p == 0 || q == 0 || r == 0 {
        return zeros(operation, "output", (p, r));
    }
    let (turned_a, turned_b) = ((a.0, &*a.1.t()), (b.0, &*b.1.t()));
    let by_rows = |factor| by_rows(operation, factor);
    match way(a.1, b.1) {
        Way::Data => data(operation, &by_rows(a)?, &by_rows(b)?),
        Way::DataOfTransposed => {
            Ok(data(operation, &by_rows(turned_b)?, &by_rows(turned_a)?)?.reversed_axes())
        }
        Way::Forward => Ok(forward(operation, &by_rows(turned_b)?, &by_rows(a)?)?.reversed_axes()),
        Way::Weights => weights(operation, &by_rows(b)?, &by_rows(turned_a)?),
    }
}

/// The factor in C order: itself, or a copy.
fn by_rows<'a, T: Real>(
    operation: &'static str,
    (name, x): Factor<'a, T>,
) -> Result<CowArray<'a, T, Ix2>> {
    let by_columns = x.t();
    let Some(values) = by_columns.as_slice().filter(|_| !x.is_standard_layout()) else {
        return standard(operation, name, x);
    };
    let mut copy = zeros(operation, name, x.dim())?;
    if let Some(copy) = copy.as_slice_mut() {
        let (rows, columns) = by_columns.dim();
        transpose([rows, columns], values, copy);
    }
    Ok(copy.into())
}

impl Way {
    const ALL: [Self; 4] = [
        Self::Data,
        Self::Forward,
        Self::Weights,
        Self::DataOfTransposed,
    ];

    /// Whether the kernel reads `a`, and `b`, by rows.
    fn by_rows(self) -> [bool; 2] {
        match self {
            Self::Data => [true, true],
            Self::DataOfTransposed => [false, false],
            Self::Forward => [true, false],
            Self::Weights => [false, true],
        }
    }

    /// Elements of the kernel's scratch memory for a product of `(p, q)` and `(q, r)`, if it takes such sizes.
    fn scratch<T: Real>(self, [p, q, r]: [usize; 3]) -> Option<usize> {
        let sizes = |batch, inputs, outputs| DenseGeometry::new(batch, inputs, outputs).ok();
        match self {
            Self::Data => sizes(p, r, q).map(|g| dense::backward_data_scratch::<T>(&g)),
            Self::DataOfTransposed => sizes(r, p, q).map(|g| dense::backward_data_scratch::<T>(&g)),
            Self::Forward => sizes(r, q, p).map(|g| dense::forward_scratch::<T>(&g)),
            Self::Weights => sizes(q, r, p).map(|g| dense::backward_weights_scratch::<T>(&g)),
        }
    }
}

/// The way on which the fewest elements are copied: of a factor that lies in memory otherwise than the kernel
/// reads it, and into the kernel's scratch memory, where it puts a factor as its loops read it.
fn way<T: Real>(a: &ArrayRef2<T>, b: &ArrayRef2<T>) -> Way {
    let sizes = [a.nrows(), a.ncols(), b.ncols()];
    let copied = |x: &ArrayRef2<T>, by_rows: bool| {
        let lies_so = if by_rows {
            x.is_standard_layout()
        } else {
            x.t().is_standard_layout()
        };
        if lies_so { 0 } else { x.len() }
    };
    let elements = |way: &Way| {
        let [a_by_rows, b_by_rows] = way.by_rows();
        let factors = copied(a, a_by_rows).saturating_add(copied(b, b_by_rows));
        way.scratch::<T>(sizes)
            .map_or(usize::MAX, |scratch| scratch.saturating_add(factors))
    };
    Way::ALL
        .into_iter()
        .min_by_key(elements)
        .unwrap_or(Way::Data)
}

/// `a b`, both by rows.
fn data<T: Real>(
    operation: &'static str,
    a: &CowArray<'_, T, Ix2>,
    b: &CowArray<'_, T, Ix2>,
) -> Result<Array2<T>> {
    let ((p, q), r) = (a.dim(), b.ncols());
    let g = sizes(operation, DenseGeometry::new(p, r, q))?;
    let mut result = zeros(operation, "output", (p, r))?;
    let mut scratch = scratch(operation, dense::backward_data_scratch::<T>(&g))?;
    if let Some(result) = result.as_slice_mut() {
        dense::backward_data(&g, values(a), values(b), result, &mut scratch);
    }
    Ok(result)
}

/// `x w^T`, both by rows.
fn forward<T: Real>(
    operation: &'static str,
    x: &CowArray<'_, T, Ix2>,
    w: &CowArray<'_, T, Ix2>,
) -> Result<Array2<T>> {
    let ((m, q), n) = (x.dim(), w.nrows());
    let g = sizes(operation, DenseGeometry::new(m, q, n))?;
    let mut result = zeros(operation, "output", (m, n))?;
    let mut scratch = scratch(operation, dense::forward_scratch::<T>(&g))?;
    if let Some(result) = result.as_slice_mut() {
        dense::forward(&g, values(x), values(w), None, result, &mut scratch);
    }
    Ok(result)
}

/// `dy^T x`, both by rows.
fn weights<T: Real>(
    operation: &'static str,
    x: &CowArray<'_, T, Ix2>,
    dy: &CowArray<'_, T, Ix2>,
) -> Result<Array2<T>> {
    let ((m, r), p) = (x.dim(), dy.ncols());
    let g = sizes(operation, DenseGeometry::new(m, r, p))?;
    let mut result = zeros(operation, "output", (p, r))?;
    let mut scratch = scratch(operation, dense::backward_weights_scratch::<T>(&g))?;
    if let Some(result) = result.as_slice_mut() {
        dense::backward_weights(&g, values(x), values(dy), result, None, &mut scratch);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::{Way, way};
    use ndarray::Array2;

    /// The products of a layer of 20 units on 209 pictures of 12,288 values each, which the notebooks make as
    /// `reshape(m, -1).T`: only the smaller factor is copied.
    #[test]
    fn what_is_large_is_read_where_it_lies() {
        let (w, dz) = (Array2::<f64>::zeros((20, 12288)), Array2::zeros((20, 209)));
        let by_rows = Array2::zeros((12288, 209));
        let by_columns = Array2::zeros((209, 12288)).reversed_axes();
        assert_eq!(way(&w, &by_rows), Way::Weights);
        assert_eq!(way(&w, &by_columns), Way::Forward);
        assert_eq!(way(&w.t(), &dz), Way::Data);
        assert_eq!(way(&dz, &by_rows.t()), Way::Forward);
        assert_eq!(way(&dz, &by_columns.t()), Way::Weights);
    }
}
