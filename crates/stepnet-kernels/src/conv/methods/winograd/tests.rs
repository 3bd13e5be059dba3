use proptest::prelude::*;

use super::*;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::Choice;
use crate::conv::methods::reference;
use crate::conv::{ConvWindow, Method, Plan, packed};
use crate::decision::Pass;
use crate::simd::InstructionSet;

use crate::Padding;
use crate::testing::{assert_bits, normal, on_threads};

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

fn method<'g>(
    g: &'g ConvGeometry,
    direction: Direction,
    set: InstructionSet,
) -> Option<Winograd<'g>> {
    let pass = match direction {
        Direction::Forward => Pass::Forward,
        Direction::Backward => Pass::Data,
    };
    let choice = Choice::new::<f32>(g, pass, set);
    (choice.method == Method::Winograd).then(|| Winograd::new::<f32>(g, direction, choice.set))
}

fn goes_this_way(g: &ConvGeometry) -> [bool; 2] {
    [Direction::Forward, Direction::Backward]
        .map(|direction| method(g, direction, InstructionSet::best()).is_some())
}

/// `y` and `dx` on an instruction set; outputs and scratch start as NaN.
fn passes(set: InstructionSet, g: &ConvGeometry, arrays: &Arrays) -> [Vec<f32>; 2] {
    let Arrays { x, w, b, dy } = arrays;
    let dirty = |len| vec![f32::NAN; len];
    let (mut y, mut dx) = (dirty(g.y_len()), dirty(g.x_len()));
    let plan = Plan::on::<f32>(set, g);
    let mut scratch = dirty(plan.scratch::<f32>(Pass::Forward));
    plan.forward(x, w, Some(b), &mut y, &mut scratch);
    let mut scratch = dirty(plan.scratch::<f32>(Pass::Data));
    plan.backward_data(dy, w, &mut dx, &mut scratch);
    [y, dx]
}

struct Arrays {
    x: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
    dy: Vec<f32>,
}

impl Arrays {
    fn new(g: &ConvGeometry, draw: impl Fn(u64, usize) -> Vec<f32>) -> Self {
        Self {
            x: draw(1, g.x_len()),
            w: draw(2, g.weights_len()),
            b: draw(3, g.filters),
            dy: draw(4, g.y_len()),
        }
    }

    /// The two passes in `f64`, sum by sum.
    fn exact(&self, g: &ConvGeometry) -> [Vec<f64>; 2] {
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        let (w, b) = (wide(&self.w), wide(&self.b));
        let (mut y, mut dx) = (vec![0.0; g.y_len()], vec![0.0; g.x_len()]);
        reference::forward(g, &wide(&self.x), &w, Some(&b), &mut y);
        reference::backward_data(g, &wide(&self.dy), &w, &mut dx);
        [y, dx]
    }

    /// The documented bounds of both passes, spelt out for every output.
    fn bounds(&self, g: &ConvGeometry) -> [Vec<f64>; 2] {
        let [_, _, channels] = g.input;
        let magnitude = |channel: usize, filter: usize| -> f64 {
            let taps = (0..9).map(|tap| self.w[(tap * channels + channel) * g.filters + filter]);
            taps.map(|w| f64::from(w.abs())).sum()
        };
        let out = bounds(
            g,
            g.output,
            &self.x,
            g.input,
            spread_forward::<f32>,
            &|c, f| magnitude(c, f),
        );
        let back = bounds(
            g,
            g.input,
            &self.dy,
            g.output,
            spread_backward::<f32>,
            &|f, c| magnitude(c, f),
        );
        let unit = f64::from(f32::EPSILON) / 2.0;
        let biased = out.iter().enumerate();
        let biased = biased
            .map(|(i, bound)| bound * (1.0 + unit) + unit * f64::from(self.b[i % g.filters].abs()));
        [biased.collect(), back]
    }
}

