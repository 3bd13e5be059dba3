//! Networks: shapes, names, errors, plans, and that results depend on nothing they should not.

use std::ops::ControlFlow;

use stepnet::data;
use stepnet::nn::layer::Noise;
use stepnet::nn::{
    Batch, Init, Loss, Network, Plan, PlanOptions, Preprocessing, Scores, Shape, Targets, Workspace,
};
use stepnet::optim::{Rule, add_l2_gradient, l2_cost};
use stepnet::rng::RandomState;
use stepnet::train::{BatchSize, Learner, TrainOptions, Trainer, transfer};

fn drawn(text: &str, input: &str, seed: u32) -> Network<f64> {
    let mut network = Network::new(text, input.parse::<Shape>().unwrap()).unwrap();
    network.initialize(Init::He, &mut RandomState::new(seed));
    network
}

fn message(text: &str, input: &str) -> String {
    Network::<f32>::new(text, input.parse::<Shape>().unwrap())
        .unwrap_err()
        .to_string()
}

#[test]
fn shapes_and_sizes_are_the_field_s() {
    let network = Network::<f32>::builder()
        .classes(6)
        .build("cat-cnn", [64, 64, 3])
        .unwrap();
    let shapes: Vec<String> = network
        .nodes()
        .iter()
        .map(|node| node.output().to_string())
        .collect();
    assert_eq!(
        shapes,
        [
            "64x64x8", "64x64x8", "8x8x8", "8x8x16", "8x8x16", "2x2x16", "64", "6", "6"
        ]
    );
    assert_eq!(network.parameters().len(), 1310);
    assert_eq!(network.multiply_adds(), 1_606_016);
    assert_eq!(network.loss(), Loss::SoftmaxCrossEntropy);

    let lenet = Network::<f32>::builder()
        .classes(10)
        .build("LeNet5", [28, 28, 1])
        .unwrap();
    assert_eq!(lenet.parameters().len(), 44_426);
}

/// How many numbers a network holds, and how many of them it learns.
fn numbers(network: &Network<f32>) -> (usize, usize) {
    let arrays = network.nodes().iter().flat_map(|node| node.parameters());
    let learnt = arrays
        .filter(|array| array.trainable)
        .map(|array| array.len());
    (network.parameters().len(), learnt.sum())
}

#[test]
fn normalised_networks_have_the_published_sizes() {
    let preset = |name: &str, classes: usize, input: [usize; 3]| {
        let builder = Network::<f32>::builder().classes(classes);
        builder.build(name, input).unwrap()
    };
    // The course's, as Keras counts them.
    let happy = preset("happy-cnn", 2, [64, 64, 3]);
    assert_eq!(numbers(&happy), (37_633, 37_569));
    assert_eq!(happy.multiply_adds(), 19_300_352);

    let resnet = preset("resnet50", 6, [64, 64, 3]);
    assert_eq!(numbers(&resnet), (23_600_006, 23_546_886));
    let ends = resnet.nodes().iter().enumerate();
    let ends: Vec<usize> = ends
        .filter(|(_, node)| node.merge().is_some())
        .map(|(number, _)| number)
        .collect();
    assert_eq!(ends.len(), 16);
    // The last block of each stage, with the numbers up to there: those of the stem, and the stage's.
    let mut before = 9_728;
    for (block, shape, count) in [
        (2, [15, 15, 256], 220_032),
        (6, [8, 8, 512], 1_230_336),
        (12, [4, 4, 1024], 7_129_088),
        (15, [2, 2, 2048], 14_998_528),
    ] {
        let node = &resnet.nodes()[ends[block]];
        assert_eq!(node.output(), Shape::from(shape));
        assert_eq!(node.range().start, before + count);
        before += count;
    }
    assert_eq!(resnet.parameters().len(), before + 12_294);

    // He et al. (2016) with projections: 0.27 million.
    let resnet = preset("resnet20", 10, [32, 32, 3]);
    assert_eq!(numbers(&resnet).1, 272_474);
    assert_eq!(
        resnet
            .nodes()
            .iter()
            .filter(|node| node.layer().text().kind() == "conv")
            .count(),
        21
    );
    for size in [32, 64, 97] {
        let mobile = preset("mobilenet-small", 5, [size, size, 3]);
        assert_eq!(mobile.output(), Shape::Features(5));
    }
}

