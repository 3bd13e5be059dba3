//! Predictions by many calls: a network prepared once.

mod buffers;

use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::{Array2, ArrayViewD};

use crate::Number;
use crate::error::{Error, Result};
use crate::memory;
use crate::model_file::Model;
use crate::network::Network;
use crate::plan::parts::MOST_EXAMPLES;
use crate::plan::{Plan, PlanOptions};
use crate::shape::Shape;
use buffers::BufferPool;
use stepnet_kernels::requested_instruction_set;

/// The options of the plans of its passes.
const OPTIONS: PlanOptions = PlanOptions::INFERENCE;

/// A network prepared for predictions: batch normalisation is folded into the weights and filters are packed once, and
/// the buffers of the passes are kept between calls.
///
/// It copies the numbers that it needs, so later changes of the network do not affect it: after more training,
/// create another predictor.
///
/// Threads share one: predictions take `&self`, and it is `Send` and `Sync`. Each call takes buffers that no other
/// call uses, or makes new ones if it finds none, so calls do not wait for each other. One caller allocates nothing
/// after its first call, unless a later batch is larger; among several threads a call may still make buffers when
/// another thread is just taking or returning some. Its memory is that of the weights and of up to 32 sets of
/// buffers ([`Predictor::bytes`]); dropping it frees that.
///
/// Batches may have any size. Large ones go through the network in parts, so that the buffers stay small. The
/// outputs of an example are the same bits whatever batch it is in, and those of
/// [`Workspace::predict`](crate::Workspace::predict).
///
/// # Examples
///
/// ```
/// use stepnet::Predictor;
/// use stepnet::nn::{Init, Network};
/// use stepnet::rng::RandomState;
///
/// let text = "conv(8, 3) -> bn -> relu -> maxpool(2) -> linear(10) -> softmax";
/// let mut network = Network::<f32>::new(text, [8, 8, 1])?;
/// network.initialize(Init::He, &mut RandomState::new(1));
///
/// let predictor = Predictor::new(&network)?;
/// let images = vec![0.5; 3 * predictor.input().len()];
/// let mut outputs = vec![0.0; 3 * predictor.output().len()];
/// predictor.predict_into(&images, &mut outputs)?;
/// assert_eq!(outputs.len(), 30);
///
/// // Threads share it.
/// std::thread::scope(|scope| {
///     for images in images.chunks(64) {
///         let predictor = &predictor;
///         scope.spawn(move || predictor.predict_into(images, &mut [0.0; 10]));
///     }
/// });
/// # Ok::<(), stepnet::Error>(())
/// ```
pub struct Predictor<T> {
    network: Network<T>,
    /// Memory of the weights.
    weight_bytes: usize,
    /// The most examples of one pass; 0 until a call had several. Computed without a lock, which a fork could leave locked.
    most: AtomicUsize,
    buffers: BufferPool<T>,
}

impl<T> AsRef<Network<T>> for Network<T> {
    fn as_ref(&self) -> &Network<T> {
        self
    }
}

impl<T> AsRef<Network<T>> for Model<T> {
    fn as_ref(&self) -> &Network<T> {
        &self.network
    }
}

impl<T: Number> Predictor<T> {
    /// Prepares a [`Network`], or that of a [`Model`], as it is now. A model's preprocessing is not included: a
    /// predictor takes the same values as the network.
    ///
    /// # Errors
    /// When there is not enough memory, or `STEPNET_ISA` names an instruction set that is not there.
    pub fn new(source: &impl AsRef<Network<T>>) -> Result<Self> {
        requested_instruction_set()?;
        let (network, weight_bytes) = source.as_ref().prepared()?;
        Ok(Self {
            weight_bytes,
            network,
            most: AtomicUsize::new(0),
            buffers: BufferPool::new(OPTIONS),
        })
    }

    /// The shape of an input example.
    pub fn input(&self) -> Shape {
        self.network.input()
    }

    /// The shape of an output example.
    pub fn output(&self) -> Shape {
        self.network.output()
    }

    /// The most examples that go through the network at once: the first of 256, 128, 64, ... that fits into 256 MiB with
    /// its inputs, or 1.
    pub fn most_examples(&self) -> usize {
        match self.most.load(Ordering::Relaxed) {
            0 => {
                let plan = Plan::in_parts(&self.network, MOST_EXAMPLES, OPTIONS);
                let most = plan.map_or(1, |plan| plan.batch());
                self.most.store(most, Ordering::Relaxed);
                most
            }
            most => most,
        }
    }

