mod forced;

use proptest::prelude::*;

use super::*;
use crate::Padding;
use crate::Real;
use crate::decision::Pass;
use crate::simd::InstructionSet;
use crate::testing::{absolute, assert_bits, assert_sums, inner, integers, normal, on_threads};

/// The three passes' results: y, dx, dw, db.
struct Passes<T> {
    y: Vec<T>,
    dx: Vec<T>,
    dw: Vec<T>,
    db: Vec<T>,
}

/// Inputs of all passes.
struct Inputs<T> {
    x: Vec<T>,
    w: Vec<T>,
    b: Vec<T>,
    dy: Vec<T>,
}

impl<T: Real> Inputs<T> {
    fn new(g: &ConvGeometry, draw: impl Fn(u64, usize) -> Vec<T>) -> Self {
        Self {
            x: draw(1, g.x_len()),
            w: draw(2, g.weights_len()),
            b: draw(3, g.filters),
            dy: draw(4, g.y_len()),
        }
    }

    fn absolute(&self) -> Self {
        Self {
            x: absolute(&self.x),
            w: absolute(&self.w),
            b: absolute(&self.b),
            dy: absolute(&self.dy),
        }
    }
}

fn fast<T: Real>(g: &ConvGeometry, inputs: &Inputs<T>) -> Passes<T> {
    fast_on(InstructionSet::best(), g, inputs)
}

fn fast_on<T: Real>(set: InstructionSet, g: &ConvGeometry, inputs: &Inputs<T>) -> Passes<T> {
    by_plan(&Plan::on::<T>(set, g), inputs)
}

/// Outputs and scratch start as NaN: whatever a pass leaves unwritten shows.
fn by_plan<T: Real>(plan: &Plan, inputs: &Inputs<T>) -> Passes<T> {
    let g = plan.geometry();
    let Inputs { x, w, b, dy } = inputs;
    let dirty = |len| vec![T::nan(); len];
    let mut p = Passes {
        y: dirty(g.y_len()),
        dx: dirty(g.x_len()),
        dw: dirty(g.weights_len()),
        db: dirty(g.filters),
    };
    let mut scratch = dirty(plan.scratch::<T>(Pass::Forward));
    plan.forward(x, w, Some(b), &mut p.y, &mut scratch);
    let mut scratch = dirty(plan.scratch::<T>(Pass::Data));
    plan.backward_data(dy, w, &mut p.dx, &mut scratch);
    let mut scratch = dirty(plan.scratch::<T>(Pass::Weights));
    plan.backward_weights(x, dy, &mut p.dw, Some(&mut p.db), &mut scratch);
    p
}

fn naive<T: Real>(g: &ConvGeometry, inputs: &Inputs<T>) -> Passes<T> {
    let Inputs { x, w, b, dy } = inputs;
    let zeros = |len| vec![T::zero(); len];
    let mut p = Passes {
        y: zeros(g.y_len()),
        dx: zeros(g.x_len()),
        dw: zeros(g.weights_len()),
        db: zeros(g.filters),
    };
    reference::forward(g, x, w, Some(b), &mut p.y);
    reference::backward_data(g, dy, w, &mut p.dx);
    reference::backward_weights(g, x, dy, &mut p.dw, Some(&mut p.db));
    p
}

/// Whether a pass goes Winograd's way on some instruction set.
fn by_winograd<T: Real>(g: &ConvGeometry) -> bool {
    InstructionSet::all().into_iter().any(|set| {
        let plan = Plan::on::<T>(set, g);
        Pass::ALL
            .into_iter()
            .any(|pass| plan.method(pass) == Method::Winograd)
    })
}

