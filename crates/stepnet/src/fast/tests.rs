//! The fast functions against the loops, on arrays of every layout.

use ndarray::{Array, Array2, Array4, ArrayRef, Dimension, IntoDimension, s};
use proptest::prelude::*;

use super::*;
use crate::kernels::Real;
use crate::rng::RandomState;
use crate::steps::checks::copied;
use crate::steps::{self, ConvHparameters, PoolHparameters, PoolMode};

/// Normal numbers, or small whole ones, among which are ties.
fn random<D: IntoDimension>(random: &mut RandomState, shape: D, whole: bool) -> Array<f64, D::Dim> {
    let values: Array<f64, D::Dim> = random.randn(shape).unwrap();
    match whole {
        true => values.mapv(f64::round),
        false => values,
    }
}

/// The same values, not contiguous.
fn strided(x: &Array4<f64>) -> Array4<f64> {
    let (a, b, c, d) = x.dim();
    let mut large = Array4::from_elem((a, b, 2 * c, d), f64::NAN);
    large.slice_mut(s![.., .., ..;2, ..]).assign(x);
    large.slice_move(s![.., .., ..;2, ..])
}

#[track_caller]
fn close<T: Real, D: Dimension>(
    what: &str,
    fast: &ArrayRef<T, D>,
    loops: &ArrayRef<T, D>,
    bound: f64,
) {
    assert_eq!(fast.shape(), loops.shape(), "{what}");
    let size = loops
        .iter()
        .fold(1.0_f64, |size, x| size.max(x.as_f64().abs()));
    for ((place, fast), loops) in fast.indexed_iter().zip(loops) {
        let apart = (fast.as_f64() - loops.as_f64()).abs();
        assert!(
            apart <= bound * size,
            "{what}: {fast} at {place:?}, the loops say {loops}"
        );
    }
}

