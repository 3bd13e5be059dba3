//! Examples and weights to check a network with.

use crate::error::{Error, Result};
use crate::memory;
use stepnet_base::rng::RandomState;
use stepnet_data::{Dataset, TargetKind};
use stepnet_nn::layer::Noise;
use stepnet_nn::layer::{Parameter, Start};
use stepnet_nn::{
    Batch, Init, Loss, Network, Node, PlanOptions, Preprocessing, Targets, Workspace,
};

/// Draws of weights among which one is looked for that leaves no array without a gradient.
const DRAWS: u32 = 8;

/// Parameters above which fewer draws are tried: each takes a training pass.
const MANY: usize = 1 << 20;

/// Deviation of the biases that [`draw_weights`] draws.
const BIASES: f64 = 0.1;

/// The examples that a network is run on: inputs and targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    x: Vec<f64>,
    wanted: ExampleTargets,
}

#[derive(Debug, Clone, PartialEq)]
enum ExampleTargets {
    Classes(Vec<u32>),
    Values(Vec<f64>),
}

impl Examples {
    /// Inputs, example after example, each with its class.
    pub fn classes(x: Vec<f64>, classes: Vec<u32>) -> Self {
        let wanted = ExampleTargets::Classes(classes);
        Self { x, wanted }
    }

    /// Inputs, example after example, with a value for each output of each.
    pub fn values(x: Vec<f64>, values: Vec<f64>) -> Self {
        let wanted = ExampleTargets::Values(values);
        Self { x, wanted }
    }

    /// Examples for a network: standard normal inputs, and classes or, for losses of numbers,
    /// standard normal values.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn drawn(network: &Network<f64>, examples: usize, seed: u32) -> Result<Self> {
        let mut random = RandomState::new(seed);
        let len = examples.saturating_mul(network.input().len());
        let mut x = memory::zeros("the examples", len)?;
        random.fill_randn(&mut x);
        let outputs = network.output().len();
        if network.loss().is_of_numbers() {
            let mut values = memory::zeros("the targets", examples.saturating_mul(outputs))?;
            random.fill_randn(&mut values);
            return Ok(Self::values(x, values));
        }
        // One output distinguishes two classes, except after a softmax.
        let one = outputs == 1 && network.loss() == Loss::BinaryCrossEntropy;
        let classes = if one { 2 } else { outputs };
        let classes = random.randint(0, classes as i64, examples)?;
        let classes = classes.into_iter().map(|class| class as u32).collect();
        Ok(Self::classes(x, classes))
    }

    /// Examples of a data set, drawn without repetition; all of them where they are fewer.
    ///
    /// # Errors
    /// When the images' shape is not that of the preprocessing or the network, or there is not
    /// enough memory.
    pub fn of_data(
        network: &Network<f64>,
        data: &Dataset,
        preprocessing: &Preprocessing,
        examples: usize,
        seed: u32,
    ) -> Result<Self> {
        let mut drawn = RandomState::new(seed).permutation(data.len());
        drawn.truncate(examples);
        let image = data.images().shape();
        if data.images().per_image() != network.input().len() {
            let expected = format!("that of the network's input, {}", network.input());
            return Err(Error::shape(
                "gradient check",
                "an image of the data",
                &image,
                expected,
            ));
        }
        let len = drawn.len().saturating_mul(network.input().len());
        let mut x = memory::zeros("the examples", len)?;
        data.fill_batch(&drawn, preprocessing, &mut x)?;
        if data.targets().kind() == TargetKind::Classes {
            let classes = drawn.iter().map(|&at| data.labels()[at]).collect();
            return Ok(Self::classes(x, classes));
        }
        let mut values = Vec::new();
        let task = &preprocessing.task;
        data.targets().write_outputs(&drawn, task, &mut values);
        Ok(Self::values(x, values))
    }

    /// Moves every input by up to `share` of the largest at random: flat areas of images tie in
    /// max pooling, and a tie is a kink.
    pub fn jitter(&mut self, share: f64, seed: u32) {
        jitter(&mut self.x, share, seed);
    }

    /// The inputs.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// The targets.
    pub fn targets(&self) -> Targets<'_, f64> {
        match &self.wanted {
            ExampleTargets::Classes(classes) => Targets::Classes(classes),
            ExampleTargets::Values(values) => Targets::Values(values),
        }
    }

    pub(super) fn x_mut(&mut self) -> &mut [f64] {
        &mut self.x
    }
}

