//! Batch normalisation in networks: running statistics, what is not trainable, folding at inference.

use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Init, Model, Network, PlanOptions, Preprocessing, Targets, Workspace};
use stepnet::optim::Rule;
use stepnet::rng::RandomState;
use stepnet::train::Learner;
use stepnet::{Number, Result};

const SGD: Rule = Rule::GradientDescent;

fn drawn<T: Number>(text: &str, input: &str, seed: u32) -> Network<T> {
    let shape: stepnet::nn::Shape = input.parse().unwrap();
    let mut network = Network::new(text, shape).unwrap();
    network.initialize(Init::He, &mut RandomState::new(seed));
    network
}

fn values<T: Number>(seed: u32, len: usize) -> Vec<T> {
    let mut random = RandomState::new(seed);
    (0..len)
        .map(|_| T::from_f64(0.7 + 1.5 * random.normal()))
        .collect()
}

/// One step on values, towards zeros.
fn step<T: Number>(learner: &mut Learner<T>, x: &[T], rate: f64) -> Result<f64> {
    let (input, output) = (
        learner.network().input().len(),
        learner.network().output().len(),
    );
    let examples: Vec<u64> = (0..(x.len() / input) as u64).collect();
    let targets = vec![T::zero(); examples.len() * output];
    let batch = Batch {
        x,
        targets: Targets::Values(&targets),
        noise: Noise {
            seed: 1,
            epoch: 0,
            examples: &examples,
        },
    };
    Ok(learner.step(&batch, rate)?.mean_loss())
}

#[test]
fn running_statistics_by_hand() {
    // Two features; of the batch 1, 3 and 10, 10 the means are 2 and 10, the variances over n - 1
    // values 2 and 0.
    let network = drawn::<f64>("bn(momentum=0.75)", "2", 1);
    let mut learner = Learner::new(network, SGD, 4, 0.0).unwrap();
    let x = [1.0, 10.0, 3.0, 10.0];
    step(&mut learner, &x, 0.0).unwrap();
    let expected = [1.0, 1.0, 0.0, 0.0, 0.5, 2.5, 1.25, 0.75];
    assert_eq!(learner.network().parameters(), expected);
    step(&mut learner, &x, 0.0).unwrap();
    let expected = [1.0, 1.0, 0.0, 0.0, 0.875, 4.375, 1.4375, 0.5625];
    assert_eq!(learner.network().parameters(), expected);
    // At inference by these.
    let mut workspace = Workspace::new(learner.network(), 1, PlanOptions::default()).unwrap();
    let y = workspace.predict(learner.network(), &[1.0, 4.0]).unwrap();
    let exact = [
        (1.0 - 0.875) / (1.4375_f64 + 1e-5).sqrt(),
        (4.0 - 4.375) / (0.5625_f64 + 1e-5).sqrt(),
    ];
    assert!(
        y.iter()
            .zip(exact)
            .all(|(y, exact)| (y - exact).abs() < 1e-14)
    );
    // The statistics of pixels: four of each example.
    let network = drawn::<f64>("bn(momentum=0)", "2x2x1", 1);
    let mut learner = Learner::new(network, SGD, 4, 0.0).unwrap();
    let pixels = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    step(&mut learner, &pixels, 0.0).unwrap();
    assert_eq!(learner.network().parameters()[2..], [3.5, 6.0]);
}

#[test]
fn a_single_value_moves_the_mean_and_leaves_the_variance() {
    let network = drawn::<f32>("linear(3) -> bn -> relu -> linear(2)", "4", 3);
    let mut learner = Learner::new(network, SGD, 2, 0.0).unwrap();
    let loss = step(&mut learner, &values(1, 4), 0.1).unwrap();
    assert!(loss.is_finite());
    let network = learner.network();
    assert!(network.parameters().iter().all(|value| value.is_finite()));
    let running = &network.parameters()[network.nodes()[1].range()][6..];
    assert!(running[..3].iter().all(|&mean| mean != 0.0));
    assert_eq!(running[3..], [1.0; 3]);
}

#[test]
fn no_rule_touches_what_is_not_trainable() {
    let rules = [
        Rule::Momentum { beta: 0.9 },
        Rule::AdamW {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.5,
        },
    ];
    for rule in rules {
        let network = drawn::<f64>("conv(3, 3) -> bn(momentum=0) -> linear(2)", "5x5x1", 3);
        assert_eq!(network.non_trainable(), 6);
        let range = network.nodes()[1].range();
        let mut learner = Learner::new(network, rule, 4, 0.7).unwrap();
        for seed in 0..3 {
            let x = values::<f64>(seed, 100);
            let before = learner.network().clone();
            step(&mut learner, &x, 0.1).unwrap();
            let gradients = &learner.workspace().gradients()[range.clone()];
            assert!(gradients[..6].iter().any(|&gradient| gradient != 0.0));
            assert_eq!(gradients[6..], [0.0; 6]);
            // With a momentum of 0 they are the batch's own, of the weights before the update.
            let running = &learner.network().parameters()[range.clone()][6..];
            let options = PlanOptions::default().keep_values(true);
            let mut workspace = Workspace::new(&before, 4, options).unwrap();
            workspace.predict(&before, &x).unwrap();
            let z = workspace.value(0, 4).unwrap();
            for channel in 0..3 {
                let z: Vec<f64> = z.iter().skip(channel).step_by(3).copied().collect();
                let n = z.len() as f64;
                let mean = z.iter().sum::<f64>() / n;
                let squares: f64 = z.iter().map(|z| (z - mean) * (z - mean)).sum();
                assert!((running[channel] - mean).abs() < 1e-12, "{rule:?}");
                let variance = squares / (n - 1.0);
                assert!((running[3 + channel] - variance).abs() < 1e-12, "{rule:?}");
            }
        }
    }
}

