//! The mechanism, and that every long sum of the kernels goes by it.

mod very_long;

use super::*;
use crate::conv::{self, ConvGeometry, ConvWindow};
use crate::decision::Pass;
use crate::dense::{self, DenseGeometry};
use crate::norm::{self, NormGeometry};
use crate::pool::{self, PoolGeometry};
use crate::simd::InstructionSet;
use crate::testing::normal;
use crate::{Padding, softmax};

#[test]
fn blocks_are_equal_and_short_axes_are_one() {
    assert_eq!([0, 1, 512].map(block_len), [1, 1, 512]);
    assert_eq!([513, 768, 769, 20_000].map(block_len), [257, 384, 257, 378]);
}

#[test]
fn columns_of_a_constant_of_mixed_and_of_random_values_keep_their_digits() {
    let rows = 300_000;
    for width in [1, 3, 16, 21] {
        let mixed = |i: usize, v: f32| if i.is_multiple_of(97) { 1e4 * v } else { v };
        let random = normal::<f32>(width as u64, rows * width);
        let mixed = random.iter().enumerate().map(|(i, &v)| mixed(i, v));
        for values in [vec![0.1_f32; rows * width], mixed.collect(), random.clone()] {
            let mut sums = vec![f32::NAN; width];
            columns(&values, &mut sums);
            for (column, &sum) in sums.iter().enumerate() {
                let values = values.iter().skip(column).step_by(width);
                let exact: f64 = values.clone().map(|&v| f64::from(v)).sum();
                let size: f64 = values.map(|&v| f64::from(v.abs())).sum();
                let error = (f64::from(sum) - exact).abs() / size;
                assert!(error < 4e-7, "{error:e} of {width} columns");
            }
        }
    }
}

#[test]
fn sums_of_few_rows_are_those_of_a_running_sum() {
    let values = normal::<f32>(3, 4 * FEW);
    let mut sums = [0.0; 4];
    columns(&values, &mut sums);
    let mut running = [0.0; 4];
    for row in values.chunks_exact(4) {
        for (sum, value) in running.iter_mut().zip(row) {
            *sum += value;
        }
    }
    assert_eq!(sums, running);
}

#[test]
fn what_is_not_finite_stays_what_it_is() {
    let sum = |special: &[f32]| {
        let mut values = vec![1.0; 100];
        values.extend_from_slice(special);
        values.extend([1.0; 100]);
        let mut sums = [0.0];
        columns(&values, &mut sums);
        assert_eq!(
            of_blocks(values.len(), 7, |range| values[range].iter().sum::<f32>()).to_bits(),
            sums[0].to_bits()
        );
        sums[0]
    };
    assert_eq!(sum(&[f32::INFINITY]), f32::INFINITY);
    assert_eq!(sum(&[f32::NEG_INFINITY]), f32::NEG_INFINITY);
    assert_eq!(sum(&[f32::MAX, f32::MAX]), f32::INFINITY);
    assert!(sum(&[f32::NAN]).is_nan());
    assert!(sum(&[f32::INFINITY, f32::NEG_INFINITY]).is_nan());
}

/// Random values, equal ones, and random ones of which some are large.
fn kinds(seed: u64, len: usize) -> [Vec<f32>; 3] {
    let random = normal::<f32>(seed, len);
    let scaled = |(i, &v): (usize, &f32)| if i % 97 == 0 { 1e3 * v } else { v };
    let mixed = random.iter().enumerate().map(scaled).collect();
    [random, vec![0.1; len], mixed]
}

/// Fails unless `found` is the sum of `products` but for `most` roundings of their magnitudes.
#[track_caller]
fn assert_kept(what: &str, found: f32, products: impl Iterator<Item = (f32, f32)>, most: f64) {
    let (mut exact, mut size) = (0.0, 0.0);
    for (a, b) in products {
        let product = f64::from(a) * f64::from(b);
        exact += product;
        size += product.abs();
    }
    let error = (f64::from(found) - exact).abs() / (size * f64::from(f32::EPSILON) / 2.0);
    assert!(
        error <= most,
        "{what}: {error} roundings, expected at most {most}"
    );
}

/// The error that summation in blocks allows: far fewer roundings than terms.
fn of_blocks_of(terms: usize) -> f64 {
    (BLOCK + terms.div_ceil(BLOCK)) as f64 / 4.0 + 8.0
}

