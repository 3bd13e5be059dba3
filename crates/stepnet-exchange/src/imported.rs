//! What an import gives.

use crate::{Model, Number};

/// A model that was read from a file of another framework, and how its parts were matched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Imported<T> {
    /// The network with its weights, and what is known of its classes and its preprocessing.
    pub model: Model<T>,
    /// Where each layer comes from, in the order of the network.
    pub mappings: Vec<Mapping>,
    /// What a user should know: what the file does not say and was assumed, or what was left out.
    pub notes: Vec<String>,
}

/// A layer, and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// The layer's name in the network, such as `conv1`.
    pub layer: String,
    /// The nodes, layers or tensors of the file that it was made of, by their names there.
    pub sources: Vec<String>,
}

impl<T: Number> Imported<T> {
    /// An import without mappings and notes.
    pub fn new(model: Model<T>) -> Self {
        Self {
            model,
            mappings: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Mapping {
    /// A layer that was made of `sources`.
    pub fn new(layer: impl Into<String>, sources: Vec<String>) -> Self {
        Self {
            layer: layer.into(),
            sources,
        }
    }
}
