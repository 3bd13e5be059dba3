//! Which way a network is checked: by its loss throughout, or layer by layer where that would take too long.

use std::time::Duration;
use stepnet_base::clock::Instant;

use super::alone::{self, LayerInfo, SingleLayer};
use super::blame::Fault;
use super::examples::jitter;
use super::network::WholeNetwork;
use super::options::Options;
use super::pace::Pace;
use super::report::TensorCheck;
use super::subject::{Array, Subject};
use super::tensor::{LEAST, Outcome};
use crate::Result;
use stepnet_nn::{Network, Node, Shape};

/// Passes that a sampled array takes in addition to those of its coordinates: at the centre, for the rounding, along
/// directions, and with shorter steps.
const BESIDES: usize = 24;

/// The share of the largest by which the inputs of layers are moved at random: the zeros that a ReLU gives tie in a
/// max pooling after it, and a tie is a kink.
const MOVED: f64 = 0.01;

/// The share of the time that the shortest check by the loss may take to be chosen.
const SAFE: f64 = 0.6;

/// The cost of checking a network's arrays.
pub(super) struct Plan {
    /// Seconds for each array, where each is checked by the loss.
    pub(super) seconds: Vec<f64>,
    pub(super) by_layers: bool,
}

impl Plan {
    /// Measures a pass, and chooses.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn of(
        subject: &mut WholeNetwork,
        pace: &Pace<'_>,
        options: &Options,
    ) -> Result<Self> {
        let begun = Instant::now();
        subject.settle()?;
        let pass = begun.elapsed().as_secs_f64();
        let layers = subject.network().nodes().len().max(1);
        let lens: Vec<usize> = (0..subject.arrays().len())
            .map(|array| subject.arrays()[array].shape.iter().product())
            .collect();
        let seconds = |samples: usize| -> Vec<f64> {
            let of = |(array, &len): (usize, &usize)| {
                let below = subject.layer_of(array).unwrap_or(0);
                let part = (layers - below.min(layers)) as f64 / layers as f64;
                // Settling is a pass through all layers.
                pass * (1.0 + part * (BESIDES + 2 * len.min(samples)) as f64)
            };
            lens.iter().enumerate().map(of).collect()
        };
        let least: f64 = seconds(LEAST.min(options.samples)).iter().sum();
        let left = pace.left().as_ref().map(Duration::as_secs_f64);
        Ok(Self {
            by_layers: left.is_some_and(|left| least > SAFE * left),
            seconds: seconds(options.samples),
        })
    }
}

/// Checks every array by the loss.
///
/// # Errors
/// When a pass cannot run.
pub(super) fn by_loss(
    subject: &mut WholeNetwork,
    plan: &Plan,
    pace: &mut Pace<'_>,
    options: &Options,
) -> Result<Vec<Outcome>> {
    pace.plan(plan.seconds.iter().copied());
    let weighted = plan.seconds.iter().enumerate();
    weighted
        .map(|(array, &seconds)| pace.check(subject, array, seconds, options))
        .collect()
}

/// Checks the input and the last trainable layer by the loss, which is what joins the layers, and each other layer by
/// itself, with what is passed down to its input.
///
/// # Errors
/// When a pass cannot run, or there is not enough memory.
pub(super) fn by_layers(
    subject: &mut WholeNetwork,
    plan: &Plan,
    pace: &mut Pace<'_>,
    options: &Options,
) -> Result<(Vec<Outcome>, Vec<Fault>)> {
    let network = subject.network().clone();
    let last = subject.layer_of(subject.arrays().len() - 1);
    let by_loss: Vec<usize> = (0..subject.arrays().len())
        .filter(|&array| array == 0 || subject.layer_of(array) == last)
        .collect();
    let layers: Vec<usize> = (0..network.nodes().len())
        .filter(|&layer| Some(layer) != last && is_checked_alone(&network, layer))
        .collect();
    // Of the time, half is for the layers.
    let work: Vec<f64> = layers.iter().map(|&layer| work(&network, layer)).collect();
    let total: f64 = work.iter().sum();
    let whole: f64 = by_loss.iter().map(|&array| plan.seconds[array]).sum();
    let weights: Vec<f64> = work.iter().map(|work| work / total * whole).collect();
    let arrays = |layer: usize| 1 + trainable(&network, layer);
    pace.plan(by_loss.iter().map(|&array| plan.seconds[array]));
    for (&layer, &weight) in layers.iter().zip(&weights) {
        pace.plan((0..arrays(layer)).map(|_| weight / arrays(layer) as f64));
    }
    let (mut outcomes, mut faults) = (Vec::new(), Vec::new());
    for (&layer, &weight) in layers.iter().zip(&weights) {
        let weight = weight / arrays(layer) as f64;
        let mut x = subject.input_of(layer).to_vec();
        jitter(&mut x, MOVED, options.seed);
        for outcome in of_layer(subject, (layer, x), pace, weight, options)? {
            let check = outcome.check.clone();
            faults.extend(Fault::of(layer, network.nodes()[layer].name(), check));
            outcomes.push(named(outcome, network.nodes()[layer].name()));
        }
    }
    subject.settle()?;
    let mut input = Vec::new();
    for &array in by_loss.iter().rev() {
        let outcome = pace.check(subject, array, plan.seconds[array], options)?;
        if let Some(layer) = subject.layer_of(array) {
            let name = network.nodes()[layer].name();
            faults.extend(Fault::of(layer, name, local(&outcome.check, name)));
        }
        let place = if array == 0 {
            &mut input
        } else {
            &mut outcomes
        };
        place.push(outcome);
    }
    // In the order of the layers, as elsewhere: the arrays of the last layer were taken from its end.
    let own = outcomes.len() + 1 - by_loss.len();
    outcomes[own..].reverse();
    input.append(&mut outcomes);
    Ok((input, faults))
}

