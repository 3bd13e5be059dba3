//! The largest contributors of a value, layer by layer, down to the pixels.

use super::Why;
use super::at::Spot;
use super::explanation::{Step, more, ranked};
use crate::error::Result;
use stepnet_nn::Number;
use stepnet_nn::account::{Rule, Term};

/// The most values that one trace lists; what lies beyond is cut off, and said to be.
const MAX_STEPS: usize = 2000;

/// Their role, the only one that counts, the terms, and what their sum is divided by.
type Contributors = (&'static str, Option<usize>, Vec<Term>, f64);

impl<T: Number> Why<'_, T> {
    pub(super) fn trace(&self, spot: Spot, layers: usize, branches: usize) -> Result<Step> {
        let mut left = MAX_STEPS;
        self.follow(
            self.step(spot, "asked"),
            spot,
            (layers, branches.max(1)),
            &mut left,
        )
    }

    fn step(&self, spot: Spot, role: &'static str) -> Step {
        let subject = self.subject.as_ref().filter(|_| spot.value == 0);
        Step {
            name: self.name(spot),
            value: self.value(spot),
            factor: None,
            product: None,
            role,
            raw: subject.and_then(|subject| subject.raw.get(spot.place).copied()),
            steps: Vec::new(),
            more: None,
            cut: false,
        }
    }

    /// Adds its contributors to `step`.
    fn follow(
        &self,
        mut step: Step,
        spot: Spot,
        (layers, branches): (usize, usize),
        left: &mut usize,
    ) -> Result<Step> {
        if layers == 0 || spot.value == 0 {
            return Ok(step);
        }
        let (role, only, terms, divisor) = self.contributors(spot)?;
        let products: Vec<f64> = terms.iter().map(|t| t.product() / divisor).collect();
        let order = match only {
            Some(only) => vec![only],
            None => ranked(&products),
        };
        let (followed, rest) = order.split_at(branches.min(order.len()));
        step.more = (!rest.is_empty()).then(|| more(&products, rest));
        for term in followed.iter().filter_map(|&number| terms.get(number)) {
            // Nothing comes of the padding, or of a term that is 0.
            let (Some(place), true) = (term.place, only.is_some() || term.product() != 0.0) else {
                continue;
            };
            if *left == 0 {
                step.cut = true;
                break;
            }
            *left -= 1;
            let below = self.source(spot.value - 1, place);
            let next = Step {
                factor: only.is_none().then_some(term.factor),
                product: only.is_none().then(|| term.product() / divisor),
                ..self.step(below, role)
            };
            step.steps
                .push(self.follow(next, below, (layers - 1, branches), left)?);
        }
        Ok(step)
    }

    /// How a value's terms enter it, the only one that does where it is one, the terms, and what
    /// their sum is divided by.
    fn contributors(&self, spot: Spot) -> Result<Contributors> {
        let node = &self.network.nodes()[spot.value - 1];
        let account = node
            .layer()
            .explain()
            .account(spot.place, &self.seen(spot.value - 1))?;
        let Some(account) = account else {
            return Ok(("x dy/dx", None, self.opaque_terms(spot)?, 1.0));
        };
        let mut by = 1.0;
        let (role, only) = match account.rule {
            Rule::Largest { winner } => ("largest", Some(winner)),
            Rule::Softmax { own } => ("own logit", Some(own)),
            Rule::Function { .. } => ("argument", Some(0)),
            Rule::Same => ("same", Some(0)),
            Rule::Sum { divisor, .. } => {
                by = divisor;
                ("term", None)
            }
        };
        Ok((role, only, account.terms, by))
    }
}
