use proptest::prelude::*;

use super::*;
use crate::Padding;
use crate::conv::ConvGeometry;
use crate::conv::methods::reference;
use crate::conv::methods::winograd::bound::factor;
use crate::conv::{ConvWindow, Method, Plan};
use crate::decision::Pass;
use crate::simd::InstructionSet;
use crate::testing::{assert_bits, integers, normal, on_threads};

/// A 3x3 convolution with the zeros `[top, bottom, left, right]`.
fn geometry(batch: usize, input: [usize; 3], filters: usize, pads: [usize; 4]) -> ConvGeometry {
    let [top, bottom, left, right] = pads;
    let window = ConvWindow {
        kernel: [3, 3],
        padding: Padding {
            top,
            bottom,
            left,
            right,
        },
        ..ConvWindow::default()
    };
    ConvGeometry::new(batch, input, filters, window, 1).unwrap()
}

fn goes_on(set: InstructionSet, g: &ConvGeometry) -> bool {
    Plan::on::<f32>(set, g).method(Pass::Weights) == Method::Winograd
}

fn goes_this_way(g: &ConvGeometry) -> bool {
    InstructionSet::all().into_iter().all(|set| goes_on(set, g))
}

/// `dw` and `db` on an instruction set; outputs and scratch start as NaN.
fn pass(set: InstructionSet, g: &ConvGeometry, [x, dy]: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let dirty = |len| vec![f32::NAN; len];
    let (mut dw, mut db) = (dirty(g.weights_len()), dirty(g.filters));
    let plan = Plan::on::<f32>(set, g);
    let mut scratch = dirty(plan.scratch::<f32>(Pass::Weights));
    plan.backward_weights(x, dy, &mut dw, Some(&mut db), &mut scratch);
    [dw, db]
}

/// The same as sums over pixels.
fn direct(set: InstructionSet, g: &ConvGeometry, [x, dy]: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let dirty = |len| vec![f32::NAN; len];
    let (mut dw, mut db) = (dirty(g.weights_len()), dirty(g.filters));
    let plan = Plan::on::<f32>(set, g);
    let plan = plan.force::<f32>(Pass::Weights, Method::Windows).unwrap();
    let mut scratch = dirty(plan.scratch::<f32>(Pass::Weights));
    plan.backward_weights(x, dy, &mut dw, Some(&mut db), &mut scratch);
    [dw, db]
}

fn arrays(g: &ConvGeometry, draw: impl Fn(u64, usize) -> Vec<f32>) -> [Vec<f32>; 2] {
    [draw(1, g.x_len()), draw(2, g.y_len())]
}

/// The pass in `f64`, sum by sum.
fn exact(g: &ConvGeometry, arrays: &[Vec<f32>; 2]) -> [Vec<f64>; 2] {
    let wide = |values: &Vec<f32>| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let [x, dy] = [wide(&arrays[0]), wide(&arrays[1])];
    let (mut dw, mut db) = (vec![0.0; g.weights_len()], vec![0.0; g.filters]);
    reference::backward_weights(g, &x, &dy, &mut dw, Some(&mut db));
    [dw, db]
}

/// The documented bounds, spelt out: `[channel][filter]` of `dw`, and of `db`.
fn bounds(g: &ConvGeometry, [x, dy]: &[Vec<f32>; 2]) -> [Vec<f64>; 2] {
    let ([height, width, channels], [rows, cols, filters]) = (g.input, g.output);
    let mut sums = vec![0.0; channels * filters];
    let mut tiles = 0;
    for (x, dy) in x
        .chunks_exact(height * width * channels)
        .zip(dy.chunks_exact(rows * cols * filters))
    {
        for (row, col) in (0..rows)
            .step_by(4)
            .flat_map(|row| (0..cols).step_by(4).map(move |col| (row, col)))
        {
            tiles += 1;
            let mut largest = vec![0.0_f64; channels];
            for (i, j) in (0..6).flat_map(|i| (0..6).map(move |j| (i, j))) {
                let i = (row + i).checked_sub(g.padding.top).filter(|&i| i < height);
                let j = (col + j).checked_sub(g.padding.left).filter(|&j| j < width);
                if let (Some(i), Some(j)) = (i, j) {
                    let pixel = &x[(i * width + j) * channels..][..channels];
                    for (largest, x) in largest.iter_mut().zip(pixel) {
                        *largest = largest.max(f64::from(x.abs()));
                    }
                }
            }
            let mut size = vec![0.0; filters];
            for i in row..rows.min(row + 4) {
                for j in col..cols.min(col + 4) {
                    let pixel = &dy[(i * cols + j) * filters..][..filters];
                    for (size, dy) in size.iter_mut().zip(pixel) {
                        *size += f64::from(dy.abs());
                    }
                }
            }
            for (sums, largest) in sums.chunks_exact_mut(filters).zip(&largest) {
                for (sum, size) in sums.iter_mut().zip(&size) {
                    *sum += largest * size;
                }
            }
        }
    }
    sums.iter_mut().for_each(|sum| *sum *= factor::<f32>(tiles));
    let unit = f64::from(f32::EPSILON) * (g.batch * rows * cols) as f64;
    let bias = (0..filters).map(|filter| {
        let values = dy.iter().skip(filter).step_by(filters);
        unit * values.map(|dy| f64::from(dy.abs())).sum::<f64>()
    });
    [sums, bias.collect()]
}

