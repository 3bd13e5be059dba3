//! Everything that the steps refuse: which function, which argument, what came, what would be right.

use ndarray::{Array, Array2, Array4, array};

use super::{message, randn};
use crate::*;
use stepnet_base::rng::RandomState;

#[test]
fn padding_refuses_what_does_not_fit_in_memory() {
    let X = randn((1, 2, 3, 1));
    let huge = usize::MAX / 2 + 1;
    assert_eq!(
        message(zero_pad(&X, huge)),
        format!(
            "zero_pad: pad is {huge}, expected a border with which X of shape [1, 2, 3, 1] fits in memory"
        )
    );
    let wide = 1 << 40;
    assert_eq!(
        message(zero_pad(&X, wide)),
        format!(
            "zero_pad: pad is too large, expected sizes whose result, of shape [1, {}, {}, 1], fits in memory",
            2 + 2 * wide,
            3 + 2 * wide
        )
    );
}

#[test]
fn copies_that_do_not_fit_in_memory_are_refused() {
    let one = array![[1.0]];
    let Z = one.broadcast((1 << 25, 1 << 25)).unwrap();
    let too_large = |argument: &str| {
        format!(
            "{argument} is too large, expected an array of which a copy, of shape [33554432, 33554432], fits in memory"
        )
    };
    assert_eq!(message(relu(&Z)), too_large("relu: Z"));
    assert_eq!(message(sigmoid(&Z)), too_large("sigmoid: Z"));
    let W = one.broadcast((1, 1 << 25)).unwrap();
    assert_eq!(
        message(linear_forward(&Z, &W, &one)),
        too_large("linear_forward: A")
    );
    for refused in [
        message(relu_backward(&Z, &Z)),
        message(sigmoid_backward(&Z, &Z)),
        message(cost_backward(&Z, &Z)),
        message(create_mask_from_window(&Z)),
    ] {
        assert!(refused.contains(" is too large, expected "), "{refused}");
    }
}

#[test]
fn a_single_step_refuses_other_shapes() {
    let (a, W, b) = (
        Array::zeros((2, 2, 3)),
        Array::zeros((2, 3, 2)),
        Array::<f64, _>::zeros((1, 1, 1)),
    );
    assert_eq!(
        message(conv_single_step(&a, &W, &b)),
        "conv_single_step: W has shape [2, 3, 2], expected [2, 2, 3], the shape of a_slice_prev"
    );
    assert_eq!(
        message(conv_single_step(&a, &a, &W)),
        "conv_single_step: b has shape [2, 3, 2], expected [1, 1, 1], one bias"
    );
}

#[test]
fn convolution_refuses_what_does_not_fit() {
    let (A, W, b) = (
        randn((1, 3, 4, 2)),
        randn((2, 2, 2, 5)),
        randn((1, 1, 1, 5)),
    );
    let unit = ConvHparameters { stride: 1, pad: 0 };
    let forward = |A: &Array4<f64>, W: &Array4<f64>, b: &Array4<f64>, hparameters| {
        message(conv_forward(A, W, b, hparameters))
    };
    assert_eq!(
        forward(&A, &randn((2, 2, 3, 5)), &b, unit),
        "conv_forward: W has shape [2, 2, 3, 5], expected (f, f, 2, n_C): square filters, and 2 channels as A_prev has"
    );
    assert_eq!(
        forward(&A, &randn((2, 3, 2, 5)), &b, unit),
        "conv_forward: W has shape [2, 3, 2, 5], expected (f, f, 2, n_C): square filters, and 2 channels as A_prev has"
    );
    assert_eq!(
        forward(&A, &W, &randn((1, 1, 1, 4)), unit),
        "conv_forward: b has shape [1, 1, 1, 4], expected [1, 1, 1, 5], one bias for each filter of W"
    );
    assert_eq!(
        forward(&A, &W, &b, ConvHparameters { stride: 0, pad: 0 }),
        "conv_forward: stride is 0, expected at least 1"
    );
    assert_eq!(
        forward(
            &A,
            &randn((6, 6, 2, 5)),
            &b,
            ConvHparameters { stride: 1, pad: 1 }
        ),
        "conv_forward: W has shape [6, 6, 2, 5], expected a window no larger than the padded input, 5 x 6 \
         (A_prev is 3 x 4, pad is 1)"
    );
    let pad = usize::MAX / 2;
    assert_eq!(
        forward(&A, &W, &b, ConvHparameters { stride: 1, pad }),
        format!(
            "conv_forward: pad is {pad}, expected a border with which A_prev of shape [1, 3, 4, 2] fits in memory"
        )
    );
    // The output would be small, the padded input not.
    let sparse = ConvHparameters {
        stride: 1 << 40,
        pad: 1 << 40,
    };
    assert!(forward(&A, &W, &b, sparse).starts_with("zero_pad: pad is too large"));
    let flat = Array4::zeros((1, 0, 4, 2));
    assert!(
        forward(&flat, &W, &b, unit).contains("a window no larger than the padded input, 0 x 4")
    );
    let (Z, cache) = conv_forward(&A, &W, &b, unit).unwrap();
    assert_eq!(
        message(conv_backward(&A, &cache)),
        "conv_backward: dZ has shape [1, 3, 4, 2], expected [1, 2, 3, 5], the shape of Z"
    );
    let broken = ConvCache {
        hparameters: ConvHparameters { stride: 0, pad: 0 },
        ..cache
    };
    assert_eq!(
        message(conv_backward(&Z, &broken)),
        "conv_backward: stride is 0, expected at least 1"
    );
}

