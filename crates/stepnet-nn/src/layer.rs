//! What every layer is: the one trait that built-in and users' own layers implement.

mod made;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

pub use stepnet_base::Noise;

use super::account::{Account, Feeds, Seen};
use super::notation::LayerText;
use super::shape::Shape;
use crate::error::Result as Checked;
use stepnet_kernels::{PassPlan, Real};

/// A change of a layer's own arguments that may make it fit, for the shape doctor to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The layer with other arguments.
    pub text: LayerText,
    /// How far that is from what was asked for, as in [`doctor::cost`](super::doctor::cost).
    pub cost: u32,
}

/// How the values of a parameter start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// Drawn by the network's [`Init`](super::Init) rule.
    Drawn {
        /// How many inputs feed one output.
        fan_in: usize,
        /// How many outputs one input feeds.
        fan_out: usize,
    },
    /// Every value the same; nothing is drawn.
    Constant(f64),
}

/// One array of a layer's numbers, learnt or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name inside the layer: `weight`, `bias`, ...
    pub name: &'static str,
    /// Its extents, row-major.
    pub shape: Vec<usize>,
    /// How its values start.
    pub start: Start,
    /// Whether L2 and weight decay act on it (weights: yes, biases: no).
    pub decays: bool,
    /// Whether its numbers are learnt. Those that are not, such as running statistics, are stored,
    /// copied and counted as the others are, but no update, decay, clipping or gradient check touches
    /// them: [`Layer::after_step`] moves them. Their gradients are zeros, written by the layer.
    pub learnt: bool,
}

impl Parameter {
    /// A drawn array that decays.
    pub fn weight(shape: Vec<usize>, fan_in: usize, fan_out: usize) -> Self {
        Self {
            name: "weight",
            shape,
            start: Start::Drawn { fan_in, fan_out },
            decays: true,
            learnt: true,
        }
    }

    /// A vector of zeros that does not decay.
    pub fn bias(len: usize) -> Self {
        Self::constant("bias", len, 0.0)
    }

    /// A vector that starts as a constant, is learnt and does not decay.
    pub fn constant(name: &'static str, len: usize, start: f64) -> Self {
        Self {
            name,
            shape: vec![len],
            start: Start::Constant(start),
            decays: false,
            learnt: true,
        }
    }

    /// A vector that starts as a constant and is not learnt: [`Layer::after_step`] moves it.
    pub fn running(name: &'static str, len: usize, start: f64) -> Self {
        Self {
            learnt: false,
            ..Self::constant(name, len, start)
        }
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a layer needs besides its input, output and parameters, for one batch size.
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

/// Which of its own input and output a layer's backward pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reads {
    /// `x` is kept until the backward pass.
    pub input: bool,
    /// `y` is kept until the backward pass.
    pub output: bool,
}

/// What a pass is about: sizes, and whether it trains.
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
    /// Whether a backward pass follows: what it needs is to be left in `kept` and `kept_indices`.
    pub backward: bool,
    /// The noise of a training pass; `None` at inference, where gradients are taken of the network as it
    /// is at inference, and for a layer that is held still.
    pub noise: Option<Noise<'a>>,
}

impl Context<'_> {
    /// Whether this pass trains, so that the layer may behave otherwise than at inference.
    pub fn training(&self) -> bool {
        self.noise.is_some()
    }
}

/// The arrays of a forward pass. Slices hold whole batches, row-major, of exactly the lengths
/// that the shapes and [`Layer::memory`] give.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// Sizes and mode.
    pub context: Context<'a>,
    /// The layer's parameters, one after the other in the order of [`Layer::parameters`].
    pub parameters: &'a [T],
    /// The input.
    pub x: &'a [T],
    /// The output: written, not added to.
    pub y: &'a mut [T],
    /// What the backward pass will see (empty unless one follows).
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
    /// The gradient of the loss by the output.
    pub dy: &'a [T],
    /// The gradient by the input, to be written; `None` when nobody needs it.
    pub dx: Option<&'a mut [T]>,
    /// The gradients of the parameters, to be written, laid out as they are; `None` when frozen.
    pub gradients: Option<&'a mut [T]>,
    /// What the forward pass left.
    pub kept: &'a [T],
    /// Indices the forward pass left.
    pub kept_indices: &'a [u32],
    /// Working memory; holds anything at entry.
    pub scratch: &'a mut [T],
}

/// What a training pass left behind, for [`Layer::sides`].
#[derive(Debug, Clone, Copy)]
pub struct Passed<'a, T> {
    /// Sizes and mode.
    pub context: Context<'a>,
    /// The input.
    pub x: &'a [T],
    /// The output.
    pub y: &'a [T],
    /// What the forward pass kept.
    pub kept: &'a [T],
    /// The indices it kept.
    pub kept_indices: &'a [u32],
}

/// Tells `mark` which of the values are above zero, 64 to a number: the sides of a ReLU's kinks.
pub fn mark_signs<T: Real>(values: &[T], mark: &mut dyn FnMut(u64)) {
    mark_above(values, T::zero(), mark);
}

