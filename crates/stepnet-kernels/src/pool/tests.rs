use std::sync::OnceLock;

use proptest::prelude::*;
use rayon::ThreadPool;

use super::backward::run;
use super::forward::{average_forward_on, max_forward_on};
use super::source::{Maxima, Shares};
use super::*;
use crate::Padding;
use crate::Real;
use crate::simd::InstructionSet;
use crate::testing::{absolute, assert_bits, assert_sums, inner, integers, normal};

/// Pools of 1, 2 and 3 threads.
fn pools() -> &'static [ThreadPool] {
    static POOLS: OnceLock<Vec<ThreadPool>> = OnceLock::new();
    POOLS.get_or_init(|| {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        [1, 2, 3].map(|threads| pool(threads).unwrap()).into()
    })
}

fn max<T: Real>(g: &PoolGeometry, x: &[T]) -> (Vec<T>, Vec<u32>) {
    let (mut y, mut winners) = (vec![T::nan(); g.y_len()], vec![u32::MAX; g.y_len()]);
    max_forward(g, x, &mut y, Some(&mut winners));
    (y, winners)
}

/// The results of all passes on an instruction set: max pooling's, then average pooling's, with the
/// padding left out and counted.
fn all<T: Real>(
    set: InstructionSet,
    g: &PoolGeometry,
    x: &[T],
    dy: &[T],
) -> (Vec<Vec<T>>, Vec<u32>) {
    let [mut y, mut y_alone] = [(); 2].map(|()| vec![T::nan(); g.y_len()]);
    let [mut dx, mut dx_all] = [(); 2].map(|()| vec![T::nan(); g.x_len()]);
    let mut winners = vec![u32::MAX; g.y_len()];
    max_forward_on(set, g, x, &mut y, Some(&mut winners));
    max_forward_on(set, g, x, &mut y_alone, None);
    max_backward(g, &winners, dy, &mut dx);
    run(set, g, Maxima { x, y: &y, dy }, &mut dx_all);
    let mut results = vec![y, y_alone, dx, dx_all];
    for count_padding in [false, true] {
        let (mut y, mut dx) = (vec![T::nan(); g.y_len()], vec![T::nan(); g.x_len()]);
        average_forward_on(set, g, count_padding, x, &mut y);
        run(set, g, Shares { dy, count_padding }, &mut dx);
        results.extend([y, dx]);
    }
    (results, winners)
}

/// The results of the reference for the passes of max pooling.
fn max_exact<T: Real>(g: &PoolGeometry, x: &[T], dy: &[T]) -> (Vec<Vec<T>>, Vec<u32>) {
    let mut y = vec![T::nan(); g.y_len()];
    let [mut dx, mut dx_all] = [(); 2].map(|()| vec![T::nan(); g.x_len()]);
    let mut winners = vec![u32::MAX; g.y_len()];
    reference::max_forward(g, x, &mut y, &mut winners);
    reference::max_backward(g, x, dy, &mut dx);
    reference::max_backward_all(g, x, dy, &mut dx_all);
    (vec![y.clone(), y, dx, dx_all], winners)
}

/// Everything that must hold for a geometry and an input, on every instruction set, and the same
/// bits for each number of threads.
fn check<T: Real>(g: &PoolGeometry, x: &[T], dy: &[T]) {
    let (exact, winners_exact) = max_exact(g, x, dy);
    for set in InstructionSet::all() {
        let (results, winners) = all(set, g, x, dy);
        assert_eq!(winners, winners_exact, "{} {g:?}", set.name());
        for (result, exact) in results.iter().zip(&exact) {
            assert_bits(result, exact);
        }
        for pool in pools() {
            let (others, others_winners) = pool.install(|| all(set, g, x, dy));
            assert_eq!(winners, others_winners);
            for (result, other) in results.iter().zip(&others) {
                assert_bits(result, other);
            }
        }
    }
}

fn check_average<T: Real>(g: &PoolGeometry, count_padding: bool, x: &[T], dy: &[T]) {
    let vector = |len| vec![T::nan(); len];
    let terms = g.kernel[0] * g.kernel[1];
    let [mut y, mut exact, mut size] = [(); 3].map(|()| vector(g.y_len()));
    let [mut dx, mut dx_exact, mut dx_size] = [(); 3].map(|()| vector(g.x_len()));
    reference::average_forward(g, count_padding, x, &mut exact);
    reference::average_forward(g, count_padding, &absolute(x), &mut size);
    reference::average_backward(g, count_padding, dy, &mut dx_exact);
    reference::average_backward(g, count_padding, &absolute(dy), &mut dx_size);
    for set in InstructionSet::all() {
        average_forward_on(set, g, count_padding, x, &mut y);
        assert_sums(&y, &exact, &size, terms);
        run(set, g, Shares { dy, count_padding }, &mut dx);
        assert_sums(&dx, &dx_exact, &dx_size, terms);

        let (left, right) = (inner(dy, &y), inner(&dx, x));
        let unit = T::epsilon().as_f64() * (terms + x.len() + 8) as f64;
        let bound = inner(&dx_size, &absolute(x)) * unit;
        assert!((left - right).abs() <= bound, "{left} {right}");
    }
}

