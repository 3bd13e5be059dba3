//! Whole networks: training steps and single predictions, as a program would run them.

use stepnet::Result;
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Init, Network, Predictor, Targets, notation};
use stepnet::optim::Rule;
use stepnet::rng::RandomState;
use stepnet::train::Learner;

use crate::case::Facts;

/// The networks that are timed, by their names in the notation, with the examples of a training step.
pub(crate) const PRESETS: [(&str, usize); 3] = [("lenet5", 64), ("cat-cnn", 64), ("resnet20", 128)];

const RULE: Rule = Rule::CLASSIC_MOMENTUM;

/// Small, so that thousands of steps on one batch stay tame.
const LEARNING_RATE: f64 = 1e-3;

fn network(preset: &str) -> Result<(Network<f32>, RandomState, u32)> {
    let unknown = || stepnet::Error::value("benchmark", "the preset", preset, "a known one");
    let preset = notation::presets::find(preset).ok_or_else(unknown)?;
    let input = preset.input.ok_or_else(unknown)?;
    let mut random = RandomState::new(1);
    let mut network = Network::builder()
        .classes(preset.classes)
        .build(preset.text, input)?;
    network.initialize(Init::He, &mut random);
    Ok((network, random, preset.classes as u32))
}

fn images(network: &Network<f32>, examples: usize, random: &mut RandomState) -> Vec<f32> {
    let len = examples * network.input().len();
    (0..len).map(|_| random.uniform() as f32).collect()
}

/// Forward, loss, backward and update of one batch.
pub(crate) struct Training {
    learner: Learner<f32>,
    x: Vec<f32>,
    classes: Vec<u32>,
    examples: Vec<u64>,
    /// The sum of the losses of the last step.
    loss: f64,
}

impl Training {
    pub(crate) fn new(preset: &str, batch: usize) -> Result<Self> {
        let (network, mut random, classes) = network(preset)?;
        Ok(Self {
            x: images(&network, batch, &mut random),
            classes: (0..batch as u32).map(|example| example % classes).collect(),
            examples: (0..batch as u64).collect(),
            learner: Learner::new(network, RULE, batch, 0.0)?,
            loss: 0.0,
        })
    }

    pub(crate) fn run(&mut self) {
        let batch = Batch {
            x: &self.x,
            targets: Targets::Classes(&self.classes),
            noise: Noise {
                seed: 1,
                epoch: 0,
                examples: &self.examples,
            },
        };
        let step = self.learner.step(&batch, LEARNING_RATE);
        self.loss = step.map_or(f64::NAN, |scores| scores.loss);
    }

    pub(crate) fn facts(&self) -> Facts {
        let network = self.learner.network();
        let forward = network.multiply_adds();
        // Backward takes as many for the weights and for the data, but no data of the first layer.
        let first = network.nodes().iter().find_map(|node| {
            let multiply_adds = node.layer().cost().multiply_adds(node.input());
            (multiply_adds > 0).then_some(multiply_adds)
        });
        let multiply_adds = 3 * forward - first.unwrap_or(0);
        Facts {
            flops: 2.0 * (multiply_adds * self.classes.len() as u64) as f64,
            examples: self.classes.len(),
            parameters: network.parameters().len(),
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.loss.is_finite()
    }
}

/// The outputs for one image, by a [`Predictor`].
pub(crate) struct Prediction {
    predictor: Predictor<f32>,
    multiply_adds: u64,
    parameters: usize,
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Prediction {
    pub(crate) fn new(preset: &str) -> Result<Self> {
        let (network, mut random, _) = network(preset)?;
        Ok(Self {
            x: images(&network, 1, &mut random),
            y: vec![0.0; network.output().len()],
            multiply_adds: network.multiply_adds(),
            parameters: network.parameters().len(),
            predictor: Predictor::new(&network)?,
        })
    }

    pub(crate) fn run(&mut self) {
        if self.predictor.predict_into(&self.x, &mut self.y).is_err() {
            self.y.fill(f32::NAN);
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            flops: 2.0 * self.multiply_adds as f64,
            examples: 1,
            parameters: self.parameters,
        }
    }

    /// Whether the outputs are those of a softmax.
    pub(crate) fn is_sound(&self) -> bool {
        (self.y.iter().sum::<f32>() - 1.0).abs() < 1e-4
    }
}
