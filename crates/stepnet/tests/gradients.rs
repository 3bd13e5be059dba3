//! Numerical gradient checks of every built-in layer and loss, in `f64`.
//!
//! The analytic gradient of the mean loss, by every parameter and by the input, is held against
//! central differences; each array must agree to 1e-6 in the course's relative difference,
//! `|numeric - analytic| / (|numeric| + |analytic|)` over the whole array.

use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Init, Loss, Network, PlanOptions, Shape, Targets, Workspace};
use stepnet::rng::RandomState;

const EXAMPLES: usize = 3;
const STEP: f64 = 1e-6;
const LARGEST_DIFFERENCE: f64 = 1e-6;

/// What is checked: a network, its input, and a loss other than its text asks for.
struct Case(&'static str, &'static str, Option<Loss>);

const CASES: &[Case] = &[
    // Convolutions: sizes, strides with a rest, padding of every form, dilation, groups, bias.
    Case("conv(3, 3)", "5x6x2", None),
    Case(
        "conv(4, 3x2, same, stride=2) -> tanh -> conv(2, 2, same)",
        "5x6x3",
        None,
    ),
    Case("conv(4, 3, 1/2/0/3, stride=2x3)", "6x7x2", None),
    Case("conv(4, 3, same, dilation=2)", "7x6x2", None),
    Case(
        "conv(6, 3, same, groups=3) -> conv(6, 3, groups=6)",
        "5x5x3",
        None,
    ),
    Case(
        "conv(4, 1, stride=3, bias=false) -> flatten -> linear(2)",
        "7x7x3",
        None,
    ),
    // Pooling: overlapping, padded, with a rest, averages with and without the padding counted.
    Case("conv(3, 3, same) -> maxpool(3, stride=2)", "8x7x2", None),
    Case(
        "conv(3, 3, same) -> maxpool(3, same, stride=2)",
        "7x6x2",
        None,
    ),
    Case(
        "conv(3, 3, same) -> avgpool(3, same, stride=2)",
        "7x6x2",
        None,
    ),
    Case(
        "conv(3, 3, same) -> avgpool(2x3, 1, stride=1x2, count_padding=true)",
        "6x7x2",
        None,
    ),
    Case(
        "conv(3, 3) -> globalavgpool -> linear(4) -> softmax",
        "6x7x2",
        None,
    ),
    // Activations and dense layers; hidden ones, so that their inputs' gradients count.
    Case(
        "linear(5) -> relu -> linear(4) -> relu -> linear(3) -> softmax",
        "6",
        None,
    ),
    Case(
        "linear(5) -> leakyrelu(0.1) -> linear(3, bias=false)",
        "6",
        None,
    ),
    Case(
        "linear(5) -> sigmoid -> linear(3) -> tanh -> linear(1) -> sigmoid",
        "6",
        None,
    ),
    Case("linear(5) -> softmax -> linear(3)", "6", None),
    Case(
        "linear(20) -> dropout(0.4) -> linear(3) -> softmax",
        "6",
        None,
    ),
    // Losses: each alone and against a closing activation it is not fused with.
    Case("linear(3) -> softmax", "4", None),
    Case("linear(1) -> sigmoid", "4", None),
    Case("linear(3) -> sigmoid", "4", None),
    Case("linear(3) -> sigmoid", "4", Some(Loss::MeanSquaredError)),
    Case("linear(3) -> softmax", "4", Some(Loss::MeanSquaredError)),
    Case("linear(1)", "4", None),
    // A view first and last, and a flatten that the network puts in by itself.
    Case("flatten -> linear(3) -> softmax", "2x2x3", None),
    Case("conv(2, 2) -> relu -> linear(3) -> softmax", "4x4x2", None),
    Case(
        "[conv(4, 3, same) -> relu] x 2 -> maxpool(2) -> flatten",
        "6x6x2",
        None,
    ),
];

#[test]
fn every_layer_and_loss_agrees_with_differences() {
    for (seed, case) in CASES.iter().enumerate() {
        check(case, seed as u32);
    }
}

