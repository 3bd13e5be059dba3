//! Every method against the reference, whether it would be chosen or not; and what a plan says.

use super::*;

/// Whether values by Winograd's method are as far from others as its bound allows, with the largest magnitudes of
/// all in it, for sums of `terms` products over `count` pairs of factors. Its own tests have the bound of each value.
fn assert_winograd<T: Real>(
    found: &[T],
    exact: &[T],
    factors: [&[T]; 2],
    terms: usize,
    count: usize,
) {
    let largest = |values: &[T]| values.iter().map(|v| v.as_f64().abs()).fold(0.0, f64::max);
    let [a, b] = factors.map(largest);
    let factor = 176.0 * (terms + 28) as f64 * T::epsilon().as_f64();
    let bound = factor * count as f64 * a * b;
    for (found, exact) in found.iter().zip(exact) {
        let error = (found.as_f64() - exact.as_f64()).abs();
        assert!(error <= bound, "{found:?} {exact:?}");
    }
}

/// Every method that can run a pass of the geometry, on every instruction set, against the reference.
fn check_forced<T: Real>(g: &ConvGeometry, seen: &mut Vec<(Pass, Method)>) {
    let inputs = Inputs::<T>::new(g, normal);
    let exact = naive(g, &inputs);
    let size = naive(g, &inputs.absolute());
    let terms = g.kernel[0] * g.kernel[1] * g.filters.max(g.input[2]) + 1;
    let pixels = g.batch * g.output[0] * g.output[1] + 16;
    let mut portable: Vec<((Pass, Method), Passes<T>)> = Vec::new();
    for set in InstructionSet::all() {
        let plan = Plan::on::<T>(set, g);
        for (pass, method) in Pass::ALL
            .into_iter()
            .flat_map(|pass| Method::ALL.map(|m| (pass, m)))
        {
            let Ok(plan) = plan.force::<T>(pass, method) else {
                assert_ne!(plan.method(pass), method, "{pass} {g:?}");
                continue;
            };
            assert_eq!(plan.method(pass), method);
            seen.push((pass, method));
            let found = by_plan(&plan, &inputs);
            let Inputs { x, w, dy, .. } = &inputs;
            if pass == Pass::Forward {
                packed::tests::check(&plan, x);
            }
            let [channels, filters] = [g.input[2], g.filters];
            match pass {
                Pass::Forward if method == Method::Winograd => {
                    assert_winograd(&found.y, &exact.y, [x, w], channels, 9 * channels);
                }
                Pass::Data if method == Method::Winograd => {
                    assert_winograd(&found.dx, &exact.dx, [dy, w], filters, 9 * filters);
                }
                Pass::Weights if method == Method::Winograd => {
                    let [rows, cols, _] = g.output.map(|n| n.div_ceil(4));
                    let tiles = g.batch * rows * cols;
                    assert_winograd(&found.dw, &exact.dw, [x, dy], tiles, 16 * tiles);
                    assert_sums(&found.db, &exact.db, &size.db, pixels);
                }
                Pass::Forward => assert_sums(&found.y, &exact.y, &size.y, terms),
                Pass::Data => assert_sums(&found.dx, &exact.dx, &size.dx, terms),
                Pass::Weights => {
                    assert_sums(&found.dw, &exact.dw, &size.dw, pixels);
                    assert_sums(&found.db, &exact.db, &size.db, pixels);
                }
            }
            match set.name() {
                "portable" => portable.push(((pass, method), found)),
                "simd128" => assert_same(&portable, (pass, method), &found),
                _ => {}
            }
        }
    }
}

