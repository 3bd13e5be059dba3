//! Against the three operations one after the other, and their reference for the gradients.

use proptest::prelude::*;

use super::*;
use crate::Real;
use crate::conv::ConvWindow;
use crate::conv::methods::reference;
use crate::conv::tests::any_geometry;
use crate::conv::{ConvGeometry, Method};
use crate::decision::Pass;
use crate::geometry::Padding;
use crate::pool::{self, PoolGeometry};
use crate::relu;
use crate::testing::{absolute, assert_bits, assert_sums, integers, normal, on_threads};

struct Case {
    batch: usize,
    input: [usize; 3],
    filters: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    groups: usize,
    pool: [usize; 2],
    pool_stride: [usize; 2],
}

/// The three in one for numbers `T`, if that is how they run.
fn in_one<T: Real>(conv: ConvGeometry, pool: PoolGeometry, relu: bool) -> Option<PooledGeometry> {
    let plan = Plan::new::<T>(&crate::conv::Plan::new::<T>(&conv), pool, relu)?;
    Some(*plan.geometry())
}

fn geometry(case: &Case, relu: bool) -> PooledGeometry {
    let window = ConvWindow {
        kernel: [case.kernel; 2],
        stride: [case.stride; 2],
        padding: Padding::even(case.padding),
        dilation: [1, 1],
    };
    let conv = ConvGeometry::new(case.batch, case.input, case.filters, window, case.groups);
    let conv = conv.unwrap();
    let pool = PoolGeometry::new(
        case.batch,
        conv.output,
        case.pool,
        case.pool_stride,
        Padding::VALID,
    );
    in_one::<f32>(conv, pool.unwrap(), relu).unwrap()
}

/// Random convolutions with a pooling of their outputs, where the three run in one pass.
fn any_pooled() -> impl Strategy<Value = PooledGeometry> {
    let kernel = prop::array::uniform2(1usize..6);
    let gap = prop::array::uniform2(0usize..2);
    (any_geometry(), kernel, gap, any::<bool>()).prop_filter_map(
        "the pooling's window must fit",
        |(conv, kernel, gap, relu)| {
            let stride = [kernel[0] + gap[0], kernel[1] + gap[1]];
            let pool = PoolGeometry::new(conv.batch, conv.output, kernel, stride, Padding::VALID);
            in_one::<f32>(conv, pool.ok()?, relu)
        },
    )
}

/// Random geometries of each number type.
const CASES: u32 = if cfg!(debug_assertions) { 200 } else { 1200 };

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_geometries_agree_with_the_three_passes_f32(g in any_pooled()) {
        check::<f32>(&g);
    }

    #[test]
    fn random_geometries_agree_with_the_three_passes_f64(g in any_pooled()) {
        check::<f64>(&g);
    }
}

/// Whole and part images, remainders, gaps between windows, groups, one pixel.
fn cases() -> Vec<Case> {
    let case = |batch, input, filters, kernel, padding, pool: usize| Case {
        batch,
        input,
        filters,
        kernel,
        stride: 1,
        padding,
        groups: 1,
        pool: [pool; 2],
        pool_stride: [pool; 2],
    };
    vec![
        case(3, [12, 12, 6], 16, 5, 0, 2),
        case(5, [9, 11, 3], 8, 4, 1, 3),
        case(2, [64, 64, 3], 8, 3, 1, 8),
        case(17, [4, 4, 2], 5, 2, 0, 2),
        case(1, [1, 1, 1], 1, 1, 0, 1),
        case(2, [10, 7, 4], 12, 3, 1, 4),
        Case {
            groups: 2,
            ..case(3, [8, 9, 4], 6, 3, 1, 4)
        },
        Case {
            groups: 4,
            ..case(2, [8, 9, 4], 4, 3, 1, 2)
        },
        Case {
            stride: 2,
            ..case(3, [19, 16, 5], 9, 3, 1, 3)
        },
        Case {
            pool_stride: [3, 4],
            ..case(2, [16, 18, 3], 7, 3, 0, 2)
        },
        Case {
            pool: [3, 5],
            pool_stride: [4, 5],
            ..case(2, [21, 23, 3], 20, 2, 0, 1)
        },
    ]
}

/// y, winners, dx, dw, db.
type Passes<T> = (Vec<T>, Vec<u32>, Vec<T>, Vec<T>, Vec<T>);

