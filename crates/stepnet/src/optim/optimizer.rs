//! A rule at work on one network: the running values and the step count.

use super::rule::Rule;
use crate::Element;
use crate::error::Result;
use crate::kernels::update::{self, AdamStep};
use crate::memory;
use crate::nn::Network;

/// The state of an update rule for one network.
#[derive(Debug, Clone)]
pub struct Optimizer<T> {
    rule: Rule,
    updates: u64,
    /// The running mean of the gradient (or the velocity).
    first: Vec<T>,
    /// The running mean of its square.
    second: Vec<T>,
}

impl<T: Element> Optimizer<T> {
    /// A rule at rest, for a network of `parameters` numbers.
    ///
    /// # Errors
    /// When there is not enough memory for its running values.
    pub fn new(rule: Rule, parameters: usize) -> Result<Self> {
        let zeros =
            |wanted: bool| memory::zeros("the optimiser", if wanted { parameters } else { 0 });
        Ok(Self {
            rule,
            updates: 0,
            first: zeros(rule.states() >= 1)?,
            second: zeros(rule.states() >= 2)?,
        })
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Changes the weights of `network` that train by one step at `learning_rate`.
    pub fn step(&mut self, network: &mut Network<T>, gradients: &[T], learning_rate: f64) {
        self.updates += 1;
        for node in 0..network.nodes().len() {
            if !network.nodes()[node].trains() {
                continue;
            }
            let places: usize = network.nodes()[node].parameters().len();
            for place in 0..places {
                let found = network.nodes()[node].placed_parameters().nth(place);
                let Some((decays, range)) =
                    found.map(|(parameter, range)| (parameter.decays, range))
                else {
                    continue;
                };
                self.update(
                    &mut network.parameters_mut()[range.clone()],
                    gradients,
                    range,
                    decays,
                    learning_rate,
                );
            }
        }
    }

    fn update(
        &mut self,
        weights: &mut [T],
        gradients: &[T],
        range: std::ops::Range<usize>,
        decays: bool,
        learning_rate: f64,
    ) {
        let g = &gradients[range.clone()];
        match self.rule {
            Rule::GradientDescent => update::sgd(weights, g, learning_rate),
            Rule::Momentum { beta } => {
                update::averaged_momentum(weights, g, &mut self.first[range], learning_rate, beta);
            }
            Rule::ClassicMomentum { mu } => {
                update::classic_momentum(weights, g, &mut self.first[range], learning_rate, mu);
            }
            Rule::Adam {
                beta1,
                beta2,
                epsilon,
            } => self.adam(
                weights,
                g,
                range,
                [beta1, beta2, epsilon, 0.0],
                learning_rate,
            ),
            Rule::AdamW {
                beta1,
                beta2,
                epsilon,
                decay,
            } => {
                let decay = if decays { decay } else { 0.0 };
                self.adam(
                    weights,
                    g,
                    range,
                    [beta1, beta2, epsilon, decay],
                    learning_rate,
                );
            }
        }
    }

    /// Adam's step, and AdamW's where the weights decay.
    fn adam(
        &mut self,
        weights: &mut [T],
        g: &[T],
        range: std::ops::Range<usize>,
        [beta1, beta2, epsilon, decay]: [f64; 4],
        rate: f64,
    ) {
        let step = AdamStep {
            rate,
            beta1,
            beta2,
            epsilon,
            t: self.updates,
        };
        let (v, s) = (&mut self.first[range.clone()], &mut self.second[range]);
        update::adamw(weights, g, v, s, &step, decay);
    }
}
