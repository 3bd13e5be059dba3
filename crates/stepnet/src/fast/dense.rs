//! Dense layers, whose examples are columns. Each product of the notebooks runs on one of the kernels' three,
//! chosen by the memory order of its factors, so that nothing large is transposed: the notebooks create their
//! inputs with `reshape(m, -1).T`, which is such a transposed view.

use ndarray::{Array2, ArrayRef2, Axis, CowArray, Ix2, s};

use super::arrays::{Order, made, room_for, scratch, sizes, standard, values};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::{DenseGeometry, Pass, dense, long_sum, transpose};
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
    layer(FORWARD, ["A", "W", "b"], A, W, b)?;
    let shape = (W.nrows(), A.ncols());
    made(FORWARD, "output", shape, |Z| {
        linear_forward_into(A, W, b, Z)
    })
}

/// [`linear_forward`] into `Z`, which must have `n m` values and is overwritten. Returns the order of the values.
///
/// # Errors
///
/// As those of [`linear_forward`], and if `Z` has another length.
pub fn linear_forward_into<T: Real>(
    A: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
    Z: &mut [T],
) -> Result<Order> {
    layer(FORWARD, ["A", "W", "b"], A, W, b)?;
    let order = product(FORWARD, ("W", W), ("A", A), Z)?;
    let mut Z = order.view(FORWARD, (W.nrows(), A.ncols()), Z)?;
    Z += &b.view();
    Ok(order)
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
    backward_checked(dZ, A_prev, W, b)?;
    let db = bias_gradient(dZ)?;
    let dA_prev = made(BACKWARD, "output", A_prev.dim(), |dA_prev| {
        input_gradient(dZ, W, dA_prev)
    })?;
    let dW = made(BACKWARD, "output", W.dim(), |dW| {
        weight_gradient(dZ, A_prev, dW)
    })?;
    Ok((dA_prev, dW, db))
}

/// The gradients of the parameters alone, `(dW, db)`: for a first layer, whose input needs none.
///
/// # Errors
///
/// As those of [`linear_backward`].
pub(crate) fn linear_backward_parameters<T: Real>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<(Array2<T>, Array2<T>)> {
    backward_checked(dZ, A_prev, W, b)?;
    let db = bias_gradient(dZ)?;
    let dW = made(BACKWARD, "output", W.dim(), |dW| {
        weight_gradient(dZ, A_prev, dW)
    })?;
    Ok((dW, db))
}

/// [`linear_backward`] into `dA_prev` and `dW`, which are overwritten. Returns the orders of their values, and `db`.
///
/// # Errors
///
/// As those of [`linear_backward`], and if one of the two has another length than the gradient.
pub fn linear_backward_into<T: Real>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
    [dA_prev, dW]: [&mut [T]; 2],
) -> Result<([Order; 2], Array2<T>)> {
    backward_checked(dZ, A_prev, W, b)?;
    let db = bias_gradient(dZ)?;
    let orders = [
        input_gradient(dZ, W, dA_prev)?,
        weight_gradient(dZ, A_prev, dW)?,
    ];
    Ok((orders, db))
}

/// `a b`, for functions that are not layers.
///
/// # Errors
///
/// When the shapes do not fit, or memory does not suffice.
pub(crate) fn matrix_product<T: Real>(
    operation: &'static str,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
) -> Result<Array2<T>> {
    let expected = [a.1.ncols(), b.1.ncols()];
    let why = format!("as many rows as {} has columns", a.0);
    same_shape(operation, b.0, b.1.shape(), &expected, &why)?;
    made(operation, "output", (a.1.nrows(), b.1.ncols()), |c| {
        product(operation, a, b, c)
    })
}

const FORWARD: &str = "linear_forward";
const BACKWARD: &str = "linear_backward";

fn backward_checked<T: Real>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<()> {
    layer(BACKWARD, ["cache.A", "cache.W", "cache.b"], A_prev, W, b)?;
    let shape = [W.nrows(), A_prev.ncols()];
    same_shape(BACKWARD, "dZ", dZ.shape(), &shape, "the shape of Z")
}

fn input_gradient<T: Real>(
    dZ: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    dA_prev: &mut [T],
) -> Result<Order> {
    product(BACKWARD, ("cache.W", &W.t()), ("dZ", dZ), dA_prev)
}

