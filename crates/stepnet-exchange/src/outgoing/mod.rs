//! A model as the writers of other formats see it: layers in order, their arrays in `f32`, and which values stay with
//! their channels in front when a volume becomes a vector.

mod about;
mod flat;
mod layer;
mod padding;
mod tree;

use stepnet_base::Result;
use stepnet_nn::Shape;

use crate::{Model, Number};

pub(crate) use about::metadata;
pub(crate) use layer::{Array, OutLayer};
pub(crate) use padding::{conv_padding, pool_padding, transposed_padding};
pub(crate) use tree::{Block, tree};

/// A network's layers and values; value 0 is the input, value `i + 1` the output of layer `i`.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) layers: Vec<OutLayer>,
    /// For each value, the volume whose values it has channel by channel, where they are not in Stepnet's own order.
    pub(crate) channels_first: Vec<Option<[usize; 3]>>,
}

impl Outgoing {
    /// The layers of a model.
    ///
    /// # Errors
    /// Numbers that are not finite, or too large for `f32`.
    pub(crate) fn of<T: Number>(model: &Model<T>) -> Result<Self> {
        model.check_finite()?;
        let network = &model.network;
        let shapes: Vec<Shape> = (0..=network.nodes().len())
            .map(|value| network.value_shape(value))
            .collect();
        let layers = network.nodes().iter();
        let layers = layers.map(|node| OutLayer::of(node, network.parameters(), &shapes));
        let mut layers = layers.collect::<Result<Vec<_>>>()?;
        // A flatten that the text leaves out is a step of the layer after it.
        for number in 1..layers.len() {
            if layers[number - 1].implied {
                layers[number - 1].name = format!("{}/Flatten", layers[number].name);
            }
        }
        Ok(Self {
            channels_first: flat::channels_first(&layers, &shapes),
            layers,
        })
    }

    /// The kind of the last layer, if there is one.
    pub(crate) fn closing(&self) -> &str {
        self.layers.last().map_or("", OutLayer::kind)
    }
}

#[cfg(test)]
mod tests;