#[test]
fn frozen_it_acts_as_at_inference() {
    let mut network = drawn::<f64>("linear(3) -> bn -> linear(2)", "4", 3);
    let range = network.nodes()[1].range();
    let moved = values::<f64>(9, 12);
    for (value, by) in network.parameters_mut()[range.clone()]
        .iter_mut()
        .zip(moved)
    {
        *value += 0.2 * by.abs();
    }
    let x = values::<f64>(1, 12);
    let mut workspace = Workspace::new(&network, 3, PlanOptions::default()).unwrap();
    let y = workspace.predict(&network, &x).unwrap();
    let at_inference = y.iter().map(|y| y * y).sum::<f64>() / y.len() as f64;
    network.freeze(&["bn"]).unwrap();
    let before = network.parameters()[range.clone()].to_vec();
    let mut learner = Learner::new(network, SGD, 3, 0.0).unwrap();
    let loss = step(&mut learner, &x, 0.1).unwrap();
    assert!(
        (loss - at_inference).abs() < 1e-12 * loss,
        "{loss} and {at_inference}"
    );
    assert_eq!(learner.network().parameters()[range], before);
}

const FOLDED: &[(&str, &str)] = &[
    (
        "conv(8, 3, same) -> bn -> relu -> conv(6, 3, bias=false) -> bn -> linear(3) -> softmax",
        "8x8x3",
    ),
    (
        "conv(8, 3) -> bn -> relu -> maxpool(2) -> conv(8, 3, same, groups=8) -> bn -> maxpool(2) -> linear(2)",
        "14x14x3",
    ),
    (
        "linear(9) -> bn -> relu -> linear(5, bias=false) -> bn -> linear(1) -> sigmoid",
        "7",
    ),
    (
        "conv(4, 1, stride=2) -> residual(conv(4, 3, same) -> bn -> relu -> conv(4, 3, same) -> bn) -> relu -> linear(2)",
        "9x9x2",
    ),
];

/// The outputs with normalisations folded in, and those of the layers one by one.
fn both<T: Number>(text: &str, input: &str) -> [Vec<T>; 2] {
    let network = drawn::<T>(text, input, 5);
    let x = values::<T>(2, 6 * network.input().len());
    let mut learner = Learner::new(network, SGD, 6, 0.0).unwrap();
    for _ in 0..3 {
        step(&mut learner, &x, 0.01).unwrap();
    }
    let network = learner.into_network();
    [false, true].map(|keep_values| {
        let options = PlanOptions::default().keep_values(keep_values);
        let mut workspace = Workspace::new(&network, 6, options).unwrap();
        // Twice: values left in scratch must not matter.
        workspace.predict(&network, &x).unwrap();
        workspace.predict(&network, &x).unwrap().to_vec()
    })
}

fn folding_changes_the_last_digits_at_most<T: Number>() {
    for (text, input) in FOLDED {
        let [folded, plain] = both::<T>(text, input);
        let size = plain
            .iter()
            .fold(1.0_f64, |most, y| most.max(y.as_f64().abs()));
        // A rounding for each of the at most 72 products of a sum, in three layers.
        let bound = 200.0 * T::epsilon().as_f64() * size;
        for (folded, plain) in folded.iter().zip(&plain) {
            let apart = (folded.as_f64() - plain.as_f64()).abs();
            assert!(apart <= bound, "{text}: {folded} and {plain}");
        }
        assert!(plain.iter().any(|&y| y != plain[0]), "{text}: {plain:?}");
    }
}

#[test]
fn folded_in_it_gives_the_same_but_for_rounding() {
    folding_changes_the_last_digits_at_most::<f64>();
    folding_changes_the_last_digits_at_most::<f32>();
}

#[test]
fn threads_change_no_bit_of_training() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let text = "conv(16, 3, same) -> bn -> relu -> conv(8, 3, stride=2) -> layernorm -> bn -> linear(4)";
            let network = drawn::<f32>(text, "24x24x3", 1);
            let mut learner = Learner::new(network, SGD, 16, 0.0).unwrap();
            for seed in 0..3 {
                let x = values(seed, 16 * 24 * 24 * 3);
                step(&mut learner, &x, 0.05).unwrap();
            }
            let bits = learner.network().parameters().iter();
            bits.map(|value| value.to_bits()).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    for threads in [2, 4] {
        assert_eq!(one, run(threads), "{threads} threads");
    }
}

#[test]
fn a_model_file_holds_the_running_statistics() {
    let network = drawn::<f32>("conv(3, 3) -> bn -> relu -> linear(2)", "5x5x1", 3);
    let mut learner = Learner::new(network, SGD, 4, 0.0).unwrap();
    step(&mut learner, &values(1, 100), 0.1).unwrap();
    let network = learner.into_network();
    let model = Model::new(
        network.clone(),
        vec!["a".into(), "b".into()],
        Preprocessing::scaled(5, 5, 1, 1.0),
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    model.save(&path).unwrap();
    let read = Model::<f32>::load(&path).unwrap();
    assert_eq!(read.network.parameters(), network.parameters());
}
