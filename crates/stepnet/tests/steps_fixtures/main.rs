//! Every case of `fixtures/seeds.json`: all outputs that the course notebooks state, in full precision.

#![allow(non_snake_case)] // the notebooks' names

mod compare;
mod format;
mod run;

use compare::{Tolerance, assert_expected, shows};
use format::{Case, load};
use run::run;
use stepnet::Element;

const CASES: usize = 33;
const PRINTED_TEXTS: usize = 108;
const PRINTED_TEXTS_THAT_ERR: usize = 9;
const FUNCTIONS: usize = 18;

/// Copies and selections have no rounding, whatever the element type.
fn is_exact(case: &Case) -> bool {
    let max_pooling = case.function == "pool_forward"
        && case.inputs.hyperparameters.mode.as_deref() == Some("max");
    max_pooling
        || matches!(
            case.function.as_str(),
            "zero_pad" | "create_mask_from_window" | "distribute_value"
        )
}

/// Runs every case and compares every expected array; returns how many cases there were.
fn check_all<T: Element>(tolerance: Tolerance) -> usize {
    let fixtures = load();
    for case in &fixtures.cases {
        let results = run::<T>(case, &fixtures.inputs(case)).unwrap();
        assert_eq!(results.len(), case.expected.len(), "{}", case.id);
        for (name, expected) in &case.expected {
            let is_forward_max = name == "A_forward_max";
            let exact = tolerance == Tolerance::Double
                && (is_exact(case)
                    || is_forward_max
                    || matches!(expected.dtype.as_str(), "bool" | "int"));
            let tolerance = if exact { Tolerance::Exact } else { tolerance };
            assert_expected(
                &format!("{}: {name}", case.id),
                &results[name],
                expected,
                tolerance,
            );
        }
    }
    fixtures.cases.len()
}

#[test]
fn every_case_in_f64() {
    assert_eq!(check_all::<f64>(Tolerance::Double), CASES);
}

#[test]
fn every_case_in_f32() {
    assert_eq!(check_all::<f32>(Tolerance::Single), CASES);
}

#[test]
fn the_cases_cover_every_notebook_function() {
    let fixtures = load();
    let functions: std::collections::BTreeSet<_> =
        fixtures.cases.iter().map(|case| &case.function).collect();
    assert_eq!(functions.len(), FUNCTIONS);
}

#[test]
fn the_inputs_are_those_that_the_documents_print() {
    let fixtures = load();
    let mut checked = 0;
    for case in &fixtures.cases {
        let inputs = fixtures.inputs(case);
        for (name, expected) in &case.input_checks {
            // Drawn inputs come bit for bit.
            let tolerance = if expected.value.is_some() {
                Tolerance::Exact
            } else {
                Tolerance::Double
            };
            assert_expected(
                &format!("{}: {name}", case.id),
                &inputs[name],
                expected,
                tolerance,
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 9);
}

#[test]
fn every_printed_text_shows_our_result() {
    let fixtures = load();
    let (mut right, mut wrong) = (0, 0);
    for case in &fixtures.cases {
        let mut arrays = fixtures.inputs(case);
        // Results take the place of inputs of the same name, such as W1 before and after its update.
        arrays.extend(run::<f64>(case, &arrays).unwrap());
        for printed in &case.printed {
            let place = format!("{}: {} printed {:?}", case.id, printed.of, printed.text);
            if printed.agrees {
                assert!(shows(printed, &arrays), "{place}");
                right += 1;
            } else {
                // These come from faulty code: whoever reproduces them has the same fault.
                assert!(!shows(printed, &arrays), "{place}");
                let erratum = fixtures
                    .errata
                    .iter()
                    .find(|erratum| Some(&erratum.id) == printed.erratum.as_ref());
                assert!(
                    erratum.is_some_and(|erratum| erratum.cases.contains(&case.id)),
                    "{place}"
                );
                wrong += 1;
            }
        }
    }
    assert_eq!(
        (right + wrong, wrong),
        (PRINTED_TEXTS, PRINTED_TEXTS_THAT_ERR)
    );
    assert_eq!(fixtures.errata.len(), 17);
    println!("{CASES} cases, {PRINTED_TEXTS} printed texts checked, {wrong} of them refuted");
}