/// Tells `mark` which of the values are above `kink`, 64 to a number.
pub fn mark_above<T: Real>(values: &[T], kink: T, mark: &mut dyn FnMut(u64)) {
    for chunk in values.chunks(64) {
        mark(
            chunk
                .iter()
                .fold(0, |bits, &value| bits << 1 | u64::from(value > kink)),
        );
    }
}

/// A layer: a shape rule, parameters, and two passes over slices.
///
/// A layer holds its settings only. Parameters, gradients and activations belong to the network
/// and its workspace, so one layer can be used by many threads at once.
///
/// `examples/` shows a layer written by a user, trained and saved.
pub trait Layer<T: Real>: Any + Debug + Send + Sync {
    /// The layer in the arrow notation.
    fn text(&self) -> LayerText;

    /// The shape of an output example.
    ///
    /// # Errors
    /// Why an input of this shape does not fit, with the numbers, and what would fit.
    fn output_shape(&self, input: Shape) -> Result<Shape, String>;

    /// The formula by which [`Layer::output_shape`] refuses an input, with the numbers filled in:
    /// `floor((4 - 5 + 0 + 0) / 1) + 1 = 0`.
    fn formula(&self, _input: Shape) -> Option<String> {
        None
    }

    /// Changes of this layer alone that may do where it does not fit such an input. They are tried
    /// before one is told, so they need not be checked here.
    fn remedies(&self, _input: Shape) -> Vec<Remedy> {
        Vec::new()
    }

    /// The parameters for inputs of a shape that [`Layer::output_shape`] accepted.
    fn parameters(&self, _input: Shape) -> Vec<Parameter> {
        Vec::new()
    }

    /// The memory for batches of up to `batch` examples. `kept` and `kept_indices` must grow in
    /// proportion to the batch.
    fn memory(&self, _input: Shape, _batch: usize) -> Memory {
        Memory::default()
    }

    /// What the backward pass reads.
    fn reads(&self) -> Reads {
        Reads::INPUT
    }

    /// Whether the output is the input under another shape, so that no pass is needed at all.
    fn is_view(&self, _training: bool) -> bool {
        false
    }

    /// Multiplications of one example's forward pass (each with its addition).
    fn multiply_adds(&self, _input: Shape) -> u64 {
        0
    }

    /// The layer as it computes where rounding counts more than time (`exact`: every sum of products as
    /// it is), or where time does; `None` where there is one way alone. See
    /// [`Network::set_exact`](super::Network::set_exact).
    fn with_exact(&self, _exact: bool) -> Option<Arc<dyn Layer<T>>> {
        None
    }

    /// Values that one example's forward pass looks at outside of its multiply-adds, where they are
    /// more than its outputs: the positions of all windows of a pooling.
    fn visits(&self, _input: Shape) -> u64 {
        0
    }

    /// The methods by which its passes over `batch` examples are computed, and why; nothing where there is one
    /// alone.
    fn methods(&self, _input: Shape, _batch: usize) -> Vec<PassPlan> {
        Vec::new()
    }

    /// Computes `y` from `x`.
    fn forward(&self, pass: Forward<'_, T>);

    /// Computes `dx` and the parameters' gradients from `dy`, where asked for.
    fn backward(&self, pass: Backward<'_, T>);

    /// Moves what is not learnt, after the update of a training step over the batch that `context` tells
    /// of; `kept` is what its forward pass kept, `parameters` are the layer's. Called once for each step, and
    /// not for layers that are held still.
    fn after_step(&self, _context: &Context<'_>, _kept: &[T], _parameters: &mut [T]) {}

    /// Tells `mark` on which side of each of its kinks a training pass came out: numbers that
    /// change exactly when another smooth branch of the function is taken.
    ///
    /// Gradient checks keep away from differences across a kink. Unless
    /// told otherwise the indices that the layer keeps, such as the winners of max pooling, are
    /// its sides; a layer with other kinks marks them too, for instance with [`mark_signs`].
    fn sides(&self, pass: Passed<'_, T>, mark: &mut dyn FnMut(u64)) {
        for &index in pass.kept_indices {
            mark(index.into());
        }
    }

    /// What the output value at `place` (its number in the output example) was made of, as
    /// `see::why` tells it; `None` where the layer does not say.
    ///
    /// # Errors
    /// When there is not enough memory for so many terms.
    fn account(&self, _place: usize, _seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        Ok(None)
    }

    /// Which outputs the input value at `place` fed, and the derivative of each by it, at
    /// inference; `None` where the layer does not say.
    ///
    /// # Errors
    /// When there is not enough memory for so many outputs.
    fn feeds(&self, _place: usize, _seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        Ok(None)
    }
}

impl<T: Real> dyn Layer<T> + '_ {
    /// The layer as the type `L`, if that is its type.
    pub fn downcast_ref<L: Layer<T>>(&self) -> Option<&L> {
        (self as &dyn Any).downcast_ref()
    }
}