#[test]
fn pooling_refuses_what_does_not_fit() {
    let A = randn((1, 3, 4, 2));
    let forward = |f, stride| {
        message(pool_forward(
            &A,
            PoolHparameters { f, stride },
            PoolMode::Max,
        ))
    };
    let window = |f| {
        format!(
            "pool_forward: f is {f}, expected 1 to 3, a window no larger than A_prev, which is 3 x 4"
        )
    };
    assert_eq!(forward(4, 1), window("4"));
    assert_eq!(forward(0, 1), window("0"));
    assert_eq!(
        forward(usize::MAX, usize::MAX),
        window(&usize::MAX.to_string())
    );
    assert_eq!(
        forward(2, 0),
        "pool_forward: stride is 0, expected at least 1"
    );
    let (_, cache) = pool_forward(&A, PoolHparameters { f: 2, stride: 2 }, PoolMode::Max).unwrap();
    assert_eq!(
        message(pool_backward(&A, &cache, PoolMode::Average)),
        "pool_backward: dA has shape [1, 3, 4, 2], expected [1, 1, 2, 2], the shape of A"
    );
    let nothing = Array2::<f64>::zeros((0, 2));
    assert_eq!(
        message(create_mask_from_window(&nothing)),
        "create_mask_from_window: x has shape [0, 2], expected no dimension of size 0"
    );
    assert_eq!(
        message(distribute_value(1.0, (2, 0))),
        "distribute_value: shape is (2, 0), expected sizes of at least 1"
    );
    assert!(distribute_value(1.0_f32, (usize::MAX, usize::MAX)).is_err());
}

#[test]
fn a_layer_refuses_what_does_not_fit() {
    let (A, W, b) = (
        Array2::<f64>::zeros((3, 4)),
        Array2::zeros((2, 3)),
        Array2::zeros((2, 1)),
    );
    assert_eq!(
        message(linear_forward(&W, &W, &b)),
        "linear_forward: W has shape [2, 3], expected [2, 2], one column for each of the 2 rows of A"
    );
    assert_eq!(
        message(linear_activation_forward(&A, &W, &A, Activation::Relu)),
        "linear_activation_forward: b has shape [3, 4], expected [2, 1], one bias for each row of W"
    );
    let (Z, linear_cache) = linear_forward(&A, &W, &b).unwrap();
    assert_eq!(
        message(linear_backward(&A, &linear_cache)),
        "linear_backward: dZ has shape [3, 4], expected [2, 4], the shape of Z"
    );
    let cache = LinearActivationCache {
        linear_cache: linear_cache.clone(),
        activation_cache: Z.clone(),
    };
    assert_eq!(
        message(linear_activation_backward(&A, &cache, Activation::Sigmoid)),
        "linear_activation_backward: dA has shape [3, 4], expected [2, 4], the shape of Z"
    );
    let cache = LinearActivationCache {
        linear_cache,
        activation_cache: A.clone(),
    };
    assert!(linear_activation_backward(&Z, &cache, Activation::Relu).is_err());
    assert_eq!(
        message(sigmoid_backward(&A, &W)),
        "sigmoid_backward: dA has shape [3, 4], expected [2, 3], the shape of the cache"
    );
    assert!(relu_backward(&A, &W).is_err());
}

