//! The steps at the edges: ties, NaN, infinities, layouts, names.

use ndarray::{Array, Array2, Array4, ArrayD, array};

use super::{message, randn};
use crate::*;
use stepnet_base::rng::RandomState;

#[test]
fn a_pad_of_zero_copies() {
    let X = randn((2, 3, 4, 2));
    assert_eq!(zero_pad(&X, 0).unwrap(), X);
}

#[test]
fn views_of_any_layout_are_accepted() {
    let X = randn((2, 5, 6, 3));
    let transposed = X.view().permuted_axes([0, 2, 1, 3]);
    let mut reversed = X.view();
    reversed.invert_axis(ndarray::Axis(1));
    let (W, b) = (randn((2, 2, 3, 4)), randn((1, 1, 1, 4)));
    let hparameters = ConvHparameters { stride: 2, pad: 1 };
    for view in [transposed, reversed] {
        let owned = view.as_standard_layout().into_owned();
        let expected = conv_forward(&owned, &W, &b, hparameters).unwrap();
        assert_eq!(conv_forward(&view, &W, &b, hparameters).unwrap(), expected);
        let pooling = PoolHparameters { f: 2, stride: 2 };
        let expected = pool_forward(&owned, pooling, PoolMode::Max).unwrap();
        assert_eq!(
            pool_forward(&view, pooling, PoolMode::Max).unwrap(),
            expected
        );
    }
}

#[test]
fn the_window_moves_by_the_stride() {
    // One filter that picks the upper left value of its window: the output is the input at the window starts.
    let X = Array::from_shape_fn((1, 5, 7, 1), |(_, h, w, _)| (10 * h + w) as f64);
    let mut W = Array4::zeros((2, 2, 1, 1));
    W[[0, 0, 0, 0]] = 1.0;
    let b = Array4::from_elem((1, 1, 1, 1), 100.0);
    let (Z, _) = conv_forward(&X, &W, &b, ConvHparameters { stride: 3, pad: 0 }).unwrap();
    assert_eq!(
        Z.into_shape_with_order((2, 2)).unwrap(),
        array![[100.0, 103.0], [130.0, 133.0]]
    );
}

#[test]
fn every_maximum_is_marked_and_gets_the_gradient() {
    let tied = array![[2.0, -1.0], [2.0, 2.0]];
    assert_eq!(
        create_mask_from_window(&tied).unwrap(),
        array![[true, false], [true, true]]
    );
    let zeros = Array2::<f32>::zeros((2, 3));
    assert!(
        create_mask_from_window(&zeros)
            .unwrap()
            .iter()
            .all(|&marked| marked)
    );

    // Two overlapping windows of 2x2 on one row pair, both with ties at 3.
    let A_prev = array![[3.0, 3.0, 1.0], [0.0, 3.0, 3.0]]
        .into_shape_with_order((1, 2, 3, 1))
        .unwrap();
    let (A, cache) =
        pool_forward(&A_prev, PoolHparameters { f: 2, stride: 1 }, PoolMode::Max).unwrap();
    assert_eq!(A.into_raw_vec_and_offset().0, [3.0, 3.0]);
    let dA = array![10.0, 1.0]
        .into_shape_with_order((1, 1, 2, 1))
        .unwrap();
    let dA_prev = pool_backward(&dA, &cache, PoolMode::Max).unwrap();
    assert_eq!(
        dA_prev.into_raw_vec_and_offset().0,
        [10.0, 11.0, 0.0, 0.0, 11.0, 1.0]
    );
}

#[test]
fn nan_passes_through() {
    let nan = f64::NAN;
    for position in 0..4 {
        let mut x = array![1.0, 5.0, -2.0, 0.0];
        x[position] = nan;
        let window = x.clone().into_shape_with_order((2, 2)).unwrap();
        // The maximum is NaN, which equals nothing.
        let mask = create_mask_from_window(&window).unwrap();
        assert!(!mask.iter().any(|&marked| marked), "{mask}");
        let A_prev = x.into_shape_with_order((1, 2, 2, 1)).unwrap();
        for mode in [PoolMode::Max, PoolMode::Average] {
            let (A, _) = pool_forward(&A_prev, PoolHparameters { f: 2, stride: 1 }, mode).unwrap();
            assert!(A[[0, 0, 0, 0]].is_nan(), "{mode} of a NaN at {position}");
        }
    }
    assert!(relu(&array![nan]).unwrap().0[0].is_nan());
    assert!(relu_backward(&array![nan], &array![1.0]).unwrap()[0].is_nan());
    assert!(sigmoid(&array![nan]).unwrap().0[0].is_nan());
}