fn fused<T: Real>(g: &PooledGeometry, x: &[T], w: &[T], b: &[T], dy: &[T]) -> Passes<T> {
    let dirty = |len| vec![T::nan(); len];
    let (mut y, mut winners) = (dirty(g.y_len()), vec![u32::MAX; g.y_len()]);
    let plan = Plan::of::<T>(*g);
    let mut scratch = dirty(plan.forward_scratch::<T>());
    plan.forward(x, w, Some(b), &mut y, Some(&mut winners), &mut scratch);
    let mut without = dirty(g.y_len());
    plan.forward(x, w, Some(b), &mut without, None, &mut scratch);
    assert_bits(&without, &y);
    let (mut dx, mut dw, mut db) = (dirty(x.len()), dirty(w.len()), dirty(b.len()));
    let gradient = Gradient {
        y: &y,
        dy,
        winners: &winners,
    };
    let to = Gradients {
        dx: Some(&mut dx),
        dw: Some(&mut dw),
        db: Some(&mut db),
    };
    let mut scratch = dirty(plan.backward_scratch::<T>());
    plan.backward(x, w, gradient, to, &mut scratch);
    (y, winners, dx, dw, db)
}

fn check<T: Real>(g: &PooledGeometry) {
    let draw = |seed, len| normal::<T>(seed, len);
    let (x, w) = (draw(1, g.conv.x_len()), draw(2, g.conv.weights_len()));
    let (b, dy) = (draw(3, g.conv.filters), draw(4, g.y_len()));
    let found = fused(g, &x, &w, &b, &dy);
    super::packed::tests::check(g, &x);

    // One after the other.
    let zeros = |len| vec![T::zero(); len];
    let mut z = zeros(g.conv.y_len());
    let mut scratch = zeros(super::super::forward_scratch::<T>(&g.conv));
    super::super::forward(&g.conv, &x, &w, Some(&b), &mut z, &mut scratch);
    let mut a = z.clone();
    if g.relu {
        relu::forward(&z, &mut a);
    }
    let (mut y, mut winners) = (zeros(g.y_len()), vec![0; g.y_len()]);
    pool::max_forward(&g.pool, &a, &mut y, Some(&mut winners));
    assert_bits(&found.0, &y);
    let mut da = zeros(a.len());
    pool::max_backward(&g.pool, &winners, &dy, &mut da);
    let mut dz = da.clone();
    if g.relu {
        relu::backward(&a, &da, &mut dz);
    }
    for ((&ours, &theirs), &y) in found.1.iter().zip(&winners).zip(&y) {
        assert!(
            ours == theirs || (g.relu && y <= T::zero()),
            "{ours} {theirs}"
        );
    }

    let naive = |x: &[T], w: &[T], dz: &[T]| {
        let (mut dx, mut dw, mut db) = (zeros(x.len()), zeros(w.len()), zeros(b.len()));
        reference::backward_data(&g.conv, dz, w, &mut dx);
        reference::backward_weights(&g.conv, x, dz, &mut dw, Some(&mut db));
        (dx, dw, db)
    };
    let exact = naive(&x, &w, &dz);
    let size = naive(&absolute(&x), &absolute(&w), &absolute(&dz));
    let terms = g.conv.patch_len() * g.conv.filters + 16;
    assert_sums(&found.2, &exact.0, &size.0, terms);
    let pixels = g.conv.y_len() + 16;
    assert_sums(&found.3, &exact.1, &size.1, pixels);
    assert_sums(&found.4, &exact.2, &size.2, pixels);

    for threads in [1, 2, 3] {
        let again = on_threads(threads, || fused(g, &x, &w, &b, &dy));
        assert_bits(&again.0, &found.0);
        assert_eq!(again.1, found.1);
        assert_bits(&again.2, &found.2);
        assert_bits(&again.3, &found.3);
        assert_bits(&again.4, &found.4);
    }
}

#[test]
fn passes_are_those_of_the_three_one_after_the_other() {
    for case in cases() {
        for relu in [false, true] {
            check::<f64>(&geometry(&case, relu));
            check::<f32>(&geometry(&case, relu));
        }
    }
}

