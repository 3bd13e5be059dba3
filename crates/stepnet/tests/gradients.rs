//! Numerical gradient checks of every built-in layer and loss, in `f64`.
//!
//! The analytic gradient of the mean loss, with respect to every parameter and the input, is compared with
//! central differences by [`gradcheck`], which is compared with the course's in `gradcheck_course.rs` and
//! has faults planted in `gradcheck_faults.rs`.

use stepnet::nn::{Loss, Network, Shape, example_networks};
use stepnet::see::gradcheck::{self, Examples, Options, Verdict};

const EXAMPLES: usize = 3;

/// A case: a network, its input, and a loss if it is not the one that the network's text implies.
struct Case<'a>(&'a str, &'a str, Option<Loss>);

const CASES: &[Case<'static>] = &[
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
        "linear(5) -> gelu -> linear(4) -> silu -> linear(3) -> softmax",
        "6",
        None,
    ),
    Case("conv(3, 2) -> gelu -> conv(2, 2) -> silu", "4x5x2", None),
    // Normalisation, whose training couples the examples: alone, with the ReLU after it, of vectors,
    // over channels. A bias before it would have no gradient.
    Case("bn -> conv(3, 2)", "4x5x2", None),
    Case(
        "conv(3, 2, bias=false) -> bn -> relu -> conv(2, 2)",
        "4x5x2",
        None,
    ),
    Case(
        "conv(4, 3, same, bias=false) -> bn(0.99, epsilon=0.001) -> relu -> maxpool(2) -> linear(3) -> softmax",
        "4x6x1",
        None,
    ),
    Case(
        "linear(5, bias=false) -> bn(epsilon=0.01) -> tanh -> linear(3) -> softmax",
        "6",
        None,
    ),
    Case(
        "conv(5, 2) -> layernorm -> gelu -> linear(4) -> layernorm(0.01) -> linear(3) -> softmax",
        "4x5x2",
        None,
    ),
    Case("layernorm", "3x2x4", None),
    Case(
        "residual(bn -> relu -> conv(2, 3, same, bias=false) -> bn) -> relu -> linear(2)",
        "4x3x2",
        None,
    ),
    // Borders of zeros: even, one of each size, none.
    Case(
        "conv(3, 2) -> pad(2) -> conv(2, 3, stride=2) -> pad(1/0/0/2) -> conv(2, 2)",
        "4x5x2",
        None,
    ),
    Case("conv(2, 2) -> pad(0) -> relu -> pad(0x1)", "4x5x2", None),
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
    Case("linear(3)", "4", Some(Loss::MeanAbsoluteError)),
    Case("linear(3)", "4", Some(Loss::Huber)),
    Case(
        "conv(2, 2) -> tanh -> linear(2)",
        "3x4x2",
        Some(Loss::Huber),
    ),
    // A view first and last, and a flatten that the network puts in by itself.
    Case("flatten -> linear(3) -> softmax", "2x2x3", None),
    Case("conv(2, 2) -> relu -> linear(3) -> softmax", "4x4x2", None),
    Case(
        "[conv(4, 3, same) -> relu] x 2 -> maxpool(2) -> flatten",
        "6x6x2",
        None,
    ),
    // Values that several layers take, and sums and channels of several.
    Case(
        "conv(3, 3, same) -> [residual(conv(3, 3, same) -> tanh -> conv(3, 3, same)) -> relu] x 2 -> linear(2)",
        "4x5x2",
        None,
    ),
    Case(
        "residual(conv(4, 3, same, stride=2) -> tanh, shortcut=conv(4, 1, stride=2)) -> globalavgpool -> linear(3) -> softmax",
        "5x4x2",
        None,
    ),
    Case(
        "branch(conv(2, 1) | conv(2, 3, same) -> tanh -> conv(3, 1) | maxpool(3, same, stride=1)) -> conv(2, 2)",
        "5x4x2",
        None,
    ),
    Case(
        "conv(4, 3, same) -> scale(globalavgpool -> linear(2) -> tanh -> linear(4) -> sigmoid) -> scale(conv(4, 1) -> sigmoid) -> linear(2)",
        "4x5x2",
        None,
    ),
    Case(
        "conv(4, 1) -> scale(globalmaxpool -> linear(4)) -> channelshuffle(2) -> branch(identity | slicechannels(1, 2) -> conv(2, 3, same)) -> layerscale(0.3) -> globalmaxpool -> linear(2)",
        "4x3x2",
        None,
    ),
    Case(
        "residual(scale(scale(linear(4) -> tanh) -> identity) -> layerscale(0.5)) -> linear(2) -> softmax",
        "4",
        None,
    ),
    // Larger and mirrored images, and windows that overlap by a pixel.
    Case(
        "conv(2, 2) -> pad(2/1/0/3, mode=reflect) -> conv(2, 2) -> pad(1x7, mode=edge) -> adaptiveavgpool(3x4)",
        "4x5x2",
        None,
    ),
    Case(
        "conv(4, 2) -> convtranspose(6, 3x2, 1x0, stride=2x3, output_padding=1x2, groups=2) -> upsample(2x3, mode=bilinear) -> convtranspose(2, 3, same, stride=2, dilation=2)",
        "3x4x2",
        None,
    ),
    Case(
        "conv(4, 2, bias=false) -> instancenorm -> lrn(3, alpha=2, beta=0.6) -> conv(2, 1, bias=false) -> instancenorm(0.1, affine=false)",
        "4x5x2",
        None,
    ),
    Case(
        "conv(3, 2) -> residual(dropout2d(0.4) -> conv(3, 1) -> droppath(0.4)) -> linear(2)",
        "3x4x2",
        None,
    ),
    Case(
        "conv(3, 3, same) -> maxpool(3, stride=2, ceil_mode=true) -> avgpool(2, 1, stride=2, count_padding=true, ceil_mode=true)",
        "8x7x2",
        None,
    ),
    Case(
        "residual(residual(residual(linear(4)) -> tanh -> linear(4)), shortcut=branch(linear(3) | linear(1) -> sigmoid)) -> linear(2) -> softmax",
        "4",
        None,
    ),
    Case(
        "conv(2, 3, same) -> branch(residual(flatten -> linear(60) -> tanh, shortcut=flatten) | linear(3) | flatten) -> linear(3)",
        "5x6x1",
        None,
    ),
];