fn weight_gradient<T: Real>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    dW: &mut [T],
) -> Result<Order> {
    let examples = T::from_f64(A_prev.ncols() as f64);
    let order = product(BACKWARD, ("dZ", dZ), ("cache.A", &A_prev.t()), dW)?;
    for dW in dW {
        *dW /= examples;
    }
    Ok(order)
}

fn bias_gradient<T: Real>(dZ: &ArrayRef2<T>) -> Result<Array2<T>> {
    let m = dZ.ncols();
    let examples = T::from_f64(m as f64);
    let mut db = zeros(BACKWARD, "cache.b", (dZ.nrows(), 1))?;
    for (db, dz) in db.iter_mut().zip(dZ.rows()) {
        let block = |examples| dz.slice(s![examples]).sum();
        *db = long_sum::of_blocks(m, long_sum::short_block(m), block) / examples;
    }
    Ok(db)
}

/// A factor of a product, with the name of the argument that it comes from.
pub(crate) type Factor<'a, T> = (&'static str, &'a ArrayRef2<T>);

/// The kernel that takes a product `c = a b`, by the layouts in which it reads the factors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ProductKernel {
    /// The gradient with respect to data: `a` by rows, `b` by rows.
    Data,
    /// The same of `c^T = b^T a^T`: `a` by columns, `b` by columns.
    DataOfTransposed,
    /// The forward pass of `c^T`: `a` by rows, `b` by columns.
    Forward,
    /// The gradient with respect to weights: `a` by columns, `b` by rows.
    Weights,
}