const CLOSE: f64 = 1e-10;

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn convolution_is_that_of_the_loops(
        seed in 0_u32..1000, m in 1_usize..4, h in 1_usize..10, w in 1_usize..10, channels in 1_usize..6,
        f in 1_usize..5, filters in 1_usize..20, stride in 1_usize..4, pad in 0_usize..4,
    ) {
        prop_assume!(h + 2 * pad >= f && w + 2 * pad >= f);
        let mut draw = RandomState::new(seed);
        let x = random(&mut draw, (m, h, w, channels), false);
        let weights = random(&mut draw, (f, f, channels, filters), false);
        let b = random(&mut draw, (1, 1, 1, filters), false);
        let hparameters = ConvHparameters { stride, pad };
        let (Z, cache) = steps::conv_forward(&x, &weights, &b, hparameters).unwrap();
        let dZ = random(&mut draw, Z.raw_dim(), false);
        let (dA, dW, db) = steps::conv_backward(&dZ, &cache).unwrap();
        let other = |x: &Array4<f64>| match seed % 3 {
            0 => x.clone(),
            1 => strided(x),
            _ => x.t().as_standard_layout().into_owned().reversed_axes(),
        };
        let (x, weights, dZ) = (other(&x), other(&weights), other(&dZ));
        close("Z", &conv_forward(&x, &weights, &b, hparameters).unwrap(), &Z, CLOSE);
        let fast = conv_backward(&dZ, &x, &weights, &b, hparameters).unwrap();
        close("dA_prev", &fast.0, &dA, CLOSE);
        close("dW", &fast.1, &dW, CLOSE);
        close("db", &fast.2, &db, CLOSE);
        // Pixels of 3x3 windows may go by Winograd's method in f32.
        let narrow = |x: &Array4<f64>| x.mapv(|x| x as f32);
        let fast = conv_forward(&narrow(&x), &narrow(&weights), &narrow(&b), hparameters).unwrap();
        close("Z in f32", &fast, &narrow(&Z), 1e-4);
    }

    #[test]
    fn pooling_is_that_of_the_loops(
        seed in 0_u32..1000, m in 1_usize..4, h in 1_usize..10, w in 1_usize..10, channels in 1_usize..20,
        f in 1_usize..5, stride in 1_usize..5, whole: bool,
    ) {
        prop_assume!(h >= f && w >= f);
        let mut draw = RandomState::new(seed);
        let x = random(&mut draw, (m, h, w, channels), whole);
        let hparameters = PoolHparameters { f, stride };
        for mode in [PoolMode::Max, PoolMode::Average] {
            let (A, cache) = steps::pool_forward(&x, hparameters, mode).unwrap();
            let dA = random(&mut draw, A.raw_dim(), false);
            let expected = steps::pool_backward(&dA, &cache, mode).unwrap();
            let x = if seed % 2 == 0 { x.clone() } else { strided(&x) };
            close("A", &pool_forward(&x, hparameters, mode).unwrap(), &A, CLOSE);
            let found = pool_backward(&dA, &x, hparameters, mode).unwrap();
            close("dA_prev", &found, &expected, CLOSE);
        }
    }

    #[test]
    fn dense_layers_are_those_of_the_loops(
        seed in 0_u32..1000, n_prev in 1_usize..40, n in 1_usize..40, m in 1_usize..40, turned: bool,
    ) {
        let mut draw = RandomState::new(seed);
        let A = random(&mut draw, (n_prev, m), false);
        let W = random(&mut draw, (n, n_prev), false);
        let b = random(&mut draw, (n, 1), false);
        let (Z, cache) = steps::linear_forward(&A, &W, &b).unwrap();
        let dZ = random(&mut draw, (n, m), false);
        let (dA, dW, db) = steps::linear_backward(&dZ, &cache).unwrap();
        let other = |x: &Array2<f64>| match turned {
            true => x.t().as_standard_layout().into_owned().reversed_axes(),
            false => x.clone(),
        };
        let (A, W, dZ) = (other(&A), if seed % 2 == 0 { other(&W) } else { W.clone() }, other(&dZ));
        close("Z", &linear_forward(&A, &W, &b).unwrap(), &Z, CLOSE);
        let fast = linear_backward(&dZ, &A, &W, &b).unwrap();
        close("dA_prev", &fast.0, &dA, CLOSE);
        close("dW", &fast.1, &dW, CLOSE);
        close("db", &fast.2, &db, CLOSE);
        close("sigmoid", &sigmoid(&Z).unwrap(), &steps::sigmoid(&Z).unwrap().0, CLOSE);
        close("relu", &relu(&Z).unwrap(), &steps::relu(&Z).unwrap().0, 0.0);
        let (fast, loops) = (sigmoid_backward(&dZ, &Z), steps::sigmoid_backward(&dZ, &Z));
        close("sigmoid_backward", &fast.unwrap(), &loops.unwrap(), CLOSE);
        let (fast, loops) = (relu_backward(&dZ, &Z), steps::relu_backward(&dZ, &Z));
        close("relu_backward", &fast.unwrap(), &loops.unwrap(), 0.0);
    }

    #[test]
    fn infinities_nan_and_empty_arrays_are_those_of_the_loops(
        seed in 0_u32..1000, m in 0_usize..3, h in 3_usize..8, channels in 0_usize..5, filters in 0_usize..9,
        f in 1_usize..4, stride in 1_usize..3, pad in 0_usize..3, where_ in 0_usize..3,
    ) {
        let mut draw = RandomState::new(seed);
        let mut given = [
            random(&mut draw, (m, h, h, channels), true),
            random(&mut draw, (f, f, channels, filters), true),
            random(&mut draw, (1, 1, 1, filters), true),
        ];
        let spoil = |array: &mut Array4<f64>| {
            let place = seed as usize % array.len().max(1);
            let wrong = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][seed as usize % 3];
            array.iter_mut().skip(place).take(1).for_each(|value| *value = wrong);
        };
        spoil(&mut given[where_]);
        let [x, w, b] = &given;
        let hparameters = ConvHparameters { stride, pad };
        let narrow = |x: &Array4<f64>| x.mapv(|x| x as f32);
        let (Z, cache) = steps::conv_forward(x, w, b, hparameters).unwrap();
        alike(&conv_forward(x, w, b, hparameters).unwrap(), &Z);
        alike(&conv_forward(&narrow(x), &narrow(w), &narrow(b), hparameters).unwrap(), &narrow(&Z));
        let mut dZ = random(&mut draw, Z.raw_dim(), true);
        if seed % 5 == 0 {
            spoil(&mut dZ);
        }
        let (dA, dW, db) = steps::conv_backward(&dZ, &cache).unwrap();
        let fast = conv_backward(&dZ, x, w, b, hparameters).unwrap();
        alike(&fast.0, &dA);
        alike(&fast.1, &dW);
        alike(&fast.2, &db);
        let hparameters = PoolHparameters { f, stride };
        for mode in [PoolMode::Max, PoolMode::Average] {
            let (A, cache) = steps::pool_forward(x, hparameters, mode).unwrap();
            alike(&pool_forward(x, hparameters, mode).unwrap(), &A);
            let mut dA = random(&mut draw, A.raw_dim(), true);
            if seed % 2 == 0 {
                spoil(&mut dA);
            }
            let expected = steps::pool_backward(&dA, &cache, mode).unwrap();
            alike(&pool_backward(&dA, x, hparameters, mode).unwrap(), &expected);
        }
    }
}

