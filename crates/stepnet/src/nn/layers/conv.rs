//! `conv(filters, kernel, ...)`: convolution.

use super::count;
use super::window::{Window, accepted_volume, volume};
use crate::Element;
use crate::kernels::{ConvGeometry, conv};
use crate::nn::layer::{Backward, Forward, Layer, Memory, Parameter};
use crate::nn::notation::LayerText;
use crate::nn::shape::Shape;

/// Convolution with optional bias: `y[i, h, w, f] = b[f] + sum over the window of x * w[.., f]`.
///
/// Parameters: `weight` of shape `(kernel height, kernel width, channels / groups, filters)` and
/// `bias` of shape `(filters)`.
#[derive(Debug, Clone)]
pub struct Conv {
    text: LayerText,
    filters: usize,
    window: Window,
    groups: usize,
    bias: bool,
}

impl Conv {
    pub(super) fn from_text(text: &LayerText) -> Result<Self, String> {
        Ok(Self {
            text: text.clone(),
            filters: count(text, "filters")?,
            window: Window::of_conv(text),
            groups: count(text, "groups")?,
            bias: text.flag("bias"),
        })
    }

    fn geometry(&self, input: Shape, batch: usize) -> Result<ConvGeometry, String> {
        let [height, width, channels] = volume("conv", input)?;
        self.window
            .resolve([height, width])
            .and_then(|window| {
                ConvGeometry::new(
                    batch,
                    [height, width, channels],
                    self.filters,
                    window,
                    self.groups,
                )
            })
            .map_err(|error| error.to_string())
    }

    /// The geometry for an input that `output_shape` has accepted.
    fn accepted(&self, input: Shape, batch: usize) -> ConvGeometry {
        self.geometry(input, batch)
            .unwrap_or_else(|problem| panic!("conv after its shape check: {problem}"))
    }
}

impl<T: Element> Layer<T> for Conv {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        Ok(self.geometry(input, 1)?.output.into())
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let [.., channels] = accepted_volume(input);
        let [height, width] = self.window.kernel;
        let area = height * width;
        let per_group = channels / self.groups;
        let weight = Parameter::weight(
            vec![height, width, per_group, self.filters],
            area * per_group,
            area * self.filters / self.groups,
        );
        if self.bias {
            vec![weight, Parameter::bias(self.filters)]
        } else {
            vec![weight]
        }
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let geometry = self.accepted(input, batch);
        Memory {
            scratch: conv::forward_scratch::<T>(&geometry),
            backward_scratch: conv::backward_data_scratch::<T>(&geometry)
                .max(conv::backward_weights_scratch::<T>(&geometry)),
            ..Memory::default()
        }
    }

    fn multiply_adds(&self, input: Shape) -> u64 {
        self.accepted(input, 1).multiply_adds()
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = self.accepted(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(geometry.weights_len());
        conv::forward(
            &geometry,
            pass.x,
            weight,
            self.bias.then_some(bias),
            pass.y,
            pass.scratch,
        );
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let geometry = self.accepted(pass.context.input, pass.context.batch);
        let weights = geometry.weights_len();
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            conv::backward_weights(
                &geometry,
                pass.x,
                pass.dy,
                dw,
                self.bias.then_some(db),
                pass.scratch,
            );
        }
        if let Some(dx) = pass.dx {
            conv::backward_data(
                &geometry,
                pass.dy,
                &pass.parameters[..weights],
                dx,
                pass.scratch,
            );
        }
    }
}
