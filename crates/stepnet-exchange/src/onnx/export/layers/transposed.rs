//! Layers that make images larger.

use stepnet_base::Result;

use super::place::Place;
use crate::onnx::export::attributes::{int, ints, string, whole};
use crate::onnx::export::graph::Graph;
use crate::outgoing::{Array, transposed_padding};

pub(super) fn conv(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let text = &place.layer.text;
    let weight = place.changed(graph, "weight", Array::filters_first)?;
    let bias = place
        .layer
        .has("bias")
        .then(|| place.array(graph, "bias"))
        .transpose()?;
    let mut inputs = vec![place.input(), &weight];
    inputs.extend(bias.as_deref());
    let (padding, more) = transposed_padding(place.layer);
    let settings = vec![
        ints("dilations", text.pair("dilation")),
        int("group", whole(text.count("groups").number().unwrap_or(1))),
        ints("kernel_shape", text.pair("kernel")),
        ints("output_padding", more),
        ints(
            "pads",
            [padding.top, padding.left, padding.bottom, padding.right],
        ),
        ints("strides", text.pair("stride")),
    ];
    Ok(graph.node("ConvTranspose", place.name(), &inputs, settings))
}

/// Each pixel several times, or lines between the centres of pixels.
pub(super) fn upsample(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let text = &place.layer.text;
    let [rows, cols] = text.pair("factor");
    let scales = Array {
        shape: vec![4],
        values: vec![1.0, 1.0, rows as f32, cols as f32],
    };
    let scales = graph.weights(&format!("{}.scales", place.name()), &scales);
    let settings = match text.word("mode") {
        "nearest" => vec![
            string("coordinate_transformation_mode", "asymmetric"),
            string("mode", "nearest"),
            string("nearest_mode", "floor"),
        ],
        _ => vec![
            string("coordinate_transformation_mode", "half_pixel"),
            string("mode", "linear"),
        ],
    };
    Ok(graph.node(
        "Resize",
        place.name(),
        &[place.input(), "", &scales],
        settings,
    ))
}