/// A batch of few examples and one of several, few units and more: every method of a dense layer.
#[test]
fn dense_layers_of_many_features_and_examples_keep_their_digits() {
    let long = 20_000;
    for (batch, inputs, outputs) in [
        (1, long, 40),
        (6, long, 40),
        (3, long, 2),
        (long, 3, 4),
        (long, 40, 30),
        (600, 300, 20),
        (3, 40, long),
    ] {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        for (x, w) in kinds(1, g.x_len()).iter().zip(kinds(2, g.weights_len())) {
            let dirty = |len| vec![f32::NAN; len];
            let (mut y, mut dx, mut dw, mut db) = (
                dirty(g.y_len()),
                dirty(g.x_len()),
                dirty(w.len()),
                dirty(outputs),
            );
            dense::forward(
                &g,
                x,
                &w,
                None,
                &mut y,
                &mut dirty(dense::forward_scratch::<f32>(&g)),
            );
            // Any values will do for the gradient: those of the features, again and again.
            let dy: Vec<f32> = x.iter().copied().cycle().take(g.y_len()).collect();
            dense::backward_data(
                &g,
                &dy,
                &w,
                &mut dx,
                &mut dirty(dense::backward_data_scratch::<f32>(&g)),
            );
            let mut scratch = dirty(dense::backward_weights_scratch::<f32>(&g));
            dense::backward_weights(&g, x, &dy, &mut dw, Some(&mut db), &mut scratch);
            let (example, unit, feature) = (batch - 1, outputs / 2, inputs - 1);
            let products = (0..inputs).map(|i| (x[example * inputs + i], w[unit * inputs + i]));
            assert_kept(
                "y",
                y[example * outputs + unit],
                products,
                of_blocks_of(inputs),
            );
            let products =
                (0..outputs).map(|o| (dy[example * outputs + o], w[o * inputs + feature]));
            assert_kept(
                "dx",
                dx[example * inputs + feature],
                products,
                of_blocks_of(outputs),
            );
            let products = (0..batch).map(|n| (dy[n * outputs + unit], x[n * inputs + feature]));
            assert_kept(
                "dw",
                dw[unit * inputs + feature],
                products,
                of_blocks_of(batch),
            );
            let products = (0..batch).map(|n| (dy[n * outputs + unit], 1.0));
            assert_kept("db", db[unit], products, 24.0);
        }
    }
}

/// Many channels, many filters, many pixels; by columns, with pixels in the lanes, dilated, depthwise.
#[test]
fn convolutions_of_many_channels_and_pixels_keep_their_digits() {
    let (plain, dilated) = ([1, 1], [1, 2]);
    for (size, channels, filters, kernel, dilation, groups) in [
        ([1, 2], 20_000, 20, [1, 1], plain, 1),
        ([3, 4], 2_500, 17, [3, 3], dilated, 1),
        ([3, 16], 2_500, 2, [3, 3], plain, 1),
        ([3, 16], 3, 2_500, [3, 3], plain, 1),
        ([100, 200], 2, 3, [3, 3], plain, 1),
        ([100, 200], 40, 3, [1, 1], plain, 1),
        ([100, 200], 9, 9, [3, 3], plain, 9),
    ] {
        let window = ConvWindow {
            kernel,
            dilation,
            padding: Padding::even(kernel[0] / 2),
            ..ConvWindow::default()
        };
        let g = ConvGeometry::new(1, [size[0], size[1], channels], filters, window, groups)
            .unwrap()
            .direct();
        for set in InstructionSet::all() {
            for (x, w) in kinds(1, g.x_len()).iter().zip(kinds(2, g.weights_len())) {
                conv_keeps(set, &g, x, &w);
            }
        }
    }
}

/// The three passes against the naive loops in `f64`, in roundings of the sums of magnitudes.
fn conv_keeps(set: InstructionSet, g: &ConvGeometry, x: &[f32], w: &[f32]) {
    let dirty = |len| vec![f32::NAN; len];
    let dy: Vec<f32> = x.iter().copied().cycle().take(g.y_len()).collect();
    let scratch = |needed: usize| dirty(2 * needed + (1 << 16));
    let (mut y, mut dx, mut dw, mut db) = (
        dirty(dy.len()),
        dirty(x.len()),
        dirty(w.len()),
        dirty(g.filters),
    );
    let plan = conv::Plan::on::<f32>(set, g);
    let needed = |pass| scratch(plan.scratch::<f32>(pass));
    plan.forward(x, w, None, &mut y, &mut needed(Pass::Forward));
    plan.backward_data(&dy, w, &mut dx, &mut needed(Pass::Data));
    plan.backward_weights(x, &dy, &mut dw, Some(&mut db), &mut needed(Pass::Weights));
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let passes = |[x, w, dy]: [&[f64]; 3]| {
        let zeros = |len| vec![0.0; len];
        let (mut y, mut dx, mut dw, mut db) = (
            zeros(dy.len()),
            zeros(x.len()),
            zeros(w.len()),
            zeros(g.filters),
        );
        conv::reference::forward(g, x, w, None, &mut y);
        conv::reference::backward_data(g, dy, w, &mut dx);
        conv::reference::backward_weights(g, x, dy, &mut dw, Some(&mut db));
        [y, dx, dw, db]
    };
    let given = [x, w, &dy].map(wide);
    let exact = passes([&given[0], &given[1], &given[2]]);
    let size = given.map(|values| values.iter().map(|v| v.abs()).collect::<Vec<_>>());
    let size = passes([&size[0], &size[1], &size[2]]);
    let taps = g.kernel[0] * g.kernel[1];
    let pixels = g.output[0] * g.output[1];
    let terms = [
        taps * g.input[2] / g.groups,
        taps * g.filters / g.groups,
        pixels,
        pixels,
    ];
    for (what, found) in ["y", "dx", "dw", "db"]
        .into_iter()
        .zip([y, dx, dw, db])
        .enumerate()
    {
        let (name, found) = found;
        for ((&found, exact), size) in found.iter().zip(&exact[what]).zip(&size[what]) {
            let error = (f64::from(found) - exact).abs() / (size * f64::from(f32::EPSILON) / 2.0);
            let most = of_blocks_of(terms[what]);
            assert!(
                error <= most || size == &0.0,
                "{} {name}: {error} roundings of {most}, {g:?}",
                set.name()
            );
        }
    }
}

