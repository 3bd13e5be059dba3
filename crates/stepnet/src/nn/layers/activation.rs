//! `relu`, `leakyrelu(slope)`, `sigmoid`, `tanh` and `softmax`.

use crate::Element;
use crate::kernels::{leaky_relu, relu, sigmoid, softmax, tanh};
use crate::nn::layer::{Backward, Forward, Layer, Passed, Reads, mark_signs};
use crate::nn::notation::LayerText;
use crate::nn::shape::Shape;

/// An activation. All derivatives are taken from the output, so the input need not be kept.
#[derive(Debug, Clone)]
pub struct Activation {
    text: LayerText,
    function: Function,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Relu,
    LeakyRelu { slope: f64 },
    Sigmoid,
    Tanh,
    Softmax,
}

impl Activation {
    pub(super) fn relu(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Relu,
        }
    }

    pub(super) fn leaky_relu(text: &LayerText) -> Result<Self, String> {
        let slope = text.number("slope");
        // The derivative is taken from the output, whose sign a negative slope would hide.
        if slope < 0.0 {
            return Err(format!(
                "its slope is {slope}, expected a number of at least 0"
            ));
        }
        Ok(Self {
            text: text.clone(),
            function: Function::LeakyRelu { slope },
        })
    }

    pub(super) fn sigmoid(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Sigmoid,
        }
    }

    pub(super) fn tanh(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Tanh,
        }
    }

    pub(super) fn softmax(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Softmax,
        }
    }
}

/// The length of the vectors softmax acts on: all features, or the channels of each pixel.
fn row(shape: Shape) -> usize {
    match shape {
        Shape::Volume { channels, .. } => channels,
        Shape::Features(features) => features,
    }
}

impl<T: Element> Layer<T> for Activation {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: true,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        match self.function {
            Function::Relu => relu::forward(pass.x, pass.y),
            Function::LeakyRelu { slope } => {
                leaky_relu::forward(T::from_f64(slope), pass.x, pass.y)
            }
            Function::Sigmoid => sigmoid::forward(pass.x, pass.y),
            Function::Tanh => tanh::forward(pass.x, pass.y),
            Function::Softmax => softmax::forward(row(pass.context.input), pass.x, pass.y),
        }
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let Some(dx) = pass.dx else { return };
        match self.function {
            Function::Relu => relu::backward(pass.y, pass.dy, dx),
            Function::LeakyRelu { slope } => {
                leaky_relu::backward(T::from_f64(slope), pass.y, pass.dy, dx)
            }
            Function::Sigmoid => sigmoid::backward(pass.y, pass.dy, dx),
            Function::Tanh => tanh::backward(pass.y, pass.dy, dx),
            Function::Softmax => softmax::backward(row(pass.context.input), pass.y, pass.dy, dx),
        }
    }

    fn sides(&self, pass: Passed<'_, T>, mark: &mut dyn FnMut(u64)) {
        match self.function {
            Function::Relu | Function::LeakyRelu { .. } => mark_signs(pass.x, mark),
            Function::Sigmoid | Function::Tanh | Function::Softmax => {}
        }
    }
}