/// Small whole numbers, whose sums are exact, infinities and NaN in the same places.
#[track_caller]
fn alike<T: Real, D: Dimension>(fast: &ArrayRef<T, D>, loops: &ArrayRef<T, D>) {
    assert_eq!(fast.shape(), loops.shape());
    for ((place, fast), loops) in fast.indexed_iter().zip(loops) {
        let (fast, loops) = (fast.as_f64(), loops.as_f64());
        let same =
            fast == loops || (fast - loops).abs() < 1e-4 || (fast.is_nan() && loops.is_nan());
        assert!(same, "{fast} at {place:?}, the loops say {loops}");
    }
}

#[test]
fn copies_of_any_layout_hold_the_same_values() {
    let x: Array4<f64> = RandomState::new(1).randn((3, 40, 2, 70)).unwrap();
    for axes in [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 3, 0, 2],
        [2, 0, 3, 1],
        [0, 3, 2, 1],
    ] {
        let mut view = x.view().permuted_axes(axes);
        assert_eq!(copied("test", "x", &view).unwrap(), view);
        view.invert_axis(ndarray::Axis(1));
        let stepped = view.slice(s![.., ..;2, .., ..;3]);
        let copy = copied("test", "x", &stepped).unwrap();
        assert!(copy.is_standard_layout());
        assert_eq!(copy, stepped);
    }
}

#[test]
fn a_bias_of_many_examples_keeps_its_digits() {
    let examples = 500_000;
    let (A, W, b) = (
        Array2::<f32>::ones((1, examples)),
        Array2::ones((2, 1)),
        Array2::ones((2, 1)),
    );
    let dZ = Array2::from_elem((2, examples), 0.1_f32);
    let by_columns = Array2::from_elem((examples, 2), 0.1_f32).reversed_axes();
    for dZ in [dZ, by_columns] {
        let (_, _, db) = linear_backward(&dZ, &A, &W, &b).unwrap();
        let error = db.mapv(|db| (db / 0.1_f32 - 1.0).abs());
        assert!(error.iter().all(|&error| error < 4e-7), "{db}");
    }
}

#[test]
fn results_of_transposed_arrays_lie_as_they_do() {
    let Z: Array2<f64> = RandomState::new(1).randn((5, 3)).unwrap();
    let turned = Z.t();
    let A = relu(&turned).unwrap();
    assert!(A.t().is_standard_layout());
    assert_eq!(A, relu(&Z).unwrap().t());
    let back = sigmoid_backward(&turned, &turned).unwrap();
    assert_eq!(back, sigmoid_backward(&Z, &Z).unwrap().t());
}