/// `factor * sum over c of max |source_c| over the tile's inputs * magnitude(c, column)`; infinite where
/// the pass sums over windows.
fn bounds(
    g: &ConvGeometry,
    to: [usize; 3],
    source: &[f32],
    from: [usize; 3],
    spread: fn(&ConvGeometry, [usize; 2]) -> Option<Spread>,
    magnitude: &dyn Fn(usize, usize) -> f64,
) -> Vec<f64> {
    let by_column: Vec<Vec<f64>> = (0..to[2])
        .map(|column| (0..from[2]).map(|c| magnitude(c, column)).collect())
        .collect();
    let mut bounds = Vec::new();
    for image in source.chunks_exact(from[0] * from[1] * from[2]) {
        for (row, col) in (0..to[0]).flat_map(|row| (0..to[1]).map(move |col| (row, col))) {
            let Some(spread) = spread(g, [row, col]) else {
                bounds.extend(vec![f64::INFINITY; to[2]]);
                continue;
            };
            let mut largest = vec![0.0_f64; from[2]];
            for at in spread
                .rows
                .clone()
                .flat_map(|i| spread.cols.clone().map(move |j| (i, j)))
            {
                let pixel = &image[(at.0 * from[1] + at.1) * from[2]..];
                for (largest, &value) in largest.iter_mut().zip(pixel) {
                    *largest = largest.max(f64::from(value.abs()));
                }
            }
            bounds.extend(by_column.iter().map(|magnitudes| {
                let terms = largest.iter().zip(magnitudes);
                spread.factor * terms.map(|(largest, sum)| largest * sum).sum::<f64>()
            }));
        }
    }
    bounds
}

/// Fails unless both passes are within their bounds; the largest error in units of its bound.
#[track_caller]
fn assert_bounded(g: &ConvGeometry, arrays: &Arrays) -> f64 {
    let (exact, bounds) = (arrays.exact(g), arrays.bounds(g));
    let mut worst = 0.0_f64;
    for set in InstructionSet::all() {
        let found = passes(set, g, arrays);
        for pass in [0, 1] {
            for (i, &found) in found[pass].iter().enumerate() {
                let error = (f64::from(found) - exact[pass][i]).abs();
                let bound = bounds[pass][i];
                assert!(
                    error <= bound,
                    "{} pass {pass} at {i}: {found}, expected {}, bound {bound:e}, {g:?}",
                    set.name(),
                    exact[pass][i],
                );
                if bound > 0.0 {
                    worst = worst.max(error / bound);
                }
            }
        }
    }
    worst
}

