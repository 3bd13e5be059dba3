//! Residual blocks and branches: what they compute, what flows back through them, and that shared
//! buffers change no bit.

use proptest::prelude::*;
use stepnet::nn::layer::Noise;
use stepnet::nn::{
    Batch, Init, InputChange, Loss, Network, PlanOptions, Scores, Shape, Targets, Workspace,
};
use stepnet::rng::RandomState;

const BATCH: usize = 3;

fn drawn(text: &str, input: Shape, seed: u32) -> Network<f64> {
    let mut network = Network::builder()
        .loss(Loss::MeanSquaredError)
        .build(text, input)
        .unwrap();
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    for value in network.parameters_mut() {
        *value += 0.1 * random.normal();
    }
    network
}

/// One training pass over drawn examples.
fn pass(network: &Network<f64>, options: PlanOptions, planned: usize) -> (Scores, Workspace<f64>) {
    let mut random = RandomState::new(5);
    let mut x = vec![0.0; BATCH * network.input().len()];
    random.fill_randn(&mut x);
    let mut targets = vec![0.0; BATCH * network.output().len()];
    random.fill_randn(&mut targets);
    let mut workspace = Workspace::new(network, planned, options).unwrap();
    let batch = Batch {
        x: &x,
        targets: Targets::Values(&targets),
        noise: Noise {
            seed: 1,
            epoch: 2,
            examples: &[4, 5, 6],
        },
    };
    // What another pass has left must not matter.
    workspace.train(network, &batch).unwrap();
    let scores = workspace.train(network, &batch).unwrap();
    (scores, workspace)
}

fn predictions(network: &Network<f64>, options: PlanOptions, x: &[f64]) -> Vec<f64> {
    let mut workspace = Workspace::new(network, BATCH, options).unwrap();
    workspace.predict(network, x).unwrap().to_vec()
}

/// The outputs of a part of a network with the parameters from `offset` on.
fn part(text: &str, input: Shape, parameters: &[f64], x: &[f64]) -> (Vec<f64>, Shape, usize) {
    let builder = Network::<f64>::builder().loss(Loss::MeanSquaredError);
    let mut network = builder.build(text, input).unwrap();
    let count = network.parameters().len();
    network
        .parameters_mut()
        .copy_from_slice(&parameters[..count]);
    let y = predictions(&network, PlanOptions::default(), x);
    (y, network.output(), count)
}

#[test]
fn blocks_and_branches_compute_what_their_parts_do() {
    let input = Shape::volume(5, 4, 2);
    let text = "residual(conv(3, 3, same, stride=2) -> tanh, shortcut=conv(3, 1, stride=2)) \
                -> branch(conv(2, 1) | relu | maxpool(2, same, stride=1))";
    let network = drawn(text, input, 3);
    let mut x = vec![0.0; BATCH * input.len()];
    RandomState::new(9).fill_randn(&mut x);

    let mut rest = network.parameters();
    let mut run = |text: &str, input: Shape, x: &[f64]| {
        let (y, shape, count) = part(text, input, rest, x);
        rest = &rest[count..];
        (y, shape)
    };
    let (body, shape) = run("conv(3, 3, same, stride=2) -> tanh", input, &x);
    let (shortcut, _) = run("conv(3, 1, stride=2)", input, &x);
    let sum: Vec<f64> = body.iter().zip(&shortcut).map(|(b, s)| b + s).collect();
    let paths = ["conv(2, 1)", "relu", "maxpool(2, same, stride=1)"];
    let paths = paths.map(|text| run(text, shape, &sum).0);
    let pixels = BATCH * 3 * 2;
    let mut expected = Vec::new();
    for pixel in 0..pixels {
        for path in &paths {
            let channels = path.len() / pixels;
            expected.extend_from_slice(&path[pixel * channels..(pixel + 1) * channels]);
        }
    }
    assert_eq!(network.output(), Shape::volume(3, 2, 8));
    assert_eq!(predictions(&network, PlanOptions::default(), &x), expected);

    let names: Vec<&str> = network.nodes().iter().map(|node| node.name()).collect();
    let expected = [
        "residual1.conv1",
        "residual1.tanh1",
        "residual1.shortcut.conv1",
        "residual1",
        "branch1.1.conv1",
        "branch1.2.relu1",
        "branch1.3.maxpool1",
        "branch1",
    ];
    assert_eq!(names, expected);
    assert_eq!(network.nodes()[3].inputs(), [2, 3]);
    assert_eq!(network.nodes()[3].layer().text().to_string(), "add");
    assert_eq!(network.nodes()[7].layer().text().to_string(), "concat");
}

