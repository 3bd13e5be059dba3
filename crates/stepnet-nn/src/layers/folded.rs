//! Batch normalisation at inference folded into the layer before it: a factor and a summand for each
//! of its outputs, which its weights and bias take in.

use std::sync::Arc;

use super::batch_norm::{BatchNorm, line};
use super::conv::Conv;
use super::linear::Linear;
use super::prepared::prepared;
use crate::error::Result as Checked;
use crate::layer::{
    Backward, Cost, Forward, Layer, LayerError, Memory, Parameter, Prepared, Reads,
};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::{AlignedVec, PassPlan, Real};

/// How the outputs lie in a layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outputs {
    /// The fastest index: convolutions.
    Last,
    /// The slowest index: dense layers.
    First,
}

/// `conv -> bn` or `linear -> bn` at inference, with the ReLU and the max pooling after them where they
/// are fused, too. Its parameters are those of all its layers: weights, the bias if there is one, and the
/// four of the normalisation.
///
/// The weights and the bias with the normalisation in them are made for each pass, in scratch, or once by `prepare`, with
/// factors in `f64` rounded once. So the outputs differ from those of the layers one by one by the
/// rounding of the weights: by little more than the sums themselves are rounded.
#[derive(Debug)]
pub(crate) struct FoldedNorm<T> {
    /// The layer with a bias, perhaps fused with those after the normalisation.
    layer: Arc<dyn Layer<T>>,
    outputs: Outputs,
    /// Of the weights, and of the outputs.
    weights: usize,
    units: usize,
    /// Whether the layer had a bias before.
    bias: bool,
    epsilon: f64,
}

impl<T: Real> FoldedNorm<T> {
    /// `bn` folded into `conv`. `layer` is `conv` with a bias, perhaps fused with those after `bn`.
    pub(crate) fn of_conv(
        conv: &Conv,
        input: Shape,
        layer: Arc<dyn Layer<T>>,
        bn: &BatchNorm,
    ) -> Option<Self> {
        let parameters = Layer::<T>::parameters(&conv.with_bias(), input);
        Self::new(&parameters, conv.has_bias(), Outputs::Last, layer, bn)
    }

    /// `bn` folded into `linear`.
    pub(crate) fn of_linear(linear: &Linear, input: Shape, bn: &BatchNorm) -> Option<Self> {
        let layer = linear.with_bias();
        let parameters = Layer::<T>::parameters(&layer, input);
        let bias = linear.has_bias();
        Self::new(&parameters, bias, Outputs::First, Arc::new(layer), bn)
    }

    /// From the weights and the bias that `layer` takes.
    fn new(
        parameters: &[Parameter],
        bias: bool,
        outputs: Outputs,
        layer: Arc<dyn Layer<T>>,
        bn: &BatchNorm,
    ) -> Option<Self> {
        let [weights, units] = parameters else {
            return None;
        };
        Some(Self {
            layer,
            outputs,
            weights: weights.len(),
            units: units.len(),
            bias,
            epsilon: bn.epsilon(),
        })
    }

    /// Room for the weights, the bias and the factors. What follows starts where vectors do.
    fn room(&self) -> usize {
        (self.weights + 2 * self.units).next_multiple_of(16)
    }

    /// The weights and the bias, `folded`, from the parameters of all layers.
    fn fold(&self, parameters: &[T], folded: &mut [T]) {
        let (weights, rest) = parameters.split_at(self.weights);
        let (bias, norm) = rest.split_at(if self.bias { self.units } else { 0 });
        let (to, to_bias) = folded.split_at_mut(self.weights);
        let (to_bias, scales) = to_bias.split_at_mut(self.units);
        let scales = &mut scales[..self.units];
        for (unit, (to, to_scale)) in to_bias.iter_mut().zip(scales.iter_mut()).enumerate() {
            let [scale, shift] = line(norm, unit, self.epsilon);
            let own = bias.get(unit).map_or(0.0, |bias| bias.as_f64());
            *to = T::from_f64(own * scale + shift);
            *to_scale = T::from_f64(scale);
        }
        let scaled = |weight: &T, scale: &T| *weight * *scale;
        match self.outputs {
            Outputs::Last => {
                let rows = to.chunks_exact_mut(self.units);
                for (to, from) in rows.zip(weights.chunks_exact(self.units)) {
                    for ((to, from), scale) in to.iter_mut().zip(from).zip(&*scales) {
                        *to = scaled(from, scale);
                    }
                }
            }
            Outputs::First => {
                let inputs = (self.weights / self.units).max(1);
                let rows = to
                    .chunks_exact_mut(inputs)
                    .zip(weights.chunks_exact(inputs));
                for ((to, from), scale) in rows.zip(&*scales) {
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = scaled(from, scale);
                    }
                }
            }
        }
    }
}

impl<T: Real> Layer<T> for FoldedNorm<T> {
    fn text(&self) -> LayerText {
        self.layer.text()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        self.layer.output_shape(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let memory = self.layer.memory(input, batch);
        Memory {
            scratch: memory.scratch + self.room(),
            ..memory
        }
    }

    fn reads(&self) -> Reads {
        self.layer.reads()
    }

    fn prepare(&self, input: Shape, parameters: &[T]) -> Checked<Option<Prepared<T>>> {
        let mut folded = AlignedVec::zeros("the weights of a predictor", self.room())?;
        self.fold(parameters, &mut folded);
        prepared(&self.layer, input, &folded[..self.weights + self.units]).map(Some)
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let (folded, scratch) = pass.scratch.split_at_mut(self.room());
        self.fold(pass.parameters, folded);
        self.layer.forward(Forward {
            parameters: &folded[..self.weights + self.units],
            scratch,
            ..pass
        });
    }

    fn backward(&self, _pass: Backward<'_, T>) {
        panic!("a normalisation that is folded in for inference has no backward pass");
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for FoldedNorm<T> {
    fn multiply_adds(&self, input: Shape) -> u64 {
        self.layer.cost().multiply_adds(input)
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        self.layer.cost().methods(input, batch)
    }
}
