//! Networks that are hard to check: large numbers, none at all, kinks everywhere.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::{Examples, Options, Reach, Report, USUAL_STEP, Verdict, draw_weights, layer};
use stepnet_base::rng::RandomState;
use stepnet_nn::{Init, Network, Shape};

fn build(text: &str, input: &str) -> Network<f64> {
    let input: Shape = input.parse().unwrap();
    Network::new(text, input).unwrap()
}

fn drawn(text: &str, input: &str) -> (Network<f64>, Examples) {
    let mut network = build(text, input);
    let examples = Examples::drawn(&network, 3, 1).unwrap();
    draw_weights(&mut network, &examples, 1).unwrap();
    (network, examples)
}

fn check(network: &Network<f64>, examples: &Examples) -> Report {
    super::network(network, examples, &Options::default()).unwrap()
}

fn verdicts(report: &Report) -> Vec<Verdict> {
    report.tensors.iter().map(|tensor| tensor.verdict).collect()
}

#[test]
fn large_inputs_and_biases_do_not_disturb() {
    for scale in [1e3, 1e6, 1e9] {
        let text = "linear(6) -> relu -> linear(5) -> leakyrelu -> linear(2)";
        let (mut network, drawn) = drawn(text, "7");
        let x = drawn.x().iter().map(|x| x * scale).collect();
        let wanted = (0..6).map(|at| f64::from(at) * scale).collect();
        for value in &mut network.parameters_mut()[42..48] {
            *value = *value * 100.0 * scale + scale;
        }
        let report = check(&network, &Examples::values(x, wanted));
        assert!(report.passed(), "{scale}: {report}");
        assert!(
            report.wrong().count() == 0 && report.difference < 1e-6,
            "{report}"
        );
    }
}

#[test]
fn a_gradient_below_the_rounding_is_neither_right_nor_wrong() {
    let mut network = build("linear(1)", "1");
    network.parameters_mut().copy_from_slice(&[0.5, 0.25]);
    // The cost is near 1e15 and rounded to tenths; the weight's derivative is near 1e-5.
    let examples = Examples::values(vec![1e-12, -2e-12], vec![1e7, -3e7]);
    let report = check(&network, &examples);
    assert!(report.passed(), "{report}");
    use Verdict::{Agrees, Rounding};
    assert_eq!(verdicts(&report), [Agrees, Rounding, Agrees], "{report}");
    let remark = "the rounding of the cost hides the gradient of linear1.weight";
    assert!(report.to_string().contains(remark), "{report}");
}

#[test]
fn sure_examples_have_gradients_at_the_edge_of_rounding() {
    for closing in ["linear(1) -> sigmoid", "linear(3) -> softmax"] {
        for size in [1.0, 8.0, 20.0, 28.0, 34.0, 40.0, 400.0] {
            let mut network = build(closing, "2");
            network.parameters_mut()[0] = size;
            let outputs = network.output().len();
            let class = u32::from(outputs == 1);
            let examples = Examples::classes(vec![1.0, 0.5], vec![class]);
            let report = check(&network, &examples);
            assert!(report.passed(), "{closing} {size}: {report}");
        }
    }
}

#[test]
fn dead_units_are_distinguished_from_checked_ones() {
    let (mut network, examples) = drawn("linear(4) -> relu -> linear(2) -> softmax", "3");
    // The biases of the first layer.
    network.parameters_mut()[12..16].fill(-100.0);
    let report = check(&network, &examples);
    use Verdict::{Agrees, Zero};
    assert_eq!(verdicts(&report), [Zero, Zero, Zero, Zero, Agrees]);
    assert!(report.passed(), "{report}");
    assert!(report.remarks()[0].contains("input, linear1.weight, linear1.bias and linear2.weight"));
}

#[test]
fn draws_that_leave_a_layer_without_gradient_are_drawn_again() {
    // A single unit before a ReLU is dead on all examples every other time.
    for seed in 0..20 {
        let mut network = build("linear(1) -> relu -> linear(1) -> relu -> linear(2)", "2");
        let examples = Examples::drawn(&network, 2, seed).unwrap();
        draw_weights(&mut network, &examples, seed).unwrap();
        let report = check(&network, &examples);
        assert!(report.passed(), "{report}");
    }
}