fn any_geometry() -> impl Strategy<Value = PoolGeometry> {
    let pads = prop::array::uniform4(0usize..4);
    let kernel = prop::array::uniform2(1usize..6);
    let stride = prop::array::uniform2(1usize..5);
    (
        0usize..4,
        prop::array::uniform2(1usize..10),
        1usize..36,
        kernel,
        stride,
        pads,
        any::<bool>(),
    )
        .prop_filter_map(
            "the window must fit",
            |(batch, [h, w], c, kernel, stride, [top, bottom, left, right], ceil)| {
                let padding = Padding {
                    top,
                    bottom,
                    left,
                    right,
                };
                let make = match ceil {
                    true => PoolGeometry::rounded_up,
                    false => PoolGeometry::new,
                };
                make(batch, [h, w, c], kernel, stride, padding).ok()
            },
        )
}

/// Some of the values made NaN, infinite or -0.
fn with_specials<T: Real>(mut x: Vec<T>, seed: u64) -> Vec<T> {
    let special = [T::nan(), T::infinity(), T::neg_infinity(), -T::zero()];
    let places = integers::<f64>(seed, x.len(), 8);
    for (x, place) in x.iter_mut().zip(places) {
        if let Some(&value) = special.get(place.abs() as usize) {
            *x = value;
        }
    }
    x
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn passes_agree_with_the_reference(g in any_geometry(), largest in 0u64..4, seed in 0u64..1000) {
        // Few different integers: ties in almost every window.
        check::<f32>(&g, &integers(seed, g.x_len(), largest), &integers(2, g.y_len(), 9));
        check::<f64>(&g, &normal(seed, g.x_len()), &normal(4, g.y_len()));
        check::<f32>(&g, &with_specials(normal(seed, g.x_len()), seed), &normal(4, g.y_len()));
        for count_padding in [false, true] {
            check_average::<f32>(&g, count_padding, &normal(5, g.x_len()), &normal(6, g.y_len()));
            check_average::<f64>(&g, count_padding, &normal(7, g.x_len()), &normal(8, g.y_len()));
        }
    }
}

/// Random geometries, each with several inputs, instruction sets and numbers of threads.
const CASES: u32 = if cfg!(debug_assertions) { 40 } else { 500 };

fn geometry(
    batch: usize,
    input: [usize; 3],
    kernel: usize,
    stride: usize,
    pad: usize,
) -> PoolGeometry {
    PoolGeometry::new(batch, input, [kernel; 2], [stride; 2], Padding::even(pad)).unwrap()
}

#[test]
fn several_parts_with_ragged_ends() {
    let g = geometry(7, [37, 41, 5], 3, 2, 1);
    check::<f32>(&g, &normal(1, g.x_len()), &normal(2, g.y_len()));
    check_average::<f32>(&g, false, &normal(3, g.x_len()), &normal(4, g.y_len()));
}

#[test]
fn several_parts_of_windows_apart_and_of_few_channels() {
    for (kernel, stride, pad) in [(2, 2, 0), (2, 3, 0), (3, 1, 1)] {
        let g = geometry(80, [27, 27, 6], kernel, stride, pad);
        assert!(g.parts(g.batch).count > 1, "{g:?}");
        check::<f32>(&g, &integers(1, g.x_len(), 9), &integers(2, g.y_len(), 9));
    }
}

#[test]
fn channels_around_every_block_size() {
    for channels in [1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33] {
        for (kernel, stride, pad) in [(2, 2, 0), (3, 2, 1), (2, 3, 0), (3, 3, 2)] {
            let g = geometry(2, [5, 7, channels], kernel, stride, pad);
            check::<f32>(&g, &normal(1, g.x_len()), &normal(2, g.y_len()));
            check_average::<f32>(&g, pad > 0, &normal(3, g.x_len()), &normal(4, g.y_len()));
        }
    }
}

