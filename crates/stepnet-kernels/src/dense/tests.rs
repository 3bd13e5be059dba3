use proptest::prelude::*;

use super::method::Choice;
use super::methods::{few, small, wide};
use super::*;
use crate::conv;
use crate::decision::Reason;
use crate::simd::InstructionSet;
use crate::testing::{absolute, assert_bits, assert_sums, inner, integers, normal, on_threads};

/// One of the three products, `c[i, j] = start[j] + sum of a(i, l) b(l, j)`, in `f64`.
fn naive<T: Real>(
    [rows, inner, columns]: [usize; 3],
    start: impl Fn(usize) -> T,
    a: impl Fn(usize, usize) -> T,
    b: impl Fn(usize, usize) -> T,
) -> Vec<T> {
    let mut c = Vec::new();
    for i in 0..rows {
        for j in 0..columns {
            let sum: f64 = (0..inner)
                .map(|l| a(i, l).as_f64() * b(l, j).as_f64())
                .sum();
            c.push(T::from_f64(start(j).as_f64() + sum));
        }
    }
    c
}

/// y, dx, dw and db, one after the other, by the naive products.
fn naive_passes<T: Real>(g: &DenseGeometry, x: &[T], w: &[T], b: &[T], dy: &[T]) -> [Vec<T>; 4] {
    let (m, i, o) = (g.batch, g.inputs, g.outputs);
    let zero = |_| T::zero();
    [
        naive(
            [m, i, o],
            |u| b[u],
            |n, f| x[n * i + f],
            |f, u| w[u * i + f],
        ),
        naive([m, o, i], zero, |n, u| dy[n * o + u], |u, f| w[u * i + f]),
        naive([o, m, i], zero, |u, n| dy[n * o + u], |n, f| x[n * i + f]),
        naive([1, m, o], zero, |_, _| T::one(), |n, u| dy[n * o + u]),
    ]
}

fn passes<T: Real>(g: &DenseGeometry, x: &[T], w: &[T], b: &[T], dy: &[T]) -> [Vec<T>; 4] {
    let dirty = |len| vec![T::nan(); len];
    let (mut y, mut dx) = (dirty(g.y_len()), dirty(g.x_len()));
    let (mut dw, mut db) = (dirty(g.weights_len()), dirty(g.outputs));
    let mut scratch = dirty(forward_scratch::<T>(g));
    forward(g, x, w, Some(b), &mut y, &mut scratch);
    let mut scratch = dirty(backward_data_scratch::<T>(g));
    backward_data(g, dy, w, &mut dx, &mut scratch);
    let mut scratch = dirty(backward_weights_scratch::<T>(g));
    backward_weights(g, x, dy, &mut dw, Some(&mut db), &mut scratch);
    [y, dx, dw, db]
}

/// The same by the loops for small layers, on an instruction set.
fn small_passes<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    x: &[T],
    w: &[T],
    b: &[T],
    dy: &[T],
) -> [Vec<T>; 4] {
    let dirty = |len| vec![T::nan(); len];
    let (mut y, mut dx) = (dirty(g.y_len()), dirty(g.x_len()));
    let (mut dw, mut db) = (dirty(g.weights_len()), dirty(g.outputs));
    set.run(small::Product::forward(g, x, w, Some(b), &mut y));
    set.run(small::Product::backward_data(g, dy, w, &mut dx));
    set.run(small::Weights::new(g, x, dy, &mut dw, Some(&mut db)));
    [y, dx, dw, db]
}

/// Every value of small passes, for integers exactly and for others within the rounding.
fn check_small<T: Real>(g: &DenseGeometry) {
    let lens = [g.x_len(), g.weights_len(), g.outputs, g.y_len()];
    let draw = |f: &dyn Fn(u64, usize) -> Vec<T>| [0, 1, 2, 3].map(|i| f(i as u64, lens[i]));
    for set in InstructionSet::all() {
        let [x, w, b, dy] = draw(&|seed, len| integers(seed, len, 3));
        let found = small_passes(set, g, &x, &w, &b, &dy);
        let exact = naive_passes(g, &x, &w, &b, &dy);
        assert_eq!(found, exact, "{g:?} on {}", set.name());

        let [x, w, b, dy] = draw(&normal);
        let found = small_passes(set, g, &x, &w, &b, &dy);
        let exact = naive_passes(g, &x, &w, &b, &dy);
        let [x, w, b, dy] = [&x, &w, &b, &dy].map(|values| absolute(values));
        let size = naive_passes(g, &x, &w, &b, &dy);
        let terms = [g.inputs + 1, g.outputs, g.batch, g.batch];
        for (i, terms) in terms.into_iter().enumerate() {
            assert_sums(&found[i], &exact[i], &size[i], terms);
        }
    }
}

