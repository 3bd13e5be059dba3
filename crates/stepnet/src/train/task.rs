//! What a network learns of its targets: which networks fit which targets, and how numbers are scaled.

use crate::data::{Dataset, TargetKind};
use crate::error::{Error, Result};
use crate::nn::{Loss, Network, Number, TargetScale, Task};

/// Layers whose outputs may be any number.
const UNBOUNDED: [&str; 5] = ["linear", "conv", "avgpool", "globalavgpool", "flatten"];

/// What `network` is to learn from `data`, for [`Preprocessing::task`](crate::Preprocessing::task). Numbers are brought
/// to mean 0 and deviation 1 over the data, unless the network ends in an activation: outputs of a sigmoid could never
/// reach them.
pub fn task_for<T: Number>(network: &Network<T>, data: &Dataset) -> Task {
    let last = network.nodes().last().map(|node| node.layer().text());
    match data.task() {
        Task::Numbers(_) if !last.is_some_and(|last| UNBOUNDED.contains(&last.kind())) => {
            Task::Numbers(TargetScale::default())
        }
        task => task,
    }
}

/// The name of the measure that networks for such targets are compared by.
pub fn measure_of(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Classes => "accuracy",
        TargetKind::Labels => "mAP",
        TargetKind::Numbers => "R2",
    }
}

/// Fails unless a network with this task can be trained and evaluated on data with these targets.
pub(super) fn check_targets<T: Number>(
    network: &Network<T>,
    data: &Dataset,
    task: &Task,
) -> Result<()> {
    let (found, wanted) = (data.targets().kind(), TargetKind::of(task));
    if found != wanted {
        let expected = format!("{wanted}, as the task of the preprocessing has it");
        return Err(Error::value(
            "training",
            "the kind of targets",
            found,
            expected,
        ));
    }
    check_task(network, task)?;
    let (outputs, names) = (network.output().len(), data.classes().len());
    if found != TargetKind::Classes && outputs != names {
        let expected = format!("{names}, one for each of the {found}");
        return Err(Error::value(
            "training",
            "the number of outputs",
            outputs,
            expected,
        ));
    }
    Ok(())
}

/// Fails unless the network's loss can be that of the task.
///
/// # Errors
/// A loss of classes for numbers, or one of numbers for labels.
pub fn check_task<T: Number>(network: &Network<T>, task: &Task) -> Result<()> {
    let loss = network.loss();
    let expected = match task {
        Task::Labels if loss != Loss::BinaryCrossEntropy => {
            "binary-cross-entropy, of a network that ends in sigmoid, because the targets are labels"
        }
        Task::Numbers(_) if !loss.is_of_numbers() => {
            "mean-squared-error, mean-absolute-error or huber, of a network that ends in linear, because the targets are numbers"
        }
        _ => return Ok(()),
    };
    Err(Error::value("training", "the loss", loss, expected))
}
