//! Where the fault of a wrong gradient lies.

use serde::Serialize;

use super::Options;
use super::alone::{self, Alone, Described};
use super::network::Whole;
use super::report::{Report, TensorCheck, Verdict};
use super::text;
use crate::error::Result;

/// A layer that computes a wrong gradient, found by checking it by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Blame {
    /// The layer, such as `conv2`; `None` where every layer is right by itself.
    pub layer: Option<String>,
    /// The gradient that is wrong: the name of a parameter, or `input` for what the layer passes
    /// down.
    pub tensor: Option<String>,
    /// The gradients of the network that are wrong because of it.
    pub explains: Vec<String>,
    /// All of it as a sentence.
    pub message: String,
}

/// Checks the layers from the lowest wrong array on, each by itself on what it had in the network.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn find(whole: &Whole, report: &Report, options: &Options) -> Result<Vec<Blame>> {
    let wrong: Vec<usize> = (0..report.tensors.len())
        .filter(|&at| report.tensors[at].verdict == Verdict::Differs)
        .collect();
    let lowest = wrong
        .iter()
        .map(|&at| whole.layer_of(at).unwrap_or(0))
        .min();
    let mut faults = Vec::new();
    for number in lowest.unwrap_or(0)..whole.network().nodes().len() {
        faults.extend(faults_of(whole, number, options)?);
    }
    if faults.is_empty() {
        return Ok(vec![nobody(report, &wrong)]);
    }
    // What a layer learns has its own fault, or that of the next layer above which passes down a
    // wrong gradient.
    let mut explained: Vec<Vec<String>> = vec![Vec::new(); faults.len()];
    for &at in &wrong {
        let layer = whole.layer_of(at);
        let name = &report.tensors[at].name;
        let own = faults.iter().position(|fault| fault.is(layer, name));
        let passed = || {
            faults.iter().position(|fault| {
                fault.passes_down() && layer.is_none_or(|layer| fault.number > layer)
            })
        };
        if let Some(fault) = own.or_else(passed) {
            explained[fault].push(name.clone());
        }
    }
    let blames = faults.into_iter().zip(explained);
    Ok(blames
        .map(|(fault, explains)| fault.blame(report.examples, explains))
        .collect())
}

/// A wrong gradient of one layer.
struct Fault {
    number: usize,
    layer: String,
    check: TensorCheck,
}

impl Fault {
    fn passes_down(&self) -> bool {
        self.check.name == "input"
    }

    /// Whether it is that of a parameter called `name` in the network.
    fn is(&self, layer: Option<usize>, name: &str) -> bool {
        layer == Some(self.number) && name == format!("{}.{}", self.layer, self.check.name)
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

fn faults_of(whole: &Whole, number: usize, options: &Options) -> Result<Vec<Fault>> {
    let network = whole.network();
    let node = &network.nodes()[number];
    // The loss takes the part of a closing activation that it is fused with.
    let fused = number + 1 == network.nodes().len() && network.loss().fused_kind().is_some();
    // What joins values adds nothing of its own, and takes more than one input.
    if fused || node.layer().is_view(true) || node.join().is_some() {
        return Ok(Vec::new());
    }
    let described = Described {
        name: node.name().to_owned(),
        number,
        input: node.input(),
        examples: whole.examples(),
    };
    let mut alone = Alone::new(
        node.layer(),
        described,
        whole.input_of(number).to_vec(),
        network.parameters()[node.range()].to_vec(),
        options.seed,
    )?;
    let checked = alone::check(&mut alone, options)?;
    Ok(checked
        .wrong()
        .map(|check| Fault {
            number,
            layer: node.name().to_owned(),
            check: check.clone(),
        })
        .collect())
}

/// Every layer is right by itself.
fn nobody(report: &Report, wrong: &[usize]) -> Blame {
    let names: Vec<String> = wrong
        .iter()
        .map(|&at| report.tensors[at].name.clone())
        .collect();
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