#[test]
fn a_network_refuses_what_does_not_fit() {
    let X = Array2::<f64>::zeros((3, 4));
    let layers = |shapes: &[(usize, usize)]| {
        shapes
            .iter()
            .map(|&shape| Array2::<f64>::zeros(shape))
            .collect()
    };
    let network = |W: &[_], b: &[_]| Parameters {
        W: layers(W),
        b: layers(b),
    };
    let forward = |W: &[_], b: &[_]| message(L_model_forward(&X, &network(W, b)));
    assert_eq!(
        forward(&[], &[]),
        "L_model_forward: parameters.W is empty, expected at least one layer"
    );
    assert_eq!(
        forward(&[(2, 3), (1, 2)], &[(2, 1)]),
        "L_model_forward: parameters.b is 1 layer, expected 2 layers, as parameters.W has"
    );
    assert_eq!(
        forward(&[(2, 3), (1, 3)], &[(2, 1), (1, 1)]),
        "L_model_forward: W2 has shape [1, 3], expected [1, 2], one column for each of the 2 rows of W1"
    );
    assert_eq!(
        forward(&[(2, 3), (1, 2)], &[(2, 1), (2, 1)]),
        "L_model_forward: b2 has shape [2, 1], expected [1, 1], one bias for each row of W2"
    );
    let (AL, caches) = L_model_forward(&X, &network(&[(2, 3), (1, 2)], &[(2, 1), (1, 1)])).unwrap();
    assert_eq!(
        message(L_model_backward(&AL, &X, &caches)),
        "L_model_backward: Y has shape [3, 4], expected [1, 4], the shape of AL"
    );
    assert_eq!(
        message(L_model_backward(&AL, &AL, &[])),
        "L_model_backward: caches is empty, expected one cache for each layer, at least one"
    );
    assert!(
        message(L_model_backward(&X, &X, &caches))
            .starts_with("L_model_backward: AL has shape [3, 4]")
    );
    let swapped: Vec<_> = [&caches[1], &caches[1]].into_iter().cloned().collect();
    assert_eq!(
        message(L_model_backward(&AL, &AL, &swapped)),
        "L_model_backward: caches[1].A has shape [2, 4], expected [1, 4], the shape of Z in caches[0]"
    );
}

#[test]
fn cost_init_and_update_refuse_what_does_not_fit() {
    let row = array![[0.5, 0.5]];
    assert_eq!(
        message(compute_cost(&row, &array![[1.0]])),
        "compute_cost: Y has shape [1, 1], expected [1, 2], the shape of AL"
    );
    assert!(compute_cost(&row.t(), &row.t()).is_err());

    let mut random = RandomState::new(1);
    assert_eq!(
        message(initialize_parameters::<f64>(3, 0, 1, &mut random)),
        "initialize_parameters: n_h is 0, expected at least 1"
    );
    assert!(initialize_parameters::<f32>(usize::MAX, 2, 1, &mut random).is_err());
    for sizes in [&[][..], &[3], &[3, 0, 1]] {
        let expected =
            "expected two sizes or more, each at least 1: the inputs and the units of every layer";
        assert_eq!(
            message(initialize_parameters_deep::<f64>(sizes, &mut random)),
            format!("initialize_parameters_deep: layer_dims is {sizes:?}, {expected}")
        );
    }
    assert_eq!(random, RandomState::new(1), "a refused call draws nothing");

    let parameters = initialize_parameters::<f64>(3, 2, 1, &mut random).unwrap();
    let zeros = |arrays: &[Array2<f64>]| arrays.iter().map(|array| array * 0.0).collect::<Vec<_>>();
    let grads = Grads {
        dA: vec![],
        dW: zeros(&parameters.W),
        db: zeros(&parameters.b),
    };
    assert_eq!(
        update_parameters(&parameters, &grads, 0.1).unwrap(),
        parameters
    );
    assert_eq!(
        message(update_parameters(&parameters, &grads, f64::NAN)),
        "update_parameters: learning_rate is NaN, expected a finite number"
    );
    let short = Grads {
        db: vec![],
        ..grads.clone()
    };
    assert_eq!(
        message(update_parameters(&parameters, &short, 0.1)),
        "update_parameters: grads.db is empty, expected 2 layers, as parameters has"
    );
    let swapped = Grads {
        dW: grads.db.clone(),
        ..grads
    };
    assert_eq!(
        message(update_parameters(&parameters, &swapped, 0.1)),
        "update_parameters: dW1 has shape [2, 1], expected [2, 3], the shape of W1"
    );
}