#[test]
fn one_pixel_one_channel_and_no_example() {
    for (batch, input, kernel, pad) in [
        (1, [1, 1, 1], 1, 0),
        (1, [1, 1, 1], 3, 2),
        (2, [1, 1, 9], 2, 1),
        (0, [4, 4, 3], 2, 0),
    ] {
        let g = geometry(batch, input, kernel, kernel, pad);
        check::<f32>(&g, &normal(1, g.x_len()), &normal(2, g.y_len()));
        check_average::<f64>(&g, true, &normal(1, g.x_len()), &normal(2, g.y_len()));
    }
}

#[test]
fn a_negative_zero_is_no_gradient_of_its_own() {
    for (kernel, stride) in [(2, 2), (2, 1)] {
        for channels in [1, 8] {
            let g = geometry(1, [4, 4, channels], kernel, stride, 0);
            let dy = vec![-0.0_f32; g.y_len()];
            check(&g, &integers(1, g.x_len(), 1), &dy);
        }
    }
}

#[test]
fn ties_go_to_the_first_or_to_all() {
    let g = geometry(1, [2, 3, 1], 2, 1, 0);
    let x = [0.0, 7.0, 0.0, 7.0, 7.0, 0.0];
    let (y, winners) = max(&g, &x);
    assert_eq!(
        (y.as_slice(), winners.as_slice()),
        (&[7.0, 7.0][..], &[1, 1][..])
    );
    let mut dx = [0.0; 6];
    max_backward(&g, &winners, &[1.0, 10.0], &mut dx);
    assert_eq!(dx, [0.0, 11.0, 0.0, 0.0, 0.0, 0.0]);
    max_backward_all(&g, &x, &y, &[1.0, 10.0], &mut dx);
    assert_eq!(dx, [0.0, 11.0, 0.0, 1.0, 11.0, 0.0]);
}

#[test]
fn padding_never_wins() {
    let g = geometry(1, [2, 2, 1], 2, 1, 1);
    let (y, _) = max(&g, &[-1.0, -2.0, -3.0, -4.0]);
    assert_eq!(y, [-1.0, -1.0, -2.0, -1.0, -1.0, -2.0, -3.0, -3.0, -4.0]);
    let (y, winners) = max(&g, &[f64::NEG_INFINITY; 4]);
    assert!(y.iter().all(|&v| v == f64::NEG_INFINITY));
    assert_eq!(winners, [0, 0, 1, 0, 0, 1, 2, 2, 3]);
}

#[test]
fn nan_wins_and_keeps_its_gradient() {
    let nan = f32::NAN;
    let g = geometry(1, [2, 4, 1], 2, 2, 0);
    for x in [
        [1.0, nan, 3.0, 4.0, nan, 9.0, 0.0, 0.0],
        [9.0, nan, 4.0, 0.0, nan, 1.0, 1.0, 1.0],
    ] {
        check(&g, &x, &[1.0, 10.0]);
        let (y, winners) = max(&g, &x);
        assert!(y[0].is_nan() && y[1] == 4.0);
        assert_eq!(winners[0], 1);
        let mut dx = [0.0; 8];
        max_backward_all(&g, &x, &y, &[1.0, 10.0], &mut dx);
        assert_eq!((dx[1], dx[4], dx[0], dx[5]), (1.0, 1.0, 0.0, 0.0));
    }
}

#[test]
fn averages_count_the_padding_only_when_asked() {
    let g = geometry(1, [2, 2, 1], 2, 2, 1);
    let x = [4.0, 8.0, 12.0, 16.0];
    let mut y = [0.0; 4];
    average_forward(&g, false, &x, &mut y);
    assert_eq!(y, x);
    average_forward(&g, true, &x, &mut y);
    assert_eq!(y, [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_window_of_the_whole_image_is_the_global_average() {
    let g = PoolGeometry::new(2, [3, 5, 2], [3, 5], [1, 1], Padding::VALID).unwrap();
    let x = integers::<f64>(1, g.x_len(), 50);
    let mut y = vec![0.0; 4];
    average_forward(&g, false, &x, &mut y);
    for (i, &y) in y.iter().enumerate() {
        let sum: f64 = x.iter().skip(i / 2 * 30 + i % 2).step_by(2).take(15).sum();
        assert_eq!(y, sum / 15.0);
    }
}

#[test]
#[should_panic(expected = "max pooling backward: winner 9 of an example of 4 values")]
fn a_winner_outside_its_example_is_named() {
    let g = geometry(1, [2, 2, 1], 2, 2, 0);
    max_backward(&g, &[9], &[1.0], &mut [0.0; 4]);
}
