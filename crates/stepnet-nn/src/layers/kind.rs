//! The interface of the built-in layers in their list.

use std::sync::Arc;

use crate::layer::{Layer, LayerError};
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;

/// A layer, or what is wrong with the arguments of its text.
pub(super) type BuildResult<T> = Result<Arc<dyn Layer<T>>, LayerError>;

/// A built-in kind of layer.
pub(super) trait LayerKind {
    /// Its name, its arguments, and texts of it that every test of all layers tries.
    fn signature() -> Signature;

    /// The layer of a text of this kind.
    fn build<T: Real>(text: &LayerText) -> BuildResult<T>;

    /// Tests that all kinds of its sort share.
    #[cfg(test)]
    fn check() {}
}