/// The vectors of WebAssembly have the bits of the portable ones.
fn assert_same<T: Real>(
    portable: &[((Pass, Method), Passes<T>)],
    forced: (Pass, Method),
    found: &Passes<T>,
) {
    let first = portable.iter().find(|(of, _)| *of == forced);
    let (_, first) = first.expect("the portable set runs every method that another does");
    for (first, found) in [
        (&first.y, &found.y),
        (&first.dx, &found.dx),
        (&first.dw, &found.dw),
        (&first.db, &found.db),
    ] {
        assert_bits(first, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_method_that_can_run_a_geometry_agrees_with_the_reference_f64(g in any_geometry()) {
        check_forced::<f64>(&g, &mut Vec::new());
    }

    #[test]
    fn every_method_that_can_run_a_geometry_agrees_with_the_reference_f32(g in any_geometry()) {
        check_forced::<f32>(&g, &mut Vec::new());
    }
}

/// Winograd's method on geometries for which it is not the better one.
#[test]
fn winograd_on_few_tiles_channels_and_filters() {
    for [height, width] in [[3, 3], [4, 9], [5, 2], [7, 13]] {
        for (batch, channels, filters) in [(0, 16, 16), (1, 16, 17), (3, 19, 16), (2, 40, 33)] {
            for padding in [0, 1, 2] {
                let shape = window([3, 3], 1, Padding::even(padding));
                let input = [height, width, channels];
                let Ok(g) = ConvGeometry::new(batch, input, filters, shape, 1) else {
                    continue;
                };
                check_forced::<f32>(&g, &mut Vec::new());
            }
        }
    }
}

/// On geometries of which each is for some method.
#[test]
fn every_method_can_be_forced_where_it_can_run_and_nowhere_else() {
    let mut seen = Vec::new();
    let three = window([3, 3], 1, Padding::even(1));
    for (input, filters, groups) in [
        ([9, 9, 24], 24, 24),
        ([8, 9, 16], 16, 1),
        ([7, 20, 3], 4, 1),
    ] {
        check_forced::<f32>(&geometry(2, input, filters, three, groups), &mut seen);
    }
    for pass in Pass::ALL {
        for method in Method::ALL {
            let can = !matches!(
                (pass, method),
                (_, Method::Winners) | (Pass::Weights, Method::Pixels)
            );
            assert_eq!(seen.contains(&(pass, method)), can, "{method} {pass}");
        }
    }
    let refusal = |g: &ConvGeometry, method| {
        let plan = Plan::on::<f32>(InstructionSet::Portable, g);
        plan.force::<f32>(Pass::Forward, method)
            .unwrap_err()
            .to_string()
    };
    let g = geometry(1, [8, 8, 16], 9, window([5, 3], 1, Padding::VALID), 1);
    assert_eq!(refusal(&g, Method::Winograd), "kernel height 5 != 3");
    assert_eq!(refusal(&g, Method::Pixels), "columns 9 > 4");
    assert_eq!(refusal(&g, Method::Channels), "groups 1 < 2");
    assert_eq!(refusal(&g, Method::Winners), "no pooling follows");
}

/// The plan says why, with the numbers that it compared.
#[test]
fn a_plan_says_why() {
    let three = window([3, 3], 1, Padding::even(1));
    let g = geometry(4, [16, 16, 32], 64, three, 1);
    let plan = Plan::on::<f32>(InstructionSet::Portable, &g);
    let forward = plan.explain::<f32>(Pass::Forward);
    assert_eq!((forward.method, forward.refused.len()), ("winograd", 0));
    assert_eq!(forward.reason.to_string(), "saving 21.333 >= 2.4");
    assert_eq!(forward.scratch, 4 * plan.scratch::<f32>(Pass::Forward));
    let plan = Plan::on::<f32>(InstructionSet::Portable, &g.direct());
    let forward = plan.explain::<f32>(Pass::Forward);
    let refused: Vec<String> = forward
        .refused
        .iter()
        .map(|(method, reason)| format!("{method}: {reason}"))
        .collect();
    assert_eq!(forward.method, "windows");
    assert_eq!(
        refused,
        [
            "winograd: exact sums were requested",
            "pixels: columns 64 > 4",
        ]
    );
    // A plan for a batch is that of the geometry for it.
    for batch in [0, 1, 7] {
        let derived = Plan::new::<f32>(&g).with_batch::<f32>(batch);
        let new = Plan::new::<f32>(&g.with_batch(batch));
        for pass in Pass::ALL {
            assert_eq!(
                derived.explain::<f32>(pass),
                new.explain::<f32>(pass),
                "{batch}"
            );
        }
    }
}
