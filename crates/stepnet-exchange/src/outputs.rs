//! What a network's outputs say, and what they are called: one rule for all formats.

use crate::graph::{Graph, Origin, Value};
use crate::options::ImportOptions;
use crate::problem::Checked;
use crate::{Network, Number, Shape};
use stepnet_nn::{TargetScale, Task};

/// More outputs than this get no numbers as names.
const MOST_NUMBERED: usize = 100_000;

/// What a file says about its outputs.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// What they are called.
    pub(crate) names: Vec<String>,
    /// Whether they are numbers, such as a price, whatever their count is.
    pub(crate) numbers: bool,
}

/// Ends a classifier that gives scores in a softmax, or in a sigmoid if its one output distinguishes two classes, unless
/// the scores are to stay.
///
/// # Errors
/// When the graph is too large for another layer.
pub(crate) fn close(
    graph: &mut Graph,
    value: Value,
    options: &ImportOptions,
    notes: &mut Vec<String>,
) -> Checked<Value> {
    let Shape::Features(outputs) = graph.shape(value) else {
        return Ok(value);
    };
    let closed = matches!(graph.kind(value), Some("softmax" | "sigmoid"));
    if closed || options.keep_logits || options.until.is_some() {
        return Ok(value);
    }
    let kind = match (outputs, options.classes.len()) {
        (1, 2) => "sigmoid",
        (1, _) => return Ok(value),
        _ => "softmax",
    };
    notes.push(format!(
        "the file ends in scores: a {kind} was added, so that the outputs are probabilities (`keep_logits` leaves it out)"
    ));
    graph.plain(added(kind), kind, value)
}

/// The origin of a layer that the file does not have.
pub(crate) fn added(kind: &str) -> Origin {
    let mut origin = Origin::new(format!("the added {kind}"), kind);
    origin.sources.clear();
    origin
}

/// Classes after a softmax, labels after sigmoids, classes where scores of several were to stay or names were given,
/// otherwise numbers; and their names: those given, those of the file, or numbers.
///
/// # Errors
/// More or fewer names than outputs.
pub(crate) fn described<T: Number>(
    network: &Network<T>,
    said: Said,
    options: &ImportOptions,
) -> Checked<(Task, Vec<String>)> {
    let outputs = network.output().len();
    let last = network
        .nodes()
        .last()
        .map(|node| node.layer().text().kind().to_owned());
    let several = matches!(network.output(), Shape::Features(2..));
    let scores = options.keep_logits && several && options.until.is_none() && !said.numbers;
    let task = match last.as_deref() {
        Some("softmax") => Task::Classes,
        Some("sigmoid") if outputs == 1 => Task::Classes,
        Some("sigmoid") if options.until.is_none() => Task::Labels,
        _ if !options.classes.is_empty() || scores => Task::Classes,
        _ => Task::Numbers(TargetScale::default()),
    };
    let classes = names(&task, outputs, said.names, options)?;
    Ok((task, classes))
}

/// What the outputs are called: as the options say, as the file does, or by numbers.
fn names(
    task: &Task,
    outputs: usize,
    of_file: Vec<String>,
    options: &ImportOptions,
) -> Checked<Vec<String>> {
    let needed = task.names_needed(outputs);
    let given = options.classes.len();
    if given > 0 {
        return match given == needed {
            true => Ok(options.classes.clone()),
            false => {
                Err(format!("`classes` has {given} names, but the network has {needed}").into())
            }
        };
    }
    if of_file.len() == needed && options.until.is_none() {
        return Ok(of_file);
    }
    let numbered = matches!(task, Task::Classes | Task::Labels) && needed <= MOST_NUMBERED;
    let numbers = if numbered { 0..needed } else { 0..0 };
    Ok(numbers.map(|class| class.to_string()).collect())
}
