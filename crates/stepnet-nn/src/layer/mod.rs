//! The trait that built-in and users' own layers implement, a file for each concern: the passes here and in
//! `pass.rs`, explanations, advice, cost.

mod advise;
mod cost;
mod error;
mod explain;
mod parameter;
mod pass;
mod prepared;

use std::any::Any;
use std::fmt::Debug;

use stepnet_kernels::Real;

use crate::notation::LayerText;
use crate::shape::Shape;

pub use advise::{Advise, Remedy};
pub use cost::Cost;
pub use error::LayerError;
pub use explain::{Explain, PassValues, mark_above, mark_signs};
pub use parameter::{Parameter, Start};
pub use pass::{Backward, Context, Forward, Memory, OtherShares, Reads};
pub use prepared::Prepared;
pub use stepnet_base::{Noise, NoiseGenerator};

/// A layer: a shape rule, parameters, and two passes over slices.
///
/// Its passes are all that a layer has to implement. Explanations ([`Explain`]), advice for inputs that do not
/// fit ([`Advise`]) and the work of its passes ([`Cost`]) are separate traits, which a layer implements if the
/// defaults do not suit it.
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
    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError>;

    /// The parameters for inputs of a shape that [`Layer::output_shape`] accepted.
    fn parameters(&self, _input: Shape) -> Vec<Parameter> {
        Vec::new()
    }

    /// The memory for batches of up to `batch` examples. `kept` and `kept_indices` must grow in
    /// proportion to the batch.
    fn memory(&self, _input: Shape, _batch: usize) -> Memory {
        Memory::default()
    }

    /// The values that the backward pass reads.
    fn reads(&self) -> Reads {
        Reads::INPUT
    }

    /// Whether the output is the input under another shape, so that no pass is needed at all.
    fn is_view(&self, _training: bool) -> bool {
        false
    }

    /// This layer for predictions by many calls, all with these parameters: everything that follows from them alone is
    /// computed here, and `forward` of the result reads no parameters of the pass. Its outputs are bitwise this
    /// layer's, for any batch. `None` where there is nothing to compute: then `forward` gets a copy of the parameters.
    ///
    /// # Errors
    /// When there is not enough memory.
    fn prepare(
        &self,
        _input: Shape,
        _parameters: &[T],
    ) -> crate::error::Result<Option<Prepared<T>>> {
        Ok(None)
    }

    /// Computes `y` from `x`.
    fn forward(&self, pass: Forward<'_, T>);

    /// Computes `dx` and the parameters' gradients from `dy`, those that are requested.
    fn backward(&self, pass: Backward<'_, T>);

    /// Updates what is not trainable, such as running statistics, after the update of a training step over the batch that `context`
    /// describes; `kept` is what its forward pass kept, `parameters` are the layer's. Called once for each step, and
    /// not for frozen layers. Where a batch is trained in shares it is called for each of them, from the same values, and
    /// the layer gets the mean of what it makes of them, weighted by examples.
    fn after_step(&self, _context: &Context<'_>, _kept: &[T], _parameters: &mut [T]) {}

    /// The explanation of the layer's values: `self` if it implements [`Explain`]. By default they are not
    /// explained.
    fn explain(&self) -> &dyn Explain<T> {
        &Defaults
    }

    /// Advice if the layer does not fit: `self` if it implements [`Advise`]. By default there is none.
    fn advise(&self) -> &dyn Advise {
        &Defaults
    }

    /// How much work the layer does: `self` if it implements [`Cost`]. By default one operation for each output
    /// value.
    fn cost(&self) -> &dyn Cost<T> {
        &Defaults
    }
}

/// The defaults of the separate traits.
struct Defaults;

impl<T: Real> Explain<T> for Defaults {}
impl Advise for Defaults {}
impl<T: Real> Cost<T> for Defaults {}

impl<T: Real> dyn Layer<T> + '_ {
    /// The layer as the type `L`, if that is its type.
    pub fn downcast_ref<L: Layer<T>>(&self) -> Option<&L> {
        (self as &dyn Any).downcast_ref()
    }
}
