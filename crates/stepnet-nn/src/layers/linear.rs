//! `linear(units, bias=true)`: a dense layer.

use std::sync::Arc;

use super::arguments::count;
use super::kind::{BuildResult, LayerKind};
use super::plan_cache::PlanCache;
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Explain, Forward, Layer, LayerError, Memory, Parameter};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::dense::{self, DenseGeometry};
use stepnet_kernels::{Pass, PassPlan, Real};

/// A dense layer: `y = x w^T + b`.
///
/// Parameters: `weight` of shape `(units, features)` and `bias` of shape `(units)`.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    text: LayerText,
    units: usize,
    bias: bool,
    plans: PlanCache<dense::Plan>,
}

impl Linear {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        Ok(Self {
            text: text.clone(),
            units: count(text, "units")?,
            bias: text.flag("bias"),
            plans: PlanCache::default(),
        })
    }

    /// The plan for an input whose weights have memory.
    fn plan<T: Real>(&self, input: Shape, batch: usize) -> dense::Plan {
        let geometry = DenseGeometry::of_arrays(batch, input.len(), self.units);
        let make = || dense::Plan::new::<T>(&geometry);
        self.plans.get(input, batch, dense::Plan::is_for::<T>, make)
    }

    /// The same layer with a bias.
    pub(super) fn with_bias(&self) -> Self {
        Self {
            bias: true,
            ..self.clone()
        }
    }

    /// Whether there is a bias.
    pub(super) fn has_bias(&self) -> bool {
        self.bias
    }
}

impl LayerKind for Linear {
    fn signature() -> Signature {
        Signature::new("linear", "A dense layer: every unit sees every feature.")
            .alias("dense")
            .alias("fullyconnected")
            .alias("fc")
            .required("units", ParameterKind::CountOrClasses)
            .optional("bias", ParameterKind::Flag, true)
            .example("linear(4)")
            .example("linear(4, bias=false)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for Linear {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        match input {
            Shape::Features(features) => match features.checked_mul(self.units) {
                Some(_) => Ok(Shape::Features(self.units)),
                None => Err(format!(
                    "a weight of {} x {features} numbers is too large",
                    self.units
                )
                .into()),
            },
            // The network puts a flatten before a linear layer by itself.
            volume @ Shape::Volume { .. } => {
                Err(format!("linear takes a vector, but its input is a volume {volume}").into())
            }
        }
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let features = input.len();
        let weight = Parameter::weight(vec![self.units, features], features, self.units);
        if self.bias {
            vec![weight, Parameter::bias(self.units)]
        } else {
            vec![weight]
        }
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let plan = self.plan::<T>(input, batch);
        let [data, weights] = [Pass::Data, Pass::Weights].map(|pass| plan.scratch::<T>(pass));
        Memory {
            scratch: plan.scratch::<T>(Pass::Forward),
            backward_scratch: data.max(weights),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(plan.geometry().weights_len());
        let bias = self.bias.then_some(bias);
        plan.forward(pass.x, weight, bias, pass.y, pass.scratch);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let weights = plan.geometry().weights_len();
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            let db = self.bias.then_some(db);
            plan.backward_weights(pass.x, pass.dy, dw, db, pass.scratch);
        }
        if let Some(dx) = pass.dx {
            let weight = &pass.parameters[..weights];
            plan.backward_data(pass.dy, weight, dx, pass.scratch);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Explain<T> for Linear {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let inputs = example.input.len();
        let mut terms = account::room(inputs)?;
        terms.extend((0..inputs).map(|input| {
            let weight = account::value(example.parameters, place * inputs + input);
            Term::new(input, account::value(example.x, input), weight)
        }));
        let bias = inputs * self.units + place;
        let bias = self.bias.then(|| account::value(example.parameters, bias));
        let formula = match bias {
            Some(_) => "y = sum of x w, + b",
            None => "y = sum of x w",
        };
        Ok(Some(Account::sum(formula, terms, bias)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let inputs = example.input.len();
        let mut feeds = account::room(self.units)?;
        feeds.extend((0..self.units).map(|unit| {
            let weight = account::value(example.parameters, unit * inputs + place);
            Feed::new(unit, weight)
        }));
        Ok(Some(Feeds::new("dx = sum of dy w over the units", feeds)))
    }
}

impl<T: Real> Cost<T> for Linear {
    fn multiply_adds(&self, input: Shape) -> u64 {
        input.len() as u64 * self.units as u64
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        let plan = self.plan::<T>(input, batch);
        Pass::ALL.map(|pass| plan.explain::<T>(pass)).into()
    }
}