/// `c = a b`, of shapes `(p, q)` and `(q, r)`, in the order that the kernel leaves.
fn product<T: Real>(
    operation: &'static str,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
    c: &mut [T],
) -> Result<Order> {
    let ((p, q), r) = (a.1.dim(), b.1.ncols());
    room_for(operation, "output", c, &[p, r])?;
    if p == 0 || q == 0 || r == 0 {
        c.fill(T::zero());
        return Ok(Order::Rows);
    }
    let (turned_a, turned_b) = ((a.0, &*a.1.t()), (b.0, &*b.1.t()));
    let by_rows = |factor| by_rows(operation, factor);
    match cheapest_kernel(a.1, b.1) {
        ProductKernel::Data => data(operation, &by_rows(a)?, &by_rows(b)?, c),
        ProductKernel::DataOfTransposed => {
            Ok(data(operation, &by_rows(turned_b)?, &by_rows(turned_a)?, c)?.turned())
        }
        ProductKernel::Forward => {
            Ok(forward(operation, &by_rows(turned_b)?, &by_rows(a)?, c)?.turned())
        }
        ProductKernel::Weights => weights(operation, &by_rows(b)?, &by_rows(turned_a)?, c),
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

impl ProductKernel {
    /// In the order in which they are taken where they copy as much.
    const ALL: [Self; 4] = [
        Self::Weights,
        Self::Forward,
        Self::Data,
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

    /// Elements that the kernel copies for a product of `(p, q)` and `(q, r)`, if it takes such sizes.
    fn copied<T: Real>(self, [p, q, r]: [usize; 3]) -> Option<usize> {
        let (pass, batch, inputs, outputs) = match self {
            Self::Data => (Pass::Data, p, r, q),
            Self::DataOfTransposed => (Pass::Data, r, p, q),
            Self::Forward => (Pass::Forward, r, q, p),
            Self::Weights => (Pass::Weights, q, r, p),
        };
        let g = DenseGeometry::new(batch, inputs, outputs).ok()?;
        Some(dense::copied::<T>(&g, pass))
    }
}

/// The kernel for which the fewest elements are copied: of a factor that lies in memory otherwise than the kernel
/// reads it, and by the kernel, where its loops read a factor in another order. Where an array with gaps is not only
/// gathered, but its rows become columns, its elements count twice: that takes about twice the time. How many threads
/// there are does not matter, or they would change the result.
fn cheapest_kernel<T: Real>(a: &ArrayRef2<T>, b: &ArrayRef2<T>) -> ProductKernel {
    let sizes = [a.nrows(), a.ncols(), b.ncols()];
    let copied = |x: &ArrayRef2<T>, by_rows: bool| {
        let strides = [0, 1].map(|axis| x.stride_of(Axis(axis)).unsigned_abs());
        let [by_rows_lies, by_columns_lies] = [x, &*x.t()].map(|x| x.is_standard_layout());
        let (lies_so, lies_turned, turned) = if by_rows {
            (by_rows_lies, by_columns_lies, strides[0] < strides[1])
        } else {
            (by_columns_lies, by_rows_lies, strides[1] < strides[0])
        };
        match (lies_so, turned && !lies_turned) {
            (true, _) => 0,
            (false, false) => x.len(),
            (false, true) => x.len().saturating_mul(2),
        }
    };
    let elements = |kernel: &ProductKernel| {
        let [a_by_rows, b_by_rows] = kernel.by_rows();
        let factors = copied(a, a_by_rows).saturating_add(copied(b, b_by_rows));
        kernel
            .copied::<T>(sizes)
            .map_or(usize::MAX, |copied| copied.saturating_add(factors))
    };
    ProductKernel::ALL
        .into_iter()
        .min_by_key(elements)
        .unwrap_or(ProductKernel::Weights)
}

/// `c = a b`, all by rows.
fn data<T: Real>(
    operation: &'static str,
    a: &CowArray<'_, T, Ix2>,
    b: &CowArray<'_, T, Ix2>,
    c: &mut [T],
) -> Result<Order> {
    let g = sizes(
        operation,
        DenseGeometry::new(a.nrows(), b.ncols(), a.ncols()),
    )?;
    let mut scratch = scratch(operation, dense::backward_data_scratch::<T>(&g))?;
    dense::backward_data(&g, values(a), values(b), c, &mut scratch);
    Ok(Order::Rows)
}

/// `c = x w^T`, all by rows.
fn forward<T: Real>(
    operation: &'static str,
    x: &CowArray<'_, T, Ix2>,
    w: &CowArray<'_, T, Ix2>,
    c: &mut [T],
) -> Result<Order> {
    let g = sizes(
        operation,
        DenseGeometry::new(x.nrows(), x.ncols(), w.nrows()),
    )?;
    let mut scratch = scratch(operation, dense::forward_scratch::<T>(&g))?;
    dense::forward(&g, values(x), values(w), None, c, &mut scratch);
    Ok(Order::Rows)
}

/// `c = dy^T x`, all by rows.
fn weights<T: Real>(
    operation: &'static str,
    x: &CowArray<'_, T, Ix2>,
    dy: &CowArray<'_, T, Ix2>,
    c: &mut [T],
) -> Result<Order> {
    let g = sizes(
        operation,
        DenseGeometry::new(x.nrows(), x.ncols(), dy.ncols()),
    )?;
    let mut scratch = scratch(operation, dense::backward_weights_scratch::<T>(&g))?;
    dense::backward_weights(&g, values(x), values(dy), c, None, &mut scratch);
    Ok(Order::Rows)
}

#[cfg(test)]
mod tests {
    use super::{ProductKernel, cheapest_kernel};
    use crate::kernels::instruction_set;
    use ndarray::{Array2, s};

    /// The products of a layer of 20 units on 209 pictures of 12,288 values each, which the notebooks make as
    /// `reshape(m, -1).T`: only the smaller factor is copied.
    #[test]
    fn what_is_large_is_read_where_it_lies() {
        let (w, dz) = (Array2::<f64>::zeros((20, 12288)), Array2::zeros((20, 209)));
        let by_rows = Array2::zeros((12288, 209));
        let by_columns = Array2::zeros((209, 12288)).reversed_axes();
        // 20 examples are few where a multiply-add takes a number from memory; elsewhere the smaller factor is transposed.
        let of_images = match instruction_set() {
            "AVX512" => ProductKernel::Data,
            _ => ProductKernel::Weights,
        };
        assert_eq!(cheapest_kernel(&w, &by_rows), of_images);
        assert_eq!(cheapest_kernel(&w, &by_columns), ProductKernel::Forward);
        assert_eq!(cheapest_kernel(&w.t(), &dz), ProductKernel::Data);
        assert_eq!(cheapest_kernel(&dz, &by_rows.t()), ProductKernel::Forward);
        assert_eq!(
            cheapest_kernel(&dz, &by_columns.t()),
            ProductKernel::Weights
        );
        // An array with gaps is gathered as it lies.
        let mut wide = Array2::zeros((12288, 418));
        let gaps = wide.slice_mut(s![.., ..;2]);
        assert_eq!(cheapest_kernel(&w, &gaps), of_images);
    }
}
