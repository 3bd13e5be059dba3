//! Batch normalisation at inference folded into the layer before it: a factor and a summand for each
//! of its outputs, which its weights and bias take in.

use std::sync::Arc;

use super::batch_norm::line;
use crate::layer::{Backward, Forward, Layer, Memory, Parameter, Reads, Role, Together};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::{PassPlan, Real};

/// How the outputs lie in a layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outputs {
    /// The fastest index: convolutions.
    Last,
    /// The slowest index: dense layers.
    First,
}

/// `conv -> bn` or `linear -> bn`, and what that layer does together with those behind, at
/// inference. Its parameters are those of all its layers: weights, the bias if there is one, and the
/// four of the normalisation.
///
/// The weights and the bias with the normalisation in them are made for each pass, in scratch, with
/// factors in `f64` rounded once. So the outputs differ from those of the layers one by one by the
/// rounding of the weights: by little more than the sums themselves are rounded.
#[derive(Debug)]
pub(super) struct Folded<T> {
    /// The layer with a bias, perhaps together with those behind the normalisation.
    layer: Arc<dyn Layer<T>>,
    outputs: Outputs,
    /// Of the weights, and of the outputs.
    weights: usize,
    units: usize,
    /// Whether the layer had a bias of its own.
    bias: bool,
    epsilon: f64,
}

impl<T: Real> Folded<T> {
    /// `own` (weights of `weights` numbers, `bias` or not), which with a bias is `biased`, with the
    /// normalisation that comes first in `after` and what `biased` does together with the rest.
    pub(super) fn together(
        biased: Arc<dyn Layer<T>>,
        bias: bool,
        outputs: Outputs,
        input: Shape,
        after: &[(&dyn Layer<T>, Shape)],
    ) -> Option<Together<T>> {
        let ((norm, at), behind) = after.split_first()?;
        let Role::BatchNorm { epsilon } = norm.role(*at) else {
            return None;
        };
        let parameters = biased.parameters(input);
        let [weights, units] = [0, 1].map(|number| parameters.get(number).map(Parameter::len));
        let (weights, units) = (weights?, units?);
        let (layer, layers) = match biased.together(input, behind) {
            Some(more) => (more.layer, more.layers),
            None => (biased, 1),
        };
        Some(Together {
            layer: Arc::new(Self {
                layer,
                outputs,
                weights,
                units,
                bias,
                epsilon,
            }),
            layers: layers + 1,
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

impl<T: Real> Layer<T> for Folded<T> {
    fn text(&self) -> LayerText {
        self.layer.text()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
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

    fn multiply_adds(&self, input: Shape) -> u64 {
        self.layer.multiply_adds(input)
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        self.layer.methods(input, batch)
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
}
