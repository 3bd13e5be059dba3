//! Running an experiment with the engine's own networks, passes and update rules.

use std::time::Instant;

use super::points::Examples;
use super::published::Experiment;
use super::switches::{MASKED, Switch, masked_registry, sum_bias_gradients};
use stepnet::Result;
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Init, Network, PlanOptions, Registry, Scores, Shape, Targets, Workspace};
use stepnet::optim::{Rule, Schedule};
use stepnet::rng::RandomState;
use stepnet::train::Learner;

/// Changes gradients between the backward pass and the update.
pub type GradientHook<'a> = dyn Fn(&Network<f64>, &mut [f64]) + Sync + 'a;

/// The result of an experiment.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The network before the first update.
    pub(crate) initial: Network<f64>,
    /// The network after the last.
    pub(crate) network: Network<f64>,
    /// The cost printed at each iteration or epoch, each from before its updates.
    pub(crate) costs: Vec<f64>,
    /// The learning rate of each, and then the one that a further epoch would have.
    pub(crate) rates: Vec<f64>,
    /// Right answers after the last update, on the examples trained on and on the others.
    pub(crate) train: Scores,
    pub(crate) test: Option<Scores>,
    /// How long training took.
    pub(crate) seconds: f64,
}

/// Runs an experiment; `alter` may change every gradient, to see whether it is noticed.
///
/// # Errors
/// When the cost becomes infinite, or memory does not suffice.
pub(crate) fn run(
    experiment: &Experiment,
    train: &Examples,
    test: Option<&Examples>,
    alter: &GradientHook<'_>,
) -> Result<Outcome> {
    let mut network = build(experiment, train.labels.len())?;
    let init: Init = experiment.init.rule.parse()?;
    network.initialize(init, &mut RandomState::new(experiment.init.seed));
    let initial = network.clone();

    let rule = match experiment.rule.parse()? {
        Rule::Momentum { beta } if experiment.switch == Some(Switch::SummedMomentum) => {
            Rule::ClassicMomentum {
                mu: beta,
                nesterov: false,
                decay: 0.0,
            }
        }
        rule => rule,
    };
    let size = experiment
        .batch
        .map_or(train.labels.len(), |batch| batch.size);
    let learner = Learner::new(network, rule, size, experiment.l2)?;
    let mut runner = Runner {
        experiment,
        train,
        learner,
        x: Vec::new(),
        labels: Vec::new(),
        examples: Vec::new(),
    };
    let schedule = match experiment.decay_every {
        Some(every) => Schedule::Decay { rate: 1.0, every },
        None => Schedule::Constant,
    };
    let rate = |epoch: usize| schedule.rate(experiment.learning_rate, epoch, 0.0);
    let start = Instant::now();
    let mut costs = Vec::with_capacity(experiment.steps);
    for step in 0..experiment.steps {
        costs.push(runner.step(step, rate(step), alter)?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let network = runner.learner.into_network();
    Ok(Outcome {
        rates: (0..=experiment.steps).map(rate).collect(),
        train: score(&network, train)?,
        test: test.map(|test| score(&network, test)).transpose()?,
        initial,
        network,
        costs,
        seconds,
    })
}

/// The network of an experiment in the arrow notation.
pub(crate) fn arrow(experiment: &Experiment) -> String {
    let masked = if experiment.dropout.is_some() {
        format!(" -> {MASKED}")
    } else {
        String::new()
    };
    let (last, hidden) = match experiment.sizes.get(1..) {
        Some([hidden @ .., last]) => (*last, hidden),
        _ => (1, &[][..]),
    };
    let mut text = String::new();
    for units in hidden {
        text += &format!("linear({units}) -> {}{masked} -> ", experiment.hidden);
    }
    text + &format!("linear({last}) -> sigmoid")
}

fn build(experiment: &Experiment, examples: usize) -> Result<Network<f64>> {
    let registry = match (experiment.dropout, experiment.sizes.get(1..)) {
        (Some(dropout), Some([hidden @ .., _])) => masked_registry(dropout, hidden, examples)?,
        _ => Registry::builtin(),
    };
    let inputs = experiment.sizes.first().copied().unwrap_or(1);
    Network::builder()
        .registry(registry)
        .build(&arrow(experiment), Shape::Features(inputs))
}

/// A run in progress.
struct Runner<'a> {
    experiment: &'a Experiment,
    train: &'a Examples,
    learner: Learner<f64>,
    x: Vec<f64>,
    labels: Vec<u32>,
    examples: Vec<u64>,
}

impl Runner<'_> {
    /// One iteration, or one epoch of mini-batches; gives the cost that the notebook prints.
    fn step(&mut self, step: usize, rate: f64, alter: &GradientHook<'_>) -> Result<f64> {
        let Some(batch) = self.experiment.batch else {
            if self.examples.is_empty() {
                self.gather(&(0..self.train.labels.len()).collect::<Vec<_>>());
            }
            return Ok(self.update(step, rate, alter)?.mean_loss());
        };
        let epoch = u32::try_from(step).unwrap_or(u32::MAX);
        let seed = batch.seed.wrapping_add(1).wrapping_add(epoch);
        let order = RandomState::new(seed).permutation(self.train.labels.len());
        let (mut sum, mut last) = (Scores::default(), Scores::default());
        for chunk in order.chunks(batch.size) {
            self.gather(chunk);
            last = self.update(step, rate, alter)?;
            sum.add(&last);
        }
        Ok(match self.experiment.switch {
            Some(Switch::LastBatch) => last.mean_loss(),
            _ => sum.mean_loss(),
        })
    }

    fn gather(&mut self, order: &[usize]) {
        let features = self.train.features;
        self.x.clear();
        self.labels.clear();
        self.examples.clear();
        for &example in order {
            let place = example * features;
            self.x
                .extend_from_slice(&self.train.x[place..place + features]);
            self.labels.push(self.train.labels[example]);
            self.examples.push(example as u64);
        }
    }

    fn update(&mut self, step: usize, rate: f64, alter: &GradientHook<'_>) -> Result<Scores> {
        let batch = Batch {
            x: &self.x,
            targets: Targets::Classes(&self.labels),
            noise: Noise {
                seed: 0,
                epoch: step as u64,
                examples: &self.examples,
            },
        };
        let scalar = self.experiment.switch == Some(Switch::ScalarDb);
        self.learner.step_with(&batch, rate, |network, gradients| {
            if scalar {
                sum_bias_gradients(network, gradients);
            }
            alter(network, gradients);
        })
    }
}

/// Scores at inference.
fn score(network: &Network<f64>, examples: &Examples) -> Result<Scores> {
    let options = PlanOptions::SCORING;
    let mut workspace = Workspace::new(network, examples.labels.len(), options)?;
    let targets = Targets::Classes(&examples.labels);
    Ok(workspace.score(network, &examples.x, &targets)?.0)
}