/// Moves every value by up to `share` of the largest at random.
pub(super) fn jitter(values: &mut [f64], share: f64, seed: u32) {
    let largest = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let mut random = RandomState::new(seed);
    for value in values {
        *value += share * largest * (2.0 * random.uniform() - 1.0);
    }
}

/// Draws weights with He initialisation and adds small normal numbers to parameters that start as a
/// constant, so that no bias hides behind a zero. Where ReLUs leave an array without any gradient
/// on `examples`, other draws are tried, up to eight (two of a large network), and the best is kept.
///
/// # Errors
/// When the examples do not fit the network, or there is not enough memory.
pub fn draw_weights(network: &mut Network<f64>, examples: &Examples, seed: u32) -> Result<()> {
    let batch = examples.x.len() / network.input().len();
    let options = PlanOptions::TRAINING;
    let mut workspace = Workspace::new(network, batch, options)?;
    let named: Vec<u64> = (0..batch as u64).collect();
    let mut fewest = (usize::MAX, 0);
    let draws = match network.parameters().len() {
        ..MANY => DRAWS,
        _ => 2,
    };
    for draw in 0..draws {
        draw_once(network, seed.wrapping_add(draw));
        let batch = Batch {
            x: &examples.x,
            targets: examples.targets(),
            noise: noise_of(&named),
        };
        workspace.train(network, &batch)?;
        let dead = without_gradient(network, workspace.gradients());
        if dead < fewest.0 {
            fewest = (dead, draw);
        }
        if dead == 0 {
            return Ok(());
        }
    }
    draw_once(network, seed.wrapping_add(fewest.1));
    Ok(())
}

fn draw_once(network: &mut Network<f64>, seed: u32) {
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    let constant = |node: &Node<f64>| {
        let placed = node.placed_parameters();
        let constant = placed.filter(|(parameter, _)| !is_drawn(parameter));
        constant.map(|(_, range)| range).collect::<Vec<_>>()
    };
    let ranges: Vec<_> = network.nodes().iter().flat_map(constant).collect();
    for range in ranges {
        for value in &mut network.parameters_mut()[range] {
            *value += BIASES * random.normal();
        }
    }
}

fn is_drawn(parameter: &Parameter) -> bool {
    matches!(parameter.start, Start::Drawn { .. })
}

/// The parameters of one layer, drawn as [`draw_weights`] draws those of a network.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn draw_parameters(
    parameters: &[Parameter],
    random: &mut RandomState,
) -> Result<Vec<f64>> {
    let len = parameters.iter().map(Parameter::len).sum();
    let mut values = memory::zeros("the parameters", len)?;
    let mut rest = &mut values[..];
    for parameter in parameters {
        let (own, after) = rest.split_at_mut(parameter.len());
        for value in own {
            *value = match parameter.start {
                Start::Drawn { fan_in, fan_out } => {
                    Init::He.value(random.normal(), fan_in, fan_out)
                }
                // A variance stays above 0.
                Start::Constant(start) if !parameter.trainable => {
                    start + (BIASES * random.normal()).abs()
                }
                Start::Constant(start) => start + BIASES * random.normal(),
            };
        }
        rest = after;
    }
    Ok(values)
}

/// How many arrays have a gradient of zeros.
fn without_gradient(network: &Network<f64>, gradients: &[f64]) -> usize {
    let ranges = network.nodes().iter().flat_map(|node| {
        let trainable = node
            .placed_parameters()
            .filter(|(array, _)| array.trainable);
        trainable.map(|(_, range)| range)
    });
    ranges
        .filter(|range| !range.is_empty() && gradients[range.clone()].iter().all(|&g| g == 0.0))
        .count()
}

/// The seed of the noise of all passes of a check, so that dropout always drops the same.
const NOISE: u64 = 5;

/// The noise of passes over these examples.
pub(super) fn noise_of(examples: &[u64]) -> Noise<'_> {
    Noise {
        seed: NOISE,
        epoch: 0,
        examples,
    }
}
