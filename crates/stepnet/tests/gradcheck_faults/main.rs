//! Faults planted in layers of a user's own: each is found, and blamed on the right layer and array.

mod own;

use std::sync::Arc;
use std::time::Duration;

use own::{Fault, registry, spoilt_linear};
use stepnet::nn::layer::{Backward, Explain, Forward, Layer, LayerError, PassValues};
use stepnet::nn::notation::{LayerText, Signature};
use stepnet::nn::{Network, Registry, Shape};
use stepnet::see::gradcheck::{self, Examples, Options, Report, Verdict};

/// A right layer below the faulty one, and two above it.
const NETWORK: &str = "own(3, 3x2) -> tanh -> bad(4, 2x3, stride=2x1) -> relu -> own(2, 2) \
                       -> maxpool(1x2) -> linear(3) -> softmax";

fn build(registry: Registry<f64>, text: &str, input: [usize; 3]) -> Network<f64> {
    let builder = Network::builder().registry(registry);
    builder.build(text, input).unwrap()
}

fn check_with(network: &mut Network<f64>, options: &Options) -> Report {
    let examples = Examples::drawn(network, 3, 4).unwrap();
    gradcheck::draw_weights(network, &examples, 4).unwrap();
    gradcheck::network(network, &examples, options).unwrap()
}

fn check(fault: Fault) -> Report {
    let mut network = build(registry(fault), NETWORK, [7, 6, 2]);
    let options = Options::default().samples(24);
    check_with(&mut network, &options)
}

