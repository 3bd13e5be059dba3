//! Every value of many networks, and the explanations of some.

mod explanations;
mod near;
mod random;

use super::*;
use stepnet_base::rng::RandomState;
use stepnet_nn::{Init, Loss, Scores, Shape, example_networks};

/// Networks with every kind of layer and every way its window can lie.
const CASES: &[(&str, &str, Option<Loss>)] = &[
    (
        "conv(3, 3, same) -> relu -> maxpool(2) -> linear(4) -> softmax",
        "6x5x2",
        None,
    ),
    (
        "conv(4, 3x2, stride=2x1, padding=1/0/2/1, dilation=1x2, groups=2, bias=false) -> leakyrelu(0.1) -> conv(6, 1x2, groups=2) -> linear(3)",
        "7x8x4",
        None,
    ),
    (
        "conv(2, 2, padding=3, stride=3) -> tanh -> avgpool(3, same, stride=1) -> linear(1) -> sigmoid",
        "5x5x1",
        None,
    ),
    (
        "maxpool(3, same, stride=1) -> maxpool(3, stride=2) -> conv(3, 2) -> globalavgpool -> softmax",
        "8x7x3",
        None,
    ),
    (
        "avgpool(3x2, padding=1, stride=2x1, count_padding=true) -> sigmoid -> flatten -> linear(5, bias=false)",
        "6x6x2",
        None,
    ),
    (
        "avgpool(4, same) -> dropout(0.5) -> linear(6) -> dropout(0.9) -> relu -> linear(2) -> softmax",
        "6x6x1",
        None,
    ),
    (
        "softmax -> conv(2, 3, same) -> softmax -> linear(3) -> sigmoid",
        "4x4x3",
        None,
    ),
    (
        "linear(5) -> tanh -> linear(4) -> softmax",
        "7",
        Some(Loss::MeanSquaredError),
    ),
    ("linear(3) -> sigmoid", "4", Some(Loss::MeanSquaredError)),
    ("softmax", "5", None),
    ("sigmoid", "1", None),
    (
        "linear(5) -> gelu -> linear(4) -> silu -> linear(3)",
        "7",
        None,
    ),
    (
        "pad(1) -> conv(3, 2) -> gelu -> pad(1/0/2/0) -> silu -> maxpool(2) -> pad(0) -> linear(2) -> softmax",
        "4x3x2",
        None,
    ),
    ("gelu -> silu", "6", None),
    (
        "conv(4, 2) -> bn -> relu -> bn(epsilon=0.1) -> maxpool(2) -> linear(3) -> bn -> softmax",
        "5x4x2",
        None,
    ),
    (
        "layernorm -> conv(5, 2) -> layernorm -> gelu -> linear(4) -> layernorm(0.01) -> linear(2) -> softmax",
        "4x4x3",
        None,
    ),
    (
        "conv(2, 3, stride=5) -> relu -> flatten -> linear(1)",
        "9x9x1",
        None,
    ),
    (
        "conv(2, 3, same) -> [residual(conv(2, 3, same) -> tanh -> residual(conv(2, 3, same))) -> relu] x 2 -> linear(2) -> softmax",
        "4x3x2",
        None,
    ),
    (
        "residual(conv(4, 1, stride=2), shortcut=branch(maxpool(1, stride=2) | conv(2, 2, same, stride=2) | dropout(0.2) -> avgpool(2, same))) -> linear(2)",
        "4x5x1",
        None,
    ),
];

fn network<T: Number>(case: usize) -> (Network<T>, Vec<T>) {
    let (text, input, loss) = CASES[case];
    drawn(text, input.parse().unwrap(), loss, case as u32)
}

/// A network with drawn numbers, and an input.
fn drawn<T: Number>(
    text: &str,
    shape: Shape,
    loss: Option<Loss>,
    seed: u32,
) -> (Network<T>, Vec<T>) {
    let mut builder = Network::<T>::builder();
    if let Some(loss) = loss {
        builder = builder.loss(loss);
    }
    let mut network = builder.build(text, shape).unwrap();
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    for value in network.parameters_mut() {
        *value += T::from_f64(0.1 * random.normal());
    }
    let x = (0..shape.len()).map(|_| T::from_f64(random.normal()));
    let x = x.collect();
    (network, x)
}

/// Every value of a network, as a question.
fn places<T: Number>(network: &Network<T>) -> Vec<Spot> {
    (0..=network.nodes().len())
        .flat_map(|value| {
            (0..shape_of(network, value).len()).map(move |place| Spot { value, place })
        })
        .collect()
}

fn ask<T: Number>(why: &mut Why<'_, T>, spot: Spot, class: usize) -> Explanation {
    let at = why.name(spot).parse().unwrap();
    let question = Question::default()
        .at(Some(at))
        .gradient(true)
        .class(Some(class.to_string()));
    why.explain(&question).unwrap()
}

