//! How each kind of layer is written: a row in the table, and a function.

mod activations;
mod norms;
mod place;
mod shapes;
mod transposed;
mod windows;

use stepnet_base::Result;

use super::graph::Graph;
pub(super) use place::Place;

/// Writes a layer's nodes and gives the value that the last of them makes.
type Writer = fn(&mut Graph, &Place<'_>) -> Result<String>;

/// The kinds of layers, and `add`, `concat` and `multiply`, which are what `residual`, `branch` and `scale` end in.
const WRITERS: &[(&str, Writer)] = &[
    ("adaptiveavgpool", windows::adaptive_average),
    ("add", shapes::add),
    ("avgpool", windows::average),
    ("bn", norms::batch),
    ("channelshuffle", shapes::shuffle),
    ("concat", shapes::concat),
    ("conv", windows::conv),
    ("convtranspose", transposed::conv),
    ("dropout", shapes::same),
    ("dropout2d", shapes::same),
    ("droppath", shapes::same),
    ("elu", activations::elu),
    ("flatten", shapes::flatten),
    ("gelu", activations::gelu),
    ("gelutanh", activations::gelu_tanh),
    ("globalavgpool", windows::global_average),
    ("globalmaxpool", windows::global_maximum),
    ("groupnorm", norms::group),
    ("hardsigmoid", activations::hard_sigmoid),
    ("hardswish", activations::hard_swish),
    ("identity", shapes::same),
    ("instancenorm", norms::instance),
    ("layernorm", norms::layer),
    ("layerscale", norms::layer_scale),
    ("leakyrelu", activations::leaky_relu),
    ("linear", shapes::linear),
    ("lrn", norms::local_response),
    ("maxpool", windows::maximum),
    ("multiply", shapes::multiply),
    ("pad", windows::pad),
    ("prelu", activations::prelu),
    ("relu", activations::relu),
    ("relu6", activations::relu6),
    ("sigmoid", activations::sigmoid),
    ("silu", activations::silu),
    ("slicechannels", shapes::slice),
    ("softmax", activations::softmax),
    ("tanh", activations::tanh),
    ("upsample", transposed::upsample),
];

/// Writes a layer and gives the name of its output.
///
/// # Errors
/// A kind that is not in the table, by the layer's name.
pub(super) fn write(graph: &mut Graph, place: &Place<'_>) -> Result<String> {
    let layer = place.layer;
    match WRITERS.iter().find(|(kind, _)| *kind == layer.kind()) {
        Some((_, writer)) => writer(graph, place),
        None => Err(layer
            .refused("cannot be written as ONNX; layers of a program's own cannot be exported")),
    }
}

#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    WRITERS.iter().map(|(kind, _)| *kind)
}