fn check<T: Real>(g: &DenseGeometry) {
    let lens = [g.x_len(), g.weights_len(), g.outputs, g.y_len()];
    let draw = |f: &dyn Fn(u64, usize) -> Vec<T>| [0, 1, 2, 3].map(|i| f(i as u64, lens[i]));
    let [x, w, b, dy] = draw(&|seed, len| integers(seed, len, 3));
    assert_eq!(
        passes(g, &x, &w, &b, &dy),
        naive_passes(g, &x, &w, &b, &dy),
        "{g:?}"
    );

    let [x, w, b, dy] = draw(&normal);
    let found = passes(g, &x, &w, &b, &dy);
    let exact = naive_passes(g, &x, &w, &b, &dy);
    let size = naive_passes(
        g,
        &absolute(&x),
        &absolute(&w),
        &absolute(&b),
        &absolute(&dy),
    );
    for (i, terms) in [g.inputs + 1, g.outputs, g.batch, g.batch]
        .into_iter()
        .enumerate()
    {
        assert_sums(&found[i], &exact[i], &size[i], terms);
    }
    for threads in [1, 2, 3] {
        let again = on_threads(threads, || passes(g, &x, &w, &b, &dy));
        found
            .iter()
            .zip(&again)
            .for_each(|(a, b)| assert_bits(a, b));
    }
    let mut y = vec![T::nan(); g.y_len()];
    let mut scratch = vec![T::nan(); forward_scratch::<T>(g)];
    forward(g, &x, &w, None, &mut y, &mut scratch);
    let bound = inner(&absolute(&dy), &size[0])
        * T::epsilon().as_f64()
        * (lens[0] + lens[1] + lens[3]) as f64;
    assert!((inner(&dy, &y) - inner(&found[1], &x)).abs() <= bound);
    assert!((inner(&dy, &y) - inner(&found[2], &w)).abs() <= bound);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn passes_agree_with_the_naive_products(batch in 0usize..20, inputs in 1usize..40, outputs in 1usize..40) {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        check::<f32>(&g);
        check::<f64>(&g);
    }
}

/// Every method that can run a pass, on every instruction set, against the naive products; which passes ran so.
fn check_forced<T: Real>(g: &DenseGeometry) -> Vec<(Pass, Method)> {
    let lens = [g.x_len(), g.weights_len(), g.outputs, g.y_len()];
    let [x, w, b, dy] = [0, 1, 2, 3].map(|i| normal::<T>(i as u64, lens[i]));
    let exact = naive_passes(g, &x, &w, &b, &dy);
    let [ax, aw, ab, ady] = [&x, &w, &b, &dy].map(|values| absolute(values));
    let size = naive_passes(g, &ax, &aw, &ab, &ady);
    let dirty = |len| vec![T::nan(); len];
    let mut ran = Vec::new();
    for set in InstructionSet::all() {
        let plan = Plan::on::<T>(set, g);
        for (pass, method) in Pass::ALL
            .into_iter()
            .flat_map(|pass| Method::ALL.map(|method| (pass, method)))
        {
            let Ok(plan) = plan.force::<T>(pass, method) else {
                assert_ne!(plan.method(pass), method, "{pass} {g:?}");
                continue;
            };
            assert_eq!(plan.method(pass), method);
            ran.push((pass, method));
            let mut scratch = dirty(plan.scratch::<T>(pass));
            match pass {
                Pass::Forward => {
                    let mut y = dirty(g.y_len());
                    plan.forward(&x, &w, Some(&b), &mut y, &mut scratch);
                    assert_sums(&y, &exact[0], &size[0], g.inputs + 1);
                }
                Pass::Data => {
                    let mut dx = dirty(g.x_len());
                    plan.backward_data(&dy, &w, &mut dx, &mut scratch);
                    assert_sums(&dx, &exact[1], &size[1], g.outputs);
                }
                Pass::Weights => {
                    let (mut dw, mut db) = (dirty(g.weights_len()), dirty(g.outputs));
                    plan.backward_weights(&x, &dy, &mut dw, Some(&mut db), &mut scratch);
                    assert_sums(&dw, &exact[2], &size[2], g.batch);
                    assert_sums(&db, &exact[3], &size[3], g.batch);
                }
            }
        }
    }
    ran
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_method_that_can_run_the_sizes_agrees_with_the_naive_products(
        batch in 0usize..12, inputs in 1usize..300, outputs in 1usize..40,
    ) {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        check_forced::<f32>(&g);
        check_forced::<f64>(&g);
    }
}