/// Factors of each channel, made of a volume and of a vector, and factors of each value.
#[test]
fn scales_multiply_by_what_their_bodies_make() {
    let squeeze = "globalavgpool -> linear(3) -> relu -> linear(2) -> sigmoid";
    let excite = "adapt: avgpool(5x4) -> conv(2, 1) -> sigmoid";
    for (body, input, shape) in [
        (squeeze, Shape::volume(5, 4, 2), Shape::Features(2)),
        (excite, Shape::volume(5, 4, 2), Shape::volume(1, 1, 2)),
        (
            "conv(2, 3, same) -> tanh",
            Shape::volume(5, 4, 2),
            Shape::volume(5, 4, 2),
        ),
        (
            "linear(7) -> sigmoid",
            Shape::Features(7),
            Shape::Features(7),
        ),
        (
            "linear(2) -> tanh",
            Shape::volume(1, 1, 2),
            Shape::Features(2),
        ),
    ] {
        let network = drawn(&format!("scale({body})"), input, 3);
        let mut x = vec![0.0; BATCH * input.len()];
        RandomState::new(9).fill_randn(&mut x);
        let (factors, found, _) = part(body, input, network.parameters(), &x);
        assert_eq!((found, network.output()), (shape, input), "{body}");
        let (len, count) = (input.len(), factors.len() / BATCH);
        let expected: Vec<f64> = (x.iter().enumerate())
            .map(|(at, x)| x * factors[at / len * count + at % len % count])
            .collect();
        assert_eq!(predictions(&network, PlanOptions::default(), &x), expected);
        let merge = network.nodes().last().unwrap();
        assert_eq!((merge.name(), merge.inputs()[0]), ("scale1", 0));
        assert_eq!(merge.layer().text().to_string(), "multiply");
    }
}

#[test]
fn a_block_without_a_shortcut_adds_its_input() {
    // Weights of zero leave the input, and pass the gradient on as it is.
    let network = Network::<f32>::new("residual(linear(4)) -> relu", 4).unwrap();
    let x = [1.0, -2.0, 3.0, 0.5];
    let y = network
        .predict(
            ndarray::ArrayView1::from(&x)
                .into_dyn()
                .insert_axis(ndarray::Axis(0)),
        )
        .unwrap();
    assert_eq!(y.as_slice().unwrap(), [1.0, 0.0, 3.0, 0.5]);
    let options = PlanOptions::TRAINING.input_gradient(true);
    let mut workspace = Workspace::new(&network, 1, options).unwrap();
    let batch = Batch {
        x: &x,
        targets: Targets::Values(&[0.0; 4]),
        noise: Noise {
            seed: 0,
            epoch: 0,
            examples: &[0],
        },
    };
    workspace.train(&network, &batch).unwrap();
    // 2 (y - t) / 4, where the ReLU lets it through.
    let dx = workspace.value_gradient(0, 1).unwrap();
    assert_eq!(dx, [0.5, 0.0, 1.5, 0.25]);
}

#[test]
fn frozen_and_unlearnt_parts_get_no_gradient_and_change_none() {
    let text = "residual(conv(2, 3, same)) -> residual(conv(2, 3, same) -> relu -> conv(2, 3, same)) \
                -> branch(conv(2, 1) | relu) -> linear(2)";
    let input = Shape::volume(4, 4, 2);
    let options = PlanOptions::TRAINING;
    let network = drawn(text, input, 1);
    let (_, all) = pass(&network, options, BATCH);
    for frozen in [
        vec!["residual1.conv1"],
        vec!["residual1.conv1", "residual2.conv2"],
        vec!["residual1.conv1", "residual2.conv1", "residual2.conv2"],
        vec![
            "residual1.conv1",
            "residual2.conv1",
            "residual2.conv2",
            "branch1.1.conv1",
        ],
        vec!["linear1"],
        vec!["conv", "linear"],
    ] {
        let mut some = network.clone();
        some.freeze(&frozen).unwrap();
        let (_, part) = pass(&some, options, BATCH);
        assert!(part.plan().bytes::<f64>() <= all.plan().bytes::<f64>());
        for node in some.nodes().iter().filter(|node| node.trains()) {
            let range = node.range();
            assert_eq!(
                part.gradients()[range.clone()],
                all.gradients()[range],
                "{} with {frozen:?} frozen",
                node.name()
            );
        }
    }
}

