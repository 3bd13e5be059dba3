//! Products, sums and activations, as the notebooks' numpy code has them.

use ndarray::{Array2, ArrayRef2, ArrayView1, Axis, ShapeBuilder, Zip};

use super::Engine;
use crate::error::{Error, Result};
use crate::fast::{Factor, matrix_product};
use crate::kernels::pointwise;
use crate::kernels::sigmoid::Sigmoid;
use crate::kernels::tanh::Tanh;
use crate::steps::checks::{checked_len, is_fortran, layer, same_shape, zeros};

/// Up to this many multiplications loops take less time than the kernels need to begin.
const SMALL: usize = 4096;

/// `a b`, of `(p, q)` and `(q, r)`.
pub(super) fn product(
    operation: &'static str,
    a: Factor<'_, f64>,
    b: Factor<'_, f64>,
    engine: Engine,
) -> Result<Array2<f64>> {
    let ((p, q), r) = (a.1.dim(), b.1.ncols());
    if engine == Engine::Fast && p.saturating_mul(q).saturating_mul(r) > SMALL {
        return matrix_product(operation, a, b);
    }
    let why = format!("as many rows as {} has columns", a.0);
    same_shape(operation, b.0, b.1.shape(), &[q, r], &why)?;
    let mut c = zeros(operation, "output", (p, r))?;
    if r == 1 || b.1.stride_of(Axis(1)) != 1 {
        for (a, mut c) in a.1.rows().into_iter().zip(c.rows_mut()) {
            for (c, b) in c.iter_mut().zip(b.1.columns()) {
                *c = dot(a, b);
            }
        }
        return Ok(c);
    }
    for (a, mut c) in a.1.rows().into_iter().zip(c.rows_mut()) {
        for (&a, b) in a.iter().zip(b.1.rows()) {
            c.zip_mut_with(&b, |c, &b| *c += a * b);
        }
    }
    Ok(c)
}