#[test]
fn every_way_of_the_gradients_is_among_the_cases() {
    let mut ways: Vec<_> = cases()
        .iter()
        .map(|case| geometry(case, true))
        .map(Plan::of::<f32>)
        .map(|plan| [Pass::Weights, Pass::Data].map(|pass| plan.method(pass) == Method::Winners))
        .map(|[weights, data]| (weights, data))
        .collect();
    ways.sort_unstable();
    ways.dedup();
    assert_eq!(ways, [(false, false), (false, true), (true, true)]);
}

#[test]
fn ties_go_to_the_first_and_what_the_relu_stops_gets_nothing() {
    let case = Case {
        batch: 1,
        input: [4, 4, 1],
        filters: 1,
        kernel: 1,
        stride: 1,
        padding: 0,
        groups: 1,
        pool: [2, 2],
        pool_stride: [2, 2],
    };
    let g = geometry(&case, true);
    #[rustfmt::skip]
    let x = [
        3.0, 3.0,   -1.0, -2.0,
        3.0, 1.0,   -3.0, -1.0,
        0.0, 0.0,    f64::NAN, 1.0,
        0.0, 0.0,    2.0, 5.0,
    ];
    let (y, winners, dx, dw, db) = fused(&g, &x, &[1.0], &[0.0], &[1.0, 10.0, 100.0, 1000.0]);
    assert_eq!(y[..3], [3.0, 0.0, 0.0]);
    assert!(y[3].is_nan());
    assert_eq!((winners[0], winners[3]), (0, 10));
    let mut expected = [0.0; 16];
    (expected[0], expected[10]) = (1.0, 1000.0);
    assert_eq!(dx, expected);
    assert!(dw[0].is_nan());
    assert_eq!(db, [1001.0]);
}

#[test]
fn what_is_better_done_one_after_the_other_is_refused() {
    let window = ConvWindow {
        kernel: [3, 3],
        ..ConvWindow::default()
    };
    let conv = ConvGeometry::new(1, [9, 9, 4], 4, window, 1).unwrap();
    let new = |kernel, stride, padding| {
        let pool = PoolGeometry::new(1, conv.output, [kernel; 2], [stride; 2], padding).unwrap();
        in_one::<f32>(conv, pool, true)
    };
    assert!(new(2, 2, Padding::VALID).is_some());
    assert!(new(3, 2, Padding::VALID).is_none());
    assert!(new(2, 2, Padding::even(1)).is_none());
    // Fewer multiplications go before fewer passes over memory, in the type that has both.
    let conv = ConvGeometry::new(1, [18, 18, 64], 64, window, 1).unwrap();
    let pool = PoolGeometry::new(1, conv.output, [2; 2], [2; 2], Padding::VALID).unwrap();
    assert!(in_one::<f32>(conv, pool, true).is_none());
    assert!(in_one::<f64>(conv, pool, true).is_some());
}

#[test]
fn the_batch_may_be_empty() {
    let mut case = cases().remove(0);
    case.batch = 0;
    let g = geometry(&case, true);
    let w = integers::<f32>(1, g.conv.weights_len(), 2);
    let (.., dw, db) = fused(&g, &[], &w, &[0.0; 16], &[]);
    assert!(dw.iter().chain(&db).all(|&d| d == 0.0));
}

/// A network is fused once, and then runs batches of any size: many small images with many channels would not fit the
/// cache together, and are taken a few at a time.
#[test]
fn whether_the_three_run_in_one_does_not_depend_on_the_batch() {
    for (input, filters, kernel, padding) in [
        ([8, 8, 128], 16, 5, 2),
        ([8, 8, 192], 6, 5, 2),
        ([8, 8, 64], 8, 5, 2),
        ([6, 6, 32], 4, 3, 0),
    ] {
        let of = |batch| Case {
            batch,
            input,
            filters,
            kernel,
            stride: 1,
            padding,
            groups: 1,
            pool: [2, 2],
            pool_stride: [2, 2],
        };
        for batch in [1, 3, 64, 256, 1024] {
            let g = geometry(&of(batch), true);
            let conv = crate::conv::Plan::new::<f32>(&g.conv);
            let plan = Plan::new::<f32>(&conv, g.pool, true).unwrap();
            // Some MiB at the most, not the whole batch.
            assert!(
                plan.forward_scratch::<f32>() < 1 << 22,
                "{batch} of {input:?}"
            );
        }
        check::<f32>(&geometry(&of(64), true));
    }
}
