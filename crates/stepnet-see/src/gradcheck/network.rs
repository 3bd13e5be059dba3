//! The check of a whole network.

use std::ops::{ControlFlow, Range};

use super::blame;
use super::examples::{Examples, noise_of};
use super::function::norm;
use super::layers::{self, Plan};
use super::options::Options;
use super::pace::{Pace, Progress};
use super::report::{Reach, Report, report};
use super::subject::{Array, Reading, Sides, Subject};
use crate::error::{Error, Result};
use crate::memory;
use stepnet_nn::{Batch, Loss, Network, PlanOptions, Workspace};

/// Roundings that an output and its target may be off by.
const ROUNDINGS: f64 = 4.0;

/// The part of the time limit that locating a fault may take in addition.
const BLAME: u32 = 4;

/// Checks the gradients of a network's mean loss over `examples`, with respect to its input and to every
/// trainable array (frozen ones are left out).
///
/// # Errors
/// When the examples do not fit the network, its loss on them is not finite, an option is out of
/// its range, or there is not enough memory. A wrong gradient is not an error: see
/// [`Report::passed`].
///
/// # Example
///
/// ```
/// use stepnet::nn::Network;
/// use stepnet::see::gradcheck::{self, Examples, Options};
///
/// let mut network = Network::<f64>::new("conv(3, 3) -> relu -> linear(2) -> softmax", [6, 6, 1])?;
/// let examples = Examples::drawn(&network, 3, 1)?;
/// gradcheck::draw_weights(&mut network, &examples, 1)?;
/// let report = gradcheck::network(&network, &examples, &Options::default())?;
/// println!("{report}");
/// assert!(report.passed());
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn network(network: &Network<f64>, examples: &Examples, options: &Options) -> Result<Report> {
    network_watched(network, examples, options, |_| ControlFlow::Continue(()))
}

