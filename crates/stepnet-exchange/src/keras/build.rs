//! A graph in the making, as the layers of a model see it.

use super::config::{LayerConfig, Operand};
use super::weights::{Loaded, Place, Weights};
use crate::Shape;
use crate::graph::{Graph, Origin, Value};
use crate::problem::Checked;

/// A graph that is being built.
pub(crate) struct Build<'a> {
    pub(crate) graph: Graph,
    pub(super) weights: &'a dyn Weights,
    /// Whether functions have the meaning that they have from Keras 3 on.
    pub(crate) third: bool,
    pub(crate) notes: Vec<String>,
    /// The last layer that is read, if it is not the model's.
    pub(super) until: Option<&'a str>,
    /// The value of that layer.
    pub(super) ended: Option<Value>,
}

/// A layer of a model, where it stands.
pub(crate) struct Site<'a> {
    pub(crate) layer: &'a LayerConfig<'a>,
    pub(crate) place: Place,
    /// What it takes, in its order; empty in a list of layers.
    pub(crate) operands: &'a [Operand<'a>],
}

impl Site<'_> {
    /// Where it comes from, for messages and mappings.
    pub(crate) fn origin(&self) -> Origin {
        let around = self.place.around.iter().map(|name| format!("{name}/"));
        let name = around.collect::<String>() + self.layer.name;
        Origin::new(name, self.layer.class)
    }
}

impl<'a> Build<'a> {
    /// Builds a model for images of this shape.
    ///
    /// # Errors
    /// The first layer that has no place in the notation, or weights that do not fit.
    pub(crate) fn new(
        input: Shape,
        weights: &'a dyn Weights,
        third: bool,
        until: Option<&'a str>,
    ) -> Self {
        Self {
            graph: Graph::new(input),
            weights,
            third,
            notes: Vec::new(),
            until,
            ended: None,
        }
    }

    /// An array of a layer.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) fn array(&self, site: &Site<'_>, index: usize, names: &[&str]) -> Checked<Loaded> {
        let found = self.weights.find(&site.place, index, names)?;
        let missing = || {
            let name = names.first().copied().unwrap_or_default();
            format!("{}: the file has no {name} of it", site.layer.shown())
        };
        Ok(found.ok_or_else(missing)?)
    }
}