#[test]
fn infinities_are_as_in_numpy() {
    let low = f64::NEG_INFINITY;
    let A_prev = Array4::from_elem((1, 2, 2, 1), low);
    let (A, cache) =
        pool_forward(&A_prev, PoolHparameters { f: 2, stride: 1 }, PoolMode::Max).unwrap();
    assert_eq!(A[[0, 0, 0, 0]], low);
    let mut A_prev = A_prev;
    A_prev[[0, 1, 0, 0]] = 0.0;
    let cache = PoolCache { A_prev, ..cache };
    let infinite = Array4::from_elem((1, 1, 1, 1), f64::INFINITY);
    let dA_prev = pool_backward(&infinite, &cache, PoolMode::Max).unwrap();
    // The mask times the gradient: 0 times infinity is NaN.
    let dA_prev = dA_prev.into_raw_vec_and_offset().0;
    assert_eq!(dA_prev[2], f64::INFINITY);
    assert!(
        [0, 1, 3].iter().all(|&i| dA_prev[i].is_nan()),
        "{dA_prev:?}"
    );
    assert_eq!(
        sigmoid(&array![-1000.0, 1000.0]).unwrap().0,
        array![0.0, 1.0]
    );
}

#[test]
fn zeros_keep_their_sign() {
    let (A, _) = relu(&array![-0.0_f64, 0.0, -3.0]).unwrap();
    assert_eq!(A.mapv(|a| a.is_sign_negative()), array![true, false, false]);
}

#[test]
fn of_nothing_sums_are_0_and_means_nan() {
    let hparameters = ConvHparameters { stride: 1, pad: 1 };
    let (W, b) = (randn((2, 2, 3, 5)), randn((1, 1, 1, 5)));
    let no_images = Array4::<f64>::zeros((0, 4, 4, 3));
    assert_eq!(zero_pad(&no_images, 2).unwrap().shape(), [0, 8, 8, 3]);
    let (Z, cache) = conv_forward(&no_images, &W, &b, hparameters).unwrap();
    assert_eq!(Z.shape(), [0, 5, 5, 5]);
    let (dA, dW, db) = conv_backward(&Z, &cache).unwrap();
    assert_eq!(dA.shape(), [0, 4, 4, 3]);
    assert_eq!(
        (dW, db),
        (Array::zeros((2, 2, 3, 5)), Array::zeros((1, 1, 1, 5)))
    );
    // Without channels only the bias is left.
    let (A, W) = (Array4::zeros((1, 4, 4, 0)), Array4::zeros((2, 2, 0, 5)));
    let (Z, _) = conv_forward(&A, &W, &b, hparameters).unwrap();
    assert_eq!(Z, b.broadcast((1, 5, 5, 5)).unwrap());
    let pooling = PoolHparameters { f: 2, stride: 2 };
    let (A, cache) = pool_forward(&no_images, pooling, PoolMode::Max).unwrap();
    assert_eq!(A.shape(), [0, 2, 2, 3]);
    assert_eq!(
        pool_backward(&A, &cache, PoolMode::Max).unwrap().shape(),
        [0, 4, 4, 3]
    );
    let (W, b) = (Array2::ones((2, 3)), Array2::ones((2, 1)));
    let (Z, cache) = linear_forward(&Array2::<f64>::zeros((3, 0)), &W, &b).unwrap();
    assert_eq!(Z.shape(), [2, 0]);
    let (dA, dW, db) = linear_backward(&Z, &cache).unwrap();
    assert_eq!(dA.shape(), [3, 0]);
    assert!(dW.iter().chain(&db).all(|value| value.is_nan()));
    let nothing = Array2::<f64>::zeros((1, 0));
    assert!(compute_cost(&nothing, &nothing).unwrap().is_nan());
}

