use proptest::prelude::*;

use super::*;
use crate::Element;
use crate::kernels::Padding;
use crate::kernels::testing::{
    absolute, assert_bits, assert_sums, inner, integers, normal, on_threads,
};

fn max<T: Element>(g: &PoolGeometry, x: &[T]) -> (Vec<T>, Vec<u32>) {
    let (mut y, mut winners) = (vec![T::nan(); g.y_len()], vec![u32::MAX; g.y_len()]);
    max_forward(g, x, &mut y, Some(&mut winners));
    (y, winners)
}

/// The results of all passes, for comparisons between thread counts.
fn all<T: Element>(g: &PoolGeometry, x: &[T], dy: &[T]) -> Vec<T> {
    let (y, winners) = max(g, x);
    let mut results = y.clone();
    let mut y_alone = vec![T::nan(); g.y_len()];
    max_forward(g, x, &mut y_alone, None);
    let mut dx = vec![T::nan(); g.x_len()];
    max_backward(g, &winners, dy, &mut dx);
    results.extend(&y_alone);
    results.extend(&dx);
    max_backward_all(g, x, &y, dy, &mut dx);
    results.extend(&dx);
    for count_padding in [false, true] {
        average_forward(g, count_padding, x, &mut y_alone);
        average_backward(g, count_padding, dy, &mut dx);
        results.extend(&y_alone);
        results.extend(&dx);
    }
    results
}

/// Everything that must hold for a geometry and an input.
fn check<T: Element>(g: &PoolGeometry, x: &[T], dy: &[T]) {
    let (y, winners) = max(g, x);
    let (mut y_exact, mut winners_exact) = (y.clone(), winners.clone());
    reference::max_forward(g, x, &mut y_exact, &mut winners_exact);
    assert_bits(&y, &y_exact);
    assert_eq!(winners, winners_exact, "{g:?}");

    let (mut dx, mut exact) = (vec![T::nan(); g.x_len()], vec![T::nan(); g.x_len()]);
    max_backward(g, &winners, dy, &mut dx);
    reference::max_backward(g, x, dy, &mut exact);
    assert_bits(&dx, &exact);
    max_backward_all(g, x, &y, dy, &mut dx);
    reference::max_backward_all(g, x, dy, &mut exact);
    assert_bits(&dx, &exact);

    let results = all(g, x, dy);
    for threads in [1, 2, 3] {
        assert_bits(&results, &on_threads(threads, || all(g, x, dy)));
    }
}

fn check_average<T: Element>(g: &PoolGeometry, count_padding: bool, x: &[T], dy: &[T]) {
    let vector = |len| vec![T::nan(); len];
    let terms = g.kernel[0] * g.kernel[1];
    let [mut y, mut exact, mut size] = [(); 3].map(|()| vector(g.y_len()));
    average_forward(g, count_padding, x, &mut y);
    reference::average_forward(g, count_padding, x, &mut exact);
    reference::average_forward(g, count_padding, &absolute(x), &mut size);
    assert_sums(&y, &exact, &size, terms);

    let [mut dx, mut exact, mut size] = [(); 3].map(|()| vector(g.x_len()));
    average_backward(g, count_padding, dy, &mut dx);
    reference::average_backward(g, count_padding, dy, &mut exact);
    reference::average_backward(g, count_padding, &absolute(dy), &mut size);
    assert_sums(&dx, &exact, &size, terms);

    let (left, right) = (inner(dy, &y), inner(&dx, x));
    let bound = inner(&size, &absolute(x)) * T::epsilon().as_f64() * (terms + x.len() + 8) as f64;
    assert!((left - right).abs() <= bound, "{left} {right}");
}

fn any_geometry() -> impl Strategy<Value = PoolGeometry> {
    let pads = prop::array::uniform4(0usize..4);
    let kernel = prop::array::uniform2(1usize..6);
    let stride = prop::array::uniform2(1usize..5);
    (
        0usize..4,
        prop::array::uniform2(1usize..10),
        1usize..7,
        kernel,
        stride,
        pads,
    )
        .prop_filter_map(
            "the window must fit",
            |(batch, [h, w], c, kernel, stride, [top, bottom, left, right])| {
                let padding = Padding {
                    top,
                    bottom,
                    left,
                    right,
                };
                PoolGeometry::new(batch, [h, w, c], kernel, stride, padding).ok()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn passes_agree_with_the_reference(g in any_geometry(), largest in 0u64..4) {
        // Few different integers: ties in almost every window.
        check::<f32>(&g, &integers(1, g.x_len(), largest), &integers(2, g.y_len(), 9));
        check::<f64>(&g, &normal(3, g.x_len()), &normal(4, g.y_len()));
        for count_padding in [false, true] {
            check_average::<f32>(&g, count_padding, &normal(5, g.x_len()), &normal(6, g.y_len()));
            check_average::<f64>(&g, count_padding, &normal(7, g.x_len()), &normal(8, g.y_len()));
        }
    }
}

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
fn several_lanes_with_ragged_ends() {
    let g = geometry(7, [37, 41, 5], 3, 2, 1);
    check::<f32>(&g, &normal(1, g.x_len()), &normal(2, g.y_len()));
    check_average::<f32>(&g, false, &normal(3, g.x_len()), &normal(4, g.y_len()));
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