#[test]
fn every_method_can_be_forced_where_it_can_run_and_nowhere_else() {
    let mut ran = Vec::new();
    for (batch, inputs, outputs) in [(3, 40, 20), (2, 300, 3)] {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        ran.extend(check_forced::<f32>(&g));
    }
    for pass in Pass::ALL {
        for method in Method::ALL {
            let can = !matches!(
                (pass, method),
                (Pass::Data, Method::Wide) | (Pass::Weights, Method::Few)
            );
            assert_eq!(ran.contains(&(pass, method)), can, "{method} {pass}");
        }
    }
}

/// The data gradient of few examples against that of rows, bit by bit, on every instruction set and on several threads.
fn check_few_data<T: Real>(batch: usize, inputs: usize, outputs: usize) {
    let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
    let (dy, w) = (normal::<T>(1, g.y_len()), normal::<T>(2, g.weights_len()));
    let (dy, w) = (&dy[..], &w[..]);
    for set in InstructionSet::all() {
        let plan = Plan::on::<T>(set, &g);
        let [few, rows] = [Method::Few, Method::Rows].map(|method| {
            plan.force::<T>(Pass::Data, method).map(|plan| {
                move |threads| {
                    on_threads(threads, || {
                        let mut dx = vec![T::nan(); g.x_len()];
                        let mut scratch = vec![T::nan(); plan.scratch::<T>(Pass::Data)];
                        plan.backward_data(dy, w, &mut dx, &mut scratch);
                        dx
                    })
                }
            })
        });
        let Ok(few) = few else {
            assert!(inputs < 2 * set.lanes::<T>(), "{g:?} on {}", set.name());
            continue;
        };
        let expected = rows.unwrap()(1);
        for threads in [1, 2, 3] {
            assert_bits(&few(threads), &expected);
        }
    }
}

#[test]
fn data_gradients_of_few_examples_are_those_of_rows() {
    for batch in [0, 1, 3, 4, 5, 8, 11, 20, 64] {
        for (inputs, outputs) in [(1, 3), (32, 9), (33, 600), (209, 385), (131, 1), (70, 513)] {
            check_few_data::<f32>(batch, inputs, outputs);
            check_few_data::<f64>(batch, inputs, outputs);
        }
    }
    // On several threads, of which each has a part of the features.
    check_few_data::<f64>(20, 1000, 700);
    check_few_data::<f32>(7, 211, 5000);
}

#[test]
fn data_gradients_of_few_examples_over_very_many_units_are_those_of_rows() {
    for outputs in [64 * 384, 64 * 384 + 1, 3 * 64 * 384 + 5] {
        check_few_data::<f32>(2, 37, outputs);
        check_few_data::<f64>(5, 17, outputs);
        check_few_data::<f32>(2, 200, outputs);
    }
}

#[test]
fn small_layers_of_every_size_around_the_blocks() {
    let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 17];
    for inputs in sizes {
        for outputs in sizes {
            for batch in [1, 9, 19] {
                let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
                check_small::<f64>(&g);
                check_small::<f32>(&g);
            }
        }
    }
}

#[test]
fn small_layers_of_every_batch_around_the_blocks() {
    for batch in (0..18).chain([31, 32, 33, 63, 64, 65]) {
        for (inputs, outputs) in [(2, 4), (4, 1), (10, 5), (20, 3), (64, 9), (9, 64)] {
            let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
            check_small::<f64>(&g);
            check_small::<f32>(&g);
        }
    }
}

