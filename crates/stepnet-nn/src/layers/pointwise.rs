//! Pointwise operations as layers: what they share. Each has a file, with its function and derivative, its signature,
//! and what `see` says of its values.

use std::fmt::Debug;

use super::kind::{BuildResult, LayerKind};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, PassValues, Reads, mark_above};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use std::sync::Arc;
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{self, Argument, Pointwise};

/// A pointwise operation that the notation knows.
pub(super) trait Function: Pointwise + Debug + 'static {
    /// Its name and its arguments.
    fn signature() -> Signature;

    /// The operation with the text's arguments; the error says what is wrong with them.
    fn from_text(text: &LayerText) -> Result<Self, LayerError>;

    /// How its value at `x` comes about.
    fn value<T: Real>(self, x: f64) -> Value;

    /// Its derivative where `x` gave `y`.
    fn derivative<T: Real>(self, x: f64, y: f64) -> Derivative;

    /// Inputs at which the derivative jumps.
    fn kinks(self) -> &'static [f64] {
        &[]
    }
}

/// How a value comes about.
pub(super) struct Value {
    /// The formula in symbols.
    pub(super) formula: &'static str,
    /// The same with numbers.
    pub(super) numbers: String,
    /// Its value in `f64`.
    pub(super) result: f64,
    /// The roundings that it takes in the network's number type.
    pub(super) roundings: f64,
}

/// A derivative.
pub(super) struct Derivative {
    /// The gradient of the input in symbols.
    pub(super) formula: &'static str,
    /// The factor of the output's gradient.
    pub(super) factor: f64,
    /// The sum of the magnitudes that the factor is computed from.
    pub(super) size: f64,
}

impl Derivative {
    /// A factor that is computed without cancellation.
    pub(super) fn new(formula: &'static str, factor: f64) -> Self {
        let size = factor.abs();
        Self {
            formula,
            factor,
            size,
        }
    }

    /// The sum of two products of functions.
    pub(super) fn sum(formula: &'static str, [a, b]: [f64; 2]) -> Self {
        Self {
            formula,
            factor: a + b,
            size: PRODUCT_ROUNDINGS / 4.0 * (a.abs() + b.abs()),
        }
    }
}

/// Roundings of a sigmoid or a tanh: the system's exponential or tangent is good to about two
/// units in the last place (four roundings); a few operations follow.
pub(super) const FUNCTION_ROUNDINGS: f64 = 8.0;

/// Roundings of a product with such a function or with a share of the normal distribution, which the
/// kernels have to four units of the last place.
pub(super) const PRODUCT_ROUNDINGS: f64 = 12.0;

/// `x share`, which nothing is left of where the share is 0.
pub(super) fn share_of(x: f64, share: f64) -> f64 {
    if share == 0.0 { 0.0 } else { x * share }
}

/// `1 / (1 + exp(-x))`, by the system's functions.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The argument `name` of an operation whose derivative is computed from its output, where a negative one would hide the
/// input's sign.
pub(super) fn not_negative(text: &LayerText, name: &str) -> Result<f64, LayerError> {
    let value = text.number(name);
    if value < 0.0 {
        return Err(format!("its {name} is {value}, expected a number of at least 0").into());
    }
    Ok(value)
}

/// A pointwise operation as a layer.
#[derive(Debug, Clone)]
pub(crate) struct PointwiseLayer<F> {
    text: LayerText,
    function: F,
}

impl<F: Function> LayerKind for PointwiseLayer<F> {
    fn signature() -> Signature {
        F::signature()
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            function: F::from_text(text)?,
        }))
    }

    #[cfg(test)]
    fn check() {
        tests::check::<F>();
    }
}

impl<T: Real, F: Function> Layer<T> for PointwiseLayer<F> {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads {
            input: F::FROM == Argument::Input,
            output: F::FROM == Argument::Output,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        pointwise::forward(self.function, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let Some(dx) = pass.dx else { return };
        let at = match F::FROM {
            Argument::Input => pass.x,
            Argument::Output => pass.y,
        };
        pointwise::backward(self.function, at, pass.dy, dx);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real, F: Function> Explain<T> for PointwiseLayer<F> {
    fn sides(&self, pass: PassValues<'_, T>, mark: &mut dyn FnMut(u64)) {
        for &kink in self.function.kinks() {
            mark_above(pass.x, T::from_f64(kink), mark);
        }
    }

    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let x = account::value(example.x, place);
        let value = self.function.value::<T>(x);
        let rule = Rule::Function {
            numbers: value.numbers,
            result: value.result,
            roundings: value.roundings,
        };
        let terms = vec![Term::new(place, x, 1.0)];
        Ok(Some(Account::new(value.formula, rule, terms)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let (x, y) = (
            account::value(example.x, place),
            account::value(example.y, place),
        );
        let derivative = self.function.derivative::<T>(x, y);
        let feed = Feed {
            place,
            factor: derivative.factor,
            size: derivative.size,
        };
        Ok(Some(Feeds::new(derivative.formula, vec![feed])))
    }
}

#[cfg(test)]
mod tests;
