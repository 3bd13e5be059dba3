//! Advice from a layer that does not fit, for the shape doctor.

use crate::notation::LayerText;
use crate::shape::Shape;

/// A change of a layer's own arguments that may make it fit, for the shape doctor to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The layer with other arguments.
    pub text: LayerText,
    /// How far that is from the original, as in [`doctor::cost`](crate::doctor::cost).
    pub cost: u32,
}

/// Advice for an input that a layer refuses.
pub trait Advise {
    /// The formula by which [`Layer::output_shape`](super::Layer::output_shape) refuses an input, with the
    /// numbers filled in: `floor((4 - 5 + 0 + 0) / 1) + 1 = 0`.
    fn formula(&self, _input: Shape) -> Option<String> {
        None
    }

    /// Changes of this layer alone that may make it fit such an input. They are tried before one is
    /// suggested, so they need not be checked here.
    fn remedies(&self, _input: Shape) -> Vec<Remedy> {
        Vec::new()
    }
}
