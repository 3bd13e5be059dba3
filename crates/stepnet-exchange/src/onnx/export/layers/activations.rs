//! Functions of each value. Those that operators of version 13 lack are written by their formulas, which every runtime has.

use stepnet_base::Result;

use super::place::Place;
use crate::onnx::export::attributes::{float, int};
use crate::onnx::export::graph::Graph;

/// A layer that is one operator without settings.
fn plain(graph: &mut Graph, place: &Place<'_>, op_type: &str) -> Result<String> {
    Ok(graph.node(op_type, place.name(), &[place.input()], Vec::new()))
}

pub(super) fn relu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    plain(graph, place, "Relu")
}

pub(super) fn sigmoid(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    plain(graph, place, "Sigmoid")
}

pub(super) fn tanh(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    plain(graph, place, "Tanh")
}

/// Across the channels, which are axis 1 of volumes and of vectors.
pub(super) fn softmax(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    Ok(graph.node(
        "Softmax",
        place.name(),
        &[place.input()],
        vec![int("axis", 1)],
    ))
}

pub(super) fn leaky_relu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let alpha = float("alpha", place.layer.text.number("slope"));
    Ok(graph.node("LeakyRelu", place.name(), &[place.input()], vec![alpha]))
}

pub(super) fn elu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let alpha = float("alpha", place.layer.text.number("alpha"));
    Ok(graph.node("Elu", place.name(), &[place.input()], vec![alpha]))
}

pub(super) fn prelu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let slope = place.per_channel(graph, "slope")?;
    Ok(graph.node("PRelu", place.name(), &[place.input(), &slope], Vec::new()))
}

pub(super) fn relu6(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let least = graph.number(&format!("{}.least", place.name()), 0.0);
    let most = graph.number(&format!("{}.most", place.name()), 6.0);
    Ok(graph.node(
        "Clip",
        place.name(),
        &[place.input(), &least, &most],
        Vec::new(),
    ))
}

/// `x Phi(x)`, with `Phi` by the error function: `x (1 + erf(x / sqrt(2))) / 2`.
pub(super) fn gelu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let name = place.name();
    let root = graph.number(&format!("{name}.root"), std::f64::consts::SQRT_2);
    let one = graph.number(&format!("{name}.one"), 1.0);
    let half = graph.number(&format!("{name}.half"), 0.5);
    let value = graph.step("Div", name, &[place.input(), &root], Vec::new());
    let value = graph.step("Erf", name, &[&value], Vec::new());
    let value = graph.step("Add", name, &[&value, &one], Vec::new());
    let value = graph.step("Mul", name, &[place.input(), &value], Vec::new());
    Ok(graph.node("Mul", name, &[&value, &half], Vec::new()))
}

/// `x sigmoid(2 u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`, which is `x (1 + tanh(u)) / 2`, but exact far below 0.
pub(super) fn gelu_tanh(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let (name, x) = (place.name(), place.input());
    let first = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    let third = graph.number(&format!("{name}.third"), first * 0.044_715);
    let first = graph.number(&format!("{name}.first"), first);
    let value = graph.step("Mul", name, &[x, x], Vec::new());
    let value = graph.node(
        "Mul",
        &format!("{name}/third"),
        &[&value, &third],
        Vec::new(),
    );
    let value = graph.step("Add", name, &[&value, &first], Vec::new());
    let value = graph.node("Mul", &format!("{name}/argument"), &[x, &value], Vec::new());
    let value = graph.step("Sigmoid", name, &[&value], Vec::new());
    Ok(graph.node("Mul", name, &[x, &value], Vec::new()))
}

pub(super) fn silu(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let factor = graph.step("Sigmoid", place.name(), &[place.input()], Vec::new());
    Ok(graph.node("Mul", place.name(), &[place.input(), &factor], Vec::new()))
}

/// `min(max(0, x / 6 + 1/2), 1)`.
pub(super) fn hard_sigmoid(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let settings = vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)];
    Ok(graph.node("HardSigmoid", place.name(), &[place.input()], settings))
}

pub(super) fn hard_swish(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let settings = vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)];
    let factor = graph.step("HardSigmoid", place.name(), &[place.input()], settings);
    Ok(graph.node("Mul", place.name(), &[place.input(), &factor], Vec::new()))
}
