//! A layer with its arrays in `f32`, and their axes in other orders.

use std::collections::BTreeMap;

use stepnet_base::{Error, Result};
use stepnet_nn::notation::LayerText;
use stepnet_nn::{Node, Shape};

use crate::Number;

/// A layer, its place and its numbers.
#[derive(Debug)]
pub(crate) struct OutLayer {
    pub(crate) name: String,
    pub(crate) text: LayerText,
    /// The values it takes.
    pub(crate) inputs: Vec<usize>,
    /// The shapes of those values.
    pub(crate) shapes: Vec<Shape>,
    pub(crate) output: Shape,
    /// Whether the network's text leaves it out: a flatten before a dense layer.
    pub(crate) implied: bool,
    arrays: BTreeMap<&'static str, Array>,
}

/// An array of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Array {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl OutLayer {
    pub(super) fn of<T: Number>(
        node: &Node<T>,
        parameters: &[T],
        shapes: &[Shape],
    ) -> Result<Self> {
        let arrays = node.placed_parameters().map(|(parameter, range)| {
            let values = parameters[range].iter();
            let values: Vec<f32> = values.map(|value| value.as_f64() as f32).collect();
            if values.iter().any(|value| !value.is_finite()) {
                let problem = format!(
                    "its {} has numbers that are too large for f32",
                    parameter.name
                );
                return Err(Error::layer(node.name(), problem));
            }
            let shape = parameter.shape.clone();
            Ok((parameter.name, Array { shape, values }))
        });
        Ok(Self {
            name: node.name().to_owned(),
            text: node.layer().text(),
            inputs: node.inputs().to_vec(),
            shapes: node.inputs().iter().map(|&value| shapes[value]).collect(),
            output: node.output(),
            implied: node.implied(),
            arrays: arrays.collect::<Result<_>>()?,
        })
    }

    /// The kind of layer; `add`, `concat` or `multiply` where several values meet.
    pub(crate) fn kind(&self) -> &str {
        self.text.kind()
    }

    /// The shape of its input; of several, of the first.
    pub(crate) fn input(&self) -> Shape {
        self.shapes[0]
    }

    /// Height, width and channels of an input that is a volume.
    pub(crate) fn volume(&self) -> Result<[usize; 3]> {
        match self.input() {
            Shape::Volume {
                height,
                width,
                channels,
            } => Ok([height, width, channels]),
            Shape::Features(_) => Err(self.refused("takes a vector, expected a volume")),
        }
    }

    /// One of its arrays.
    ///
    /// # Errors
    /// When the layer has no such array.
    pub(crate) fn array(&self, name: &str) -> Result<&Array> {
        let array = self.arrays.get(name);
        array.ok_or_else(|| self.refused(&format!("has no {name}")))
    }

    /// The names of its arrays.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// An error about this layer.
    pub(crate) fn refused(&self, problem: &str) -> Error {
        Error::layer(&self.name, format!("{} {problem}", self.kind()))
    }
}

impl Array {
    /// The same values with the axes in another order: axis `i` of the result is axis `order[i]` of this array.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let mut strides = vec![1; self.shape.len()];
        for axis in (0..self.shape.len().saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1] * self.shape[axis + 1];
        }
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        let mut at = vec![0; shape.len()];
        let mut values = Vec::with_capacity(self.values.len());
        for _ in 0..self.values.len() {
            let place = at
                .iter()
                .zip(order)
                .map(|(index, &axis)| index * strides[axis]);
            values.push(self.values[place.sum::<usize>()]);
            for axis in (0..at.len()).rev() {
                at[axis] += 1;
                if at[axis] < shape[axis] {
                    break;
                }
                at[axis] = 0;
            }
        }
        Self { shape, values }
    }

    /// The same values under another shape.
    pub(crate) fn reshaped(&self, shape: Vec<usize>) -> Self {
        Self {
            shape,
            values: self.values.clone(),
        }
    }

    /// Filters `(height, width, in, out)` as most frameworks have them: `(out, in, height, width)`.
    pub(crate) fn filters_first(&self) -> Self {
        self.permuted(&[3, 2, 0, 1])
    }

    /// Dense weights `(out, in)` for inputs that have their channels in front: `volume` is the height, the width and the
    /// channels that were flattened.
    pub(crate) fn for_channels_first(&self, volume: Option<[usize; 3]>) -> Self {
        let Some([height, width, channels]) = volume else {
            return self.clone();
        };
        let units = self.shape[0];
        let split = self.reshaped(vec![units, height, width, channels]);
        split.permuted(&[0, 3, 1, 2]).reshaped(self.shape.clone())
    }
}