/// Every way of writing a layer that its signature gives, in a small network.
#[test]
fn every_built_in_layer_agrees_with_differences() {
    for (seed, (text, input)) in example_networks().iter().enumerate() {
        check(&Case(text, &input.to_string(), None), seed as u32);
    }
}

#[test]
fn every_layer_and_loss_agrees_with_differences() {
    for (seed, case) in CASES.iter().enumerate() {
        check(case, seed as u32);
    }
}

fn check(&Case(text, input, loss): &Case<'_>, seed: u32) {
    let input: Shape = input.parse().unwrap();
    let mut builder = Network::<f64>::builder();
    if let Some(loss) = loss {
        builder = builder.loss(loss);
    }
    let mut network = builder.build(text, input).unwrap();
    let drawn = Examples::drawn(&network, EXAMPLES, seed).unwrap();
    gradcheck::draw_weights(&mut network, &drawn, seed).unwrap();
    check_examples(text, &network, &drawn);
    if network.loss() == Loss::MeanSquaredError && loss.is_some() {
        // Classes too, where the output could be about classes.
        let classes = (0..EXAMPLES as u32)
            .map(|example| example % network.output().len().max(2) as u32)
            .collect();
        let classes = Examples::classes(drawn.x().to_vec(), classes);
        check_examples(text, &network, &classes);
    }
}

fn check_examples(text: &str, network: &Network<f64>, examples: &Examples) {
    // Every coordinate of every array.
    let options = Options::default().samples(1_000_000).time_limit(None);
    let report = gradcheck::network(network, examples, &options).unwrap();
    assert!(report.passed(), "{text}: {report}");
    assert!(report.difference < 1e-7, "{text}: {report}");
    for tensor in &report.tensors {
        assert_eq!(
            tensor.verdict,
            Verdict::Agrees,
            "{text}: {}: the check says nothing\n{report}",
            tensor.name
        );
        assert!(
            tensor.checked + tensor.excluded == tensor.coordinates,
            "{text}: {report}"
        );
    }
}
