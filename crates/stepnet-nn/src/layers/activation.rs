//! `relu`, `leakyrelu(slope)`, `sigmoid`, `tanh`, `gelu`, `silu` and `softmax`.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use crate::account::{self, Account, Feed, Feeds, Rule, Seen, Term, operand};
use crate::error::Result as Checked;
use crate::layer::{Backward, Forward, Layer, Passed, Reads, Role, mark_signs};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::{gelu, leaky_relu, relu, sigmoid, silu, softmax, tanh};

/// An activation.
///
/// Derivatives are taken from the output, so that the input need not be kept; those of GELU and SiLU,
/// which rise and fall, from the input.
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
    Gelu,
    Silu,
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

    pub(super) fn gelu(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Gelu,
        }
    }

    pub(super) fn silu(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            function: Function::Silu,
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

/// Roundings of a product with such a function or with a share of the normal distribution, which the
/// kernels have to four units of the last place.
const PRODUCT_ROUNDINGS: f64 = 12.0;

/// What `1 / sqrt(2)` as a number leaves out of it.
const FRAC_1_SQRT_2_LOW: f64 = -4.833_646_656_726_457e-17;

/// `Phi(x)`, the share of the standard normal distribution below `x`: by `libm`, beside the kernels'.
fn normal_share(x: f64) -> f64 {
    let z = -x * FRAC_1_SQRT_2;
    // What the rounding of the argument does is taken back: the tail falls steeply.
    let rest = (-x).mul_add(FRAC_1_SQRT_2, -z) - x * FRAC_1_SQRT_2_LOW;
    let slope = FRAC_2_SQRT_PI * exp_minus(z * z, z.mul_add(z, -(z * z)));
    0.5 * (libm::erfc(z) - if slope == 0.0 { 0.0 } else { slope * rest })
}

/// `exp(-x^2 / 2) / sqrt(2 pi)`.
fn normal_density(x: f64) -> f64 {
    let square = x * x;
    NORMAL_DENSITY_AT_0 * exp_minus(0.5 * square, 0.5 * x.mul_add(x, -square))
}

/// `exp(-(square + rest))`, with a `rest` that is next to nothing.
fn exp_minus(square: f64, rest: f64) -> f64 {
    let power = (-square).exp();
    if power == 0.0 {
        0.0
    } else {
        power * (1.0 - rest)
    }
}

/// `x share`, which nothing is left of where the share is 0.
fn share_of(x: f64, share: f64) -> f64 {
    if share == 0.0 { 0.0 } else { x * share }
}

/// `1 / sqrt(2 pi)`.
const NORMAL_DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Function {
    /// The formula, the same with numbers, the result in `f64`, and the roundings it takes in `T`.
    fn account<T: Real>(self, x: f64) -> (&'static str, String, f64, f64) {
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
                (
                    "y = 1 / (1 + exp(-x))",
                    numbers,
                    logistic(x),
                    FUNCTION_ROUNDINGS,
                )
            }
            Self::Tanh => {
                let y = x.tanh();
                ("y = tanh(x)", format!("tanh({at})"), y, FUNCTION_ROUNDINGS)
            }
            Self::Gelu => {
                let numbers = format!("{at} * Phi({})", account::number(x));
                let y = share_of(x, normal_share(x));
                let formula = "y = x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2";
                (formula, numbers, y, PRODUCT_ROUNDINGS)
            }
            Self::Silu => {
                let numbers = format!("{at} / (1 + exp(-{at}))");
                let y = share_of(x, logistic(x));
                ("y = x / (1 + exp(-x))", numbers, y, PRODUCT_ROUNDINGS)
            }
            // Accounted for by its whole row.
            Self::Softmax => ("y = x", at, x, 0.0),
        }
    }

    /// The slope as the kernel has it.
    fn slope<T: Real>(self) -> f64 {
        match self {
            Self::LeakyRelu { slope } => T::from_f64(slope).as_f64(),
            _ => 0.0,
        }
    }

    /// The derivative in symbols, in numbers, and the size of what it is made of.
    fn derivative<T: Real>(self, x: f64, y: f64) -> (&'static str, f64, f64) {
        let (formula, parts) = match self {
            Self::Gelu => {
                let formula = "dx = dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi))";
                (formula, [normal_share(x), share_of(x, normal_density(x))])
            }
            Self::Silu => {
                let (share, rest) = (logistic(x), logistic(-x));
                let formula = "dx = dy (s + x s (1 - s)), s = 1 / (1 + exp(-x))";
                (formula, [share, share_of(x, share * rest)])
            }
            _ => {
                let (formula, derivative) = self.derivative_by_output::<T>(y);
                return (formula, derivative, derivative.abs());
            }
        };
        // Each part is a product of functions.
        let size = PRODUCT_ROUNDINGS / 4.0 * (parts[0].abs() + parts[1].abs());
        (formula, parts[0] + parts[1], size)
    }

    /// The derivative, from the output, in symbols and in numbers.
    fn derivative_by_output<T: Real>(self, y: f64) -> (&'static str, f64) {
        match self {
            Self::Relu if y <= 0.0 => ("dx = 0, for y is 0", 0.0),
            Self::Relu => ("dx = dy, for y is above 0", 1.0),
            Self::LeakyRelu { .. } if y <= 0.0 => {
                ("dx = dy slope, for y is not above 0", self.slope::<T>())
            }
            Self::LeakyRelu { .. } => ("dx = dy, for y is above 0", 1.0),
            Self::Sigmoid => ("dx = dy y (1 - y)", y * (1.0 - y)),
            Self::Tanh => ("dx = dy (1 - y) (1 + y)", (1.0 - y) * (1.0 + y)),
            // Told elsewhere.
            Self::Softmax | Self::Gelu | Self::Silu => {
                ("dx_k = sum of dy_j y_j ((1 if j is k) - y_k)", 1.0)
            }
        }
    }
}

impl<T: Real> Layer<T> for Activation {
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
        let input = matches!(self.function, Function::Gelu | Function::Silu);
        Reads {
            input,
            output: !input,
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
            Function::Gelu => gelu::forward(pass.x, pass.y),
            Function::Silu => silu::forward(pass.x, pass.y),
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
            Function::Gelu => gelu::backward(pass.x, pass.dy, dx),
            Function::Silu => silu::backward(pass.x, pass.dy, dx),
            Function::Softmax => softmax::backward(row(pass.context.input), pass.y, pass.dy, dx),
        }
    }

    fn sides(&self, pass: Passed<'_, T>, mark: &mut dyn FnMut(u64)) {
        match self.function {
            Function::Relu | Function::LeakyRelu { .. } => mark_signs(pass.x, mark),
            _ => {}
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
        let x = account::value(seen.x, place);
        let (formula, factor, size) = self.function.derivative::<T>(x, y);
        if !matches!(self.function, Function::Softmax) {
            let feed = Feed {
                place,
                factor,
                size,
            };
            return Ok(Some(Feeds::new(formula, vec![feed])));
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
