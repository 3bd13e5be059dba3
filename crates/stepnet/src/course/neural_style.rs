//! "Art generation with neural style transfer" (course 4, week 4): costs of activations, which a network gives.
//!
//! The notebook's functions are TensorFlow's; these compute the same from given arrays, in `f32` or `f64`, with sums in
//! `f64`.

use ndarray::{Array2, ArrayRef2, ArrayRef4, ArrayView2};

use crate::error::{Error, Result};
use crate::fast::matrix_product;
use crate::kernels::Real;
use crate::steps::checks::same_shape;

/// The weights of the layers' style costs in the notebook.
pub const STYLE_LAYERS: [(&str, f64); 5] = [
    ("block1_conv1", 0.2),
    ("block2_conv1", 0.2),
    ("block3_conv1", 0.2),
    ("block4_conv1", 0.2),
    ("block5_conv1", 0.2),
];

/// `sum((a_C - a_G)^2) / (4 n_H n_W n_C)`.
///
/// # Shapes
///
/// Both are `(m, n_H, n_W, n_C)`.
///
/// # Errors
///
/// If their shapes differ.
pub fn compute_content_cost<T: Real>(a_C: &ArrayRef4<T>, a_G: &ArrayRef4<T>) -> Result<T> {
    same_shape(
        "compute_content_cost",
        "a_G",
        a_G.shape(),
        a_C.shape(),
        "the shape of a_C",
    )?;
    let (_, n_H, n_W, n_C) = a_G.dim();
    let values = (n_H * n_W * n_C) as f64;
    Ok(T::from_f64(squares(a_C.iter().zip(a_G)) / (4.0 * values)))
}

fn squares<'a, T: Real>(pairs: impl Iterator<Item = (&'a T, &'a T)>) -> f64 {
    let differences = pairs.map(|(a, b)| a.as_f64() - b.as_f64());
    differences.map(|difference| difference * difference).sum()
}

/// `A A.T`.
///
/// # Errors
///
/// When memory does not suffice.
pub fn gram_matrix<T: Real>(A: &ArrayRef2<T>) -> Result<Array2<T>> {
    matrix_product("gram_matrix", ("A", A), ("A.T", &A.t()))
}

/// The style cost of one layer: `sum((G_S - G_G)^2) / (2 n_C n_H n_W)^2`, with the Gram matrices of the channels.
///
/// # Shapes
///
/// Both are `(1, n_H, n_W, n_C)`.
///
/// # Errors
///
/// If their shapes differ, there is not one example, or memory does not suffice.
pub fn compute_layer_style_cost<T: Real>(a_S: &ArrayRef4<T>, a_G: &ArrayRef4<T>) -> Result<T> {
    const OPERATION: &str = "compute_layer_style_cost";
    let (m, n_H, n_W, n_C) = a_G.dim();
    if m != 1 {
        let expected = format!("[1, {n_H}, {n_W}, {n_C}], one example");
        return Err(Error::shape(OPERATION, "a_G", a_G.shape(), expected));
    }
    same_shape(
        OPERATION,
        "a_S",
        a_S.shape(),
        a_G.shape(),
        "the shape of a_G",
    )?;
    let gram = |a: &ArrayRef4<T>| {
        // Rows of positions, whose transpose has a row for each channel.
        let rows = a.as_standard_layout();
        let positions =
            ArrayView2::from_shape((n_H * n_W, n_C), rows.as_slice().unwrap_or_default());
        let positions = positions.map_err(|_| {
            Error::shape(OPERATION, "a_G", a.shape(), "a shape that fits in memory")
        })?;
        gram_matrix(&positions.t())
    };
    let (G_S, G_G) = (gram(a_S)?, gram(a_G)?);
    let scale = 2.0 * (n_C * n_H * n_W) as f64;
    Ok(T::from_f64(squares(G_S.iter().zip(&G_G)) / (scale * scale)))
}

/// The sum of the layers' style costs, each times its weight.
///
/// # Errors
///
/// If there are not as many activations of both images as weights, or as [`compute_layer_style_cost`].
pub fn compute_style_cost<T: Real>(
    style: &[&ArrayRef4<T>],
    generated: &[&ArrayRef4<T>],
    weights: &[f64],
) -> Result<T> {
    const OPERATION: &str = "compute_style_cost";
    for (name, found) in [("style", style.len()), ("generated", generated.len())] {
        if found != weights.len() {
            let expected = format!("{}, one for each of STYLE_LAYERS", weights.len());
            return Err(Error::value(
                OPERATION,
                name,
                format!("{found} layers"),
                expected,
            ));
        }
    }
    let mut cost = 0.0;
    for ((a_S, a_G), weight) in style.iter().zip(generated).zip(weights) {
        cost += weight * compute_layer_style_cost(a_S, a_G)?.as_f64();
    }
    Ok(T::from_f64(cost))
}

/// `alpha J_content + beta J_style`; in the notebook `alpha` is 10 and `beta` is 40.
pub fn total_cost(J_content: f64, J_style: f64, alpha: f64, beta: f64) -> f64 {
    alpha * J_content + beta * J_style
}
