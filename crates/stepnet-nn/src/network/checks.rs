//! Further checks of a network whose layers fit: its memory, its loss, its outputs.

use super::attempt::place_of;
use super::core::Network;
use super::limits::Limits;
use super::misfit::{Fault, Kind};
use crate::Number;
use crate::loss::Loss;
use crate::memory;
use crate::plan::{Plan, PlanOptions};
use crate::shape::Shape;

/// A layer's number, and what is wrong with it.
type Blamed = Box<(usize, Fault)>;

/// Refuses a network whose workspace for one example would be out of all proportion, and blames
/// the layer with the largest output.
pub(super) fn check_memory<T: Number>(network: &Network<T>, limits: &Limits) -> Result<(), Blamed> {
    let last = network.nodes.iter().filter(|node| !node.implied).count() - 1;
    let outputs = network.nodes.iter().map(|node| node.output.len());
    let kept = outputs.fold(0, usize::saturating_add);
    if limits.training && kept > limits.values / 2 {
        // Training keeps the outputs and as many gradients. Its own plan would take its time
        // for a long network.
        let problem = "training keeps more values than there is room for".to_owned();
        let fault = Fault::new(Kind::Size, problem, None);
        return Err(Box::new((widest(network), fault)));
    }
    let plan = Plan::new(network, 1, PlanOptions::default());
    let plan = plan.map_err(|error| Box::new((last, Fault::Plain(error))))?;
    let (needed, most) = (
        plan.bytes::<T>(),
        limits.values.saturating_mul(size_of::<T>()),
    );
    if needed <= most {
        return Ok(());
    }
    let problem = format!(
        "the memory for one example is {}, expected at most {}",
        memory::readable(needed as u128),
        memory::readable(most as u128)
    );
    let index = widest(network);
    let node = network.nodes.get(place_of(&network.nodes, index));
    let formula = node.map(|node| {
        let extents: Vec<String> = node.output.extents().iter().map(usize::to_string).collect();
        let product = extents.join(" * ");
        format!(
            "its output alone is {product} = {} values",
            node.output.len()
        )
    });
    Err(Box::new((index, Fault::new(Kind::Size, problem, formula))))
}

/// The number of the layer with the largest output.
fn widest<T>(network: &Network<T>) -> usize {
    let written = network.nodes.iter().filter(|node| !node.implied);
    let widest = written
        .enumerate()
        .max_by_key(|(_, node)| node.output.len());
    widest.map_or(0, |(index, _)| index)
}

pub(super) fn check_loss<T: Number>(network: &Network<T>, closing: &str) -> Result<(), Fault> {
    let Some(needed) = network.loss.fused_kind() else {
        return Ok(());
    };
    if closing != needed {
        let problem = format!(
            "the last layer is {closing:?}, expected {needed}, because the loss is {}",
            network.loss
        );
        return Err(Fault::new(Kind::Closing(needed), problem, None));
    }
    match network.output() {
        Shape::Features(_) => Ok(()),
        volume @ Shape::Volume {
            height,
            width,
            channels,
        } => {
            let problem = format!("the output is a volume {volume}, expected a vector");
            let formula = format!(
                "{height} * {width} * {channels} = {} outputs, not one for each class",
                volume.len()
            );
            Err(Fault::new(Kind::Volume, problem, Some(formula)))
        }
    }
}

/// Refuses a network whose outputs are not one for each label or number.
fn check_outputs(output: Shape, names: &[String]) -> Result<(), Fault> {
    let wanted = names.len();
    if output.len() == wanted && matches!(output, Shape::Features(_)) {
        return Ok(());
    }
    let problem = format!(
        "the network has {} output(s), but the data has {wanted} target(s) an example ({})",
        output.len(),
        first_of(names)
    );
    let formula = format!("{output} for {wanted} target(s)");
    Err(Fault::new(Kind::Classes, problem, Some(formula)))
}

/// The first names of several.
fn first_of(names: &[String]) -> String {
    match names {
        [first, second, third, _, ..] => format!("{first}, {second}, {third}, ..."),
        few => few.join(", "),
    }
}

/// Refuses a network whose outputs are not one for each class, or one for two.
pub(super) fn check_classes<T: Number>(
    network: &Network<T>,
    names: Option<&[String]>,
    named_outputs: bool,
) -> Result<(), Fault> {
    let Some(names) = names else { return Ok(()) };
    let (output, classes) = (network.output(), names.len());
    if named_outputs {
        return check_outputs(output, names);
    }
    let single = output.len() == 1;
    let always_one = single && network.loss == Loss::SoftmaxCrossEntropy;
    let apart = match output.len() {
        1 if always_one => 1,
        1 => 2,
        outputs => outputs,
    };
    if apart == classes && matches!(output, Shape::Features(_)) {
        return Ok(());
    }
    let list = first_of(names);
    let plural = if apart == 1 { "class" } else { "classes" };
    let problem =
        format!("the network tells {apart} {plural} apart, but the data has {classes} ({list})");
    let formula = match output {
        _ if always_one => "softmax of one unit: exp(z) / exp(z) = 1, whatever z is".to_owned(),
        Shape::Features(1) => format!("1 output says one of two, {classes} needed"),
        Shape::Features(outputs) => format!("{outputs} outputs for {classes} classes"),
        Shape::Volume {
            height,
            width,
            channels,
        } => format!(
            "{height} * {width} * {channels} = {} outputs for {classes} classes",
            output.len()
        ),
    };
    Err(Fault::new(Kind::Classes, problem, Some(formula)))
}