/// Everything that must hold for a geometry, in one element type.
///
/// Geometries that go Winograd's way have another bound, and their tests there.
fn check<T: Real>(g: &ConvGeometry) {
    assert!(!by_winograd::<T>(g), "{g:?}");
    let whole = Inputs::<T>::new(g, |seed, len| integers(seed, len, 3));
    let inputs = Inputs::<T>::new(g, normal);
    let (exact_whole, exact) = (naive(g, &whole), naive(g, &inputs));
    let size = naive(g, &inputs.absolute());
    let terms = g.kernel[0] * g.kernel[1] * g.filters.max(g.input[2]) + 1;
    let pixels = g.batch * g.output[0] * g.output[1] + 16;
    for set in InstructionSet::all() {
        let found = fast_on(set, g, &whole);
        let name = set.name();
        assert_eq!(found.y, exact_whole.y, "{name} {g:?}");
        assert_eq!(found.dx, exact_whole.dx, "{name} {g:?}");
        assert_eq!(found.dw, exact_whole.dw, "{name} {g:?}");
        assert_eq!(found.db, exact_whole.db, "{name} {g:?}");

        packed::tests::check(&Plan::on::<T>(set, g), &inputs.x);
        let found = fast_on(set, g, &inputs);
        assert_sums(&found.y, &exact.y, &size.y, terms);
        assert_sums(&found.dx, &exact.dx, &size.dx, terms);
        assert_sums(&found.dw, &exact.dw, &size.dw, pixels);
        assert_sums(&found.db, &exact.db, &size.db, pixels);
        for threads in [1, 2, 3] {
            let again = on_threads(threads, || fast_on(set, g, &inputs));
            assert_bits(&again.y, &found.y);
            assert_bits(&again.dx, &found.dx);
            assert_bits(&again.dw, &found.dw);
            assert_bits(&again.db, &found.db);
        }
    }
    check_adjoint(g, &inputs, &fast(g, &inputs));
}

/// `<dy, conv(x)> = <dx, x> = <dw, w>`, the bias left out.
fn check_adjoint<T: Real>(g: &ConvGeometry, inputs: &Inputs<T>, found: &Passes<T>) {
    let Inputs { x, w, dy, .. } = inputs;
    let mut y = vec![T::nan(); g.y_len()];
    let mut scratch = vec![T::nan(); forward_scratch::<T>(g)];
    forward(g, x, w, None, &mut y, &mut scratch);
    let mut magnitudes = vec![T::zero(); g.y_len()];
    reference::forward(g, &absolute(x), &absolute(w), None, &mut magnitudes);
    let terms = 16 + x.len() + y.len() + w.len();
    let bound = inner(&absolute(dy), &magnitudes) * T::epsilon().as_f64() * terms as f64;
    let (left, by_data, by_weights) = (inner(dy, &y), inner(&found.dx, x), inner(&found.dw, w));
    assert!((left - by_data).abs() <= bound, "{left} {by_data} {g:?}");
    assert!(
        (left - by_weights).abs() <= bound,
        "{left} {by_weights} {g:?}"
    );
}

fn geometry(
    batch: usize,
    input: [usize; 3],
    filters: usize,
    window: ConvWindow,
    groups: usize,
) -> ConvGeometry {
    ConvGeometry::new(batch, input, filters, window, groups).unwrap()
}

fn window(kernel: [usize; 2], stride: usize, padding: Padding) -> ConvWindow {
    ConvWindow {
        kernel,
        stride: [stride; 2],
        padding,
        dilation: [1, 1],
    }
}

/// Random geometries of each number type.
const CASES: u32 = if cfg!(debug_assertions) { 150 } else { 1200 };

/// Random padding, each side by itself: mostly a few zeros, sometimes more than a dilated
/// window is long.
pub(super) fn any_padding() -> impl Strategy<Value = Padding> {
    let side = prop_oneof![3 => 0usize..4, 1 => 4usize..20];
    prop::array::uniform4(side).prop_map(|[top, bottom, left, right]| Padding {
        top,
        bottom,
        left,
        right,
    })
}

