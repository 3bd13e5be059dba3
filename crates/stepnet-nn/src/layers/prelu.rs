//! `prelu(shared=false)`: a leaky ReLU whose slopes are trained.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Rule, Term, number, operand};
use crate::error::Result as Checked;
use crate::layer::{
    Backward, Explain, Forward, Layer, LayerError, Memory, Parameter, PassValues, mark_signs,
};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::{Real, prelu};

/// `y = x` where `x > 0`, `slope x` elsewhere, with a slope for each channel or feature, or one for all.
///
/// Parameters: `slope`, `(channels)` or `(1)`, which starts as 0.25 and does not decay, as PyTorch's `PReLU` advises.
/// PyTorch's own default, `PReLU()`, is `prelu(shared=true)`; `PReLU(num_parameters=channels)` is `prelu`.
///
/// Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
#[derive(Debug, Clone)]
pub(super) struct Prelu {
    text: LayerText,
    shared: bool,
}

/// The initial slope.
const START: f64 = 0.25;

impl Prelu {
    /// How many slopes there are.
    fn slopes(&self, input: Shape) -> usize {
        match self.shared {
            true => 1,
            false => input.channels(),
        }
    }

    /// The slope of the value at `place`.
    fn slope<T: Real>(&self, place: usize, example: &ExampleValues<'_, T>) -> f64 {
        account::value(example.parameters, place % self.slopes(example.input))
    }
}

impl LayerKind for Prelu {
    fn signature() -> Signature {
        let summary =
            "z where z > 0, else slope * z, with a trained slope for each channel, or one for all.";
        Signature::new("prelu", summary)
            .optional("shared", ParameterKind::Flag, false)
            .example("prelu")
            .example("prelu(shared=true)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            shared: text.flag("shared"),
        }))
    }
}

impl<T: Real> Layer<T> for Prelu {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        vec![Parameter::constant("slope", self.slopes(input), START)]
    }

    fn memory(&self, input: Shape, _batch: usize) -> Memory {
        Memory {
            backward_scratch: prelu::backward_scratch(self.slopes(input)),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        prelu::forward(pass.parameters, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let slopes = pass.parameters;
        prelu::backward(
            slopes,
            [pass.x, pass.dy],
            pass.dx,
            pass.gradients,
            pass.scratch,
        );
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Prelu {
    fn sides(&self, pass: PassValues<'_, T>, mark: &mut dyn FnMut(u64)) {
        mark_signs(pass.x, mark);
    }

    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let x = account::value(example.x, place);
        let (formula, numbers, result, roundings) = if x <= 0.0 {
            let slope = self.slope(place, example);
            let numbers = format!("{} * {}", number(slope), operand(x));
            let formula = "y = slope x where x <= 0";
            (formula, numbers, slope * x, 2.0)
        } else {
            ("y = x where x > 0", operand(x), x, 0.0)
        };
        let rule = Rule::Function {
            numbers,
            result,
            roundings,
        };
        let terms = vec![Term::new(place, x, 1.0)];
        Ok(Some(Account::new(formula, rule, terms)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let (formula, factor) = match account::value(example.x, place) <= 0.0 {
            true => ("dx = dy slope where x <= 0", self.slope(place, example)),
            false => ("dx = dy where x > 0", 1.0),
        };
        Ok(Some(Feeds::new(formula, vec![Feed::new(place, factor)])))
    }
}