#[test]
fn long_sums_and_wide_gradients() {
    for (batch, inputs, outputs) in [
        (5, 255, 3),
        (9, 256, 9),
        (17, 257, 1),
        (12, 513, 13),
        (21, 300, 19),
        (8, 280, 23),
        (3, 1100, 2),
        (0, 300, 2),
        (0, 300, 9),
    ] {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        check_small::<f64>(&g);
        check_small::<f32>(&g);
        check_strips::<f64>(&g);
        check_strips::<f32>(&g);
    }
}

/// As where there are more features than can be laid out.
#[test]
fn rows_by_the_naive_loops_have_their_bias() {
    let g = DenseGeometry::new(3, 7, 5).unwrap();
    let set = InstructionSet::best();
    let naive = conv::Method::Reference;
    let rows = conv::Choice::forced::<f64>(&g.transposed(), Pass::Data, set, naive).unwrap();
    let (x, w) = (normal(1, g.x_len()), normal(2, g.weights_len()));
    let b = normal::<f64>(3, g.outputs);
    let choice = Choice {
        method: Method::Rows,
        set,
        reason: Reason::Fact("forced"),
        rows: Some(rows),
    };
    let mut y = vec![f64::NAN; g.y_len()];
    Forward {
        g: &g,
        choice,
        x: &x,
        w: &w,
        b: Some(&b),
        y: &mut y,
        scratch: &mut [],
    }
    .run();
    for (at, &y) in y.iter().enumerate() {
        let (example, unit) = (at / g.outputs, at % g.outputs);
        let (x, w) = (&x[example * g.inputs..], &w[unit * g.inputs..]);
        let sum: f64 = (0..g.inputs).map(|feature| x[feature] * w[feature]).sum();
        assert!((y - (sum + b[unit])).abs() < 1e-12, "{y} at {at}");
    }
}

/// Every number of units, rows of whole lines of the cache and others, arrays that start at a line and after it.
#[test]
fn wide_gradients_are_summed_example_by_example() {
    fn check<T: Real>(batch: usize, inputs: usize, outputs: usize, first: usize) {
        let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
        let x = normal::<T>(1, first + g.x_len());
        let x = &x[first..];
        let dy = normal::<T>(2, g.y_len());
        for set in InstructionSet::all() {
            let mut dw = vec![T::nan(); g.weights_len()];
            wide::backward_weights(set, &g, x, &dy, &mut dw);
            for (at, &dw) in dw.iter().enumerate() {
                let (unit, feature) = (at / inputs, at % inputs);
                let products = x.chunks(inputs).zip(dy.chunks(outputs));
                let sum_of = |fused: bool| {
                    products
                        .clone()
                        .fold(T::zero(), |sum, (x, dy)| match fused {
                            true => dy[unit].mul_add(x[feature], sum),
                            false => dy[unit] * x[feature] + sum,
                        })
                };
                let expected = match set.name() {
                    "portable" | "simd128" => sum_of(false),
                    // As is faster on the machine.
                    "relaxed-simd" if dw == sum_of(false) => dw,
                    _ => sum_of(true),
                };
                assert_eq!(dw, expected, "{g:?} at {at} on {}", set.name());
            }
        }
    }
    for outputs in 4..=24 {
        for (batch, inputs) in [(1, 256), (8, 257), (9, 272), (17, 530), (26, 256)] {
            check::<f64>(batch, inputs, outputs, outputs % 9);
            check::<f32>(batch, inputs, outputs, outputs % 17);
        }
    }
}

/// The gradient of wide layers, on every instruction set.
fn check_strips<T: Real>(g: &DenseGeometry) {
    for set in InstructionSet::all() {
        for normals in [false, true] {
            let draw = |seed, len| match normals {
                true => normal::<T>(seed, len),
                false => integers(seed, len, 3),
            };
            let (x, dy) = (draw(1, g.x_len()), draw(2, g.y_len()));
            let mut dw = vec![T::nan(); g.weights_len()];
            wide::backward_weights(set, g, &x, &dy, &mut dw);
            let (w, b) = (vec![T::zero(); dw.len()], vec![T::zero(); g.outputs]);
            let [_, _, exact, _] = naive_passes(g, &x, &w, &b, &dy);
            let (x, dy) = (absolute(&x), absolute(&dy));
            let [_, _, size, _] = naive_passes(g, &x, &w, &b, &dy);
            if normals {
                assert_sums(&dw, &exact, &size, g.batch);
            } else {
                assert_eq!(dw, exact, "{g:?} on {}", set.name());
            }
        }
    }
}