/// The sum of products, in several sums at a time where the values lie next to each other.
fn dot(x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> f64 {
    const LANES: usize = 8;
    let (Some(x), Some(y)) = (x.as_slice(), y.as_slice()) else {
        return x.iter().zip(y).map(|(&x, &y)| x * y).sum();
    };
    let mut sums = [0.0; LANES];
    let (x_parts, x_rest) = x.as_chunks::<LANES>();
    let (y_parts, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_parts.iter().zip(y_parts) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// `W A + b` of a layer; `names` are those of `A`, `W` and `b`.
pub(super) fn linear(
    operation: &'static str,
    names: [&str; 3],
    A: &ArrayRef2<f64>,
    W: &ArrayRef2<f64>,
    b: &ArrayRef2<f64>,
    engine: Engine,
) -> Result<Array2<f64>> {
    layer(operation, names, A, W, b)?;
    let mut Z = product(operation, ("W", W), ("A", A), engine)?;
    if b.ncols() == 1 && b.nrows() == Z.nrows() {
        for (mut Z, b) in Z.rows_mut().into_iter().zip(b.iter()) {
            Z += *b;
        }
    } else {
        Z += &b.view();
    }
    Ok(Z)
}

/// `1 / (1 + exp(-Z))`.
pub(super) fn sigmoid(
    operation: &'static str,
    Z: &Array2<f64>,
    engine: Engine,
) -> Result<Array2<f64>> {
    mapped(operation, Z, |x, y| match engine {
        Engine::Fast => pointwise::forward(Sigmoid, x, y),
        Engine::Loops => each(x, y, |z| 1.0 / (1.0 + (-z).exp())),
    })
}

pub(super) fn tanh(
    operation: &'static str,
    Z: &Array2<f64>,
    engine: Engine,
) -> Result<Array2<f64>> {
    mapped(operation, Z, |x, y| match engine {
        Engine::Fast => pointwise::forward(Tanh, x, y),
        Engine::Loops => each(x, y, f64::tanh),
    })
}

/// `max(0, Z)`, where NaN stays.
pub(super) fn relu(operation: &'static str, Z: &Array2<f64>) -> Result<Array2<f64>> {
    mapped(operation, Z, |x, y| {
        each(x, y, |z| if z < 0.0 { 0.0 } else { z })
    })
}

fn each(x: &[f64], y: &mut [f64], f: impl Fn(f64) -> f64) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
}

/// A function of each value of an array that this module made, which is contiguous.
fn mapped(
    operation: &'static str,
    Z: &Array2<f64>,
    function: impl FnOnce(&[f64], &mut [f64]),
) -> Result<Array2<f64>> {
    let len = checked_len::<f64, _>(operation, "Z", Z.raw_dim())?;
    let mut values = vec![0.0; len];
    function(Z.as_slice_memory_order().unwrap_or_default(), &mut values);
    let shape = Z.raw_dim().set_f(is_fortran(Z));
    Array2::from_shape_vec(shape, values).map_err(|_| too_large(operation, Z.shape()))
}

fn too_large(operation: &'static str, shape: &[usize]) -> Error {
    Error::shape(operation, "Z", shape, "a shape that fits in memory")
}

/// `gradient` where `A` is above 0, else 0: `numpy.multiply(gradient, numpy.int64(A > 0))`.
pub(super) fn where_active(gradient: &Array2<f64>, A: &ArrayRef2<f64>) -> Array2<f64> {
    let mut dZ = gradient.clone();
    dZ.zip_mut_with(A, |dz, &a| *dz *= f64::from(u8::from(a > 0.0)));
    dZ
}

/// The sum of each row, times a factor, as a column.
pub(super) fn row_sums(dZ: &ArrayRef2<f64>, factor: f64) -> Array2<f64> {
    let sums = dZ.rows().into_iter().map(|row| match row.as_slice() {
        Some(row) => factor * pairwise_sum(row),
        None => factor * pairwise_sum(&row.to_vec()),
    });
    sums.collect::<ndarray::Array1<f64>>().insert_axis(Axis(1))
}

/// `numpy.sum` of values that lie one after the other: eight sums at a time, of up to 128 values, and halves of more.
#[doc(hidden)]
pub fn pairwise_sum(values: &[f64]) -> f64 {
    const BLOCK: usize = 128;
    let n = values.len();
    if n < 8 {
        // numpy begins with the first value, so that a sum of -0 alone stays -0.
        return values.iter().copied().reduce(|a, b| a + b).unwrap_or(0.0);
    }
    if n > BLOCK {
        let half = n / 2 - (n / 2) % 8;
        let (first, second) = values.split_at(half);
        return pairwise_sum(first) + pairwise_sum(second);
    }
    let (parts, rest) = values.as_chunks::<8>();
    let mut r = [0.0; 8];
    for (at, part) in parts.iter().enumerate() {
        for (r, value) in r.iter_mut().zip(part) {
            *r = if at == 0 { *value } else { *r + value };
        }
    }
    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    rest.iter().fold(sum, |sum, value| sum + value)
}

/// The cross-entropy of each example, `-Y log(A) - (1 - Y) log(1 - A)`.
pub(super) fn losses(
    operation: &'static str,
    (name, A): (&str, &ArrayRef2<f64>),
    Y: &ArrayRef2<f64>,
) -> Result<Vec<f64>> {
    same_shape(
        operation,
        "Y",
        Y.shape(),
        A.shape(),
        &format!("the shape of {name}"),
    )?;
    let loss = |(&a, &y): (&f64, &f64)| -log_times(a, y) - log_times(1.0 - a, 1.0 - y);
    Ok(A.iter().zip(Y).map(loss).collect())
}

/// `y log(a)`. A logarithm takes longer than all else here, and half of them are multiplied by 0.
fn log_times(a: f64, y: f64) -> f64 {
    if y == 0.0 && a > 0.0 && a.is_finite() {
        return 0.0;
    }
    y * a.ln()
}

/// `values - rate gradient`, in place.
pub(super) fn descend(values: &mut Array2<f64>, gradient: &ArrayRef2<f64>, rate: f64) {
    Zip::from(values)
        .and(gradient)
        .for_each(|value, &slope| *value -= rate * slope);
}

/// Refuses labels that are not one row with a label for each example.
pub(super) fn check_labels(
    operation: &'static str,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
) -> Result<()> {
    same_shape(
        operation,
        "Y",
        Y.shape(),
        &[1, X.ncols()],
        "one label for each column of X",
    )
}

/// Refuses a number that is not finite.
pub(super) fn check_finite(operation: &'static str, name: &str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::value(operation, name, value, "a finite number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RandomState;
    use ndarray::s;

    #[test]
    fn products_of_every_layout_and_engine_agree() {
        let mut random = RandomState::new(1);
        for (p, q, r) in [(1, 1, 1), (3, 5, 4), (1, 40, 9), (7, 30, 1), (20, 30, 40)] {
            let a = random.randn((p, q)).unwrap();
            let b = random.randn((q, r)).unwrap();
            let b_columns = b.t().as_standard_layout().into_owned();
            let mut wide = Array2::zeros((q, 2 * r));
            wide.slice_mut(s![.., ..;2]).assign(&b);
            let expected: Vec<f64> = (0..p * r)
                .map(|at| (0..q).map(|k| a[[at / r, k]] * b[[k, at % r]]).sum())
                .collect();
            for engine in [Engine::Fast, Engine::Loops] {
                for b in [b.view(), b_columns.t(), wide.slice(s![.., ..;2])] {
                    let c = product("test", ("a", &a), ("b", &b), engine).unwrap();
                    for (c, expected) in c.iter().zip(&expected) {
                        assert!((c - expected).abs() < 1e-12, "{p} {q} {r}");
                    }
                }
            }
        }
    }

    #[test]
    fn factors_that_do_not_fit_are_refused() {
        let a = Array2::zeros((2, 3));
        for rows in [2, 4000] {
            let b = Array2::zeros((rows, 2000));
            let error = product("test", ("W", &a), ("A", &b), Engine::Fast).unwrap_err();
            let expected = "[3, 2000], as many rows as W has columns";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    /// The sums of 0.1 as often as given, which numpy 2.4 prints.
    #[test]
    fn sums_are_numpys() {
        for (n, expected) in SUMS {
            assert_eq!(pairwise_sum(&vec![0.1; n]), expected, "{n}");
        }
        // The accuracy that the application notebook prints where all 209 examples are right.
        assert_eq!(pairwise_sum(&[1.0 / 209.0; 209]), 0.9999999999999998);
        assert!(pairwise_sum(&[-0.0]).is_sign_negative());
    }

    const SUMS: [(usize, f64); 5] = [
        (7, 0.7),
        (9, 0.9),
        (128, 12.800000000000002),
        (129, 12.899999999999999),
        (1000, 100.00000000000001),
    ];
}