#[test]
fn a_linear_layer_flattens_and_says_so() {
    let network =
        Network::<f32>::new("conv(4, 3) -> relu -> linear(2) -> softmax", [6, 6, 1]).unwrap();
    let names: Vec<&str> = network.nodes().iter().map(|node| node.name()).collect();
    assert_eq!(
        names,
        [
            "conv1",
            "relu1",
            "flatten before linear1",
            "linear1",
            "softmax1"
        ]
    );
    assert!(network.nodes()[2].implied());
    assert_eq!(
        network.text().to_string(),
        "conv(4, 3) -> relu -> linear(2) -> softmax"
    );
}

#[test]
fn what_does_not_fit_names_the_layer_and_the_sizes() {
    let text = message(
        "conv(4, 3) -> maxpool(2) -> first: conv(4, 7) -> linear(2)",
        "8x8x1",
    );
    assert!(
        text.contains("layer first") && text.contains('7') && text.contains('3'),
        "{text}"
    );
    let text = message("conv(4, 3, groups=2)", "8x8x3");
    assert!(
        text.contains("layer conv1") && text.contains('3') && text.contains('2'),
        "{text}"
    );
    let text = message("linear(4) -> conv(4, 3)", "8");
    assert!(
        text.contains("layer conv1") && text.contains("vector of 4"),
        "{text}"
    );
    let text = message("maxpool(2, 2)", "8x8x1");
    assert!(text.contains("layer maxpool1"), "{text}");
    let text = message("linear(classes) -> softmax", "8");
    assert!(
        text.contains("layer linear1") && text.contains("classes"),
        "{text}"
    );
    let text = message("linear(100000) -> linear(2000000)", "10");
    assert!(
        text.contains("layer linear2") && text.contains("would have more than"),
        "{text}"
    );
    let text = message("conv(1000000, 1, padding=5000)", "28x28x1");
    assert!(text.contains("layer conv1"), "{text}");
    let text = message("conv(3, 3, same) -> softmax", "8x8x1");
    assert!(text.contains("8x8x3") && text.contains("vector"), "{text}");
}

#[test]
fn a_loss_that_does_not_fit_is_refused() {
    let build = |loss, text| {
        Network::<f32>::builder()
            .loss(loss)
            .build(text, 4)
            .unwrap_err()
            .to_string()
    };
    let text = build(Loss::BinaryCrossEntropy, "linear(2) -> softmax");
    assert!(
        text.contains("softmax") && text.contains("sigmoid"),
        "{text}"
    );
    assert!(build(Loss::SoftmaxCrossEntropy, "linear(2)").contains("softmax"));
}

fn step(network: &Network<f64>, options: PlanOptions, batch: usize) -> (Scores, Workspace<f64>) {
    let mut x = vec![0.0; 5 * network.input().len()];
    RandomState::new(9).fill_randn(&mut x);
    let noise = Noise {
        seed: 1,
        epoch: 2,
        examples: &[0, 1, 2, 3, 4],
    };
    let mut workspace = Workspace::new(network, batch, options).unwrap();
    let targets = Targets::Classes(&[0, 1, 2, 1, 0]);
    let scores = workspace
        .train(
            network,
            &Batch {
                x: &x,
                targets,
                noise,
            },
        )
        .unwrap();
    (scores, workspace)
}

const SMALL: &str = "conv(4, 3, same) -> relu -> maxpool(2) -> conv(5, 3) -> tanh -> avgpool(2, stride=1) \
                     -> flatten -> dropout(0.3) -> linear(6) -> leakyrelu -> linear(3) -> softmax";

#[test]
fn keeping_values_changes_no_bit_and_keeps_them() {
    let network = drawn(SMALL, "8x8x2", 1);
    let plain = PlanOptions::TRAINING;
    let (scores, workspace) = step(&network, plain, 5);
    assert!(
        workspace.value(0, 5).is_none(),
        "buffers are shared, so nothing may be read from them"
    );
    let (kept_scores, kept) = step(&network, plain.keep_values(true), 5);
    assert_eq!(scores, kept_scores);
    assert_eq!(workspace.gradients(), kept.gradients());
    assert!(kept.plan().bytes::<f64>() > workspace.plan().bytes::<f64>());
    // The kept output of relu1 is that of conv1 without its negative part.
    let (conv, relu) = (kept.value(0, 5).unwrap(), kept.value(1, 5).unwrap());
    assert!(conv.iter().any(|&v| v < 0.0));
    assert!(conv.iter().zip(relu).all(|(&c, &r)| r == c.max(0.0)));
}

