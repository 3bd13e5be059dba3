//! A training step, and a prediction, take no memory after the first: every allocation of the process
//! is counted. One test, so that nothing else allocates at the same time.

use std::alloc::System;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use stepnet::Predictor;
use stepnet::nn::layer::Noise;
use stepnet::nn::{
    Batch, Init, LossOptions, Network, PlanOptions, Shape, Targets, Workspace, example_networks,
};
use stepnet::optim::{Clipping, Rule};
use stepnet::rng::RandomState;
use stepnet::train::Learner;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Steps that may still warm something up, and steps that may not.
const WARM: usize = 3;
const STEPS: usize = 40;

/// Calls of a predictor that may allocate nothing.
const CALLS: usize = 6;

const ADAM: Rule = Rule::Adam {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
};

const NETWORKS: &[(&str, [usize; 3])] = &[
    ("lenet5", [28, 28, 1]),
    ("cat-cnn", [64, 64, 3]),
    (
        "conv(16, 3, same) -> relu -> dropout(0.2) -> conv(24, 3, same, stride=2) -> leakyrelu \
         -> avgpool(2) -> linear(10) -> softmax",
        [16, 16, 8],
    ),
    (
        "conv(8, 3, same, groups=8) -> tanh -> conv(12, 3, dilation=2) -> maxpool(3, stride=2) \
         -> linear(10) -> softmax",
        [20, 20, 8],
    ),
    ("linear(64) -> sigmoid -> linear(10) -> softmax", [8, 8, 1]),
    (
        "conv(8, 3, same) -> [residual(conv(8, 3, same) -> relu -> conv(8, 3, same)) -> relu] x 2 \
         -> branch(conv(4, 1) | maxpool(3, same, stride=1)) -> globalavgpool -> linear(10) -> softmax",
        [16, 16, 3],
    ),
    (
        "conv(16, 3, same) -> bn -> relu -> residual(conv(16, 3, same) -> bn -> relu -> conv(16, 3, same) -> bn) \
         -> relu -> layernorm -> linear(10) -> bn -> softmax",
        [16, 16, 3],
    ),
    (
        "pad(1) -> conv(16, 3) -> gelu -> pad(0/1/0/1) -> conv(24, 3, stride=2) -> silu -> linear(10) -> softmax",
        [16, 16, 8],
    ),
];

fn steps(text: &str, input: Shape, rule: Rule, batch: usize) {
    let mut random = RandomState::new(1);
    let mut network = Network::<f32>::builder()
        .classes(10)
        .build(text, input)
        .unwrap();
    network.initialize(Init::He, &mut random);
    let values = batch * network.input().len();
    let x: Vec<f32> = (0..values).map(|_| random.uniform() as f32).collect();
    let classes: Vec<u32> = (0..batch as u32).map(|example| example % 10).collect();
    let examples: Vec<u64> = (0..batch as u64).collect();
    let mut learner = Learner::new(network.clone(), rule, batch, 0.01).unwrap();
    if rule == ADAM {
        let loss = LossOptions::default()
            .label_smoothing(0.1)
            .class_weights(Some((1..=10).map(f64::from).collect()));
        learner = learner
            .with_loss(loss)
            .and_then(|learner| learner.with_clipping(Clipping::Norm(0.5)))
            .and_then(|learner| learner.with_average(0.99))
            .unwrap();
    }
    let mut workspace = Workspace::new(&network, batch, PlanOptions::default()).unwrap();
    let mut step = |number: usize| {
        // Short batches too.
        let count = if number % 5 == 4 {
            batch / 2 + 1
        } else {
            batch
        };
        let batch = Batch {
            x: &x[..count * network.input().len()],
            targets: Targets::Classes(&classes[..count]),
            noise: Noise {
                seed: 1,
                epoch: number as u64,
                examples: &examples[..count],
            },
        };
        learner.step(&batch, 1e-3).unwrap();
        workspace.predict(&network, batch.x).unwrap();
    };
    (0..WARM).for_each(&mut step);
    let region = Region::new(ALLOCATOR);
    (0..STEPS).for_each(&mut step);
    let change = region.change();
    assert_eq!(
        (change.allocations, change.reallocations),
        (0, 0),
        "{text}, batch {batch}, {} threads: {change:?}",
        rayon::current_num_threads()
    );
}

fn predictions(text: &str, input: Shape, batch: usize) {
    let mut random = RandomState::new(1);
    let mut network = Network::<f32>::builder()
        .classes(10)
        .build(text, input)
        .unwrap();
    network.initialize(Init::He, &mut random);
    let (len, outputs) = (network.input().len(), network.output().len());
    let x: Vec<f32> = (0..batch * len).map(|_| random.uniform() as f32).collect();
    let mut y = vec![0.0; batch * outputs];
    let stop = Arc::new(AtomicBool::new(false));
    let predictor = Predictor::new(&network).unwrap();
    let mut call = |number: usize| {
        // Short batches too.
        let count = batch / (1 + number % 3 / 2);
        let (x, y) = (&x[..count * len], &mut y[..count * outputs]);
        let fill = |part: Range<usize>, to: &mut [f32]| {
            to.copy_from_slice(&x[part.start * len..part.end * len]);
        };
        match number % 2 {
            0 => predictor.predict_into(x, y).unwrap(),
            _ => predictor.predict_with(y, Some(&stop), fill).unwrap(),
        }
    };
    (0..2).for_each(&mut call);
    let region = Region::new(ALLOCATOR);
    (0..CALLS).for_each(&mut call);
    let change = region.change();
    assert_eq!(
        (change.allocations, change.reallocations),
        (0, 0),
        "{text}, a predictor, batch {batch}, {} threads: {change:?}",
        rayon::current_num_threads()
    );
}

#[test]
fn steps_and_predictions_allocate_nothing_after_the_first() {
    // Threads that start or end take and free memory as well: all run before the first step, and
    // until after the last.
    let pools = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.unwrap();
        pool.broadcast(|_| ());
        pool
    });
    for pool in &pools {
        let small = example_networks()
            .into_iter()
            .map(|(text, input)| (format!("{text} -> linear(10) -> softmax"), input));
        let networks = NETWORKS
            .iter()
            .map(|&(text, input)| (text.to_owned(), Shape::from(input)));
        for (text, input) in networks.chain(small) {
            for batch in [1, 32] {
                for rule in [Rule::GradientDescent, ADAM] {
                    // As the command does: the whole run on a thread of the pool.
                    pool.install(|| steps(&text, input, rule, batch));
                }
                pool.install(|| predictions(&text, input, batch));
            }
        }
    }
}