/// A network that keeps the shape of what it takes, up to a depth.
fn block(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("conv(2, 3, same)".to_owned()),
        Just("conv(2, 1)".to_owned()),
        Just("relu".to_owned()),
        Just("tanh".to_owned()),
        Just("dropout(0.3)".to_owned()),
        Just("maxpool(3, same, stride=1)".to_owned()),
        Just("conv(2, 3, same) -> relu".to_owned()),
        Just("identity".to_owned()),
        Just("layerscale(0.7)".to_owned()),
        Just("pad(1, mode=reflect) -> conv(2, 3)".to_owned()),
        Just("pad(1x0, mode=edge) -> adaptiveavgpool(3x4)".to_owned()),
        Just(
            "upsample(2, mode=bilinear) -> convtranspose(2, 2, 1, stride=1) -> conv(2, 3x4)"
                .to_owned()
        ),
        Just("convtranspose(2, 3, same)".to_owned()),
        Just("instancenorm(0.1) -> lrn(2, alpha=0.3)".to_owned()),
        Just("dropout2d(0.3)".to_owned()),
        Just("droppath(0.3)".to_owned()),
        Just("channelshuffle(2)".to_owned()),
        Just("scale(globalavgpool -> linear(2) -> sigmoid)".to_owned()),
        Just("branch(slicechannels(1, 1) -> relu | slicechannels(0, 1))".to_owned()),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let inner =
        || proptest::collection::vec(block(depth - 1), 1..3).prop_map(|all| all.join(" -> "));
    prop_oneof![
        1 => leaf,
        2 => inner().prop_map(|body| format!("residual({body})")),
        2 => inner().prop_map(|body| format!("residual({body}) -> relu")),
        2 => (inner(), inner()).prop_map(|(body, shortcut)| format!("residual({body}, shortcut={shortcut})")),
        1 => (inner(), inner()).prop_map(|(a, b)| format!("branch({a} | {b}) -> conv(2, 1)")),
        2 => inner().prop_map(|body| format!("scale({body})")),
        1 => inner().prop_map(|body| format!("scale({body} -> globalmaxpool) -> relu")),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sharing_buffers_changes_no_bit(
        blocks in proptest::collection::vec(block(3), 1..3),
        end in prop_oneof![Just(""), Just(" -> linear(2)"), Just(" -> flatten"), Just(" -> globalavgpool")],
        seed in 0..100_u32,
    ) {
        let text = blocks.join(" -> ") + end;
        let network = drawn(&text, Shape::volume(3, 4, 2), seed);
        let plain = PlanOptions::TRAINING;
        let kept = plain.keep_values(true).input_gradient(true);
        let asked = plain.input_gradient(true);
        let (scores, shared) = pass(&network, plain, BATCH);
        let (all_scores, all) = pass(&network, kept, BATCH + 2);
        let (_, asked) = pass(&network, asked, BATCH);
        prop_assert_eq!(scores, all_scores, "{}", text);
        prop_assert_eq!(shared.gradients(), all.gradients(), "{}", &text);
        prop_assert_eq!(asked.gradients(), all.gradients(), "{}", &text);
        prop_assert_eq!(asked.value_gradient(0, BATCH), all.value_gradient(0, BATCH), "{}", &text);

        let mut x = vec![0.0; BATCH * 24];
        RandomState::new(seed).fill_randn(&mut x);
        let keep = PlanOptions::default().keep_values(true);
        prop_assert_eq!(
            predictions(&network, PlanOptions::default(), &x),
            predictions(&network, keep, &x),
            "{}", text
        );
    }

    #[test]
    fn gradients_are_those_of_differences(body in block(3), seed in 0..100_u32) {
        // One number of the network moves along a drawn direction: cheap, and blind to nothing in
        // particular. Kinks are left to `gradients.rs`, which keeps away from them.
        let text = format!("{body} -> linear(2)").replace("relu", "tanh").replace("globalmaxpool", "globalavgpool").replace("maxpool(3, same, stride=1)", "avgpool(3, same, stride=1)");
        let mut network = drawn(&text, Shape::volume(3, 4, 2), seed);
        let plain = PlanOptions::TRAINING;
        let (_, workspace) = pass(&network, plain, BATCH);
        let gradient = workspace.gradients().to_vec();
        let mut direction = vec![0.0; gradient.len()];
        RandomState::new(seed + 1).fill_randn(&mut direction);
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let start = network.parameters().to_vec();
        let step = 1e-6;
        let mut cost = |by: f64| {
            for ((value, start), d) in network.parameters_mut().iter_mut().zip(&start).zip(&direction) {
                *value = start + by * d;
            }
            pass(&network, plain, BATCH).0.mean_loss()
        };
        let difference = (cost(step) - cost(-step)) / (2.0 * step);
        prop_assert!(
            (slope - difference).abs() < 1e-5 * (1.0 + slope.abs().max(difference.abs())),
            "{}: {} and {}", text, slope, difference
        );
    }
}

#[test]
fn what_does_not_meet_is_told_with_what_would() {
    let diagnosis = |text: &str, input: Shape| {
        let builder = Network::<f32>::builder()
            .classes(3)
            .input_change(InputChange::Never);
        builder.build(text, input).unwrap_err().to_string()
    };
    let volume = Shape::volume(8, 9, 4);
    for (text, input, words, fix) in [
        (
            "conv(4, 3, same) -> residual(conv(6, 3, same, stride=2) -> relu) -> linear(3) -> softmax",
            volume,
            "layer residual1 at column 21, residual(conv(6, 3, same, stride=2) -> relu) on 8x9x4: its \
             body gives 4x5x6 and its shortcut 8x9x4, expected the same shape, as they are added",
            "residual(conv(6, 3, same, stride=2) -> relu, shortcut=conv(6, 1, stride=2))",
        ),
        (
            "residual(conv(4, 3)) -> linear(3) -> softmax",
            volume,
            "its body gives 6x7x4 and its shortcut 8x9x4",
            "residual(conv(4, 3, same))",
        ),
        (
            "residual(linear(5) -> relu) -> linear(3) -> softmax",
            Shape::Features(4),
            "its body gives 5 and its shortcut 4",
            "residual(linear(5) -> relu, shortcut=linear(5))",
        ),
        (
            "[residual(conv(4, 3, same) -> a: conv(4, 30))] x 2 -> linear(3) -> softmax",
            volume,
            "layer residual1.a at column 31, conv(4, 30) on 8x9x4",
            "a: conv(4, 30, same)",
        ),
        (
            "branch(conv(2, 3) | maxpool(2)) -> linear(3) -> softmax",
            volume,
            "its paths give 6x7x2, 4x4x4, expected the same height and width",
            "branch(",
        ),
        (
            "branch(linear(2) | conv(2, 1)) -> linear(3) -> softmax",
            volume,
            "its paths give 2, 8x9x2, expected vectors from all",
            "",
        ),
        (
            "scale(globalavgpool -> linear(3) -> sigmoid) -> linear(3) -> softmax",
            volume,
            "its body gives 3 for an input of 8x9x4, expected a factor for each of the 4 channels (4 or 1x1x4), or \
             the input's shape",
            "scale(globalavgpool -> linear(4) -> sigmoid)",
        ),
        (
            "scale(conv(4, 3) -> sigmoid) -> linear(3) -> softmax",
            volume,
            "its body gives 6x7x4 for an input of 8x9x4",
            "scale(conv(4, 3, same) -> sigmoid)",
        ),
        (
            "slicechannels(2, 3) -> linear(3) -> softmax",
            volume,
            "it takes channels 2 to 4, expected at most 3, the input's last",
            "slicechannels(",
        ),
        (
            "channelshuffle(3) -> linear(3) -> softmax",
            volume,
            "channels is 4, expected a multiple of the 3 groups",
            "channelshuffle(2)",
        ),
        (
            "pad(1/9/0/0, mode=reflect) -> linear(3) -> softmax",
            volume,
            "its bottom padding is 9, expected less than 8",
            "pad(1/7/0/0, mode=reflect)",
        ),
        (
            "convtranspose(4, 3, groups=3) -> linear(3) -> softmax",
            volume,
            "4 channels / 3 groups = 1, remainder 1",
            "convtranspose(4, 3)",
        ),
        (
            "globalavgpool -> instancenorm -> linear(3) -> softmax",
            volume,
            "its input is a vector of 4 features",
            "",
        ),
        (
            "maxpool(12, stride=3, ceil_mode=true) -> linear(3) -> softmax",
            volume,
            "ceil((8 - 12 + 0 + 0) / 3) + 1 = 0",
            "maxpool(",
        ),
    ] {
        let message = diagnosis(text, input);
        assert!(message.contains(words), "{message}");
        assert!(message.contains(fix), "{message}");
    }
}
