//! How layers say what they need, and how passes are described to them: [`Memory`], [`Reads`], [`Context`].

use super::{Context, Memory, Noise, Reads};
use crate::shape::Shape;

stepnet_base::setters! { Memory {
    kept: usize,
    kept_indices: usize,
    scratch: usize,
    backward_scratch: usize,
} }

impl Reads {
    /// Neither: what the backward pass needs, it finds in what the forward pass has kept.
    pub const NOTHING: Self = Self {
        input: false,
        output: false,
    };

    /// The input alone.
    pub const INPUT: Self = Self {
        input: true,
        output: false,
    };

    /// The output alone.
    pub const OUTPUT: Self = Self {
        input: false,
        output: true,
    };
}

stepnet_base::setters! { Context<'a> {
    backward: bool,
    noise: Option<Noise<'a>>,
} }

impl Context<'_> {
    /// A pass at inference through layer number `layer`, after which no backward pass follows.
    pub fn new(layer: usize, input: Shape, output: Shape, batch: usize) -> Self {
        Self {
            input,
            output,
            batch,
            layer,
            backward: false,
            noise: None,
        }
    }
}