    /// How many of `examples` go through the network at once.
    fn part(&self, examples: usize) -> usize {
        match examples <= self.buffers.largest() {
            true => examples,
            false => examples.min(self.most_examples()),
        }
    }

    /// The outputs for any array whose examples, along its first axis, have the network's input shape, as
    /// `(examples, outputs)`: softmax and sigmoid applied, dropout off. Allocates the result, and a copy of `x`
    /// unless that is contiguous.
    ///
    /// # Errors
    /// When the shape of `x` is another, and when there is not enough memory.
    pub fn predict(&self, x: ArrayViewD<'_, T>) -> Result<Array2<T>> {
        let examples = self.network.examples(&x)?;
        let outputs = self.output().len();
        let len = examples.saturating_mul(outputs);
        let mut y = memory::zeros("the outputs", len)?;
        let contiguous = x.as_standard_layout();
        self.predict_into(contiguous.as_slice().unwrap_or(&[]), &mut y)?;
        Array2::from_shape_vec((examples, outputs), y)
            .map_err(|error| Error::Training(error.to_string()))
    }

    /// The outputs for the examples in `x`, written to `y`, without allocating once there are buffers.
    ///
    /// # Shapes
    ///
    /// `x` (examples, input), `y` (examples, outputs), row-major.
    ///
    /// # Errors
    /// When `x` is not a whole number of examples, `y` has another length than their outputs, or there is not
    /// enough memory for buffers; [`Error::Stopped`] when the process was asked to [stop](stepnet_base::stop).
    pub fn predict_into(&self, x: &[T], y: &mut [T]) -> Result<()> {
        let (len, outputs) = (self.input().len(), self.output().len());
        let examples = x.len() / len;
        if !x.len().is_multiple_of(len) {
            let expected = format!(
                "a whole number of examples of {} = {len} values",
                self.input()
            );
            let found = format!("{} values", x.len());
            return Err(Error::value("predict", "x", found, expected));
        }
        if y.len() != examples * outputs {
            let expected = format!("{examples} x {outputs}, the outputs of all examples");
            let found = format!("{} values", y.len());
            return Err(Error::value("predict", "y", found, expected));
        }
        if examples == 0 {
            return Ok(());
        }
        let most = self.part(examples);
        self.buffers.with(&self.network, most, |buffers| {
            buffers.workspace.set_stop(None);
            for (x, y) in x.chunks(most * len).zip(y.chunks_mut(most * outputs)) {
                y.copy_from_slice(buffers.workspace.predict(&self.network, x)?);
            }
            Ok(())
        })
    }

    /// The outputs for inputs that are converted from other values, such as bytes. `y` has room for the outputs of all
    /// examples; `fill` is given the numbers of some of them and writes all of their inputs into a buffer of the predictor,
    /// which may hold inputs of earlier calls, part by part. With `stop` the call ends between two layers, once that is set.
    ///
    /// # Shapes
    ///
    /// `y` (examples, outputs), what `fill` writes (examples of the part, input), row-major.
    ///
    /// # Errors
    /// As [`Predictor::predict_into`].
    pub fn predict_with(
        &self,
        y: &mut [T],
        stop: Option<&Arc<AtomicBool>>,
        mut fill: impl FnMut(Range<usize>, &mut [T]),
    ) -> Result<()> {
        let (len, outputs) = (self.input().len(), self.output().len());
        let examples = y.len() / outputs;
        if !y.len().is_multiple_of(outputs) {
            let expected = format!("a whole number of examples of {outputs} outputs");
            let found = format!("{} values", y.len());
            return Err(Error::value("predict", "y", found, expected));
        }
        if examples == 0 {
            return Ok(());
        }
        let most = self.part(examples);
        self.buffers.with(&self.network, most, |buffers| {
            buffers.workspace.set_stop(stop.cloned());
            for (number, y) in y.chunks_mut(most * outputs).enumerate() {
                let (first, count) = (number * most, y.len() / outputs);
                let (workspace, x) = buffers.with_inputs(count, len)?;
                fill(first..first + count, x);
                y.copy_from_slice(workspace.predict(&self.network, x)?);
            }
            Ok(())
        })
    }

    /// Memory that it holds at the moment, in bytes: weights, and buffers that no call uses.
    pub fn bytes(&self) -> usize {
        self.weight_bytes.saturating_add(self.buffers.bytes())
    }
}

impl<T: Number> Debug for Predictor<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("network", &self.network.text().to_string())
            .field("input", &self.input())
            .finish_non_exhaustive()
    }
}
