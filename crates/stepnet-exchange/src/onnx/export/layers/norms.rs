//! Normalisations.

use stepnet_base::Result;
use stepnet_nn::Shape;

use super::place::Place;
use crate::onnx::export::attributes::{float, int, ints, whole};
use crate::onnx::export::graph::Graph;
use crate::outgoing::Array;

fn epsilon(place: &Place<'_>) -> f64 {
    place.layer.text.number("epsilon")
}

/// By the running statistics. It stays a node of its own, so that the file shows the network as it was written; runtimes
/// fold it into the convolution before it.
pub(super) fn batch(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let mut inputs = vec![place.input().to_owned()];
    for name in ["gamma", "beta", "mean", "variance"] {
        inputs.push(place.array(graph, name)?);
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let settings = vec![float("epsilon", epsilon(place))];
    Ok(graph.node("BatchNormalization", place.name(), &inputs, settings))
}

/// Over the channels of each pixel, which have to be last for it.
pub(super) fn layer(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    graph.require(17);
    let scale = place.array(graph, "gamma")?;
    let shift = place.array(graph, "beta")?;
    let settings = vec![int("axis", -1), float("epsilon", epsilon(place))];
    let name = place.name();
    if matches!(place.layer.input(), Shape::Features(_)) {
        let inputs = [place.input(), &scale, &shift];
        return Ok(graph.node("LayerNormalization", name, &inputs, settings));
    }
    let last = format!("{name}/channels_last");
    let last = graph.node(
        "Transpose",
        &last,
        &[place.input()],
        vec![ints("perm", [0, 2, 3, 1])],
    );
    let value = graph.step(
        "LayerNormalization",
        name,
        &[&last, &scale, &shift],
        settings,
    );
    Ok(graph.node(
        "Transpose",
        name,
        &[&value],
        vec![ints("perm", [0, 3, 1, 2])],
    ))
}

/// Each group of channels as one channel of an instance normalisation, and then the scale and shift of each channel.
pub(super) fn group(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let name = place.name();
    let groups = match place.layer.text.count("groups").number() {
        Some(groups) => groups,
        None => return Err(place.layer.refused("has no number of groups")),
    };
    let constant = |value: f32| Array {
        shape: vec![groups],
        values: vec![value; groups],
    };
    let one = graph.weights(&format!("{name}.one"), &constant(1.0));
    let zero = graph.weights(&format!("{name}.zero"), &constant(0.0));
    let grouped = graph.ints(&format!("{name}.grouped"), &[0, whole(groups), -1]);
    let own = match place.layer.input() {
        Shape::Volume {
            height,
            width,
            channels,
        } => vec![0, whole(channels), whole(height), whole(width)],
        Shape::Features(features) => vec![0, whole(features)],
    };
    let own = graph.ints(&format!("{name}.shape"), &own);
    let value = graph.node(
        "Reshape",
        &format!("{name}/groups"),
        &[place.input(), &grouped],
        Vec::new(),
    );
    let settings = vec![float("epsilon", epsilon(place))];
    let value = graph.step(
        "InstanceNormalization",
        name,
        &[&value, &one, &zero],
        settings,
    );
    let value = graph.node(
        "Reshape",
        &format!("{name}/channels"),
        &[&value, &own],
        Vec::new(),
    );
    scaled(graph, place, &value)
}

/// The shape of the input, whatever the batch is.
fn own_shape(place: &Place<'_>) -> Vec<i64> {
    match place.layer.input() {
        Shape::Volume {
            height,
            width,
            channels,
        } => vec![0, whole(channels), whole(height), whole(width)],
        Shape::Features(features) => vec![0, whole(features)],
    }
}

/// Times `gamma`, plus `beta`.
fn scaled(graph: &mut Graph, place: &Place<'_>, value: &str) -> Result<String> {
    let scale = place.per_channel(graph, "gamma")?;
    let shift = place.per_channel(graph, "beta")?;
    let value = graph.step("Mul", place.name(), &[value, &scale], Vec::new());
    Ok(graph.node("Add", place.name(), &[&value, &shift], Vec::new()))
}

pub(super) fn instance(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let channels = place.layer.input().channels();
    let constant = |value: f32| Array {
        shape: vec![channels],
        values: vec![value; channels],
    };
    let (scale, shift) = match place.layer.has("gamma") {
        true => (place.array(graph, "gamma")?, place.array(graph, "beta")?),
        false => {
            let name = place.name();
            let one = graph.weights(&format!("{name}.one"), &constant(1.0));
            (one, graph.weights(&format!("{name}.zero"), &constant(0.0)))
        }
    };
    let settings = vec![float("epsilon", epsilon(place))];
    Ok(graph.node(
        "InstanceNormalization",
        place.name(),
        &[place.input(), &scale, &shift],
        settings,
    ))
}

pub(super) fn layer_scale(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let factors = place.per_channel(graph, "gamma")?;
    Ok(graph.node("Mul", place.name(), &[place.input(), &factors], Vec::new()))
}

/// `LRN`, whose window has one channel more after the value where the size is even, while Stepnet's and PyTorch's have it
/// before; runtimes refuse even sizes. Those, and vectors, are written as `x / (k + alpha mean(x²))^beta`, with the mean of an
/// average pooling over the channels.
pub(super) fn local_response(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let (name, text) = (place.name(), &place.layer.text);
    let size = text.count("size").number().unwrap_or(1);
    let [alpha, beta, k] = ["alpha", "beta", "k"].map(|setting| text.number(setting));
    if size % 2 == 1 && matches!(place.layer.input(), Shape::Volume { .. }) {
        let settings = vec![
            float("alpha", alpha),
            float("beta", beta),
            float("bias", k),
            int("size", whole(size)),
        ];
        return Ok(graph.node("LRN", name, &[place.input()], settings));
    }
    let plane = [0, 1, whole(place.layer.input().channels()), -1];
    let plane = graph.ints(&format!("{name}.plane"), &plane);
    let own = graph.ints(&format!("{name}.shape"), &own_shape(place));
    let mut number = |what: &str, value: f64| graph.number(&format!("{name}.{what}"), value);
    let [alpha, beta, k] = [number("alpha", alpha), number("beta", beta), number("k", k)];
    let squares = graph.node(
        "Mul",
        &format!("{name}/squares"),
        &[place.input(), place.input()],
        Vec::new(),
    );
    let value = graph.node(
        "Reshape",
        &format!("{name}/plane"),
        &[&squares, &plane],
        Vec::new(),
    );
    let settings = vec![
        ints("kernel_shape", [size, 1]),
        ints("pads", [size / 2, 0, (size - 1) / 2, 0]),
        int("count_include_pad", 1),
    ];
    let value = graph.step("AveragePool", name, &[&value], settings);
    let value = graph.node(
        "Reshape",
        &format!("{name}/shape"),
        &[&value, &own],
        Vec::new(),
    );
    let value = graph.node(
        "Mul",
        &format!("{name}/alpha"),
        &[&value, &alpha],
        Vec::new(),
    );
    let value = graph.step("Add", name, &[&value, &k], Vec::new());
    let value = graph.step("Pow", name, &[&value, &beta], Vec::new());
    Ok(graph.node("Div", name, &[place.input(), &value], Vec::new()))
}
