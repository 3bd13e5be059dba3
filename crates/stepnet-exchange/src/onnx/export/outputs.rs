//! From the last layer to the file's outputs.

use stepnet_base::{TargetScale, Task};
use stepnet_nn::Shape;

use super::attributes::{Extent, info, int, ints};
use super::graph::Graph;
use crate::onnx::proto::{ValueInfoProto, data_type};
use crate::outgoing::{Array, Outgoing};
use crate::{Model, Number};

/// Writes what follows the network, and gives the outputs:
///
/// - classes: `probabilities`, a column for each class, also where one sigmoid tells two apart; then `logits`, the values
///   before the closing softmax or sigmoid. `scores` where neither closes the network;
/// - labels: the same, a column for each label;
/// - numbers: `numbers` in the unit of the targets.
pub(super) fn write<T: Number>(
    graph: &mut Graph,
    model: &Model<T>,
    outgoing: &Outgoing,
    values: &[String],
) -> Vec<ValueInfoProto> {
    let shape = model.network.output();
    let last = values.len() - 1;
    let mut result = channels_last(graph, &values[last], shape, "output");
    let mut columns = shape.extents();
    if let Task::Numbers(scale) = &model.preprocessing.task {
        result = restored(graph, result, scale);
        return vec![output(graph, &result, "numbers", columns)];
    }
    let is_closed = ["softmax", "sigmoid"].contains(&outgoing.closing());
    if !is_closed {
        return vec![output(graph, &result, "scores", columns)];
    }
    let before = outgoing.layers[last - 1].inputs[0];
    let logits = channels_last(graph, &values[before], shape, "logits");
    let logits = output(graph, &logits, "logits", columns.clone());
    if model.preprocessing.task.is_classes() && shape == Shape::Features(1) {
        result = both_classes(graph, &result);
        columns = vec![2];
    }
    vec![output(graph, &result, "probabilities", columns), logits]
}

fn output(graph: &mut Graph, value: &str, name: &str, columns: Vec<usize>) -> ValueInfoProto {
    graph.output(value, name, &format!("output/{name}"));
    let columns = columns.into_iter().map(Extent::Size);
    info(
        name,
        data_type::FLOAT,
        std::iter::once(Extent::Any("batch"))
            .chain(columns)
            .collect(),
    )
}

/// A volume with its channels last, as Stepnet gives it.
fn channels_last(graph: &mut Graph, value: &str, shape: Shape, name: &str) -> String {
    match shape {
        Shape::Features(_) => value.to_owned(),
        Shape::Volume { .. } => graph.node(
            "Transpose",
            &format!("{name}/channels_last"),
            &[value],
            vec![ints("perm", [0, 2, 3, 1])],
        ),
    }
}

/// Two columns from the probability of the second class.
fn both_classes(graph: &mut Graph, second: &str) -> String {
    let one = graph.number("output.one", 1.0);
    let first = graph.node("Sub", "output/first_class", &[&one, second], Vec::new());
    graph.node(
        "Concat",
        "output/both_classes",
        &[&first, second],
        vec![int("axis", 1)],
    )
}

/// Numbers in the unit of the targets: `value * deviation + mean`.
fn restored(graph: &mut Graph, mut value: String, scale: &TargetScale) -> String {
    let steps = [
        ("Mul", "output/spread", "output.deviation", &scale.deviation),
        ("Add", "output/shift", "output.mean", &scale.mean),
    ];
    for (op_type, name, array, numbers) in steps {
        if numbers.is_empty() {
            continue;
        }
        let values: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
        let array = graph.weights(
            array,
            &Array {
                shape: vec![values.len()],
                values,
            },
        );
        value = graph.node(op_type, name, &[&value, &array], Vec::new());
    }
    value
}
