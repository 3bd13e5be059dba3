//! Whatever the text and the input shape are, a network of them is refused, or predicts and trains.
//!
//! The first line is the shape (`6x6x1`), the rest is the arrow text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Network, PlanOptions, Shape, Targets, Workspace};

/// Larger workspaces, and longer passes, would only make the fuzzer slow.
const MOST_BYTES: usize = 64 << 20;
const MOST_WORK: u64 = 1 << 26;

fuzz_target!(|text: &str| {
    let Some((shape, text)) = text.split_once('\n') else {
        return;
    };
    let Ok(input) = shape.parse::<Shape>() else {
        return;
    };
    let builder = Network::<f32>::builder().most_parameters(1 << 20);
    let Ok(network) = builder.build(text, input) else {
        return;
    };
    if network.work() > MOST_WORK {
        return;
    }
    predict(&network);
    train(&network);
});

fn workspace(network: &Network<f32>, options: PlanOptions) -> Option<Workspace<f32>> {
    let plan = stepnet::nn::Plan::new(network, 2, options).ok()?;
    (plan.bytes::<f32>() <= MOST_BYTES)
        .then(|| Workspace::new(network, 2, options).expect("memory for a small workspace"))
}

/// One pass over one picture of zeros, in a workspace for two.
fn predict(network: &Network<f32>) {
    let Some(mut workspace) = workspace(network, PlanOptions::default()) else {
        return;
    };
    let x = vec![0.0; network.input().len()];
    let outputs = workspace.predict(network, &x).expect("one example");
    assert_eq!(outputs.len(), network.output().len());
}

/// One step towards outputs of zero.
fn train(network: &Network<f32>) {
    let options = PlanOptions::TRAINING.input_gradient(true);
    let Some(mut workspace) = workspace(network, options) else {
        return;
    };
    let x = vec![0.5; network.input().len()];
    let y = vec![0.0; network.output().len()];
    let batch = Batch {
        x: &x,
        targets: Targets::Values(&y),
        noise: Noise {
            seed: 1,
            epoch: 0,
            examples: &[3],
        },
    };
    // A loss may refuse targets that are no classes.
    let _ = workspace.train(network, &batch);
}