#[test]
fn a_network_that_stands_on_its_kinks_fails() {
    // All weights are zero: each ReLU is at its kink.
    let mut network = build("linear(4) -> relu -> linear(2) -> softmax", "3");
    let last = network.nodes()[2].range();
    network.parameters_mut()[last].fill(0.5);
    network.parameters_mut()[16] = -1.0;
    let examples = Examples::drawn(&network, 3, 1).unwrap();
    let report = check(&network, &examples);
    assert!(!report.passed(), "{report}");
    assert_eq!(
        report.tensor("linear1.weight").unwrap().verdict,
        Verdict::Unchecked
    );
    let text = report.to_string();
    assert!(
        text.contains("linear1.weight could not be checked: all 12 coordinates"),
        "{text}"
    );
    assert!(
        report
            .conclusion()
            .unwrap()
            .contains("nothing of linear1.weight"),
        "{text}"
    );
}

#[test]
fn excluded_coordinates_are_counted_and_replaced() {
    let (network, examples) = drawn("linear(40) -> relu -> linear(3) -> softmax", "20");
    let options = Options {
        samples: 50,
        eps: Some(0.02),
        // With so long a step curvature shows.
        tolerance: 1e-2,
        ..Options::default()
    };
    let report = super::network(&network, &examples, &options).unwrap();
    let weight = report.tensor("linear1.weight").unwrap();
    assert!(weight.excluded > 0, "{report}");
    assert_eq!(
        weight.checked, 50,
        "others are drawn for the excluded ones: {report}"
    );
    let share = weight.excluded as f64 / (50 + weight.excluded) as f64;
    assert_eq!(weight.excluded_share, share);
    let sum: usize = report.tensors.iter().map(|tensor| tensor.excluded).sum();
    assert_eq!(report.excluded, sum);
    // A shorter step crosses fewer kinks.
    let short = check(&network, &examples);
    assert!(short.excluded < report.excluded && short.passed());
    assert_eq!(short.eps, USUAL_STEP);
}

#[test]
fn frozen_layers_are_left_out() {
    let (mut network, examples) = drawn("linear(4) -> tanh -> linear(2) -> softmax", "3");
    network.freeze(&["linear1"]).unwrap();
    let report = check(&network, &examples);
    let names: Vec<&str> = report.tensors.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["input", "linear2.weight", "linear2.bias"]);
    assert!(report.passed(), "{report}");
}

#[test]
fn networks_without_parameters_are_checked_by_their_input() {
    let cases = [
        ("flatten", "2x2x3"),
        ("relu", "4"),
        ("softmax", "4"),
        ("sigmoid", "1"),
        ("maxpool(2) -> globalavgpool -> sigmoid", "4x4x4"),
    ];
    for (text, input) in cases {
        let network = build(text, input);
        let examples = Examples::drawn(&network, 2, 3).unwrap();
        let report = check(&network, &examples);
        assert_eq!(report.tensors.len(), 1, "{report}");
        assert!(
            report.passed() && report.tensors[0].verdict == Verdict::Agrees,
            "{report}"
        );
    }
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let (network, examples) = drawn("linear(2) -> softmax", "3");
    let fails = |examples: &Examples, options: &Options| {
        let checked = super::network(&network, examples, options);
        checked.unwrap_err().to_string()
    };
    let usual = Options::default();
    let empty = Examples::classes(Vec::new(), Vec::new());
    assert!(fails(&empty, &usual).contains("at least 1"));
    let odd = Examples::classes(vec![0.0; 4], vec![0]);
    assert!(fails(&odd, &usual).contains("a whole number of examples"));
    let few = Examples::classes(vec![0.0; 6], vec![0]);
    assert!(fails(&few, &usual).contains("those of 2 examples"));
    let class = Examples::classes(vec![0.0; 3], vec![2]);
    assert!(fails(&class, &usual).contains("from 0 to 1"));
    let infinite = Examples::classes(vec![f64::INFINITY, 0.0, 1.0], vec![0]);
    assert!(fails(&infinite, &usual).contains("no gradient"));
    for (options, part) in [
        (
            Options {
                eps: Some(0.0),
                ..usual.clone()
            },
            "eps",
        ),
        (
            Options {
                eps: Some(f64::NAN),
                ..usual.clone()
            },
            "eps",
        ),
        (
            Options {
                tolerance: 0.0,
                ..usual.clone()
            },
            "tolerance",
        ),
        (
            Options {
                samples: 0,
                ..usual.clone()
            },
            "samples",
        ),
    ] {
        assert!(fails(&examples, &options).contains(part), "{options:?}");
    }
}

