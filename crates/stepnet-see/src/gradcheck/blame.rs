//! Where the fault of a wrong gradient lies.

use super::layers;
use super::network::WholeNetwork;
use super::options::Options;
use super::pace::Pace;
use super::report::{Blame, Report, TensorCheck, Verdict};
use super::text;
use crate::error::Result;

/// Checks the layers from the lowest wrong array on, each by itself on what it had in the network.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn find(
    whole: &WholeNetwork,
    report: &Report,
    pace: &mut Pace<'_>,
    options: &Options,
) -> Result<Vec<Blame>> {
    let lowest = wrong_of(report)
        .map(|at| whole.layer_of(at).unwrap_or(0))
        .min();
    let network = whole.network();
    let layers: Vec<usize> = (lowest.unwrap_or(0)..network.nodes().len())
        .filter(|&layer| layers::is_checked_alone(network, layer))
        .collect();
    pace.plan(layers.iter().map(|_| 1.0));
    let mut faults = Vec::new();
    for number in layers {
        if pace.end().is_some() {
            break;
        }
        let x = whole.input_of(number).to_vec();
        let outcomes = layers::of_layer(whole, (number, x), pace, 1.0, options)?;
        let name = network.nodes()[number].name();
        faults.extend(
            outcomes
                .into_iter()
                .filter_map(|outcome| Fault::of(number, name, outcome.check)),
        );
    }
    // Where not every layer was looked at, none can be ruled out.
    if faults.is_empty() && pace.end().is_some() {
        return Ok(Vec::new());
    }
    Ok(of_faults(whole, report, faults))
}

/// The places of the wrong arrays of a report.
fn wrong_of(report: &Report) -> impl Iterator<Item = usize> {
    (0..report.tensors.len()).filter(|&at| report.tensors[at].verdict == Verdict::Differs)
}

/// The failures that faults of single layers explain.
pub(super) fn of_faults(whole: &WholeNetwork, report: &Report, faults: Vec<Fault>) -> Vec<Blame> {
    if faults.is_empty() {
        return vec![no_layer(report)];
    }
    // A layer's parameters have their own fault, or that of the next layer above which passes down a
    // wrong gradient.
    let mut explained: Vec<Vec<String>> = vec![Vec::new(); faults.len()];
    for tensor in report.wrong() {
        let layer = whole.layer_named(&tensor.name);
        let own = faults.iter().position(|fault| fault.is(&tensor.name));
        let passed = || {
            faults.iter().position(|fault| {
                fault.passes_down() && layer.is_none_or(|layer| fault.number > layer)
            })
        };
        if let Some(fault) = own.or_else(passed) {
            explained[fault].push(tensor.name.clone());
        }
    }
    let blames = faults.into_iter().zip(explained);
    blames
        .map(|(fault, explains)| fault.blame(report.examples, explains))
        .collect()
}

/// A wrong gradient of one layer.
pub(super) struct Fault {
    number: usize,
    layer: String,
    check: TensorCheck,
}

impl Fault {
    /// The fault of a layer's array, if its check found one.
    pub(super) fn of(number: usize, layer: &str, check: TensorCheck) -> Option<Self> {
        (check.verdict == Verdict::Differs).then(|| Self {
            number,
            layer: layer.to_owned(),
            check,
        })
    }

    fn passes_down(&self) -> bool {
        self.check.name == "input"
    }

    /// Whether it is that of an array called `name` in the network.
    fn is(&self, name: &str) -> bool {
        name == format!("{}.{}", self.layer, self.check.name)
    }

    fn blame(self, examples: usize, explains: Vec<String>) -> Blame {
        let Self { layer, check, .. } = &self;
        let what = if self.passes_down() {
            format!("{layer} passes a wrong gradient to its input")
        } else {
            format!("{layer} computes a wrong gradient of its {}", check.name)
        };
        let own = format!("{layer}.{}", check.name);
        let others: Vec<&str> = explains
            .iter()
            .map(String::as_str)
            .filter(|name| *name != own)
            .collect();
        let mut message = format!("{what}: {}", text::how_wrong(check, examples));
        if !others.is_empty() {
            let verb = if others.len() == 1 { "is" } else { "are" };
            message += &format!("; {} {verb} wrong because of it", text::listed(&others));
        }
        Blame {
            layer: Some(layer.clone()),
            tensor: Some(check.name.clone()),
            message,
            explains,
        }
    }
}

/// Every layer is right by itself.
fn no_layer(report: &Report) -> Blame {
    let names: Vec<String> = report.wrong().map(|tensor| tensor.name.clone()).collect();
    let listed: Vec<&str> = names.iter().map(String::as_str).collect();
    Blame {
        layer: None,
        tensor: None,
        message: format!(
            "the gradient of {} is wrong, though each layer is right by itself: the gradient of the loss, or a layer that behaves otherwise inside a network, is to be looked at",
            text::listed(&listed)
        ),
        explains: names,
    }
}