#[test]
fn a_workspace_for_larger_batches_gives_the_same_bits() {
    let network = drawn(SMALL, "8x8x2", 1);
    let options = PlanOptions::TRAINING;
    let (scores, exact) = step(&network, options, 5);
    let (larger_scores, larger) = step(&network, options, 8);
    assert_eq!(scores, larger_scores);
    assert_eq!(exact.gradients(), larger.gradients());
}

#[test]
fn dropout_follows_the_example_and_not_its_place() {
    let network = drawn("dropout(0.5) -> linear(1)", "6", 1);
    let loss = |examples: &[u64]| {
        let mut workspace = Workspace::new(&network, 2, PlanOptions::TRAINING).unwrap();
        let noise = Noise {
            seed: 1,
            epoch: 0,
            examples,
        };
        let batch = Batch {
            x: &[1.0; 12],
            targets: Targets::Values(&[0.0, 0.0]),
            noise,
        };
        workspace.train(&network, &batch).unwrap().loss
    };
    assert!((loss(&[3, 8]) - loss(&[8, 3])).abs() < 1e-15);
    assert_ne!(loss(&[3, 8]), loss(&[3, 9]));
    // At inference nothing is dropped.
    let sum: f64 = network.parameters()[..6].iter().sum();
    let mut workspace = Workspace::new(&network, 1, PlanOptions::default()).unwrap();
    let y = workspace.predict(&network, &[1.0; 6]).unwrap()[0];
    assert!((y - sum).abs() < 1e-12);
}

#[test]
fn saturated_outputs_have_finite_losses() {
    for (text, outputs) in [("linear(1) -> sigmoid", 1), ("linear(3) -> softmax", 3)] {
        let mut network = Network::<f32>::new(text, 1).unwrap();
        for (place, value) in network.parameters_mut().iter_mut().enumerate() {
            *value = if place % 2 == 0 { 1e4 } else { -1e4 };
        }
        let noise = Noise {
            seed: 0,
            epoch: 0,
            examples: &[0, 1],
        };
        let mut workspace = Workspace::new(&network, 2, PlanOptions::TRAINING).unwrap();
        let last = u32::from(outputs > 1);
        let batch = Batch {
            x: &[3.0, -3.0],
            targets: Targets::Classes(&[last, 0]),
            noise,
        };
        let scores = workspace.train(&network, &batch).unwrap();
        assert!(
            scores.loss.is_finite() && scores.loss > 1.0,
            "{text}: {}",
            scores.loss
        );
        assert!(
            workspace
                .gradients()
                .iter()
                .all(|gradient| gradient.is_finite())
        );
    }
}

#[test]
fn wrong_sizes_are_errors_not_panics() {
    let network = drawn("linear(3) -> softmax", "4", 1);
    let mut workspace = Workspace::new(&network, 2, PlanOptions::TRAINING).unwrap();
    let mut train = |x: &[f64], classes: &[u32], examples: &[u64]| {
        let batch = Batch {
            x,
            targets: Targets::Classes(classes),
            noise: Noise {
                seed: 0,
                epoch: 0,
                examples,
            },
        };
        workspace.train(&network, &batch).unwrap_err().to_string()
    };
    assert!(train(&[0.0; 5], &[0], &[0]).contains("whole number of examples"));
    assert!(train(&[0.0; 12], &[0, 0, 0], &[0, 1, 2]).contains("at most 2"));
    assert!(train(&[0.0; 8], &[0], &[0, 1]).contains("1 classes"));
    assert!(train(&[0.0; 8], &[0, 3], &[0, 1]).contains("class from 0 to 2"));
    assert!(train(&[0.0; 8], &[0, 1], &[0]).contains("one for each example"));
    let shape = network
        .predict(ndarray::ArrayD::zeros(vec![2, 5]).view())
        .unwrap_err()
        .to_string();
    assert!(shape.contains("[2, 5]"), "{shape}");
    assert_eq!(
        network
            .predict(ndarray::ArrayD::zeros(vec![0, 4]).view())
            .unwrap()
            .dim(),
        (0, 3)
    );
}

use stepnet::ndarray;

/// The weights after two epochs on a few digits.
fn weights(threads: usize, rule: Rule) -> Vec<f32> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let digits = data::digits().subset(&(0..300).collect::<Vec<_>>()).unwrap();
        let text = "conv(8, 3, same) -> relu -> maxpool(2) -> conv(16, 3) -> relu -> dropout(0.2) -> linear(10) -> softmax";
        let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(4));
        let options = TrainOptions::default().epochs(2).rule(rule).batch(BatchSize::Examples(64));
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        let mut trainer = Trainer::new(network, preprocessing, options, 300).unwrap();
        for _ in 0..2 {
            trainer.epoch(&digits, |_| ControlFlow::Continue(())).unwrap();
        }
        trainer.into_network().parameters().to_vec()
    })
}

