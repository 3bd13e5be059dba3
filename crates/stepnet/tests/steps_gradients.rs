//! Numerical gradient checks of the backward steps, for what the printed numbers of the notebooks do not cover:
//! pooling with strides above 1, no padding, strides that leave a rest or skip values, overlapping windows,
//! pictures that are not square, and hidden ReLU layers.

#![allow(non_snake_case)] // the notebooks' names

use stepnet::Result;
use stepnet::ndarray::{Array, Array2, Array4, ArrayRef, Dimension, s};
use stepnet::rng::RandomState;
use stepnet::steps::*;

const STEP: f64 = 1e-5;

/// Central differences of `function` at `point`, value by value.
fn numerical<D: Dimension>(
    point: &Array<f64, D>,
    mut function: impl FnMut(&Array<f64, D>) -> f64,
) -> Array<f64, D> {
    let mut gradient = Array::zeros(point.raw_dim());
    let mut moved = point.as_standard_layout().into_owned();
    for (i, (derivative, &value)) in gradient.iter_mut().zip(point).enumerate() {
        moved.as_slice_mut().unwrap()[i] = value + STEP;
        let above = function(&moved);
        moved.as_slice_mut().unwrap()[i] = value - STEP;
        *derivative = (above - function(&moved)) / (2.0 * STEP);
        moved.as_slice_mut().unwrap()[i] = value;
    }
    gradient
}

fn assert_near<D: Dimension>(what: &str, found: &ArrayRef<f64, D>, expected: &ArrayRef<f64, D>) {
    assert_eq!(found.shape(), expected.shape(), "shape of {what}");
    let scale = expected
        .iter()
        .fold(1.0_f64, |scale, value| scale.max(value.abs()));
    for ((index, a), b) in found.indexed_iter().zip(expected) {
        assert!(
            (a - b).abs() <= 2e-8 * scale,
            "{what}{index:?}: {a}, numerically {b}"
        );
    }
}

/// A fixed random direction makes one number of an array, and its gradient is that direction.
fn along<D: Dimension>(direction: &Array<f64, D>, array: &Array<f64, D>) -> f64 {
    direction.iter().zip(array).map(|(a, b)| a * b).sum()
}

struct Conv {
    input: (usize, usize, usize, usize),
    f: usize,
    filters: usize,
    stride: usize,
    pad: usize,
}

#[test]
fn conv_backward_is_the_derivative_of_conv_forward() -> Result<()> {
    let cases = [
        Conv {
            input: (2, 4, 6, 2),
            f: 3,
            filters: 2,
            stride: 1,
            pad: 0,
        },
        Conv {
            input: (1, 6, 4, 2),
            f: 3,
            filters: 3,
            stride: 1,
            pad: 1,
        },
        Conv {
            input: (2, 5, 8, 1),
            f: 3,
            filters: 2,
            stride: 2,
            pad: 0,
        },
        Conv {
            input: (1, 8, 5, 2),
            f: 2,
            filters: 2,
            stride: 3,
            pad: 0,
        },
        Conv {
            input: (1, 7, 6, 1),
            f: 2,
            filters: 1,
            stride: 3,
            pad: 1,
        },
        Conv {
            input: (2, 3, 2, 3),
            f: 1,
            filters: 2,
            stride: 2,
            pad: 0,
        },
        Conv {
            input: (1, 2, 3, 1),
            f: 4,
            filters: 2,
            stride: 2,
            pad: 2,
        },
        Conv {
            input: (1, 1, 1, 1),
            f: 1,
            filters: 1,
            stride: 1,
            pad: 0,
        },
    ];
    for (
        number,
        Conv {
            input,
            f,
            filters,
            stride,
            pad,
        },
    ) in cases.into_iter().enumerate()
    {
        let mut random = RandomState::new(number as u32);
        let A_prev = random.randn(input)?;
        let W = random.randn((f, f, input.3, filters))?;
        let b = random.randn((1, 1, 1, filters))?;
        let hparameters = ConvHparameters { stride, pad };
        let (Z, cache) = conv_forward(&A_prev, &W, &b, hparameters)?;
        let dZ = random.randn(Z.dim())?;
        let (dA_prev, dW, db) = conv_backward(&dZ, &cache)?;

        let value = |A: &Array4<f64>, W: &Array4<f64>, b: &Array4<f64>| {
            along(&dZ, &conv_forward(A, W, b, hparameters).unwrap().0)
        };
        let case = |what: &str| format!("case {number}: {what}");
        assert_near(
            &case("dA_prev"),
            &dA_prev,
            &numerical(&A_prev, |A| value(A, &W, &b)),
        );
        assert_near(&case("dW"), &dW, &numerical(&W, |W| value(&A_prev, W, &b)));
        assert_near(&case("db"), &db, &numerical(&b, |b| value(&A_prev, &W, b)));
    }
    Ok(())
}

