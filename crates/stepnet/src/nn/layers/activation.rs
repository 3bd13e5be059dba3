//! `relu`, `leakyrelu(slope)`, `sigmoid`, `tanh` and `softmax`.

use crate::Element;
use crate::error::Result as Checked;
use crate::kernels::{leaky_relu, relu, sigmoid, softmax, tanh};
use crate::nn::account::{self, Account, Feed, Feeds, Rule, Seen, Term, operand};
use crate::nn::layer::{Backward, Forward, Layer, Passed, Reads, Role, mark_signs};
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

/// Roundings of a sigmoid or a tanh: the system's exponential or tangent is good to about two
/// units in the last place (four roundings); a few operations follow.
const FUNCTION_ROUNDINGS: f64 = 8.0;

impl Function {
    /// The formula, the same with numbers, the result in `f64`, and the roundings it takes in `T`.
    fn account<T: Element>(self, x: f64) -> (&'static str, String, f64, f64) {
        let at = operand(x);
        match self {
            Self::Relu => {
                let y = if x <= 0.0 { 0.0 } else { x };
                ("y = max(0, x)", format!("max(0, {at})"), y, 0.0)
            }
            Self::LeakyRelu { .. } if x <= 0.0 => {
                let slope = self.slope::<T>();
                let numbers = format!("{} * {at}", account::number(slope));
                let formula = "y = slope x, for x is not above 0";
                (formula, numbers, slope * x, 2.0)
            }
            Self::LeakyRelu { .. } => ("y = x, for x is above 0", at, x, 0.0),
            Self::Sigmoid => {
                let numbers = format!("1 / (1 + exp(-{at}))");
                let y = 1.0 / (1.0 + (-x).exp());
                ("y = 1 / (1 + exp(-x))", numbers, y, FUNCTION_ROUNDINGS)
            }
            Self::Tanh => {
                let y = x.tanh();
                ("y = tanh(x)", format!("tanh({at})"), y, FUNCTION_ROUNDINGS)
            }
            // Accounted for by its whole row.
            Self::Softmax => ("y = x", at, x, 0.0),
        }
    }

    /// The slope as the kernel has it.
    fn slope<T: Element>(self) -> f64 {
        match self {
            Self::LeakyRelu { slope } => T::from_f64(slope).as_f64(),
            _ => 0.0,
        }
    }

    /// The derivative, from the output, in symbols and in numbers.
    fn derivative<T: Element>(self, y: f64) -> (&'static str, f64) {
        match self {
            Self::Relu if y <= 0.0 => ("dx = 0, for y is 0", 0.0),
            Self::Relu => ("dx = dy, for y is above 0", 1.0),
            Self::LeakyRelu { .. } if y <= 0.0 => {
                ("dx = dy slope, for y is not above 0", self.slope::<T>())
            }
            Self::LeakyRelu { .. } => ("dx = dy, for y is above 0", 1.0),
            Self::Sigmoid => ("dx = dy y (1 - y)", y * (1.0 - y)),
            Self::Tanh => ("dx = dy (1 - y) (1 + y)", (1.0 - y) * (1.0 + y)),
            Self::Softmax => ("dx_k = sum of dy_j y_j ((1 if j is k) - y_k)", 1.0),
        }
    }
}

impl<T: Element> Layer<T> for Activation {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn role(&self, _input: Shape) -> Role {
        match self.function {
            Function::Relu => Role::Relu,
            _ => Role::Other,
        }
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

    fn account(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        if matches!(self.function, Function::Softmax) {
            let len = row(seen.input);
            let first = place / len * len;
            let mut terms = account::room(len)?;
            let places = first..first + len;
            terms.extend(places.map(|at| Term::new(at, account::value(seen.x, at), 1.0)));
            let formula = "y_k = exp(x_k) / sum of exp(x_j)";
            let rule = Rule::Softmax { own: place - first };
            return Ok(Some(Account::new(formula, rule, terms)));
        }
        let x = account::value(seen.x, place);
        let (formula, numbers, result, roundings) = self.function.account::<T>(x);
        let rule = Rule::Function {
            numbers,
            result,
            roundings,
        };
        let terms = vec![Term::new(place, x, 1.0)];
        Ok(Some(Account::new(formula, rule, terms)))
    }

    fn feeds(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        let y = account::value(seen.y, place);
        let (formula, derivative) = self.function.derivative::<T>(y);
        if !matches!(self.function, Function::Softmax) {
            return Ok(Some(Feeds::new(
                formula,
                vec![Feed::new(place, derivative)],
            )));
        }
        let len = row(seen.input);
        let first = place / len * len;
        let mut feeds = account::room(len)?;
        feeds.extend((first..first + len).map(|other| {
            let own = f64::from(u8::from(other == place));
            let other_y = account::value(seen.y, other);
            Feed {
                place: other,
                factor: other_y * (own - y),
                size: other_y * (own + y),
            }
        }));
        Ok(Some(Feeds::new(formula, feeds)))
    }
}