fn every_value_adds_up<T: Number>() {
    let cases = (0..CASES.len()).map(network::<T>);
    let examples = example_networks();
    let all = cases.chain(
        examples
            .iter()
            .zip(0..)
            .map(|((text, input), seed)| drawn(text, *input, None, seed)),
    );
    for (case, (network, x)) in all.enumerate() {
        let mut why = Why::new(&network, &x).unwrap();
        let class = case % network.output().len().max(2);
        let layers = network.nodes().len();
        for spot in places(&network) {
            let explanation = ask(&mut why, spot, class);
            let text = network.text();
            let name = format!(
                "{} of {text} in {}: {explanation:?}",
                explanation.name,
                T::NAME
            );
            assert!(explanation.ok(), "{name}");
            assert_eq!(
                explanation.forward.check.is_some(),
                spot.value > 0,
                "{name}"
            );
            let gradient = explanation.gradient.unwrap();
            let fused = network.loss().fused_kind().is_some();
            assert_eq!(
                gradient.check.is_none(),
                fused && spot.value == layers,
                "{name}"
            );
            assert_eq!(gradient.value.is_none(), gradient.check.is_none(), "{name}");
        }
    }
}

#[test]
fn every_value_and_gradient_of_f32_networks_adds_up() {
    every_value_adds_up::<f32>();
}

#[test]
fn every_value_and_gradient_of_f64_networks_adds_up() {
    every_value_adds_up::<f64>();
}

#[test]
fn a_wrong_value_does_not_add_up() {
    let (network, x) = network::<f64>(0);
    let mut other = network.clone();
    let mut why = Why::new(&network, &x).unwrap();
    // The values are those of other weights.
    for weight in other.parameters_mut() {
        *weight *= 1.0 + 1e-12;
    }
    why.network = &other;
    let spots = places(&network).into_iter().filter(|spot| spot.value == 1);
    let mut explanations = spots
        .map(|spot| why.explain(&Question::default().at(Some(why.name(spot).parse().unwrap()))));
    assert!(explanations.any(|explanation| !explanation.unwrap().ok()));
}

/// The loss at inference, by the path that `evaluate` takes.
fn loss(network: &Network<f64>, x: &[f64], class: usize) -> f64 {
    let options = PlanOptions::SCORING;
    let mut workspace = Workspace::new(network, 1, options).unwrap();
    let label = [class as u32];
    let (Scores { loss, .. }, _) = workspace
        .score(network, x, &Targets::Classes(&label))
        .unwrap();
    loss
}

#[test]
fn gradients_are_those_of_differences_with_dropout_off() {
    const STEP: f64 = 1e-6;
    for case in 0..CASES.len() {
        let (network, mut x) = network::<f64>(case);
        let class = case % network.output().len().max(2);
        for place in 0..x.len() {
            let explanation = ask(
                &mut Why::new(&network, &x).unwrap(),
                Spot { value: 0, place },
                class,
            );
            let start = x[place];
            let mut at = |value: f64| {
                x[place] = value;
                loss(&network, &x, class)
            };
            let numeric = (at(start + STEP) - at(start - STEP)) / (2.0 * STEP);
            x[place] = start;
            let gradient = explanation.gradient.unwrap();
            let found = gradient.value.unwrap();
            assert!(
                (found - numeric).abs() < 1e-7,
                "case {case}, {place}: {found} {numeric}"
            );
            let exact = loss(&network, &x, class);
            let apart = (gradient.loss_value - exact).abs();
            let bound = if folds(&network) { 1e-13 * exact } else { 0.0 };
            assert!(apart <= bound, "case {case}: {apart:e}");
        }
    }
}

/// Whether inference folds a normalisation into the layer before it, and so rounds otherwise than the
/// layers one by one, whose values are explained.
fn folds<T: Number>(network: &Network<T>) -> bool {
    let mut texts = network.nodes().iter().map(|node| node.layer().text());
    texts.any(|text| text.kind() == "bn")
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn looking_changes_no_bit() {
    for case in 0..CASES.len() {
        let (network, x) = network::<f32>(case);
        let mut plain = Workspace::new(&network, 1, PlanOptions::default()).unwrap();
        let mut why = Why::new(&network, &x).unwrap();
        let outputs = plain.predict(&network, &x).unwrap();
        if folds(&network) {
            let pairs = || outputs.iter().zip(why.outputs());
            assert!(pairs().all(|(a, b)| (a - b).abs() < 1e-5), "case {case}");
        } else {
            assert_eq!(bits(outputs), bits(why.outputs()));
        }
        // The values of the passes that gradients come from are those of inference.
        why.run_backward(&Target::Class(0)).unwrap();
        let (_, _, still) = why.backward.as_ref().unwrap();
        for node in 0..network.nodes().len() - usize::from(network.loss().fused_kind().is_some()) {
            let found = still.value(node, 1).map(bits);
            assert_eq!(found, why.forward.value(node, 1).map(bits), "case {case}");
        }
    }
}