/// [`network`] that calls `observe` before every pass: it may show the progress, and end the check. The report
/// then contains what was checked until then ([`Report::reach`]).
///
/// # Errors
/// As [`network`].
pub fn network_watched(
    network: &Network<f64>,
    examples: &Examples,
    options: &Options,
    mut observe: impl FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Report> {
    options.check()?;
    let mut pace = Pace::new(options.time_limit, &mut observe);
    let mut subject = WholeNetwork::new(network, examples)?;
    let plan = Plan::of(&mut subject, &pace, options)?;
    let (outcomes, faults) = match plan.by_layers {
        true => layers::by_layers(&mut subject, &plan, &mut pace, options)?,
        false => {
            let outcomes = layers::by_loss(&mut subject, &plan, &mut pace, options)?;
            (outcomes, Vec::new())
        }
    };
    let mut report = report(pace.outcomes(outcomes), options, subject.cost);
    report.subject = network.text().to_string();
    report.loss = Some(network.loss().to_string());
    report.examples = subject.named.len();
    report.by_layers = plan.by_layers;
    if report.any_differs() && report.reach != Reach::Stopped {
        subject.settle()?;
        report.blame = match plan.by_layers {
            true => blame::of_faults(&subject, &report, faults),
            false => {
                let limit = options.time_limit.map(|limit| limit / BLAME);
                let mut pace = Pace::new(limit, &mut observe);
                blame::find(&subject, &report, &mut pace, options)?
            }
        };
    }
    Ok(report)
}

/// How far rounding may have moved the gradients, relative to their size: they begin with the
/// difference of an output and its target, of which little is left where the two nearly meet.
fn rounding(workspace: &Workspace<f64>, network: &Network<f64>, examples: usize) -> f64 {
    let nodes = workspace.plan().nodes();
    let norm = |values: &[f64]| norm(values.iter().copied());
    let Some(dz) = workspace.value_gradient(nodes, examples) else {
        return 0.0;
    };
    let terms = dz.len() as f64;
    let outputs = match (network.loss(), nodes.checked_sub(1)) {
        (loss, Some(last)) if loss.is_of_numbers() => {
            workspace.value(last, examples).map_or(1.0, norm)
        }
        // Probabilities.
        _ => 0.0,
    };
    let scale = ROUNDINGS * f64::EPSILON * (terms.sqrt() + outputs) / examples as f64;
    if norm(dz) > 0.0 {
        scale / norm(dz)
    } else {
        0.0
    }
}

/// Numbers for the names, lists and rows of a check, which are small.
const SLACK: usize = 1 << 18;

/// Fails unless there is memory for what a check makes next to its workspace: copies of the network for the check and
/// for its layers, of one array at a time and its differences, and of the examples and their gradient.
fn check_memory(network: &Network<f64>, examples: &Examples) -> Result<()> {
    let weights = network.parameters().len().saturating_mul(5);
    let inputs = examples.x().len().saturating_mul(6);
    let all = weights.saturating_add(inputs).saturating_add(SLACK);
    memory::ensure::<f64>("the gradient check", all)
}

/// A network with its examples, after one training pass.
pub(super) struct WholeNetwork {
    network: Network<f64>,
    examples: Examples,
    workspace: Workspace<f64>,
    named: Vec<u64>,
    arrays: Vec<Array>,
    /// The layer and the place of each array but the first, which is the input.
    places: Vec<(usize, Range<usize>)>,
    input_gradient: Vec<f64>,
    cost: f64,
    rounding: f64,
}

impl WholeNetwork {
    pub(super) fn new(network: &Network<f64>, examples: &Examples) -> Result<Self> {
        let len = network.input().len();
        let batch = examples.x().len() / len;
        if batch == 0 {
            return Err(Error::value(
                "gradient check",
                "the number of examples",
                0,
                "at least 1",
            ));
        }
        check_memory(network, examples)?;
        let options = PlanOptions::TRAINING.keep_values(true).input_gradient(true);
        let named: Vec<u64> = (0..batch as u64).collect();
        // Planned for one example more, as the last batch of an epoch finds its workspace.
        let mut workspace = Workspace::new(network, batch + 1, options)?;
        let all = Batch {
            x: examples.x(),
            targets: examples.targets(),
            noise: noise_of(&named),
        };
        // A gradient is written: what lies there before, of another pass, may not matter.
        workspace.train(network, &all)?;
        workspace.gradients_mut().fill(f64::NAN);
        let cost = workspace.train(network, &all)?.mean_loss();
        if !cost.is_finite() {
            return Err(Error::Training(format!(
                "the loss of the examples is {cost}, so it has no gradient; look for values that are too large or not finite in the examples and the weights"
            )));
        }
        let Some(input_gradient) = workspace.value_gradient(0, batch) else {
            return Err(Error::Training(
                "the gradient with respect to the input was not kept".into(),
            ));
        };
        let input_gradient = input_gradient.to_vec();
        let mut shape = network.input().extents();
        shape.insert(0, batch);
        let name = "input".to_owned();
        let mut subject = Self {
            network: network.clone(),
            examples: examples.clone(),
            named,
            arrays: vec![Array { name, shape }],
            places: Vec::new(),
            rounding: rounding(&workspace, network, batch),
            workspace,
            input_gradient,
            cost,
        };
        subject.place_parameters(network);
        Ok(subject)
    }

    fn place_parameters(&mut self, network: &Network<f64>) {
        for (number, node) in network.nodes().iter().enumerate() {
            if !node.trains() {
                continue;
            }
            for (parameter, range) in node.placed_parameters() {
                if !parameter.trainable || range.is_empty() {
                    continue;
                }
                let name = format!("{}.{}", node.name(), parameter.name);
                let shape = parameter.shape.clone();
                self.arrays.push(Array { name, shape });
                self.places.push((number, range));
            }
        }
    }
}

impl WholeNetwork {
    /// The layers.
    pub(super) fn network(&self) -> &Network<f64> {
        &self.network
    }

    /// How many examples there are.
    pub(super) fn examples(&self) -> usize {
        self.named.len()
    }

    /// The number of the layer that an array belongs to; `None` for the input.
    pub(super) fn layer_of(&self, array: usize) -> Option<usize> {
        Some(self.places.get(array.checked_sub(1)?)?.0)
    }

    /// The number of the layer that the array of a name belongs to.
    pub(super) fn layer_named(&self, array: &str) -> Option<usize> {
        let place = self.arrays.iter().position(|own| own.name == array)?;
        self.layer_of(place)
    }

    /// The input of a layer in the last pass.
    pub(super) fn input_of(&self, layer: usize) -> &[f64] {
        let before = self.network.nodes()[layer].inputs()[0].checked_sub(1);
        let value = before.and_then(|before| self.workspace.value(before, self.named.len()));
        value.unwrap_or(self.examples.x())
    }

    fn run(&mut self, first: usize) -> Result<Reading> {
        let batch = Batch {
            x: self.examples.x(),
            targets: self.examples.targets(),
            noise: noise_of(&self.named),
        };
        let scores = self.workspace.training_loss(&self.network, &batch, first)?;
        let mut sides = Sides::default();
        self.workspace
            .sides(&self.network, &batch, first, &mut |side| sides.mark(side));
        Ok(Reading {
            cost: scores.mean_loss(),
            sides: sides.finish(),
        })
    }
}

impl Subject for WholeNetwork {
    fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    fn values(&mut self, array: usize) -> &mut [f64] {
        match array.checked_sub(1) {
            None => self.examples.x_mut(),
            Some(at) => &mut self.network.parameters_mut()[self.places[at].1.clone()],
        }
    }

    fn gradient(&self, array: usize) -> &[f64] {
        match array.checked_sub(1) {
            None => &self.input_gradient,
            Some(at) => &self.workspace.gradients()[self.places[at].1.clone()],
        }
    }

    fn rounding(&self) -> f64 {
        self.rounding
    }

    fn cancelled(&self) -> f64 {
        match self.network.loss() {
            // Probabilities, of whose rounding a sure example leaves nothing else.
            Loss::SoftmaxCrossEntropy | Loss::BinaryCrossEntropy => 1.0,
            Loss::MeanSquaredError | Loss::MeanAbsoluteError | Loss::Huber => 0.0,
        }
    }

    fn settle(&mut self) -> Result<()> {
        self.run(0).map(|_| ())
    }

    fn read(&mut self, array: usize) -> Result<Reading> {
        // Layers before the one that is moved give what they gave.
        self.run(self.layer_of(array).unwrap_or(0))
    }
}
