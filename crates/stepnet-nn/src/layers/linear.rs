//! `linear(units, bias=true)`: a dense layer.

use std::sync::Arc;

use super::arguments::count;
use super::fold::{Folded, Outputs};
use crate::account::{self, Account, Feed, Feeds, Seen, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Forward, Layer, Memory, Parameter, Together};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::dense::{self, DenseGeometry};

/// A dense layer: `y = x w^T + b`.
///
/// Parameters: `weight` of shape `(units, features)` and `bias` of shape `(units)`.
#[derive(Debug, Clone)]
pub struct Linear {
    text: LayerText,
    units: usize,
    bias: bool,
}

impl Linear {
    pub(super) fn from_text(text: &LayerText) -> Result<Self, String> {
        Ok(Self {
            text: text.clone(),
            units: count(text, "units")?,
            bias: text.flag("bias"),
        })
    }

    fn geometry(&self, input: Shape, batch: usize) -> DenseGeometry {
        DenseGeometry::of_arrays(batch, input.len(), self.units)
    }
}

impl<T: Real> Layer<T> for Linear {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        match input {
            Shape::Features(features) => match features.checked_mul(self.units) {
                Some(_) => Ok(Shape::Features(self.units)),
                None => Err(format!(
                    "a weight of {} x {features} numbers is too large",
                    self.units
                )),
            },
            // The network puts a flatten before a linear layer by itself.
            volume @ Shape::Volume { .. } => Err(format!(
                "linear takes a vector, but its input is a volume {volume}"
            )),
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
        let geometry = self.geometry(input, batch);
        Memory {
            scratch: dense::forward_scratch::<T>(&geometry),
            backward_scratch: dense::backward_data_scratch::<T>(&geometry)
                .max(dense::backward_weights_scratch::<T>(&geometry)),
            ..Memory::default()
        }
    }

    fn together_at_inference(
        &self,
        input: Shape,
        after: &[(&dyn Layer<T>, Shape)],
    ) -> Option<Together<T>> {
        let biased = Arc::new(Self {
            bias: true,
            ..self.clone()
        });
        Folded::together(biased, self.bias, Outputs::First, input, after)
    }

    fn multiply_adds(&self, input: Shape) -> u64 {
        input.len() as u64 * self.units as u64
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = self.geometry(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(geometry.inputs * geometry.outputs);
        let bias = self.bias.then_some(bias);
        dense::forward(&geometry, pass.x, weight, bias, pass.y, pass.scratch);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let geometry = self.geometry(pass.context.input, pass.context.batch);
        let weights = geometry.inputs * geometry.outputs;
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            let db = self.bias.then_some(db);
            dense::backward_weights(&geometry, pass.x, pass.dy, dw, db, pass.scratch);
        }
        if let Some(dx) = pass.dx {
            let weight = &pass.parameters[..weights];
            dense::backward_data(&geometry, pass.dy, weight, dx, pass.scratch);
        }
    }

    fn account(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        let inputs = seen.input.len();
        let mut terms = account::room(inputs)?;
        terms.extend((0..inputs).map(|input| {
            let weight = account::value(seen.parameters, place * inputs + input);
            Term::new(input, account::value(seen.x, input), weight)
        }));
        let bias = inputs * self.units + place;
        let bias = self.bias.then(|| account::value(seen.parameters, bias));
        let formula = match bias {
            Some(_) => "y = sum of x w, + b",
            None => "y = sum of x w",
        };
        Ok(Some(Account::sum(formula, terms, bias)))
    }

    fn feeds(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        let inputs = seen.input.len();
        let mut feeds = account::room(self.units)?;
        feeds.extend((0..self.units).map(|unit| {
            let weight = account::value(seen.parameters, unit * inputs + place);
            Feed::new(unit, weight)
        }));
        Ok(Some(Feeds::new("dx = sum of dy w over the units", feeds)))
    }
}
