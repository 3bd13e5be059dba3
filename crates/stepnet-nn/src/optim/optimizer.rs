//! A rule at work on the parameters of one network: the running values and the step count.

use std::ops::Range;

use super::ranges::ParameterRange;
use super::rule::Rule;
use crate::Number;
use crate::error::{Error, Result};
use crate::memory;
use stepnet_kernels::update::{self, AdamStep};

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

/// Neighbouring arrays that are treated alike.
struct Run {
    range: Range<usize>,
    decays: bool,
    rate: f64,
}

impl<T: Number> Optimizer<T> {
    /// Fresh state of a rule, for a network of `parameters` numbers.
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

    /// The running values that the next step depends on, each laid out as the parameters, by name.
    pub fn arrays(&self) -> Vec<(&'static str, &[T])> {
        let all = [("first", &self.first), ("second", &self.second)];
        let held = all.into_iter().zip(0..self.rule.states());
        held.map(|((name, values), _)| (name, &values[..]))
            .collect()
    }

    /// Takes up where another optimiser of the same rule was after `updates` updates: `fill` writes
    /// each of its [arrays](Optimizer::arrays).
    ///
    /// # Errors
    /// The error of `fill`, or a running mean of squares that is negative.
    pub fn restore(
        &mut self,
        updates: u64,
        mut fill: impl FnMut(&'static str, &mut [T]) -> Result<()>,
    ) -> Result<()> {
        let states = self.rule.states();
        let all = [("first", &mut self.first), ("second", &mut self.second)];
        for ((name, values), _) in all.into_iter().zip(0..states) {
            fill(name, values)?;
        }
        if let Some(&negative) = self.second.iter().find(|&&square| square < T::zero()) {
            return Err(Error::value(
                "optimizer",
                "a running mean of squares",
                negative,
                "a number of at least 0",
            ));
        }
        self.updates = updates;
        Ok(())
    }

    /// Changes the trainable arrays among `parameters` by one step at `learning_rate`. `gradients` are laid out like
    /// the parameters; `ranges` are in order.
    pub fn step(
        &mut self,
        parameters: &mut [T],
        gradients: &[T],
        ranges: &[ParameterRange],
        learning_rate: f64,
    ) {
        self.updates += 1;
        let mut left = ranges;
        while let Some(run) = self.next_run(&mut left) {
            let weights = &mut parameters[run.range.clone()];
            // Exact for the usual factor, 1.
            let rate = learning_rate * run.rate;
            self.update(weights, gradients, run.range, run.decays, rate);
        }
    }

    /// Takes the next neighbouring arrays that are treated alike off the front of `ranges`: a small array costs as
    /// much to update as a large one.
    fn next_run(&self, ranges: &mut &[ParameterRange]) -> Option<Run> {
        let decay = self.rule.weight_decay() != 0.0;
        let mut run: Option<Run> = None;
        while let Some((array, rest)) = ranges.split_first() {
            let decays = decay && array.decays;
            let next = |run: &Run| {
                run.range.end == array.range.start
                    && run.decays == decays
                    && run.rate.to_bits() == array.rate.to_bits()
            };
            match &mut run {
                _ if !array.trainable || array.range.is_empty() => {}
                None => {
                    run = Some(Run {
                        range: array.range.clone(),
                        decays,
                        rate: array.rate,
                    });
                }
                Some(run) if next(run) => run.range.end = array.range.end,
                Some(_) => return run,
            }
            *ranges = rest;
        }
        run
    }

    fn update(
        &mut self,
        weights: &mut [T],
        gradients: &[T],
        range: Range<usize>,
        decays: bool,
        learning_rate: f64,
    ) {
        let g = &gradients[range.clone()];
        match self.rule {
            Rule::GradientDescent => update::sgd(weights, g, learning_rate),
            Rule::Momentum { beta } => {
                update::averaged_momentum(weights, g, &mut self.first[range], learning_rate, beta);
            }
            Rule::ClassicMomentum {
                mu,
                nesterov,
                decay,
            } => {
                let v = &mut self.first[range];
                match (decays, nesterov) {
                    (true, _) => {
                        let constants = (learning_rate, mu, decay);
                        update::decayed_momentum(weights, g, v, constants, nesterov);
                    }
                    (false, true) => update::nesterov_momentum(weights, g, v, learning_rate, mu),
                    (false, false) => update::classic_momentum(weights, g, v, learning_rate, mu),
                }
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
        range: Range<usize>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Network, Shape};
    use stepnet_base::rng::RandomState;

    #[test]
    fn neighbours_are_updated_as_each_alone_would_be() {
        let text = "linear(3) -> relu -> linear(2) -> relu -> linear(2) -> softmax";
        let mut random = RandomState::new(1);
        let mut network = Network::<f64>::new(text, Shape::Features(4)).unwrap();
        // Biases too, which would start at 0 and have nothing to decay.
        random.fill_randn(network.parameters_mut());
        let mut gradients = vec![0.0; network.parameters().len()];
        random.fill_randn(&mut gradients);
        let decayed = Rule::CLASSIC_MOMENTUM.with_weight_decay(0.1).unwrap();
        for rule in [Rule::GradientDescent, Rule::ADAM, Rule::ADAMW, decayed] {
            for frozen in [None, Some("linear1"), Some("linear2"), Some("linear3")] {
                let mut together = network.clone();
                together.freeze(frozen.as_slice()).unwrap();
                let mut apart = together.clone();
                let ranges = together.parameter_ranges();
                Optimizer::new(rule, gradients.len()).unwrap().step(
                    together.parameters_mut(),
                    &gradients,
                    &ranges,
                    0.1,
                );

                let mut optimizer = Optimizer::new(rule, gradients.len()).unwrap();
                optimizer.updates = 1;
                for node in 0..apart.nodes().len() {
                    let described = &apart.nodes()[node];
                    let arrays: Vec<_> = described
                        .placed_parameters()
                        .filter(|_| described.trains())
                        .map(|(parameter, range)| (parameter.decays, range))
                        .collect();
                    for (decays, range) in arrays {
                        let weights = &mut apart.parameters_mut()[range.clone()];
                        optimizer.update(weights, &gradients, range, decays, 0.1);
                    }
                }
                assert_ne!(together.parameters(), network.parameters());
                assert_eq!(
                    together.parameters(),
                    apart.parameters(),
                    "{rule} {frozen:?}"
                );
            }
        }
    }

    #[test]
    fn an_array_learns_at_its_own_rate() {
        let mut ranges = [0..2, 2..4].map(|range| ParameterRange::new(range, false));
        ranges[0].rate = 0.5;
        for rule in [Rule::GradientDescent, Rule::ADAM, Rule::CLASSIC_MOMENTUM] {
            let mut parameters = [1.0, 2.0, 1.0, 2.0];
            let mut optimizer = Optimizer::new(rule, 4).unwrap();
            optimizer.step(&mut parameters, &[0.5, -1.0, 0.5, -1.0], &ranges, 0.125);
            for (slow, fast) in [(0, 2), (1, 3)] {
                let start = [1.0, 2.0][slow];
                let moved = parameters[fast] - start;
                assert!(moved != 0.0, "{rule}");
                let half: f64 = parameters[slow] - start;
                assert!((half - moved / 2.0).abs() < 1e-12, "{rule}: {parameters:?}");
            }
        }
    }

    /// PyTorch's steps, by `tools/torch_training.py`.
    const TORCH: &str = include_str!("../../fixtures/torch_training.json");

    fn numbers(value: &serde_json::Value) -> Vec<f64> {
        let values = value.as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn ten_steps_are_pytorchs() {
        let fixture: serde_json::Value = serde_json::from_str(TORCH).unwrap();
        let cases = fixture["rules"].as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            let mut rule: Rule = case["rule"].as_str().unwrap().parse().unwrap();
            if let Some(decay) = case.get("weight_decay") {
                rule = rule.with_weight_decay(decay.as_f64().unwrap()).unwrap();
            }
            if case.get("nesterov").is_some() {
                rule = rule.with_nesterov().unwrap();
            }
            // Six weights, which decay, and two biases, which do not.
            let ranges = [
                ParameterRange::new(0..6, true),
                ParameterRange::new(6..8, false),
            ];
            let mut parameters = numbers(&case["start"]);
            let mut optimizer = Optimizer::new(rule, 8).unwrap();
            let rate = case["learning_rate"].as_f64().unwrap();
            for step in case["steps"].as_array().unwrap() {
                let gradients = numbers(&step["gradient"]);
                optimizer.step(&mut parameters, &gradients, &ranges, rate);
                for (found, expected) in parameters.iter().zip(numbers(&step["parameters"])) {
                    assert!(
                        (found - expected).abs() < 1e-13,
                        "{rule:?}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn rules_without_a_weight_decay_say_which_have_one() {
        let error = Rule::ADAM.with_weight_decay(0.1).unwrap_err().to_string();
        assert!(error.contains("is adam, expected adamw"), "{error}");
        assert!(Rule::ADAMW.with_weight_decay(-1.0).is_err());
        assert!(Rule::ADAMW.with_weight_decay(f64::NAN).is_err());
        assert!(Rule::ADAMW.with_nesterov().is_err());
    }
}
