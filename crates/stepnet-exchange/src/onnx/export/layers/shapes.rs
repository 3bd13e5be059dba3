//! Layers that move values, dense layers, and where several values meet.

use stepnet_base::Result;
use stepnet_nn::Shape;

use super::place::Place;
use crate::onnx::export::attributes::{int, ints, whole};
use crate::onnx::export::graph::Graph;

/// A layer that does nothing when a network predicts: no node.
pub(super) fn same(_: &mut Graph, place: &Place<'_>) -> Result<String> {
    Ok(place.input().to_owned())
}

/// By height, width and channel, or with the channels in front where the dense layers after it allow it.
pub(super) fn flatten(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let Shape::Volume {
        height,
        width,
        channels,
    } = place.layer.input()
    else {
        return same(graph, place);
    };
    let moves = channels > 1 && height * width > 1 && !place.keeps_channels_first;
    let value = match moves {
        true => {
            let last = format!("{}/channels_last", place.name());
            graph.node(
                "Transpose",
                &last,
                &[place.input()],
                vec![ints("perm", [0, 2, 3, 1])],
            )
        }
        false => place.input().to_owned(),
    };
    Ok(graph.node("Flatten", place.name(), &[&value], vec![int("axis", 1)]))
}

pub(super) fn linear(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let weight = place.changed(graph, "weight", |array| {
        array.for_channels_first(place.from)
    })?;
    let mut inputs = vec![place.input(), &weight];
    let bias = place
        .layer
        .has("bias")
        .then(|| place.array(graph, "bias"))
        .transpose()?;
    inputs.extend(bias.as_deref());
    Ok(graph.node("Gemm", place.name(), &inputs, vec![int("transB", 1)]))
}

pub(super) fn add(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    Ok(graph.node("Add", place.name(), &place.inputs, Vec::new()))
}

/// Along the channels, or the features of vectors.
pub(super) fn concat(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    Ok(graph.node("Concat", place.name(), &place.inputs, vec![int("axis", 1)]))
}

/// A factor for each value, or for each channel: then it gets pixels of its own, so that it spreads.
pub(super) fn multiply(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let name = place.name();
    let mut inputs = place.inputs.clone();
    let is_spread = matches!(
        place.layer.shapes[..],
        [Shape::Volume { .. }, Shape::Features(_)]
    );
    let factors = is_spread.then(|| {
        let channels = whole(place.layer.input().channels());
        let shape = graph.ints(&format!("{name}.factors"), &[0, channels, 1, 1]);
        graph.step("Reshape", name, &[inputs[1], &shape], Vec::new())
    });
    if let Some(factors) = &factors {
        inputs[1] = factors;
    }
    Ok(graph.node("Mul", name, &inputs, Vec::new()))
}

pub(super) fn slice(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let (name, text) = (place.name(), &place.layer.text);
    let first = text.whole("first");
    let end = first + text.count("count").number().unwrap_or(1);
    let first = graph.ints(&format!("{name}.first"), &[whole(first)]);
    let end = graph.ints(&format!("{name}.end"), &[whole(end)]);
    let axis = graph.ints(&format!("{name}.axis"), &[1]);
    Ok(graph.node(
        "Slice",
        name,
        &[place.input(), &first, &end, &axis],
        Vec::new(),
    ))
}

/// The groups and the channels of each as two axes, which are exchanged.
pub(super) fn shuffle(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let name = place.name();
    let groups = place.layer.text.count("groups").number().unwrap_or(1);
    let input = place.layer.input();
    let channels = input.channels();
    let (own, pixels) = match input {
        Shape::Volume { height, width, .. } => (
            vec![0, whole(channels), whole(height), whole(width)],
            height * width,
        ),
        Shape::Features(_) => (vec![0, whole(channels)], 1),
    };
    let split = [0, whole(groups), whole(channels / groups), whole(pixels)];
    let split = graph.ints(&format!("{name}.groups"), &split);
    let own = graph.ints(&format!("{name}.shape"), &own);
    let value = graph.node(
        "Reshape",
        &format!("{name}/groups"),
        &[place.input(), &split],
        Vec::new(),
    );
    let value = graph.step(
        "Transpose",
        name,
        &[&value],
        vec![ints("perm", [0, 2, 1, 3])],
    );
    Ok(graph.node("Reshape", name, &[&value, &own], Vec::new()))
}
