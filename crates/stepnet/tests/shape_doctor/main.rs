//! The shape doctor: planted mistakes, each with the layer, the formula and the change expected;
//! and networks broken at random. What it suggests is built and trained a step.

mod broken;
mod cases;
mod own_layers;
mod planted;

use stepnet::Error;
use stepnet::ndarray::ArrayD;
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Diagnosis, Init, InputChange, Loss, Network, Shape, Targets};
use stepnet::optim::Rule;
use stepnet::rng::RandomState;
use stepnet::train::Learner;

/// Builds a network for this many classes (0: any outputs will do).
fn build(
    text: &str,
    input: Shape,
    classes: usize,
    change: InputChange,
) -> Result<Network<f32>, Error> {
    let builder = Network::builder().input_change(change);
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    match classes {
        0 => builder.build(text, input),
        _ => builder.class_names(&names).build(text, input),
    }
}

/// The diagnosis of a network that does not fit; its line is checked to be one.
#[track_caller]
fn diagnosis(text: &str, input: &str, classes: usize, change: InputChange) -> Diagnosis {
    match build(text, input.parse().unwrap(), classes, change) {
        Ok(_) => panic!("{text} on {input} fits"),
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
            let found = error.detail::<Diagnosis>();
            found
                .unwrap_or_else(|| panic!("{text} on {input}: {error}"))
                .clone()
        }
    }
}

/// The network after the suggested change, trained for one step on drawn values.
#[track_caller]
fn apply(diagnosis: &Diagnosis, text: &str, input: &str, classes: usize) -> Network<f32> {
    let fix = diagnosis.fix.as_ref().expect("a fix");
    let text = fix.network.as_deref().unwrap_or(text);
    let input = fix.input.unwrap_or_else(|| input.parse().unwrap());
    let mut network = build(text, input, classes, InputChange::Never)
        .unwrap_or_else(|error| panic!("what was suggested does not work: {error}"));
    // Drawing takes its time; the largest train from zeros.
    if network.parameters().len() < 1_000_000 {
        network.initialize(Init::He, &mut RandomState::new(1));
    }
    train(network)
}

fn train(network: Network<f32>) -> Network<f32> {
    if cfg!(debug_assertions) && network.parameters().len() > 1_000_000 {
        // Without optimisations a step of these takes many seconds, so they only predict.
        let mut shape = vec![1];
        shape.extend(network.input().extents());
        network.predict(ArrayD::zeros(shape).view()).unwrap();
        return network;
    }
    const BATCH: usize = 2;
    let mut random = RandomState::new(2);
    let drawn: Vec<f32> = (0..1009).map(|_| random.normal() as f32).collect();
    let draw = |len: usize| drawn.iter().copied().cycle().take(len).collect::<Vec<_>>();
    let x = draw(BATCH * network.input().len());
    let y = draw(BATCH * network.output().len());
    let targets = match network.loss() {
        Loss::MeanSquaredError => Targets::Values(&y),
        _ => Targets::Classes(&[0, 0]),
    };
    let noise = Noise {
        seed: 3,
        epoch: 0,
        examples: &[0, 1],
    };
    let mut learner = Learner::new(network, Rule::GradientDescent, BATCH, 0.0).unwrap();
    let batch = Batch {
        x: &x,
        targets,
        noise,
    };
    let scores = learner.step(&batch, 1e-6).unwrap();
    assert_eq!(scores.examples, BATCH);
    learner.into_network()
}
