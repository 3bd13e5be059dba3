//! How each kind of layer is written: a row in the table, and a function.

mod activations;
mod norms;
mod shapes;
mod transposed;
mod windows;

use stepnet_base::Result;
use stepnet_nn::Shape;

use super::graph::Graph;
use crate::outgoing::{Array, OutLayer};

/// A layer, and the values it takes.
pub(super) struct Place<'a> {
    pub(super) layer: &'a OutLayer,
    /// The names of the values it takes.
    pub(super) inputs: Vec<&'a str>,
    /// The volume whose values the first of them has channel by channel, where it is a vector in that order.
    pub(super) from: Option<[usize; 3]>,
    /// Whether the output is such a vector.
    pub(super) keeps_channels_first: bool,
}

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

impl Place<'_> {
    fn name(&self) -> &str {
        &self.layer.name
    }

    /// The value it takes; of several, the first.
    fn input(&self) -> &str {
        self.inputs[0]
    }

    /// Adds one of the layer's arrays under its name in Stepnet's files.
    fn array(&self, graph: &mut Graph, name: &str) -> Result<String> {
        self.changed(graph, name, Array::clone)
    }

    /// Adds one of the layer's arrays in another form.
    fn changed(
        &self,
        graph: &mut Graph,
        name: &str,
        change: impl Fn(&Array) -> Array,
    ) -> Result<String> {
        let array = change(self.layer.array(name)?);
        Ok(graph.weights(&format!("{}.{name}", self.name()), &array))
    }

    /// Adds an array with a number for each channel, so that it spreads over the pixels.
    fn per_channel(&self, graph: &mut Graph, name: &str) -> Result<String> {
        let is_volume = matches!(self.layer.input(), Shape::Volume { .. });
        self.changed(graph, name, |array| match is_volume {
            true => array.reshaped(vec![array.values.len(), 1, 1]),
            false => array.clone(),
        })
    }
}

#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    WRITERS.iter().map(|(kind, _)| *kind)
}
