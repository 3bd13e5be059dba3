//! A layer that contains its parameters, for predictions.

use std::sync::Arc;

use super::Layer;

/// A layer with its parameters inside: see [`Layer::prepare`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared<T> {
    /// Does the layer's work at inference, without reading the parameters of a pass.
    pub layer: Arc<dyn Layer<T>>,
    /// Memory of everything it holds, in bytes.
    pub bytes: usize,
}

impl<T> Prepared<T> {
    /// A layer with its parameters inside, and the memory of everything it holds, in bytes.
    pub fn new(layer: Arc<dyn Layer<T>>, bytes: usize) -> Self {
        Self { layer, bytes }
    }
}
