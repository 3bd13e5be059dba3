//! A layer where it is written, with its arrays.

use stepnet_base::Result;
use stepnet_nn::Shape;

use crate::onnx::export::graph::Graph;
use crate::outgoing::{Array, OutLayer};

/// A layer, and the values it takes.
pub(in crate::onnx::export) struct Place<'a> {
    pub(in crate::onnx::export) layer: &'a OutLayer,
    /// The names of the values it takes.
    pub(in crate::onnx::export) inputs: Vec<&'a str>,
    /// The volume whose values the first of them has channel by channel, where it is a vector in that order.
    pub(in crate::onnx::export) from: Option<[usize; 3]>,
    /// Whether the output is such a vector.
    pub(in crate::onnx::export) keeps_channels_first: bool,
}

impl Place<'_> {
    pub(super) fn name(&self) -> &str {
        &self.layer.name
    }

    /// The value it takes; of several, the first.
    pub(super) fn input(&self) -> &str {
        self.inputs[0]
    }

    /// Adds one of the layer's arrays under its name in Stepnet's files.
    pub(super) fn array(&self, graph: &mut Graph, name: &str) -> Result<String> {
        self.changed(graph, name, Array::clone)
    }

    /// Adds one of the layer's arrays in another form.
    pub(super) fn changed(
        &self,
        graph: &mut Graph,
        name: &str,
        change: impl Fn(&Array) -> Array,
    ) -> Result<String> {
        let array = change(self.layer.array(name)?);
        Ok(graph.weights(&format!("{}.{name}", self.name()), &array))
    }

    /// Adds an array with a number for each channel, so that it spreads over the pixels.
    pub(super) fn per_channel(&self, graph: &mut Graph, name: &str) -> Result<String> {
        let is_volume = matches!(self.layer.input(), Shape::Volume { .. });
        self.changed(graph, name, |array| match is_volume {
            true => array.reshaped(vec![array.values.len(), 1, 1]),
            false => array.clone(),
        })
    }
}