/// Geometries of which at least one pass goes this way.
fn any_geometry() -> impl Strategy<Value = ConvGeometry> {
    let sizes = (1usize..5, 1usize..17, 1usize..17);
    let depth = (8usize..28, 8usize..28);
    (sizes, depth, prop::array::uniform4(0usize..4)).prop_filter_map(
        "too small",
        |((batch, height, width), (channels, filters), pads)| {
            if height + pads[0] + pads[1] < 3 || width + pads[2] + pads[3] < 3 {
                return None;
            }
            let g = geometry(batch, [height, width, channels], filters, pads);
            goes_this_way(&g).contains(&true).then_some(g)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn random_geometries_are_within_the_bound(g in any_geometry()) {
        // Far below the bound, too: the worst case takes every rounding and every sign at its worst.
        let worst = assert_bounded(&g, &Arrays::new(&g, normal));
        prop_assert!(worst < 0.05, "{worst}");
    }
}

#[test]
fn block_sizes_and_ragged_ends_are_within_the_bound() {
    for (batch, input, filters, pads) in [
        // One tile more and less than the micro-kernels take, rows and columns cut short.
        (1, [17, 27, 16], 17, [1; 4]),
        (25, [3, 3, 24], 31, [1; 4]),
        (3, [9, 21, 33], 16, [0, 3, 2, 1]),
        // A block of several images; a part of a row of tiles; padding beyond the window.
        (40, [4, 4, 20], 16, [1; 4]),
        (2, [12, 14, 24], 25, [3; 4]),
        (1, [3, 200, 16], 40, [1; 4]),
        // Channels that are a multiple of 256.
        (6, [8, 7, 256], 9, [1; 4]),
    ] {
        let g = geometry(batch, input, filters, pads);
        assert!(goes_this_way(&g).contains(&true), "{g:?}");
        let arrays = Arrays::new(&g, normal);
        assert_bounded(&g, &arrays);
        for set in InstructionSet::all() {
            let found = [1, 2, 3].map(|threads| on_threads(threads, || passes(set, &g, &arrays)));
            for other in &found[1..] {
                assert_bits(&found[0][0], &other[0]);
                assert_bits(&found[0][1], &other[1]);
            }
        }
    }
}

#[test]
fn large_values_beside_small_ones_are_within_the_bound() {
    let g = geometry(2, [12, 15, 24], 20, [1; 4]);
    assert_eq!(goes_this_way(&g), [true; 2]);
    for large in [1e3, 1e6, 1e30] {
        let mut arrays = Arrays::new(&g, normal);
        for values in [&mut arrays.x, &mut arrays.w, &mut arrays.dy] {
            for value in values.iter_mut().step_by(997) {
                *value *= large;
            }
        }
        // 1e30 times 1e30 overflows where both meet.
        if large == 1e30 {
            arrays.w = normal(2, g.weights_len());
        }
        assert_bounded(&g, &arrays);
    }
}

#[test]
fn which_way_a_geometry_goes() {
    let way = |batch, input, filters| goes_this_way(&geometry(batch, input, filters, [1; 4]));
    // The layers of the benchmark.
    assert_eq!(way(128, [32, 32, 16], 16), [true; 2]);
    assert_eq!(way(128, [16, 16, 32], 32), [true; 2]);
    assert_eq!(way(128, [8, 8, 64], 64), [true; 2]);
    assert_eq!(way(16, [56, 56, 64], 64), [true; 2]);
    assert_eq!(way(16, [14, 14, 256], 256), [true; 2]);
    assert_eq!(way(1, [32, 32, 16], 32), [true; 2]);
    // Filters beyond the cache, for a few tiles of an image; deep tiles, of which few fit it.
    assert_eq!(way(16, [7, 7, 512], 512), [false; 2]);
    assert_eq!(way(16, [14, 14, 1024], 512), [false, true]);
    // The batch does not matter.
    assert_eq!(way(1, [8, 8, 64], 64), [true; 2]);
    // Too few channels, filters; tiles that are mostly beyond the image.
    assert_eq!(way(64, [32, 32, 3], 8), [false; 2]);
    assert_eq!(way(64, [5, 5, 64], 64), [false; 2]);
    // Each pass by the image that it writes.
    let valid = geometry(64, [7, 7, 64], 64, [0; 4]);
    assert_eq!(goes_this_way(&valid), [false, true]);
    // Other windows, and f64.
    let g = geometry(16, [32, 32, 32], 32, [1; 4]);
    assert_eq!(goes_this_way(&g), [true; 2]);
    assert_ne!(Plan::new::<f64>(&g).method(Pass::Forward), Method::Winograd);
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
        assert_eq!(goes_this_way(&g), [false; 2], "{window:?}");
    }
}

/// Few channels, and filters of a few MiB for four tiles of an image: as each set was measured.
#[test]
fn which_way_a_geometry_goes_on_each_set() {
    for set in InstructionSet::all() {
        let way = |input, filters| {
            let plan = Plan::on::<f32>(set, &geometry(16, input, filters, [1; 4]));
            [Pass::Forward, Pass::Data].map(|pass| plan.method(pass) == Method::Winograd)
        };
        // WebAssembly's vectors have the bits of the portable set, and so its methods.
        let portable = ["portable", "simd128", "relaxed-simd"].contains(&set.name());
        let avx512 = set.name() == "AVX512";
        let measured = [portable || avx512; 2];
        assert_eq!(way([8, 8, 256], 256), measured, "{}", set.name());
        assert_eq!(way([8, 8, 512], 512), [false; 2], "{}", set.name());
        assert_eq!(way([4, 4, 256], 256), [false; 2], "{}", set.name());
        assert_eq!(way([14, 14, 16], 16), measured, "{}", set.name());
        // Fewer than fill a vector of AVX-512 are computed on AVX2.
        assert_eq!(way([32, 32, 8], 8), [portable; 2], "{}", set.name());
        // Three channels are too few to add up; three filters are not.
        assert_eq!(way([32, 32, 3], 16), [false, portable], "{}", set.name());
        assert_eq!(way([32, 32, 3], 8), [false; 2], "{}", set.name());
    }
}

/// Values that are not finite reach the outputs whose windows see them, and no others.
#[test]
fn what_is_not_finite_reaches_the_windows_that_see_it_alone() {
    let g = geometry(2, [11, 14, 16], 24, [0, 2, 1, 1]);
    assert_eq!(goes_this_way(&g), [true; 2]);
    let clean = Arrays::new(&g, normal);
    for value in [f32::NAN, f32::INFINITY, f32::MAX] {
        for (row, col) in [(3, 4), (10, 13)] {
            let at = |[height, width, channels]: [usize; 3]| {
                ((height + row) * width + col) * channels + 5
            };
            let mut arrays = Arrays::new(&g, normal);
            arrays.x[at(g.input)] = value;
            arrays.dy[at(g.output)] = value;
            let exact = arrays.exact(&g);
            for set in InstructionSet::all() {
                let (expected, found) = (passes(set, &g, &clean), passes(set, &g, &arrays));
                for (pass, sign) in [(0, 1), (1, -1)] {
                    let [height, width, columns] = [g.output, g.input][pass];
                    for (i, &found) in found[pass].iter().enumerate() {
                        let pixel = i / columns;
                        let (r, c) = (pixel / width % height, pixel % width);
                        // The output [r, c] sees the inputs [r, r + 2] and [c - 1, c + 1]; and back.
                        let down = sign * (row.cast_signed() - r.cast_signed());
                        let seen = pixel >= height * width
                            && (0..3).contains(&down)
                            && c.abs_diff(col) <= 1;
                        #[allow(clippy::cast_possible_truncation)]
                        let wanted = match seen {
                            true => exact[pass][i] as f32,
                            false => expected[pass][i],
                        };
                        let near = (found - wanted).abs() <= 1e-4 * wanted.abs().max(1.0);
                        let same = found == wanted || (found.is_nan() && wanted.is_nan());
                        assert!(
                            near || same,
                            "{} {value} at {row}, {col}: pass {pass} at {i}: {found}, expected {wanted}",
                            set.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn weights_that_are_not_finite_reach_every_window() {
    let g = geometry(1, [20, 20, 16], 24, [0; 4]);
    assert_eq!(goes_this_way(&g), [true; 2]);
    let mut arrays = Arrays::new(&g, normal);
    // The tap (1, 1) of channel 3 and filter 7.
    arrays.w[((3 + 1) * 16 + 3) * 24 + 7] = f32::INFINITY;
    for set in InstructionSet::all() {
        let [y, dx] = passes(set, &g, &arrays);
        assert!(
            y.iter()
                .enumerate()
                .all(|(i, y)| y.is_infinite() == (i % 24 == 7))
        );
        let inside =
            |i: usize| (1..19).contains(&(i / 16 / 20)) && (1..19).contains(&(i / 16 % 20));
        // Behind the edge the infinity meets the zeros around `dy`.
        for (i, dx) in dx.iter().enumerate() {
            assert_eq!(!dx.is_finite(), i % 16 == 3, "{i}");
            assert!(i % 16 != 3 || !inside(i) || dx.is_infinite());
        }
    }
}

#[test]
fn packed_filters_give_the_same_bits_and_so_do_results_that_are_not_finite() {
    for (batch, input, filters, pads) in [
        (1, [12, 15, 24], 20, [1; 4]),
        (5, [8, 8, 16], 48, [1; 4]),
        (2, [11, 14, 16], 24, [0, 2, 1, 1]),
    ] {
        let g = geometry(batch, input, filters, pads);
        assert!(goes_this_way(&g)[0], "{g:?}");
        let mut x = normal::<f32>(1, g.x_len());
        for set in InstructionSet::all() {
            packed::tests::check(&Plan::on::<f32>(set, &g), &x);
        }
        (x[17], x[g.x_len() / 2]) = (f32::NAN, f32::INFINITY);
        for set in InstructionSet::all() {
            packed::tests::check(&Plan::on::<f32>(set, &g), &x);
        }
    }
}