#[test]
fn what_no_window_touches_has_no_gradient() -> Result<()> {
    let mut random = RandomState::new(1);
    // Windows of 2 at 0 and 3: rows 2 and 5 lie between and after them, and so do columns 2, 5 and 6.
    let A_prev = random.randn((1, 6, 7, 2))?;
    let (W, b) = (random.randn((2, 2, 2, 3))?, random.randn((1, 1, 1, 3))?);
    let (Z, cache) = conv_forward(&A_prev, &W, &b, ConvHparameters { stride: 3, pad: 0 })?;
    assert_eq!(Z.shape(), [1, 2, 2, 3]);
    let (dA_prev, _, _) = conv_backward(&random.randn(Z.dim())?, &cache)?;
    let (_, pooled) = pool_forward(
        &A_prev,
        PoolHparameters { f: 2, stride: 3 },
        PoolMode::Average,
    )?;
    let pool_gradient = pool_backward(&random.randn((1, 2, 2, 2))?, &pooled, PoolMode::Average)?;
    for gradient in [dA_prev, pool_gradient] {
        for ((_, h, w, _), value) in gradient.indexed_iter() {
            let untouched = h % 3 == 2 || w % 3 == 2 || w == 6;
            assert_eq!(*value == 0.0, untouched, "row {h}, column {w}: {value}");
        }
    }
    Ok(())
}

#[test]
fn pool_backward_is_the_derivative_of_pool_forward() -> Result<()> {
    // (rows, columns, f, stride): overlapping, adjoining, with gaps, with a rest, one window, single values.
    let cases = [
        (5, 7, 3, 1),
        (6, 5, 3, 2),
        (6, 4, 2, 2),
        (7, 8, 2, 3),
        (5, 6, 4, 3),
        (3, 3, 3, 1),
        (4, 3, 1, 2),
    ];
    for (n_H, n_W, f, stride) in cases {
        for mode in [PoolMode::Max, PoolMode::Average] {
            let mut random = RandomState::new(3);
            // Distinct whole numbers: no tie, and no other maximum within the step of the differences.
            let order = random.permutation(2 * n_H * n_W * 2);
            let values = order.into_iter().map(|value| value as f64).collect();
            let A_prev = Array4::from_shape_vec((2, n_H, n_W, 2), values).unwrap();
            let hparameters = PoolHparameters { f, stride };
            let (A, cache) = pool_forward(&A_prev, hparameters, mode)?;
            let dA = random.randn(A.dim())?;
            let dA_prev = pool_backward(&dA, &cache, mode)?;
            let value =
                |A: &Array4<f64>| along(&dA, &pool_forward(A, hparameters, mode).unwrap().0);
            let what = format!("{mode} f {f} stride {stride}");
            assert_near(&what, &dA_prev, &numerical(&A_prev, value));
        }
    }
    Ok(())
}

#[test]
fn pooled_values_are_those_of_their_windows() -> Result<()> {
    let A_prev = Array::from_shape_fn((1, 5, 6, 2), |(_, h, w, c)| {
        (10 * h + w) as f64 * [1.0, -1.0][c]
    });
    let (A, _) = pool_forward(&A_prev, PoolHparameters { f: 2, stride: 3 }, PoolMode::Max)?;
    assert_eq!(
        A.slice(s![0, .., .., 0])
            .iter()
            .copied()
            .collect::<Vec<_>>(),
        [11.0, 14.0, 41.0, 44.0]
    );
    assert_eq!(
        A.slice(s![0, .., .., 1])
            .iter()
            .copied()
            .collect::<Vec<_>>(),
        [0.0, -3.0, -30.0, -33.0]
    );
    let (A, _) = pool_forward(
        &A_prev,
        PoolHparameters { f: 2, stride: 3 },
        PoolMode::Average,
    )?;
    assert_eq!(
        A.slice(s![0, .., .., 0])
            .iter()
            .copied()
            .collect::<Vec<_>>(),
        [5.5, 8.5, 35.5, 38.5]
    );
    Ok(())
}