#[test]
fn averages_of_large_windows_keep_their_digits() {
    let side = 300;
    for channels in [1, 3, 16, 21] {
        let g = PoolGeometry::new(
            1,
            [side, side, channels],
            [side; 2],
            [side; 2],
            Padding::VALID,
        )
        .unwrap();
        for x in kinds(1, g.x_len()) {
            let mut y = vec![f32::NAN; channels];
            pool::average_forward(&g, false, &x, &mut y);
            let share = 1.0 / (side * side) as f32;
            for (channel, &y) in y.iter().enumerate() {
                let values = x.iter().skip(channel).step_by(channels);
                assert_kept("average", y / share, values.map(|&v| (v, 1.0)), 24.0);
            }
        }
        let mut x = vec![1.0_f32; g.x_len()];
        x[0] = f32::INFINITY;
        let mut y = vec![0.0; channels];
        pool::average_forward(&g, false, &x, &mut y);
        assert_eq!(y[0], f32::INFINITY);
        assert!(y[1..].iter().all(|&y| y == 1.0));
    }
}

#[test]
fn normalisations_of_many_rows_and_long_rows_keep_their_digits() {
    for (rows, channels) in [(100_000, 3), (20_000, 32), (5, 20_000)] {
        let g = NormGeometry { rows, channels };
        for dy in kinds(3, g.len()) {
            let x = normal::<f32>(4, g.len());
            let ones = vec![1.0_f32; channels];
            let mut kept = vec![f32::NAN; 2 * rows];
            let affine = norm::Affine {
                gamma: &ones,
                beta: &vec![0.0; channels],
            };
            norm::layer::forward(
                &g,
                1e-5,
                &x,
                affine,
                &mut vec![f32::NAN; g.len()],
                &mut kept,
            );
            let [mut dgamma, mut dbeta] = [(); 2].map(|()| vec![f32::NAN; channels]);
            let mut scratch = vec![f32::NAN; norm::layer::backward_scratch(&g)];
            let to = Some([&mut dgamma[..], &mut dbeta[..]]);
            norm::layer::backward(&g, [&x, &dy, &ones, &kept], None, to, &mut scratch);
            let column = |values: &[f32], channel: usize| {
                values
                    .iter()
                    .copied()
                    .skip(channel)
                    .step_by(channels)
                    .collect::<Vec<_>>()
            };
            for channel in [0, channels - 1] {
                let products = column(&dy, channel).into_iter().map(|dy| (dy, 1.0));
                assert_kept("dbeta", dbeta[channel], products, 24.0);
            }
            let mean: f64 =
                x[..channels].iter().map(|&x| f64::from(x)).sum::<f64>() / channels as f64;
            let size: f64 = x[..channels]
                .iter()
                .map(|&x| f64::from(x.abs()))
                .sum::<f64>()
                / channels as f64;
            assert!(
                (f64::from(kept[0]) - mean).abs() <= 3e-6 * size,
                "{} {mean}",
                kept[0]
            );
        }
    }
}

#[test]
fn a_softmax_over_many_classes_adds_up_to_one() {
    let classes = 50_000;
    for x in kinds(5, classes) {
        let mut y = vec![f32::NAN; classes];
        softmax::forward(classes, &x, &mut y);
        let sum: f64 = y.iter().map(|&y| f64::from(y)).sum();
        assert!((sum - 1.0).abs() < 2e-6, "{sum}");
    }
}