#[test]
fn each_built_in_layer_passes_by_itself() {
    let text = "conv(4, 3x2, same, stride=2, groups=2) -> relu -> maxpool(2, same, stride=1) \
                -> leakyrelu(0.2) -> avgpool(2) -> tanh -> dropout(0.3) -> flatten -> linear(5) \
                -> sigmoid -> softmax -> linear(2)";
    let network = build(text, "9x8x2");
    for node in network.nodes() {
        let report = layer(node.layer(), node.input(), &Options::default()).unwrap();
        assert!(report.passed(), "{report}");
        assert_eq!(report.examples, 3);
    }
    let conv = network.nodes()[0].layer();
    let error = layer(conv, Shape::Features(5), &Options::default()).unwrap_err();
    assert!(error.to_string().starts_with("layer conv: "), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_check() {
    let mut network = build("conv(3, 3) -> relu -> linear(2) -> softmax", "7x7x2");
    network.initialize(Init::He, &mut RandomState::new(4));
    let examples = Examples::drawn(&network, 2, 9).unwrap();
    let with = |seed| {
        let options = Options {
            seed,
            samples: 20,
            ..Options::default()
        };
        super::network(&network, &examples, &options).unwrap()
    };
    let (one, same, other) = (with(1), with(1), with(2));
    assert_eq!(one, same);
    assert_ne!(one, other);
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["tensors"][1]["name"], "conv1.weight");
    assert_eq!(json["passed"], true);
}

/// A network of many small layers, and its examples.
fn deep(layers: usize) -> (Network<f64>, Examples) {
    drawn(
        &format!(
            "{}linear(2) -> softmax",
            "linear(4) -> tanh -> ".repeat(layers)
        ),
        "3",
    )
}

#[test]
fn a_check_that_its_observer_ends_reports_what_was_checked() {
    let (network, examples) = deep(20);
    let mut seen = Vec::new();
    let report = super::network_watched(&network, &examples, &Options::default(), |progress| {
        assert_eq!(progress.arrays, 43);
        seen.push((progress.array.to_owned(), progress.done));
        match progress.done {
            5 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    })
    .unwrap();
    assert_eq!(report.reach, Reach::Stopped);
    assert_eq!(report.arrays_checked(), 5, "{report}");
    assert!(seen.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    assert_eq!(seen[0], ("input".to_owned(), 0));
    assert_eq!(verdicts(&report)[5..], [Verdict::NotReached; 38]);
    let whole = check(&network, &examples);
    assert_eq!(
        report.tensors[..5],
        whole.tensors[..5],
        "as in a whole check"
    );
    let said = "the check was ended early: 5 of 43 arrays and 45 of 415 coordinates";
    assert!(report.to_string().contains(said), "{report}");
    assert!(report.passed() && whole.reach == Reach::Complete);
}

#[test]
fn an_array_that_is_left_half_way_keeps_its_coordinates() {
    let (network, examples) = deep(2);
    let mut passes = 0;
    let report = super::network_watched(&network, &examples, &Options::default(), |_| {
        passes += 1;
        match passes {
            20.. => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    })
    .unwrap();
    // Settling, two passes at the centre, nine for the rounding; then two for each coordinate.
    let input = &report.tensors[0];
    assert_eq!((input.checked, input.coordinates), (3, 9), "{report}");
    assert_eq!(input.verdict, Verdict::Agrees, "{report}");
    assert_eq!((report.arrays_checked(), report.reach), (1, Reach::Stopped));
}

#[test]
fn a_check_without_time_says_that_it_checked_nothing() {
    let (network, examples) = deep(2);
    let options = Options {
        time_limit: Some(Duration::ZERO),
        ..Options::default()
    };
    let report = super::network(&network, &examples, &options).unwrap();
    assert_eq!((report.reach, report.checked), (Reach::OutOfTime, 0));
    assert!(!report.passed(), "{report}");
    let why = report.conclusion().unwrap();
    assert!(
        why.starts_with("the check ended before anything was checked;"),
        "{why}"
    );
    let said = "the time limit was reached: 0 of 11 arrays and 0 of 100 coordinates";
    assert!(report.to_string().contains(said), "{report}");
}

#[test]
fn thousands_of_layers_are_checked_one_by_one_in_the_time_that_there_is() {
    let (network, examples) = deep(1000);
    let options = Options {
        time_limit: Some(Duration::from_secs(5)),
        ..Options::default()
    };
    let begun = Instant::now();
    let report = super::network(&network, &examples, &options).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        report.by_layers && report.passed(),
        "{:?}",
        report.conclusion()
    );
    // Each linear layer with its input, each tanh, and the input of all.
    let names: Vec<&str> = report.tensors.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(
        names[..5],
        [
            "input",
            "linear1.input",
            "linear1.weight",
            "linear1.bias",
            "tanh1.input"
        ]
    );
    assert_eq!(
        names[names.len() - 2..],
        ["linear1001.weight", "linear1001.bias"]
    );
    assert_eq!(names.len(), 1 + 1000 * 4 + 2);
    let unchecked = report.tensors.iter().filter(|tensor| tensor.checked == 0);
    assert_eq!(unchecked.count(), 0, "every array gets some");
}