/// Random geometries that fit. Small images, so that the naive passes stay quick.
pub(super) fn any_geometry() -> impl Strategy<Value = ConvGeometry> {
    let steps = (
        prop::array::uniform2(1usize..4),
        prop::array::uniform2(1usize..4),
    );
    let kernel = prop::array::uniform2(1usize..6);
    // Mostly few channels and filters of a group; sometimes more than any block of them.
    let depth = || prop_oneof![4 => 1usize..5, 1 => 5usize..35];
    let channels = (1usize..4, depth(), depth());
    let sizes = (0usize..4, [1usize..10, 1usize..20]);
    (sizes, channels, kernel, steps, any_padding()).prop_filter_map(
        "the window must fit",
        |((batch, [h, w]), (groups, c, f), kernel, (stride, dilation), padding)| {
            let window = ConvWindow {
                kernel,
                stride,
                padding,
                dilation,
            };
            ConvGeometry::new(batch, [h, w, c * groups], f * groups, window, groups).ok()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn passes_agree_with_the_reference_f64(g in any_geometry()) {
        check::<f64>(&g);
    }

    #[test]
    fn passes_agree_with_the_reference_f32(g in any_geometry()) {
        prop_assume!(!by_winograd::<f32>(&g));
        check::<f32>(&g);
    }
}

fn check_both(g: ConvGeometry) {
    check::<f32>(&g);
    check::<f64>(&g);
}

#[test]
fn a_convolution_by_hand() {
    let g = geometry(1, [3, 3, 1], 1, window([2, 2], 1, Padding::VALID), 1);
    let x: Vec<f64> = (1..10).map(f64::from).collect();
    let inputs = Inputs {
        x,
        w: vec![1.0, 2.0, 3.0, 4.0],
        b: vec![0.5],
        dy: vec![1.0, 0.0, 0.0, 10.0],
    };
    for passes in [fast(&g, &inputs), naive(&g, &inputs)] {
        assert_eq!(passes.y, [37.5, 47.5, 67.5, 77.5]);
        assert_eq!(passes.dx, [1.0, 2.0, 0.0, 3.0, 14.0, 20.0, 0.0, 30.0, 40.0]);
        assert_eq!(passes.dw, [51.0, 62.0, 84.0, 95.0]);
        assert_eq!(passes.db, [11.0]);
    }
}

#[test]
fn few_pixels_with_large_filters() {
    // The window is the whole image: a dense layer in disguise, one pixel per example.
    let full = window([5, 5], 1, Padding::VALID);
    check::<f32>(&geometry(70, [5, 5, 8], 24, full, 1));
}

#[test]
fn the_direct_method_is_had_for_the_asking() {
    let dense = window([3, 3], 1, Padding::even(1));
    let g = geometry(2, [14, 14, 64], 64, dense, 1);
    assert!(by_winograd::<f32>(&g));
    check::<f32>(&g.direct());
}

#[test]
fn stride_beyond_the_kernel() {
    let g = geometry(2, [11, 9, 3], 4, window([2, 2], 4, Padding::VALID), 1);
    check_both(g);
    // Rows 2, 3, 6, 7 and 10 are between or after the windows: they get a gradient of 0.
    let passes = fast(&g, &Inputs::<f64>::new(&g, normal));
    for (i, row) in passes.dx.chunks(9 * 3).enumerate() {
        let untouched = matches!(i % 11, 2 | 3 | 6 | 7 | 10);
        assert_eq!(untouched, row.iter().all(|&v| v == 0.0), "row {i}");
    }
}

#[test]
fn strides_far_beyond_the_image() {
    for stride in [1000, usize::MAX >> 24] {
        for (channels, filters, groups) in [(3, 4, 1), (16, 20, 1), (12, 12, 12)] {
            let shape = window([3, 2], stride, Padding::even(1));
            check_both(geometry(3, [9, 8, channels], filters, shape, groups));
        }
    }
}

#[test]
fn padding_of_the_kernel_and_more() {
    check_both(geometry(
        2,
        [4, 5, 2],
        3,
        window([3, 2], 1, Padding::even(3)),
        1,
    ));
    check_both(geometry(
        1,
        [2, 1, 3],
        2,
        window([2, 2], 2, Padding::even(7)),
        1,
    ));
}

#[test]
fn one_by_one_with_stride_two() {
    check_both(geometry(
        2,
        [7, 6, 5],
        7,
        window([1, 1], 2, Padding::VALID),
        1,
    ));
    check_both(geometry(
        2,
        [6, 7, 1],
        3,
        window([1, 1], 2, Padding::VALID),
        1,
    ));
}

#[test]
fn one_by_one_is_a_matrix_product_with_groups_and_padding() {
    check_both(geometry(
        3,
        [5, 4, 6],
        8,
        window([1, 1], 1, Padding::VALID),
        1,
    ));
    check_both(geometry(
        3,
        [5, 4, 6],
        8,
        window([1, 1], 1, Padding::VALID),
        2,
    ));
    check_both(geometry(
        3,
        [5, 4, 6],
        8,
        window([1, 1], 1, Padding::even(1)),
        2,
    ));
}

#[test]
fn one_pixel_and_one_channel() {
    check_both(geometry(
        1,
        [1, 1, 1],
        1,
        window([1, 1], 1, Padding::VALID),
        1,
    ));
    check_both(geometry(
        3,
        [1, 1, 4],
        2,
        window([3, 3], 1, Padding::even(1)),
        1,
    ));
    check_both(geometry(
        2,
        [9, 9, 1],
        1,
        window([5, 5], 1, Padding::VALID),
        1,
    ));
}

#[test]
fn same_with_even_kernels() {
    for (kernel, stride) in [([4, 4], 1), ([2, 2], 1), ([2, 4], 2), ([6, 2], 3)] {
        let padding = Padding::same([8, 7], kernel, [stride; 2], [1, 1]).unwrap();
        let g = geometry(2, [8, 7, 3], 5, window(kernel, stride, padding), 1);
        assert_eq!(
            g.output,
            [8usize.div_ceil(stride), 7usize.div_ceil(stride), 5]
        );
        check_both(g);
    }
}

#[test]
fn depthwise_and_its_multiplier() {
    for filters in [5, 10, 15] {
        for stride in [1, 2] {
            let shape = window(
                [3, 2],
                stride,
                Padding {
                    top: 1,
                    bottom: 1,
                    left: 0,
                    right: 1,
                },
            );
            check_both(geometry(2, [6, 5, 5], filters, shape, 5));
        }
    }
}

/// One column to more than there are kernels for: pixels in the lanes of vectors, whole ones and parts,
/// and tiles of them.
#[test]
fn few_columns_of_wide_images() {
    for columns in 1..10 {
        for width in [8, 9, 17, 28, 31, 64, 75] {
            let shape = window([3, 2], 1, Padding::even(1));
            check_both(geometry(2, [5, width, 6], columns, shape, 1));
            check_both(geometry(2, [5, width, columns], 6, shape, 1));
        }
    }
    // Filters that are too many to be spread out.
    let large = window([5, 5], 1, Padding::even(2));
    check_both(geometry(1, [6, 32, 16], 8, large, 1));
    // Grouped, dilated, and with windows that lie partly or wholly outside.
    let wide = ConvWindow {
        dilation: [2, 3],
        ..window([3, 4], 1, Padding::even(6))
    };
    for filters in [9, 15, 24] {
        check_both(geometry(2, [7, 24, 6], filters, wide, 3));
    }
}

/// Windows of which much lies in the padding: rows of outputs that see different taps.
#[test]
fn windows_that_reach_far_into_the_padding() {
    for (size, kernel, padding) in [
        ([8, 8], 5, 4),
        ([3, 12], 5, 2),
        ([12, 3], 7, 3),
        ([2, 2], 6, 5),
    ] {
        let shape = window([kernel; 2], 1, Padding::even(padding));
        check_both(geometry(3, [size[0], size[1], 16], 6, shape, 1));
        check_both(geometry(3, [size[0], size[1], 2], 17, shape, 1));
    }
}

/// Products of more channels than filters are summed the other way round.
#[test]
fn one_by_one_of_many_channels() {
    for (channels, filters) in [(9, 8), (17, 1), (40, 7), (64, 33), (130, 16)] {
        let shape = window([1, 1], 1, Padding::VALID);
        check_both(geometry(3, [5, 9, channels], filters, shape, 1));
    }
}

/// Rows of taps as wide as those that have loops of their own, and others; edges and strides.
#[test]
fn depthwise_rows_of_taps() {
    for kernel in [
        [3, 3],
        [5, 5],
        [1, 3],
        [3, 1],
        [7, 2],
        [2, 9],
        [4, 4],
        [8, 8],
    ] {
        for stride in [1, 2, 3] {
            let shape = window(kernel, stride, Padding::even(1));
            check_both(geometry(2, [11, 17, 13], 13, shape, 13));
        }
    }
    check_both(geometry(
        1,
        [9, 30, 16],
        16,
        window([3, 3], 1, Padding::even(1)),
        16,
    ));
}

#[test]
fn channels_around_block_sizes() {
    for channels in [7, 8, 9, 15, 16, 17] {
        check_both(geometry(
            1,
            [4, 4, channels],
            33 - channels,
            window([3, 2], 1, Padding::even(1)),
            1,
        ));
    }
}

#[test]
fn several_lanes_and_blocks_with_ragged_ends() {
    // Large enough for every pass to use several lanes, and for lanes to hold several blocks.
    check::<f32>(&geometry(
        5,
        [23, 19, 6],
        16,
        window([5, 5], 1, Padding::VALID),
        1,
    ));
    let g = geometry(3, [41, 40, 4], 8, window([3, 3], 1, Padding::even(1)), 2);
    assert!(g.multiply_adds() > 1 << 19);
    check::<f32>(&g);
    check::<f64>(&geometry(
        3,
        [31, 30, 24],
        24,
        window([3, 3], 1, Padding::even(1)),
        24,
    ));
    check::<f32>(&geometry(
        2,
        [40, 41, 24],
        32,
        window([1, 1], 1, Padding::VALID),
        1,
    ));
}

#[test]
fn an_empty_batch_gives_zero_weight_gradients() {
    let g = geometry(0, [5, 5, 2], 3, window([3, 3], 1, Padding::VALID), 1);
    let passes = fast(&g, &Inputs::<f32>::new(&g, normal));
    assert!(passes.y.is_empty() && passes.dx.is_empty());
    assert!(passes.dw.iter().chain(&passes.db).all(|&v| v == 0.0));
}

#[test]
fn an_example_does_not_depend_on_its_batch() {
    let one = geometry(1, [14, 14, 3], 8, window([4, 4], 1, Padding::even(1)), 1);
    let many = one.with_batch(9);
    let inputs = Inputs::<f32>::new(&many, normal);
    let together = fast(&many, &inputs);
    let alone = fast(
        &one,
        &Inputs {
            x: inputs.x[4 * one.x_len()..][..one.x_len()].to_vec(),
            w: inputs.w.clone(),
            b: inputs.b.clone(),
            dy: inputs.dy[4 * one.y_len()..][..one.y_len()].to_vec(),
        },
    );
    assert_bits(&alone.y, &together.y[4 * one.y_len()..][..one.y_len()]);
    assert_bits(&alone.dx, &together.dx[4 * one.x_len()..][..one.x_len()]);
}

#[test]
fn nan_reaches_every_window_that_sees_it() {
    let g = geometry(1, [5, 5, 1], 2, window([3, 3], 1, Padding::VALID), 1);
    let mut inputs = Inputs::<f32>::new(&g, normal);
    inputs.x[0] = f32::NAN;
    let y = fast(&g, &inputs).y;
    assert!(y[..2].iter().all(|v| v.is_nan()) && y[2..].iter().all(|v| !v.is_nan()));
}

#[test]
#[should_panic(expected = "convolution forward: x holds 24 values, expected 25")]
fn a_slice_of_the_wrong_length_is_named() {
    let g = geometry(1, [5, 5, 1], 1, window([3, 3], 1, Padding::VALID), 1);
    forward(&g, &[0.0; 24], &[0.0; 9], None, &mut [0.0; 9], &mut []);
}

#[test]
#[should_panic(expected = "convolution backward weights: scratch holds 3 values, at least")]
fn scratch_that_is_too_short_is_named() {
    let g = geometry(1, [5, 5, 1], 1, window([3, 3], 1, Padding::VALID), 1);
    backward_weights(
        &g,
        &[0.0; 25],
        &[0.0; 9],
        &mut [0.0; 9],
        None,
        &mut [0.0; 3],
    );
}

/// A workspace is sized for the largest batch; the last batch of an epoch is smaller.
#[test]
fn scratch_for_a_batch_is_enough_for_every_smaller_one() {
    let window = |f: usize, padding| ConvWindow {
        kernel: [f, f],
        padding: Padding::even(padding),
        ..ConvWindow::default()
    };
    for (input, filters, window, groups) in [
        ([8, 8, 16], 32, window(3, 1), 1),
        ([12, 12, 6], 16, window(5, 0), 1),
        ([7, 5, 4], 4, window(3, 2), 2),
        ([6, 6, 8], 8, window(3, 1), 8),
        ([4, 4, 64], 64, window(1, 0), 1),
        ([4, 4, 64], 24, window(1, 0), 1),
        ([9, 12, 8], 2, window(5, 2), 1),
    ] {
        let largest = ConvGeometry::new(260, input, filters, window, groups).unwrap();
        let x = vec![1.0_f32; largest.x_len()];
        let dy = vec![1.0_f32; largest.y_len()];
        let w = vec![1.0_f32; largest.weights_len()];
        let scratch = |len: usize| vec![f32::NAN; len];
        let mut for_forward = scratch(forward_scratch::<f32>(&largest));
        let mut for_data = scratch(backward_data_scratch::<f32>(&largest));
        let mut for_weights = scratch(backward_weights_scratch::<f32>(&largest));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        for batch in (0..40).chain(90..110).chain([128, 255, 256, 257, 260]) {
            let g = largest.with_batch(batch);
            let (x, y) = (&x[..g.x_len()], &mut y[..g.y_len()]);
            forward(&g, x, &w, None, y, &mut for_forward);
            let (dy, dx) = (&dy[..g.y_len()], &mut dx[..g.x_len()]);
            backward_data(&g, dy, &w, dx, &mut for_data);
            backward_weights(&g, x, dy, &mut dw, None, &mut for_weights);
        }
    }
}