fn check(&Case(text, input, loss): &Case, seed: u32) {
    let input: Shape = input.parse().unwrap();
    let mut builder = Network::<f64>::builder();
    if let Some(loss) = loss {
        builder = builder.loss(loss);
    }
    let mut network = builder.build(text, input).unwrap();
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    // Biases too, so that no bias hides behind a zero.
    for value in network.parameters_mut() {
        *value += 0.1 * random.normal();
    }
    let mut x = vec![0.0; EXAMPLES * input.len()];
    random.fill_randn(&mut x);
    let outputs = network.output().len();
    let classes: Vec<u32> = (0..EXAMPLES as u32)
        .map(|example| example % outputs.max(2) as u32)
        .collect();
    let mut values = vec![0.0; EXAMPLES * outputs];
    random.fill_randn(&mut values);

    let mut targets = vec![Targets::Values(&values)];
    if network.loss() != Loss::MeanSquaredError {
        // As probabilities where the loss is about probabilities.
        targets = vec![Targets::Classes(&classes)];
    } else if loss.is_some() {
        targets.push(Targets::Classes(&classes));
    }
    for targets in targets {
        check_targets(text, &mut network, &mut x, targets);
    }
}

fn check_targets(text: &str, network: &mut Network<f64>, x: &mut [f64], targets: Targets<'_, f64>) {
    let options = PlanOptions {
        training: true,
        input_gradient: true,
        ..PlanOptions::default()
    };
    // A larger workspace than the batch, as the last batch of an epoch has.
    let mut workspace = Workspace::new(network, EXAMPLES + 2, options).unwrap();
    cost(network, &mut workspace, x, targets);
    let gradients = workspace.gradients().to_vec();
    let input_gradient = workspace.input_gradient(0, EXAMPLES).unwrap().to_vec();

    let places: Vec<(String, std::ops::Range<usize>)> = network
        .nodes()
        .iter()
        .flat_map(|node| {
            node.placed_parameters()
                .map(|(parameter, range)| (format!("{}.{}", node.name(), parameter.name), range))
                .collect::<Vec<_>>()
        })
        .collect();
    for (name, range) in places {
        let analytic = gradients[range.clone()].to_vec();
        let numeric: Vec<f64> = range
            .map(|place| {
                let start = network.parameters()[place];
                let mut at = |value: f64| {
                    network.parameters_mut()[place] = value;
                    cost(network, &mut workspace, x, targets)
                };
                let difference = (at(start + STEP) - at(start - STEP)) / (2.0 * STEP);
                network.parameters_mut()[place] = start;
                difference
            })
            .collect();
        compare(text, &name, &numeric, &analytic);
    }
    let numeric: Vec<f64> = (0..x.len())
        .map(|place| {
            let start = x[place];
            let mut at = |value: f64| {
                x[place] = value;
                cost(network, &mut workspace, x, targets)
            };
            let difference = (at(start + STEP) - at(start - STEP)) / (2.0 * STEP);
            x[place] = start;
            difference
        })
        .collect();
    compare(text, "the input", &numeric, &input_gradient);
}

fn cost(
    network: &Network<f64>,
    workspace: &mut Workspace<f64>,
    x: &[f64],
    targets: Targets<'_, f64>,
) -> f64 {
    let noise = Noise {
        seed: 5,
        epoch: 2,
        examples: &[7, 3, 11],
    };
    workspace
        .train(network, &Batch { x, targets, noise })
        .unwrap()
        .mean_loss()
}

fn compare(text: &str, name: &str, numeric: &[f64], analytic: &[f64]) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let apart = norm(&mut numeric.iter().zip(analytic).map(|(n, a)| n - a));
    let size = norm(&mut numeric.iter().copied()) + norm(&mut analytic.iter().copied());
    assert!(
        size > 1e-9,
        "{text}: the gradient by {name} is nothing, so the check would say nothing"
    );
    let difference = apart / size;
    assert!(
        difference < LARGEST_DIFFERENCE,
        "{text}: the gradient by {name} is off by {difference:e}"
    );
}