#[test]
fn every_rule_gives_the_same_bits_on_any_number_of_threads() {
    for name in ["gd", "momentum", "classic-momentum", "adam", "adamw"] {
        let rule: Rule = name.parse().unwrap();
        let one = weights(1, rule);
        assert!(one.iter().all(|value| value.is_finite()));
        assert_eq!(one, weights(2, rule), "{name} on 2 threads");
        assert_eq!(one, weights(3, rule), "{name} on 3 threads");
    }
}

#[test]
fn frozen_layers_stay_and_the_rest_learns_as_if_they_were_not_frozen() {
    let learn = |freeze: &[&str]| {
        let mut network = drawn(
            "conv(4, 3) -> relu -> conv(4, 3) -> relu -> linear(3) -> softmax",
            "8x8x2",
            1,
        );
        network.freeze(freeze).unwrap();
        let before = network.parameters().to_vec();
        let mut learner = Learner::new(network, Rule::GradientDescent, 5, 0.0).unwrap();
        let mut x = vec![0.0; 5 * 128];
        RandomState::new(9).fill_randn(&mut x);
        let noise = Noise {
            seed: 1,
            epoch: 2,
            examples: &[0, 1, 2, 3, 4],
        };
        let targets = Targets::Classes(&[0, 1, 2, 1, 0]);
        learner
            .step(
                &Batch {
                    x: &x,
                    targets,
                    noise,
                },
                0.1,
            )
            .unwrap();
        let changed: Vec<bool> = learner
            .network()
            .nodes()
            .iter()
            .filter(|node| !node.range().is_empty())
            .map(|node| before[node.range()] != learner.network().parameters()[node.range()])
            .collect();
        (changed, learner.into_network().parameters().to_vec())
    };
    let (all, free) = learn(&[]);
    assert_eq!(all, [true, true, true]);
    let (some, frozen) = learn(&["conv1"]);
    assert_eq!(some, [false, true, true]);
    let first = 4 * 9 * 2 + 4;
    assert_eq!(
        free[first..],
        frozen[first..],
        "one step of the others is the same"
    );
    assert_eq!(learn(&["conv"]).0, [false, false, true]);
    assert_eq!(learn(&["2"]).0, [false, false, true]);
    let mut network = drawn("conv(4, 3) -> linear(3) -> softmax", "8x8x2", 1);
    let text = network.freeze(&["relu"]).unwrap_err().to_string();
    assert!(
        text.contains("relu") && text.contains("conv1") && text.contains("linear1"),
        "{text}"
    );
    // Another spelling of a kind that is there, or one much like it; nothing near.
    let mut network = drawn("conv(4, 3) -> bn -> linear(3) -> softmax", "8x8x2", 1);
    for (name, near) in [
        ("batchnorm", "; did you mean \"bn\"?"),
        ("Conv2D", "; did you mean \"conv\"?"),
        ("liner", "; did you mean \"linear\"?"),
        ("bn2", "; did you mean \"bn1\"?"),
        ("maxpool", "one of conv1, bn1, linear1"),
    ] {
        let text = network.freeze(&[name]).unwrap_err().to_string();
        assert!(text.ends_with(near), "{text}");
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_no_weight() {
    let network = drawn("linear(3)", "4", 1);
    let before = network.parameters().to_vec();
    let mut learner = Learner::new(network, Rule::ADAM, 1, 0.0).unwrap();
    let noise = Noise {
        seed: 0,
        epoch: 0,
        examples: &[0],
    };
    let batch = Batch {
        x: &[f64::NAN; 4],
        targets: Targets::Classes(&[0]),
        noise,
    };
    let text = learner.step(&batch, 0.1).unwrap_err().to_string();
    assert!(
        text.ends_with("the input is not finite: value 0 of example 0 is NaN"),
        "{text}"
    );
    assert_eq!(learner.network().parameters(), before);
}

/// The course's example of the L2 term (the regularisation notebook, m = 5, lambda = 0.1): weights
/// drawn after seed 1 in the order W1, b1, W2, b2, W3, b3.
#[test]
fn l2_is_the_course_s() {
    let mut network =
        Network::<f64>::new("linear(2) -> linear(3) -> linear(1) -> sigmoid", 3).unwrap();
    RandomState::new(1).fill_randn(network.parameters_mut());
    let ranges = network.parameter_ranges();
    let term = l2_cost(network.parameters(), &ranges, 0.1, 5);
    assert!((term - 0.183_984_340_401_753_24).abs() < 1e-15, "{term}");
    let mut gradients = vec![0.0; network.parameters().len()];
    add_l2_gradient((network.parameters(), &mut gradients), &ranges, 0.1, 5);
    let weight = network.parameters()[0];
    assert!((gradients[0] - 0.1 / 5.0 * weight).abs() < 1e-15);
    assert_eq!(gradients[6..8], [0.0, 0.0], "biases take no part");
}

#[test]
fn transfer_replaces_the_last_layer_alone() {
    let trained = drawn("conv(4, 3) -> relu -> linear(3) -> softmax", "6x6x1", 1);
    let new = |network: &Network<f64>, rows: &[Option<usize>]| {
        let registry = stepnet::nn::Registry::builtin();
        transfer(
            network,
            registry,
            rows,
            (Init::He, &mut RandomState::new(2)),
        )
    };
    let same = new(&trained, &[Some(0), Some(1), Some(2)]).unwrap();
    assert_eq!(same.parameters(), trained.parameters());
    let other = new(&trained, &[None; 3]).unwrap();
    assert_eq!(other.parameters()[..40], trained.parameters()[..40]);
    assert_ne!(other.parameters()[40..], trained.parameters()[40..]);
    let five = new(&trained, &[None; 5]).unwrap();
    assert_eq!(
        five.text().to_string(),
        "conv(4, 3) -> relu -> linear(5) -> softmax"
    );
    assert_eq!(five.parameters()[..40], trained.parameters()[..40]);

    let binary = drawn("linear(4) -> relu -> linear(1) -> sigmoid", "6", 1);
    assert_eq!(
        new(&binary, &[None; 2]).unwrap().text().to_string(),
        binary.text().to_string()
    );
    let several = new(&binary, &[None; 3]).unwrap();
    assert_eq!(
        several.text().to_string(),
        "linear(4) -> relu -> linear(3) -> softmax"
    );
    assert_eq!(several.loss(), Loss::SoftmaxCrossEntropy);
    let text = new(&drawn("linear(4) -> relu -> flatten", "6", 1), &[None; 3])
        .unwrap_err()
        .to_string();
    assert!(text.contains("last layer"), "{text}");
}

/// As in SqueezeNet: a `linear` layer on the mean of each channel takes the convolution's place.
#[test]
fn transfer_replaces_a_convolution_that_makes_the_classes() {
    let text =
        "conv(4, 3) -> relu -> dropout(0.5) -> conv(3, 1) -> relu -> globalavgpool -> softmax";
    let trained = drawn(text, "6x6x1", 1);
    let registry = stepnet::nn::Registry::builtin();
    let init = (Init::He, &mut RandomState::new(2));
    let five = transfer(&trained, registry, &[Some(1), None, None, None, None], init).unwrap();
    assert_eq!(
        five.text().to_string(),
        "conv(4, 3) -> relu -> dropout(0.5) -> globalavgpool -> linear(5) -> softmax"
    );
    assert_eq!(five.parameters().len(), 40 + 4 * 5 + 5);
    assert_eq!(five.parameters()[..40], trained.parameters()[..40]);
    assert!(
        five.parameters()[40..60]
            .iter()
            .all(|&weight| weight != 0.0)
    );

    let init = (Init::He, &mut RandomState::new(2));
    let outputs = (stepnet::data::TargetKind::Numbers, 2);
    let numbers =
        stepnet::train::transfer_outputs(&trained, stepnet::nn::Registry::builtin(), outputs, init)
            .unwrap();
    assert_eq!(
        numbers.text().to_string(),
        "conv(4, 3) -> relu -> dropout(0.5) -> globalavgpool -> linear(2)"
    );
    assert_eq!(numbers.parameters()[..40], trained.parameters()[..40]);
}

/// A network's prediction for some examples: the probability of each class.
fn answers(network: &Network<f64>, x: &[f64]) -> Vec<Vec<f64>> {
    let batch = x.len() / network.input().len();
    let mut workspace = Workspace::new(network, batch, PlanOptions::default()).unwrap();
    let outputs = workspace.predict(network, x).unwrap().to_vec();
    let classes = |outputs: &[f64]| match outputs {
        [one] => vec![1.0 - one, *one],
        several => several.to_vec(),
    };
    outputs
        .chunks(network.output().len())
        .map(classes)
        .collect()
}

/// The same classes in another order, or some of them among others: what is known of each stays with
/// its name.
#[test]
fn transfer_keeps_what_is_known_of_each_class() {
    let x: Vec<f64> = (0..36 * 5)
        .map(|i| f64::from(i * 7 % 11) / 5.0 - 1.0)
        .collect();
    let with_biases = |text: &str| {
        let mut network = drawn(text, "6x6x1", 1);
        let last = network.parameters().len();
        network.parameters_mut()[last - 2..].copy_from_slice(&[0.25, -0.5]);
        network
    };
    let new = |network: &Network<f64>, rows: &[Option<usize>]| {
        let registry = stepnet::nn::Registry::builtin();
        transfer(
            network,
            registry,
            rows,
            (Init::He, &mut RandomState::new(2)),
        )
        .unwrap()
    };
    for text in [
        "conv(4, 3) -> relu -> linear(3) -> softmax",
        "conv(4, 3) -> relu -> linear(3)",
        "conv(4, 3) -> relu -> linear(3, bias=false) -> sigmoid",
    ] {
        let trained = with_biases(text);
        let moved = new(&trained, &[Some(2), Some(0), Some(1)]);
        for (was, is) in answers(&trained, &x).iter().zip(answers(&moved, &x)) {
            let near = is
                .iter()
                .zip([was[2], was[0], was[1]])
                .all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near, "{text}: {is:?} {was:?}");
        }
    }
    // The odds of two known classes are as before, whatever is drawn for a third.
    let trained = with_biases("conv(4, 3) -> relu -> linear(3) -> softmax");
    let grown = new(&trained, &[Some(1), None, Some(0), Some(2)]);
    for (was, is) in answers(&trained, &x).iter().zip(answers(&grown, &x)) {
        assert!((is[0] / is[2] - was[1] / was[0]).abs() < 1e-9 * was[1] / was[0]);
        assert!((is[3] / is[0] - was[2] / was[1]).abs() < 1e-9 * was[2] / was[1]);
    }
    // One unit speaks for two classes.
    for text in [
        "linear(4) -> relu -> linear(1) -> sigmoid",
        "linear(4) -> relu -> linear(1)",
    ] {
        let trained = with_biases(text);
        let turned = new(&trained, &[Some(1), Some(0)]);
        assert_eq!(turned.output().len(), 1);
        for (was, is) in answers(&trained, &x).iter().zip(answers(&turned, &x)) {
            assert!(
                (is[0] - was[1]).abs() < 1e-12 && (is[1] - was[0]).abs() < 1e-12,
                "{text}"
            );
        }
    }
    let trained = with_biases("linear(4) -> relu -> linear(1) -> sigmoid");
    let several = new(&trained, &[Some(1), None, Some(0)]);
    for (was, is) in answers(&trained, &x).iter().zip(answers(&several, &x)) {
        assert!(
            (is[0] / (is[0] + is[2]) - was[1]).abs() < 1e-12,
            "{is:?} {was:?}"
        );
    }
}

/// The arrays of a step are the parameters, every layer's output, and the gradients with respect to all of them;
/// some of these a step shares or never makes, others it lays out for a while.
#[test]
fn a_training_step_needs_little_memory_beside_its_arrays() {
    let deep = "conv(64, 3, same) -> relu -> conv(64, 3, same) -> relu -> maxpool(2) \
                -> conv(128, 3, same, stride=2) -> relu -> conv(256, 1) -> relu -> linear(10) -> softmax";
    let networks = [
        ("lenet5", [28, 28, 1]),
        ("cat-cnn", [64, 64, 3]),
        ("small-cnn", [32, 32, 3]),
        (deep, [32, 32, 3]),
    ];
    for (text, input) in networks {
        let network = Network::<f32>::builder()
            .classes(10)
            .build(text, input)
            .unwrap();
        let plan = |keep_values| {
            let options = PlanOptions::TRAINING.keep_values(keep_values);
            Plan::new(&network, 64, options).unwrap()
        };
        let (step, all) = (plan(false), plan(true));
        let learnt = size_of_val(network.parameters());
        let needed = learnt + step.bytes::<f32>();
        let arrays = learnt + all.bytes::<f32>() - all.scratch_bytes::<f32>();
        println!(
            "{text}: {needed} bytes, {} of them scratch, of arrays of {arrays}",
            step.scratch_bytes::<f32>()
        );
        assert!(needed as f64 <= 1.1 * arrays as f64, "{text}");
    }
}