/// Weights of ordinary size, so that ReLU has values on both sides of 0, none of them near it.
fn network(
    layer_dims: &[usize],
    m: usize,
    seed: u32,
) -> Result<(Array2<f64>, Array2<f64>, Parameters<f64>)> {
    let mut random = RandomState::new(seed);
    let mut parameters: Parameters<f64> = initialize_parameters_deep(layer_dims, &mut random)?;
    parameters.W.iter_mut().for_each(|W| *W *= 100.0);
    for b in &mut parameters.b {
        random.fill_randn(b.as_slice_mut().unwrap());
    }
    let X = random.randn((layer_dims[0], m))?;
    let Y = Array::from_shape_vec((1, m), random.randint(0, 2, m)?)
        .unwrap()
        .mapv(|label| label as f64);
    let (_, caches) = L_model_forward(&X, &parameters)?;
    let hidden = &caches[..caches.len() - 1];
    let values = || {
        hidden
            .iter()
            .flat_map(|cache| cache.activation_cache.iter())
    };
    assert!(
        values().all(|z| z.abs() > 10.0 * STEP),
        "a value too near the kink: choose another seed"
    );
    assert!(hidden.is_empty() || (values().any(|&z| z > 0.0) && values().any(|&z| z < 0.0)));
    Ok((X, Y, parameters))
}

fn cost(X: &Array2<f64>, Y: &Array2<f64>, parameters: &Parameters<f64>) -> f64 {
    compute_cost(&L_model_forward(X, parameters).unwrap().0, Y).unwrap()
}

#[test]
fn L_model_backward_is_the_derivative_of_the_cost() -> Result<()> {
    for (layer_dims, m, seed) in [
        (&[3, 1][..], 4, 1),
        (&[3, 4, 1], 5, 2),
        (&[2, 5, 3, 1], 4, 3),
        (&[4, 3, 3, 2, 1], 3, 4),
    ] {
        let (X, Y, parameters) = network(layer_dims, m, seed)?;
        let (AL, caches) = L_model_forward(&X, &parameters)?;
        let grads = L_model_backward(&AL, &Y, &caches)?;
        let L = layer_dims.len() - 1;
        assert_eq!((grads.dA.len(), grads.dW.len(), grads.db.len()), (L, L, L));
        for (l, cache) in caches.iter().enumerate() {
            let mut moved = parameters.clone();
            let dW = numerical(&parameters.W[l], |W| {
                moved.W[l].assign(W);
                cost(&X, &Y, &moved)
            });
            assert_near(&format!("{layer_dims:?} dW{}", l + 1), &grads.dW[l], &dW);
            let mut moved = parameters.clone();
            let db = numerical(&parameters.b[l], |b| {
                moved.b[l].assign(b);
                cost(&X, &Y, &moved)
            });
            assert_near(&format!("{layer_dims:?} db{}", l + 1), &grads.db[l], &db);

            // dA lacks the 1/m of the cost, and the number l names the layer whose input it belongs to.
            let rest = Parameters {
                W: parameters.W[l..].to_vec(),
                b: parameters.b[l..].to_vec(),
            };
            let input = &cache.linear_cache.A;
            let dA = numerical(input, |A| cost(A, &Y, &rest)) * m as f64;
            assert_near(&format!("{layer_dims:?} dA{}", l + 1), &grads.dA[l], &dA);
        }
    }
    Ok(())
}

#[test]
fn gradient_descent_lowers_the_cost() -> Result<()> {
    let (X, Y, mut parameters) = network(&[3, 4, 1], 8, 2)?;
    let mut last = cost(&X, &Y, &parameters);
    for _ in 0..50 {
        let (AL, caches) = L_model_forward(&X, &parameters)?;
        let grads = L_model_backward(&AL, &Y, &caches)?;
        parameters = update_parameters(&parameters, &grads, 0.05)?;
        let next = cost(&X, &Y, &parameters);
        assert!(next < last, "{next} after {last}");
        last = next;
    }
    Ok(())
}