/// Asserts that exactly `wrong` are wrong, and that `blamed` (layers and arrays) are what is named.
#[track_caller]
fn assert_blamed(fault: Fault, wrong: &[&str], blamed: &[(&str, &str)], words: &[&str]) {
    let report = check(fault);
    println!("{report}\n");
    assert!(!report.passed(), "{fault:?} is not found: {report}");
    let found: Vec<&str> = report.wrong().map(|t| t.name.as_str()).collect();
    assert_eq!(found, wrong, "{fault:?}: {report}");
    let named: Vec<(&str, &str)> = report
        .blame
        .iter()
        .map(|b| (b.layer.as_deref().unwrap(), b.tensor.as_deref().unwrap()))
        .collect();
    assert_eq!(named, blamed, "{fault:?}: {report}");
    let text = report.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

const BELOW: [&str; 3] = ["input", "own1.weight", "own1.bias"];

#[test]
fn right_layers_pass() {
    let report = check(Fault::None);
    assert!(report.passed() && report.blame.is_empty(), "{report}");
    assert!(report.problems().is_empty() && report.conclusion().is_none());
    assert!(report.difference < 1e-7, "{report}");
    for tensor in &report.tensors {
        assert_eq!(tensor.verdict, Verdict::Agrees, "{report}");
        assert!(tensor.factor.is_none());
    }
}

#[test]
fn doubled_weights_are_found() {
    let words = [
        "bad1 computes a wrong gradient of its weight",
        "2.0000 times",
    ];
    let blamed = [("bad1", "weight")];
    assert_blamed(Fault::DoubledWeights, &["bad1.weight"], &blamed, &words);
}

#[test]
fn a_quadrupled_bias_is_found() {
    let words = ["bad1 computes a wrong gradient of its bias", "4.0000 times"];
    let blamed = [("bad1", "bias")];
    assert_blamed(Fault::QuadrupledBias, &["bad1.bias"], &blamed, &words);
}

#[test]
fn a_missing_mean_over_the_examples_is_found() {
    let wrong = ["bad1.weight", "bad1.bias"];
    let blamed = [("bad1", "weight"), ("bad1", "bias")];
    let words = ["3.0000 times", "number of examples"];
    assert_blamed(Fault::NoMean, &wrong, &blamed, &words);
}

#[test]
fn an_ignored_stride_is_blamed_on_the_layer_that_passes_it_down() {
    let words = [
        "bad1 passes a wrong gradient to its input",
        "input, own1.weight and own1.bias are wrong because of it",
    ];
    assert_blamed(Fault::IgnoredStride, &BELOW, &[("bad1", "input")], &words);
}

#[test]
fn a_bias_added_to_every_product_is_found() {
    // The window has 2 x 3 x 3 products: the gradient is an eighteenth of what it should be.
    let words = ["0.0556 times"];
    let blamed = [("bad1", "bias")];
    assert_blamed(Fault::BiasPerElement, &["bad1.bias"], &blamed, &words);
}

#[test]
fn swapped_height_and_width_are_found() {
    let blamed = [("bad1", "weight")];
    assert_blamed(Fault::SwappedWeights, &["bad1.weight"], &blamed, &[]);
    assert_blamed(Fault::SwappedInput, &BELOW, &[("bad1", "input")], &[]);
}

#[test]
fn a_gradient_that_is_added_to_is_found() {
    let words = ["added to what was there before"];
    let blamed = [("bad1", "weight")];
    assert_blamed(Fault::Added, &["bad1.weight"], &blamed, &words);
}

#[test]
fn two_faults_in_one_network_are_told_apart() {
    let text = "bad(2, 2) -> tanh -> linear(2) -> softmax";
    let mut network = build(registry(Fault::NoMean), text, [5, 4, 1]);
    let report = check_with(&mut network, &Options::default());
    let messages: Vec<&str> = report.blame.iter().map(|b| b.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{report}");
    assert!(messages[0].contains("weight") && messages[1].contains("bias"));
}

/// Where passes through the whole network take too long, each layer is checked by itself, and the same is said.
#[test]
fn a_fault_deep_in_a_network_of_a_thousand_layers_is_found() {
    let many = "linear(4) -> tanh -> ".repeat(1000);
    let text = format!("own(2, 3) -> tanh -> bad(3, 2) -> flatten -> {many}linear(3) -> softmax");
    let mut network = build(registry(Fault::DoubledWeights), &text, [5, 5, 1]);
    let options = Options::default().time_limit(Some(Duration::from_secs(5)));
    let report = check_with(&mut network, &options);
    assert!(report.by_layers && !report.passed());
    let wrong: Vec<&str> = report.wrong().map(|t| t.name.as_str()).collect();
    assert_eq!(wrong, ["bad1.weight"]);
    let [blame] = &report.blame[..] else {
        panic!("{:?}", report.blame)
    };
    assert_eq!(blame.layer.as_deref(), Some("bad1"));
    assert!(blame.message.contains("2.0000 times"), "{}", blame.message);
}

/// One wrong number among tens of thousands, though only some are drawn.
#[test]
fn a_single_wrong_number_of_a_large_array_is_found_and_named() {
    let text = "tanh -> spoilt -> tanh -> linear(4) -> softmax";
    for place in [0, 777, 23_456, 29_999] {
        let builder = Network::builder().registry(spoilt_linear(place));
        let mut network = builder.build(text, 200).unwrap();
        let options = Options::default().samples(20);
        let report = check_with(&mut network, &options);
        let weight = report.tensor("spoilt1.weight").unwrap();
        assert_eq!((weight.coordinates, weight.directions), (30_000, 2));
        assert_eq!(weight.verdict, Verdict::Differs, "{place}: {report}");
        let worst = weight.worst.as_ref().unwrap();
        assert_eq!(worst.index, [place / 200, place % 200], "{report}");
        assert!((worst.analytic / worst.numeric - 2.0).abs() < 1e-6);
        assert_eq!(report.wrong().count(), 1, "{report}");
    }
}

#[test]
fn a_single_wrong_number_of_what_is_passed_down_is_found() {
    let text = "own(4, 3) -> tanh -> bad(3, 2) -> linear(3) -> softmax";
    let mut network = build(registry(Fault::OneInput(37)), text, [7, 7, 1]);
    let report = check_with(&mut network, &Options::default());
    let [blame] = &report.blame[..] else {
        panic!("{report}")
    };
    assert_eq!(blame.layer.as_deref(), Some("bad1"));
    assert_eq!(blame.tensor.as_deref(), Some("input"));
    // Example 0, row 1, column 4, channel 1 of its 5x5x4 inputs.
    assert!(blame.message.contains("[0, 1, 4, 1]"), "{}", blame.message);
    assert!(blame.message.contains("numeric"), "{}", blame.message);
}

#[test]
fn a_layer_is_checked_by_itself() {
    let text = "bad(3, 3x2, stride=2x1)";
    let faults = [
        (Fault::None, None),
        (Fault::DoubledWeights, Some("weight")),
        (Fault::QuadrupledBias, Some("bias")),
        (Fault::IgnoredStride, Some("input")),
        (Fault::SwappedInput, Some("input")),
        (Fault::BiasPerElement, Some("bias")),
        (Fault::OneInput(5), Some("input")),
    ];
    for (fault, wrong) in faults {
        let network = build(registry(fault), text, [7, 6, 2]);
        let layer = network.nodes()[0].layer();
        let report = gradcheck::layer(layer, [7, 6, 2], &Options::default()).unwrap();
        let found: Vec<&str> = report.wrong().map(|t| t.name.as_str()).collect();
        assert_eq!(found, wrong.as_slice(), "{fault:?}: {report}");
    }
    let network = build(registry(Fault::None), "linear(3)", [2, 2, 1]);
    let layer = network.nodes()[1].layer();
    let error = gradcheck::layer(layer, [2, 2, 1], &Options::default()).unwrap_err();
    assert!(error.to_string().contains("layer linear"), "{error}");
}

/// `y = |x|`, with or without telling its kinks.
#[derive(Debug)]
struct Abs {
    text: LayerText,
    tells: bool,
    /// A deterministic layer gives the same for the same.
    calls: Option<std::sync::atomic::AtomicU32>,
}

impl Layer<f64> for Abs {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn forward(&self, pass: Forward<'_, f64>) {
        let calls = self.calls.as_ref();
        let drift = calls.map_or(0, |c| c.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        for (y, x) in pass.y.iter_mut().zip(pass.x) {
            *y = x.abs() + f64::from(drift);
        }
    }

    fn backward(&self, pass: Backward<'_, f64>) {
        if let Some(dx) = pass.dx {
            for ((dx, dy), x) in dx.iter_mut().zip(pass.dy).zip(pass.x) {
                *dx = dy * x.signum();
            }
        }
    }

    fn explain(&self) -> &dyn Explain<f64> {
        self
    }
}

impl Explain<f64> for Abs {
    fn sides(&self, pass: PassValues<'_, f64>, mark: &mut dyn FnMut(u64)) {
        if self.tells {
            stepnet::nn::layer::mark_signs(pass.x, mark);
        }
    }
}

fn abs(tells: bool, drifts: bool) -> Registry<f64> {
    let mut registry = Registry::builtin();
    registry
        .register(Signature::new("abs", "The magnitude."), move |text| {
            let calls = drifts.then(Default::default);
            let text = text.clone();
            Ok(Arc::new(Abs { text, tells, calls }))
        })
        .unwrap();
    registry
}

#[test]
fn a_layer_of_one_s_own_tells_its_kinks() {
    // With so long a step many differences cross zero.
    let options = Options::default().eps(Some(0.05));
    let report = |tells| {
        let network = build(abs(tells, false), "abs", [6, 6, 2]);
        gradcheck::layer(network.nodes()[0].layer(), [6, 6, 2], &options).unwrap()
    };
    let told = report(true);
    assert!(told.excluded > 0 && told.wrong().count() == 0, "{told}");
    let untold = report(false);
    assert_eq!(untold.excluded, 0, "{untold}");
    assert_eq!(untold.wrong().count(), 1, "{untold}");
}

#[test]
fn a_layer_that_is_not_deterministic_is_refused() {
    let mut network = build(abs(true, true), "abs -> linear(1)", [2, 2, 1]);
    let examples = Examples::drawn(&network, 2, 1).unwrap();
    gradcheck::draw_weights(&mut network, &examples, 1).unwrap();
    let error = gradcheck::network(&network, &examples, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("two passes"), "{error}");
}
