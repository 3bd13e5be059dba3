//! The memory that a layer needs for its passes, and the arguments of the passes.

use super::Noise;
use crate::shape::Shape;

/// The memory that a layer needs in addition to its input, output and parameters, for one batch size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Memory {
    /// Elements that the forward pass leaves for the backward pass.
    pub kept: usize,
    /// Indices that the forward pass leaves for the backward pass.
    pub kept_indices: usize,
    /// Elements used inside a forward call, shared by all layers.
    pub scratch: usize,
    /// Elements used inside a backward call, shared by all layers.
    pub backward_scratch: usize,
}

stepnet_base::setters! { Memory {
    kept: usize,
    kept_indices: usize,
    scratch: usize,
    backward_scratch: usize,
} }

/// Which values of the forward pass, the input or the output, the backward pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reads {
    /// `x` is kept until the backward pass.
    pub input: bool,
    /// `y` is kept until the backward pass.
    pub output: bool,
}

impl Reads {
    /// Neither: everything that the backward pass needs is in the values that the forward pass kept.
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

/// The other shares of a batch, for a layer whose statistics are those of the whole batch although each share is trained
/// by itself. Passes of all shares run at the same time; whatever one gives, all give at the same layer.
pub trait OtherShares: std::fmt::Debug + Send + Sync {
    /// The values of all shares, one after the other in their order, where this one has `own`; of as many from each. Waits
    /// for the others.
    fn gather(&self, own: &[f64]) -> std::sync::Arc<Vec<f64>>;

    /// How many examples the whole batch has.
    fn examples(&self) -> usize;
}

/// The context of a pass: sizes, and whether it trains.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The shape of one input example.
    pub input: Shape,
    /// The shape of one output example.
    pub output: Shape,
    /// Examples in this batch.
    pub batch: usize,
    /// The layer's number in its network.
    pub layer: usize,
    /// Whether a backward pass follows: the forward pass must save what it needs in `kept` and `kept_indices`.
    pub backward: bool,
    /// The noise of a training pass; `None` at inference, where gradients are taken of the network as it
    /// is at inference, and for a frozen layer.
    pub noise: Option<Noise<'a>>,
    /// The other shares of the batch, if statistics are to be those of the whole.
    pub others: Option<&'a dyn OtherShares>,
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
            others: None,
        }
    }

    /// Whether this pass trains, so that the layer may behave otherwise than at inference.
    pub fn training(&self) -> bool {
        self.noise.is_some()
    }
}

/// The arrays of a forward pass. Slices hold whole batches, row-major, of exactly the lengths
/// that the shapes and [`Layer::memory`](super::Layer::memory) give.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// Sizes and mode.
    pub context: Context<'a>,
    /// The layer's parameters, one after the other in the order of [`Layer::parameters`](super::Layer::parameters).
    pub parameters: &'a [T],
    /// The input.
    pub x: &'a [T],
    /// The output: written, not added to.
    pub y: &'a mut [T],
    /// The values saved for the backward pass (empty unless one follows).
    pub kept: &'a mut [T],
    /// Indices the backward pass will see (empty unless one follows).
    pub kept_indices: &'a mut [u32],
    /// Working memory; holds anything at entry.
    pub scratch: &'a mut [T],
}

/// The arrays of a backward pass.
#[derive(Debug)]
pub struct Backward<'a, T> {
    /// Sizes and mode.
    pub context: Context<'a>,
    /// The layer's parameters.
    pub parameters: &'a [T],
    /// The input of the forward pass; empty unless [`Reads::input`].
    pub x: &'a [T],
    /// The output of the forward pass; empty unless [`Reads::output`].
    pub y: &'a [T],
    /// The gradient of the loss with respect to the output.
    pub dy: &'a [T],
    /// The gradient with respect to the input, to be written; `None` when nobody needs it.
    pub dx: Option<&'a mut [T]>,
    /// The gradients of the parameters, to be written, laid out as they are; `None` when frozen.
    pub gradients: Option<&'a mut [T]>,
    /// The values that the forward pass stored.
    pub kept: &'a [T],
    /// Indices the forward pass left.
    pub kept_indices: &'a [u32],
    /// Working memory; holds anything at entry.
    pub scratch: &'a mut [T],
}