/// Fails unless the pass is within its bounds; the largest error of `dw` in units of its bound.
#[track_caller]
fn assert_bounded(g: &ConvGeometry, arrays: &[Vec<f32>; 2]) -> f64 {
    let ([dw, db], bounds) = (exact(g, arrays), bounds(g, arrays));
    let mut worst = 0.0_f64;
    for set in InstructionSet::all() {
        let found = pass(set, g, arrays);
        for (i, (&found, exact)) in found[0].iter().zip(&dw).enumerate() {
            let bound = bounds[0][i % bounds[0].len()];
            let error = (f64::from(found) - exact).abs();
            assert!(
                error <= bound,
                "{} at {i}: {found}, expected {exact}, bound {bound:e}, {g:?}",
                set.name()
            );
            if bound > 0.0 {
                worst = worst.max(error / bound);
            }
        }
        for (i, (&found, exact)) in found[1].iter().zip(&db).enumerate() {
            let error = (f64::from(found) - exact).abs();
            assert!(
                error <= bounds[1][i],
                "{} db {i}: {found}, {exact}, {g:?}",
                set.name()
            );
        }
    }
    worst
}

fn any_geometry() -> impl Strategy<Value = ConvGeometry> {
    let sizes = (1usize..7, 1usize..17, 1usize..17);
    let depth = (8usize..40, 8usize..40);
    (sizes, depth, prop::array::uniform4(0usize..4)).prop_filter_map(
        "too small",
        |((batch, height, width), (channels, filters), pads)| {
            if height + pads[0] + pads[1] < 3 || width + pads[2] + pads[3] < 3 {
                return None;
            }
            let g = geometry(batch, [height, width, channels], filters, pads);
            goes_this_way(&g).then_some(g)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn random_geometries_are_within_the_bound(g in any_geometry()) {
        // Far below the bound, too: the worst case takes every rounding and every sign at its worst.
        let worst = assert_bounded(&g, &arrays(&g, normal));
        prop_assert!(worst < 0.02, "{worst}");
    }
}

#[test]
fn blocks_parts_and_ragged_ends_are_within_the_bound_on_any_number_of_threads() {
    for (batch, input, filters, pads, parts) in [
        // Rows and columns of tiles cut short; vectors that reach back.
        (1, [17, 27, 16], 17, [1; 4], 1),
        (25, [3, 3, 24], 31, [1; 4], 1),
        (3, [9, 21, 33], 16, [0, 3, 2, 1], 2),
        (2, [12, 14, 24], 25, [3; 4], 1),
        // Several parts, the last one shorter.
        (5, [24, 23, 9], 37, [1; 4], 3),
        (24, [15, 16, 12], 16, [1, 1, 0, 2], 8),
        // Several blocks of channels, of filters and of both; parts of these.
        (3, [11, 10, 67], 12, [1; 4], 1),
        (6, [14, 13, 10], 147, [1; 4], 2),
        (2, [12, 12, 130], 81, [1; 4], 1),
    ] {
        let g = geometry(batch, input, filters, pads);
        let all = InstructionSet::all();
        for &set in &all {
            assert!(goes_on(set, &g), "{g:?}");
            let choice = Plan::on::<f32>(set, &g).choice::<f32>(Pass::Weights);
            let weights = Weights::new::<f32>(&g, choice.set);
            assert_eq!(weights.cut().parts, parts, "{g:?}");
        }
        let arrays = arrays(&g, normal);
        assert_bounded(&g, &arrays);
        for set in all {
            let found = [1, 2, 3].map(|threads| on_threads(threads, || pass(set, &g, &arrays)));
            for other in &found[1..] {
                assert_bits(&found[0][0], &other[0]);
                assert_bits(&found[0][1], &other[1]);
            }
        }
    }
}

/// The sums of small integers, which the transforms would only spoil, are nearly exact.
#[test]
fn the_bias_is_a_plain_sum() {
    let g = geometry(4, [13, 18, 16], 20, [1; 4]);
    assert!(goes_this_way(&g));
    let arrays = arrays(&g, |seed, len| integers(seed, len, 3));
    let [_, db] = exact(&g, &arrays);
    for set in InstructionSet::all() {
        let [dw, found] = pass(set, &g, &arrays);
        assert!(found.iter().zip(&db).all(|(&a, &b)| f64::from(a) == b));
        // Nobody asks for `db` of a layer without a bias.
        let plan = Plan::on::<f32>(set, &g);
        let mut scratch = vec![f32::NAN; plan.scratch::<f32>(Pass::Weights)];
        let mut alone = vec![f32::NAN; g.weights_len()];
        let [x, dy] = &arrays;
        plan.backward_weights(x, dy, &mut alone, None, &mut scratch);
        assert_bits(&alone, &dw);
    }
}

#[test]
fn large_values_beside_small_ones_are_within_the_bound() {
    let g = geometry(2, [12, 15, 24], 20, [1; 4]);
    assert!(goes_this_way(&g));
    for large in [1e3, 1e6, 1e15] {
        let mut arrays = arrays(&g, normal);
        for values in &mut arrays {
            for value in values.iter_mut().step_by(997) {
                *value *= large;
            }
        }
        assert_bounded(&g, &arrays);
    }
}

/// Values that are not finite, and those that overflow only on the way, give the same result as sums over pixels.
#[test]
fn what_is_not_finite_comes_out_as_it_does_without_the_method() {
    let g = geometry(3, [11, 14, 16], 24, [0, 2, 1, 1]);
    assert!(goes_this_way(&g));
    let clean = arrays(&g, normal);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        for which in [0, 1] {
            for place in [0, 1] {
                let mut arrays = clean.clone();
                let at = if place == 0 {
                    arrays[which].len() / 2
                } else {
                    arrays[which].len() - 1
                };
                arrays[which][at] = value;
                for set in InstructionSet::all() {
                    let (found, expected) = (pass(set, &g, &arrays), direct(set, &g, &arrays));
                    let all = || found.iter().flatten();
                    // In the direct pass `f32::MAX` times a small number is finite.
                    assert!(all().any(|v| !v.is_finite()) || value == f32::MAX);
                    assert!(all().any(|v| v.is_finite()));
                    assert_bits(&found[0], &expected[0]);
                    assert_bits(&found[1], &expected[1]);
                }
            }
        }
    }
    // Values whose products fit, and whose transforms do not.
    let mut arrays = clean;
    arrays[0].iter_mut().for_each(|x| *x *= 7e37);
    arrays[1].iter_mut().for_each(|dy| *dy *= 1e-3);
    for set in InstructionSet::all() {
        let (found, expected) = (pass(set, &g, &arrays), direct(set, &g, &arrays));
        assert!(found.iter().flatten().all(|v| v.is_finite()));
        assert_bits(&found[0], &expected[0]);
        assert_bits(&found[1], &expected[1]);
    }
}

#[test]
fn scratch_for_a_batch_is_enough_for_every_smaller_one() {
    for (input, filters) in [([8, 8, 32], 48), ([8, 17, 16], 20), ([9, 9, 72], 70)] {
        let largest = geometry(40, input, filters, [1; 4]);
        assert!(goes_this_way(&largest));
        let arrays = arrays(&largest, normal);
        for set in InstructionSet::all() {
            let plan = Plan::on::<f32>(set, &largest);
            let mut scratch = vec![f32::NAN; plan.scratch::<f32>(Pass::Weights)];
            let mut dw = vec![f32::NAN; largest.weights_len()];
            for batch in (0..4).chain([13, 25, 39, 40]) {
                let g = largest.with_batch(batch);
                let [x, dy] = [&arrays[0][..g.x_len()], &arrays[1][..g.y_len()]];
                // The same bits in scratch memory of the batch's own size.
                let plan = plan.with_batch::<f32>(batch);
                plan.backward_weights(x, dy, &mut dw, None, &mut scratch);
                let [alone, _] = pass(set, &g, &[x.to_vec(), dy.to_vec()]);
                assert_bits(&dw, &alone);
            }
        }
    }
}

#[test]
fn which_way_a_geometry_goes() {
    let way = |batch, input, filters| goes_this_way(&geometry(batch, input, filters, [1; 4]));
    // The layers of the benchmark.
    assert!(way(128, [32, 32, 16], 16));
    assert!(way(128, [16, 16, 32], 32));
    assert!(way(128, [8, 8, 64], 64));
    assert!(way(16, [56, 56, 64], 64));
    assert!(way(16, [14, 14, 256], 256));
    assert!(way(1, [32, 32, 16], 32));
    assert!(way(16, [7, 7, 512], 512));
    // Too few channels, filters and tiles.
    assert!(!way(64, [32, 32, 3], 16));
    assert!(!way(64, [32, 32, 4], 8));
    assert!(!way(1, [8, 8, 64], 64));
    assert!(way(4, [8, 8, 64], 64));
    assert!(!way(0, [8, 8, 64], 64));
    // Tiles that are mostly beyond the image.
    assert!(!way(64, [5, 5, 16], 16));
    // Other windows, and f64.
    let g = geometry(16, [32, 32, 32], 32, [1; 4]);
    assert!(goes_this_way(&g));
    assert_ne!(Plan::new::<f64>(&g).method(Pass::Weights), Method::Winograd);
    for (kernel, stride, dilation, groups) in [
        ([3, 3], [1, 2], [1, 1], 1),
        ([3, 3], [1, 1], [2, 1], 1),
        ([3, 3], [1, 1], [1, 1], 2),
        ([3, 5], [1, 1], [1, 1], 1),
    ] {
        let window = ConvWindow {
            kernel,
            stride,
            padding: Padding::even(2),
            dilation,
        };
        let g = ConvGeometry::new(16, [32, 32, 32], 32, window, groups).unwrap();
        assert!(!goes_this_way(&g), "{window:?}");
    }
}