#[test]
fn an_array_with_gaps_gives_what_its_copy_gives() {
    let wide: Array2<f64> = RandomState::new(2).randn((70, 9000)).unwrap();
    // Rows longer than a piece, shorter ones whose pieces span rows, and very short ones.
    for view in [
        wide.slice(s![..3, ..;3]),
        wide.slice(s![.., ..210;2]),
        wide.slice(s![..;7, ..9]),
        wide.slice(s![..;-1, 5000..;-4]),
    ] {
        assert!(!view.is_standard_layout());
        let copy = Array2::from_shape_fn(view.dim(), |place| view[place]);
        assert_eq!(copied("test", "x", &view).unwrap(), copy);
        assert_eq!(relu(&view).unwrap(), copy.mapv(|z| z.max(0.0)));
        let back = relu_backward(&view, &copy).unwrap();
        assert_eq!(back, copy.mapv(|z| z.max(0.0)));
    }
    let line = wide.slice(s![0, ..;2]);
    assert_eq!(relu(&line).unwrap(), line.mapv(|z| z.max(0.0)));
}

#[test]
fn refusals_are_those_of_the_loops() {
    let zeros = |shape: [usize; 4]| Array4::<f64>::zeros(shape);
    let (x, w, b) = (
        zeros([1, 4, 4, 2]),
        zeros([3, 3, 2, 5]),
        zeros([1, 1, 1, 5]),
    );
    for (x, w, b, stride, pad) in [
        (&x, &zeros([3, 3, 3, 5]), &b, 1, 0),
        (&x, &w, &zeros([1, 1, 1, 4]), 1, 0),
        (&x, &w, &b, 0, 0),
        (&zeros([1, 2, 4, 2]), &w, &b, 1, 0),
        (&zeros([0, 2, 4, 2]), &w, &b, 1, 0),
        (&x, &w, &b, 1, usize::MAX / 2),
    ] {
        let hparameters = ConvHparameters { stride, pad };
        let loops = steps::conv_forward(x, w, b, hparameters).unwrap_err();
        let fast = conv_forward(x, w, b, hparameters).unwrap_err();
        assert_eq!(fast.to_string(), loops.to_string());
    }
    let hparameters = PoolHparameters { f: 5, stride: 1 };
    let loops = steps::pool_forward(&x, hparameters, PoolMode::Max).unwrap_err();
    let fast = pool_forward(&x, hparameters, PoolMode::Max).unwrap_err();
    assert_eq!(fast.to_string(), loops.to_string());
}

#[test]
fn not_a_number_is_not_swallowed() {
    let mut x = Array4::<f64>::zeros((1, 3, 3, 1));
    x[[0, 1, 1, 0]] = f64::NAN;
    let hparameters = PoolHparameters { f: 2, stride: 1 };
    assert!(
        pool_forward(&x, hparameters, PoolMode::Max)
            .unwrap()
            .iter()
            .all(|a| a.is_nan())
    );
    let z = x.view().into_shape_with_order(9).unwrap().to_owned();
    assert!(relu(&z).unwrap()[4].is_nan() && sigmoid(&z).unwrap()[4].is_nan());
}

#[test]
fn copies_that_do_not_fit_in_memory_are_refused() {
    let one = Array4::<f32>::ones((1, 1, 1, 1));
    let wide = one.broadcast((1, 1, 1, 1 << 50)).unwrap();
    let batch = one.broadcast((1 << 50, 1, 1, 1)).unwrap();
    let filters = one.broadcast((1, 1, 1 << 50, 1)).unwrap();
    let (convolution, pooling) = (
        ConvHparameters { stride: 1, pad: 0 },
        PoolHparameters { f: 1, stride: 1 },
    );
    let starts = |refused: &str, start: &str| {
        assert!(refused.starts_with(start), "{refused}");
        assert!(refused.contains(" is too large, expected "), "{refused}");
    };
    let refused = conv_forward(&wide, &filters, &one, convolution).unwrap_err();
    starts(&refused.to_string(), "conv_forward: A_prev ");
    let refused = conv_forward(&one, &wide, &wide, convolution).unwrap_err();
    starts(&refused.to_string(), "conv_forward: W ");
    let refused = pool_forward(&batch, pooling, PoolMode::Max).unwrap_err();
    starts(&refused.to_string(), "pool_forward: A_prev ");
    let refused = sigmoid_backward(&wide, &wide).unwrap_err();
    starts(&refused.to_string(), "sigmoid_backward: cache ");
    // Sizes that a kernel rejects are reported as the function's.
    let refused = pool_forward(&wide, pooling, PoolMode::Max).unwrap_err();
    let expected =
        "pool_forward: values per example is 1125899906842624, expected at most 4294967295";
    assert_eq!(refused.to_string(), expected);
}