#[test]
fn a_bias_is_added_as_numpy_adds_it() {
    let mut random = RandomState::new(1);
    let mut drawn = |rows, columns| -> Array2<f64> { random.randn((rows, columns)).unwrap() };
    let (A, W) = (drawn(3, 4), drawn(2, 3));
    for shape in [(2, 1), (1, 1), (1, 4), (2, 4)] {
        let b = drawn(shape.0, shape.1);
        let (Z, cache) = linear_forward(&A, &W, &b).unwrap();
        let difference = Z - (W.dot(&A) + &b);
        assert!(difference.iter().all(|x| x.abs() < 1e-12), "{shape:?}");
        let (_, _, db) = linear_backward(&W.dot(&A), &cache).unwrap();
        assert_eq!(db.shape(), [2, 1]);
    }
    assert!(linear_forward(&A, &W, &drawn(4, 1)).is_err());
}

#[test]
fn a_saturated_output_costs_infinitely_much() {
    assert_eq!(
        compute_cost(&array![[1.0_f64]], &array![[0.0]]).unwrap(),
        f64::INFINITY
    );
    assert!(
        compute_cost(&array![[1.0_f64]], &array![[1.0]])
            .unwrap()
            .is_nan()
    );
}

#[test]
fn a_cost_of_many_examples_keeps_its_digits() {
    let examples = 500_000;
    let (AL, Y) = (
        Array2::from_elem((1, examples), 0.9_f32),
        Array2::ones((1, examples)),
    );
    let cost = f64::from(compute_cost(&AL, &Y).unwrap());
    let exact = -f64::from(0.9_f32).ln();
    assert!((cost / exact - 1.0).abs() < 1e-6, "{cost} of {exact}");
}

#[test]
fn words_and_modes_are_each_other() {
    for mode in [PoolMode::Max, PoolMode::Average] {
        assert_eq!(mode.to_string().parse::<PoolMode>().unwrap(), mode);
    }
    for activation in [Activation::Sigmoid, Activation::Relu] {
        assert_eq!(
            activation.to_string().parse::<Activation>().unwrap(),
            activation
        );
    }
    assert_eq!(PoolMode::default(), PoolMode::Max);
    assert_eq!(
        message("median".parse::<PoolMode>()),
        r#"pooling: mode is "median", expected "max" or "average""#
    );
    assert_eq!(
        message("softmax".parse::<Activation>()),
        r#"dense layer: activation is "softmax", expected "sigmoid" or "relu""#
    );
}

#[test]
fn arrays_are_found_by_the_notebooks_names() {
    let parameters = initialize_parameters_deep::<f64>(&[2; 12], &mut RandomState::new(3)).unwrap();
    let names: Vec<String> = parameters.entries().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 22);
    assert_eq!(names[..3], ["W1", "b1", "W2"]);
    for (name, array) in parameters.entries() {
        assert!(
            std::ptr::eq(parameters.get(&name).unwrap(), array),
            "{name}"
        );
    }
    for unknown in [
        "W0",
        "W12",
        "W01",
        "W+1",
        "W",
        "",
        "dW1",
        "w1",
        "W99999999999999999999",
    ] {
        assert!(parameters.get(unknown).is_none(), "{unknown:?}");
    }
    let grads = Grads {
        dA: vec![array![[1.0]]],
        dW: vec![array![[2.0]]],
        db: vec![array![[3.0]]],
    };
    let names: Vec<String> = grads.entries().map(|(name, _)| name).collect();
    assert_eq!(names, ["dA1", "dW1", "db1"]);
    assert_eq!(grads.get("dW1"), Some(&array![[2.0]]));
}

#[test]
fn activations_take_arrays_of_any_dimension() {
    let Z: ArrayD<f32> = array![[[-1.0, 2.0]]].into_dyn();
    assert_eq!(relu(&Z).unwrap().0, array![[[0.0, 2.0]]].into_dyn());
    assert_eq!(
        relu_backward(&Z, &Z).unwrap(),
        array![[[0.0, 2.0]]].into_dyn()
    );
}

#[test]
fn the_cache_of_a_convolution_is_what_it_was_given() {
    let mut random = RandomState::new(1);
    let A_prev = random.randn((2, 5, 4, 3)).unwrap();
    let W = random.randn((3, 3, 3, 2)).unwrap();
    let b = random.randn((1, 1, 1, 2)).unwrap();
    let hparameters = ConvHparameters { stride: 2, pad: 1 };
    let (_, cache) = conv_forward(&A_prev, &W, &b, hparameters).unwrap();
    let expected = ConvCache {
        A_prev,
        W,
        b,
        hparameters,
    };
    assert_eq!(cache, expected);
}