#[test]
fn wide_layers_that_are_split() {
    check::<f64>(&DenseGeometry::new(70, 3000, 2).unwrap());
    check::<f32>(&DenseGeometry::new(70, 3000, 4).unwrap());
    check::<f64>(&DenseGeometry::new(33, 2500, 20).unwrap());
}

#[test]
fn products_large_enough_to_be_split() {
    check::<f32>(&DenseGeometry::new(70, 300, 130).unwrap());
    check::<f64>(&DenseGeometry::new(9, 3000, 70).unwrap());
}

/// Inputs beyond those of small layers, outputs around vectors and around what a thread takes.
const FEW: [(usize, usize); 8] = [
    (65, 8),
    (66, 16),
    (70, 9),
    (129, 31),
    (150, 4),
    (256, 120),
    (300, 65),
    (131, 203),
];

#[test]
fn layers_on_few_examples() {
    for (inputs, outputs) in FEW {
        for batch in 0..6 {
            let g = DenseGeometry::new(batch, inputs, outputs).unwrap();
            check::<f64>(&g);
            check::<f32>(&g);
        }
    }
    check::<f32>(&DenseGeometry::new(2, 900, 700).unwrap());
}

/// On every instruction set, and without a bias.
#[test]
fn few_examples_are_summed_like_many() {
    fn check<T: Real>(inputs: usize, outputs: usize) {
        const MANY: usize = 9;
        let many = DenseGeometry::new(MANY, inputs, outputs).unwrap();
        let (x, w) = (
            normal::<T>(1, many.x_len()),
            normal::<T>(2, many.weights_len()),
        );
        let b = normal::<T>(3, outputs);
        let mut all = vec![T::nan(); many.y_len()];
        let mut scratch = vec![T::nan(); forward_scratch::<T>(&many)];
        for b in [None, Some(&b[..])] {
            forward(&many, &x, &w, b, &mut all, &mut scratch);
            for batch in 1..=few::EXAMPLES {
                let g = many.with_batch(batch);
                let (x, expected) = (&x[..g.x_len()], &all[..g.y_len()]);
                for set in InstructionSet::all() {
                    let plan = Plan::on::<T>(set, &g);
                    let Ok(plan) = plan.force::<T>(Pass::Forward, Method::Few) else {
                        continue;
                    };
                    let mut y = vec![T::nan(); g.y_len()];
                    plan.forward(x, &w, b, &mut y, &mut []);
                    if set.name() == InstructionSet::best().name() {
                        assert_bits(&y, expected);
                    }
                    let size = vec![T::from_f64(16.0 * inputs as f64); y.len()];
                    assert_sums(&y, expected, &size, inputs);
                }
            }
        }
    }
    for (inputs, outputs) in FEW {
        check::<f32>(inputs, outputs);
        check::<f64>(inputs, outputs);
    }
}

#[test]
fn sizes_are_checked() {
    assert_eq!(
        DenseGeometry::new(1, 0, 2).unwrap_err().to_string(),
        "dense layer: inputs is 0, expected at least 1"
    );
    assert!(DenseGeometry::new(1, 2, 0).is_err());
    assert!(DenseGeometry::new(0, usize::MAX, 2).is_err());
    let g = DenseGeometry::new(4, 3, 2).unwrap();
    assert_eq!(
        (g.x_len(), g.y_len(), g.weights_len(), g.multiply_adds()),
        (12, 8, 6, 24)
    );
    assert_eq!(g.with_batch(0).x_len(), 0);
}

#[test]
#[should_panic(expected = "dense forward: b holds 3 values, expected 2")]
fn a_bias_of_the_wrong_length_is_named() {
    let g = DenseGeometry::new(1, 1, 2).unwrap();
    forward(
        &g,
        &[1.0],
        &[1.0, 1.0],
        Some(&[0.0; 3]),
        &mut [0.0; 2],
        &mut [],
    );
}