/// A check under the name that its array has in its layer.
fn local(check: &TensorCheck, layer: &str) -> TensorCheck {
    let name = check.name.strip_prefix(layer).unwrap_or(&check.name);
    TensorCheck {
        name: name.trim_start_matches('.').to_owned(),
        ..check.clone()
    }
}

/// An outcome under its name in the network.
fn named(mut outcome: Outcome, layer: &str) -> Outcome {
    outcome.check.name = format!("{layer}.{}", outcome.check.name);
    outcome
}

/// Checks the arrays of one layer by itself, on this input and the parameters that it has in the network.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn of_layer(
    whole: &WholeNetwork,
    (number, x): (usize, Vec<f64>),
    pace: &mut Pace<'_>,
    weight: f64,
    options: &Options,
) -> Result<Vec<Outcome>> {
    let network = whole.network();
    let node = &network.nodes()[number];
    if pace.end().is_some() {
        return Ok(not_reached(node, whole.examples()));
    }
    let described = LayerInfo {
        name: node.name().to_owned(),
        number,
        input: node.input(),
        examples: whole.examples(),
    };
    let mut alone = SingleLayer::new(
        node.layer(),
        described,
        x,
        network.parameters()[node.range()].to_vec(),
        options.seed,
    )?;
    alone::check(&mut alone, pace, weight, options)
}

/// The arrays of a layer that a check did not come to.
fn not_reached(node: &Node<f64>, examples: usize) -> Vec<Outcome> {
    let mut shape = node.input().extents();
    shape.insert(0, examples);
    let name = "input".to_owned();
    let trainable = node
        .placed_parameters()
        .filter(|(parameter, range)| parameter.trainable && !range.is_empty());
    let trainable = trainable.map(|(parameter, _)| Array {
        name: parameter.name.to_owned(),
        shape: parameter.shape.clone(),
    });
    let arrays = std::iter::once(Array { name, shape }).chain(trainable);
    arrays.map(Outcome::not_reached).collect()
}

/// Whether a layer computes anything that can be wrong by itself.
pub(super) fn is_checked_alone(network: &Network<f64>, number: usize) -> bool {
    let node = &network.nodes()[number];
    // The loss takes the part of a closing activation that it is fused with.
    let fused = number + 1 == network.nodes().len() && network.loss().fused_kind().is_some();
    // A merge has no parameters, and takes more than one input.
    !(fused || node.layer().is_view(true) || node.merge().is_some())
}

/// How many arrays a layer by itself has in addition to its input.
fn trainable(network: &Network<f64>, layer: usize) -> usize {
    let node = &network.nodes()[layer];
    let arrays = node.placed_parameters();
    arrays
        .filter(|(parameter, range)| parameter.trainable && !range.is_empty())
        .count()
}

/// Roughly what a pass of a layer computes.
fn work(network: &Network<f64>, layer: usize) -> f64 {
    let node = &network.nodes()[layer];
    let places = match node.output() {
        Shape::Volume { height, width, .. } => height * width,
        _ => 1,
    };
    let values = node.input().len() + node.output().len();
    places as f64 * node.range().len() as f64 + values as f64
}
