//! Axes of many blocks, so many that adding these up would cost digits.

use super::*;
use crate::testing::{assert_bits, on_threads};

/// Roundings that equal values may cost, the worst case: far fewer than there are blocks.
const EQUAL: f64 = 48.0;

fn dirty(len: usize) -> Vec<f32> {
    vec![f32::NAN; len]
}

#[test]
fn rests_are_added_before_they_lose_digits_themselves() {
    let rows = 4_000_000;
    let values = vec![0.1_f32; rows];
    let products = || values.iter().map(|&v| (v, 1.0));
    let mut sum = [f32::NAN];
    columns(&values, &mut sum);
    assert_kept("columns", sum[0], products(), 4.0);
    let block = |places: std::ops::Range<usize>| values[places].iter().sum();
    assert_kept("blocks", of_blocks(rows, 8, block), products(), 4.0);
    let g = PoolGeometry::new(1, [2000, 2000, 1], [2000; 2], [2000; 2], Padding::VALID);
    pool::average_forward(&g.unwrap(), false, &values, &mut sum);
    assert_kept("average", sum[0] * rows as f32, products(), 4.0);
}

#[test]
fn what_is_not_finite_stays_so_in_very_many_blocks() {
    let blocks = 3 * SETTLED;
    for special in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX] {
        for place in [0, SETTLED - 1, SETTLED, blocks - 2] {
            let at = |block: usize| match block {
                _ if block == place || block == place + 1 => special,
                _ => 1.0,
            };
            let found = of_blocks(blocks, 1, |places| at(places.start));
            let expected = if special == f32::MAX {
                f32::INFINITY
            } else {
                special
            };
            assert!(
                found == expected || (found.is_nan() && expected.is_nan()),
                "{special} at {place}: {found}"
            );
        }
    }
}

/// Forward: few examples, few units, and the general way; backward: data of many units, weights of many examples.
#[test]
fn dense_layers_of_very_many_features_units_and_examples_keep_their_digits() {
    for (batch, inputs, outputs) in [
        (1, 300_000, 40),
        (40, 300_000, 3),
        (6, 200_000, 17),
        (6, 17, 200_000),
        (1_000_000, 3, 4),
    ] {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        let (x, w, dy) = (
            vec![0.1_f32; g.x_len()],
            vec![0.1; g.weights_len()],
            vec![0.1; g.y_len()],
        );
        let run = || {
            let (mut y, mut dx, mut dw) = (dirty(dy.len()), dirty(x.len()), dirty(w.len()));
            let mut scratch = dirty(dense::forward_scratch::<f32>(&g));
            dense::forward(&g, &x, &w, None, &mut y, &mut scratch);
            let mut scratch = dirty(dense::backward_data_scratch::<f32>(&g));
            dense::backward_data(&g, &dy, &w, &mut dx, &mut scratch);
            let mut scratch = dirty(dense::backward_weights_scratch::<f32>(&g));
            dense::backward_weights(&g, &x, &dy, &mut dw, None, &mut scratch);
            [y, dx, dw]
        };
        let found = on_threads(1, run);
        for (found, again) in found.iter().zip(on_threads(3, run)) {
            assert_bits(found, &again);
        }
        for (values, terms) in found.iter().zip([inputs, outputs, batch]) {
            for &value in [&values[0], &values[values.len() - 1]] {
                let products = (0..terms).map(|_| (0.1, 0.1));
                assert_kept(&format!("{g:?} {terms}"), value, products, EQUAL);
            }
        }
    }
}

/// Windows of 27,000 elements and more: in place, laid out, in strides, and with taps outside of the image.
#[test]
fn convolutions_of_very_many_elements_are_summed_in_groups() {
    for (size, channels, filters, kernel, stride, padding) in [
        ([2, 3], 30_000, 5, 1, 1, 0),
        ([3, 4], 3_000, 20, 3, 1, 1),
        ([5, 4], 7, 9_000, 3, 2, 1),
        ([3, 4], 400, 9, 9, 1, 4),
    ] {
        let window = ConvWindow {
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: Padding::even(padding),
            ..ConvWindow::default()
        };
        let g = ConvGeometry::new(2, [size[0], size[1], channels], filters, window, 1);
        let g = g.unwrap().direct();
        for set in InstructionSet::all() {
            let [random, ..] = kinds(1, g.x_len());
            let [weights, ..] = kinds(2, g.weights_len());
            conv_keeps(set, &g, &random, &weights);
        }
    }
}

#[test]
fn equal_values_are_normalised_to_nothing() {
    let (rows, channels) = (300, 700);
    let g = NormGeometry { rows, channels };
    let affine = norm::Affine {
        gamma: &vec![1.0; channels],
        beta: &vec![0.5; channels],
    };
    for value in [0.1_f32, 1234.567, 3e7, -1e-12] {
        let x = vec![value; g.len()];
        let (mut y, mut kept) = (dirty(g.len()), dirty(2 * rows));
        norm::layer::forward(&g, 1e-5, &x, affine, &mut y, &mut kept);
        assert!(y.iter().all(|&y| y == 0.5), "rows of {value}: {}", y[0]);
        let (mut mean, mut variance) = (dirty(channels), dirty(channels));
        let mut scratch = dirty(norm::batch::statistics_scratch(&g));
        norm::batch::statistics(&g, &x, &mut mean, &mut variance, &mut scratch);
        assert!(
            mean.iter().all(|&mean| mean == value),
            "{} of {value}",
            mean[0]
        );
        assert!(variance.iter().all(|&variance| variance == 0.0));
    }
}