/// All that a function writes to memory of the caller's, whatever that holds before.
#[test]
fn results_in_memory_of_the_caller_are_those_in_memory_of_its_own() {
    let mut draw = RandomState::new(3);
    let plain = random(&mut draw, (30, 40), false);
    let mut wide = Array2::from_elem((30, 80), f64::NAN);
    wide.slice_mut(s![.., ..;2]).assign(&plain);
    let layouts = [
        plain.clone(),
        plain.t().as_standard_layout().into_owned().reversed_axes(),
        wide.slice_move(s![.., ..;2]),
    ];
    let (W, b) = (
        random(&mut draw, (7, 30), false),
        random(&mut draw, (7, 1), false),
    );
    let dZ = random(&mut draw, (7, 40), false);
    let array = |order: Order, shape: (usize, usize), mut values: Vec<f64>| {
        order.view("test", shape, &mut values).unwrap().to_owned()
    };
    for A in layouts {
        let mut Z = vec![f64::NAN; 7 * 40];
        let order = linear_forward_into(&A, &W, &b, &mut Z).unwrap();
        assert_eq!(
            array(order, (7, 40), Z),
            linear_forward(&A, &W, &b).unwrap()
        );
        let (mut dA, mut dW) = (vec![f64::NAN; 30 * 40], vec![f64::NAN; 7 * 30]);
        let (orders, db) = linear_backward_into(&dZ, &A, &W, &b, [&mut dA, &mut dW]).unwrap();
        let expected = linear_backward(&dZ, &A, &W, &b).unwrap();
        assert_eq!(array(orders[0], (30, 40), dA), expected.0);
        assert_eq!(array(orders[1], (7, 30), dW), expected.1);
        assert_eq!(db, expected.2);
        let mut y = vec![f64::NAN; 30 * 40];
        let order = relu_into(&A, &mut y).unwrap();
        assert_eq!(
            array(order, (30, 40), y.clone()),
            steps::relu(&A).unwrap().0
        );
        let order = sigmoid_into(&A, &mut y).unwrap();
        assert_eq!(array(order, (30, 40), y), sigmoid(&A).unwrap());
    }
}

#[test]
fn memory_of_another_length_is_refused() {
    let (A, W, b) = (
        Array2::<f64>::zeros((3, 4)),
        Array2::zeros((2, 3)),
        Array2::zeros((2, 1)),
    );
    let (mut seven, mut eight, mut twelve) = ([0.0; 7], [0.0; 8], [0.0; 12]);
    let refusal = |error: crate::Error| error.to_string();
    let text = refusal(linear_forward_into(&A, &W, &b, &mut seven).unwrap_err());
    assert!(
        text.contains("memory for 7 values") && text.contains("[2, 4]"),
        "{text}"
    );
    linear_forward_into(&A, &W, &b, &mut eight).unwrap();
    let dZ = Array2::zeros((2, 4));
    let into = [&mut twelve[..], &mut seven[..]];
    let text = refusal(linear_backward_into(&dZ, &A, &W, &b, into).unwrap_err());
    assert!(
        text.contains("memory for 7 values") && text.contains("[2, 3]"),
        "{text}"
    );
    let text = refusal(relu_into(&A, &mut eight).unwrap_err());
    assert!(
        text.contains("memory for 8 values") && text.contains("[3, 4]"),
        "{text}"
    );
}
