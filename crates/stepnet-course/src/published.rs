//! The published numbers of the follow-up experiments, and the settings they belong to: the types
//! of `fixtures/course.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::switches::Switch;

/// Everything that is published.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Published {
    /// Where the numbers were read, by the letters that the experiments use.
    pub(crate) copies: BTreeMap<String, String>,
    /// The published facts about the data sets, by name.
    pub(crate) data: BTreeMap<String, DataFacts>,
    pub(crate) experiments: Vec<Experiment>,
    pub(crate) checks: Checks,
}

impl Published {
    pub(crate) fn embedded() -> Self {
        let text = include_str!("../fixtures/course.json");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("fixtures/course.json: {error}"))
    }
}

/// Facts by which a data set is recognised.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DataFacts {
    pub(crate) columns: usize,
    pub(crate) sum: f64,
    pub(crate) first: Vec<f64>,
    pub(crate) labels: f64,
}

/// One training run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) notebook: String,
    pub(crate) copies: Vec<String>,
    pub(crate) data: String,
    /// Units of each layer, the input first.
    pub(crate) sizes: Vec<usize>,
    /// The activation of the hidden layers; the last is a sigmoid.
    pub(crate) hidden: String,
    pub(crate) init: InitText,
    pub(crate) rule: String,
    pub(crate) learning_rate: f64,
    /// The rate after epoch `e` is the first over `1 + floor(e / decay_every)`.
    pub(crate) decay_every: Option<usize>,
    pub(crate) l2: f64,
    pub(crate) dropout: Option<DropoutText>,
    /// Mini-batches; without them every step takes all examples.
    pub(crate) batch: Option<BatchText>,
    /// Iterations, or epochs where there are mini-batches.
    pub(crate) steps: usize,
    pub(crate) print_every: usize,
    pub(crate) switch: Option<Switch>,
    pub(crate) init_check: Option<BTreeMap<String, ArrayFacts>>,
    pub(crate) trace: Vec<(usize, f64)>,
    pub(crate) weights: Option<BTreeMap<String, ArrayFacts>>,
    pub(crate) published: Vec<PublishedNumber>,
}

impl Experiment {
    /// Sets a switch, and names the experiment after it.
    pub(crate) fn turn(&mut self, switch: Switch) {
        let base = self.id.split('+').next().unwrap_or_default();
        self.id = format!("{base}+{switch}");
        self.switch = Some(switch);
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct InitText {
    pub(crate) rule: String,
    pub(crate) seed: u32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct BatchText {
    pub(crate) size: usize,
    /// Epoch `e` is shuffled by the seed `seed + 1 + e`.
    pub(crate) seed: u32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct DropoutText {
    /// The probability that a unit stays.
    pub(crate) keep: f64,
    pub(crate) seed: u32,
}

/// A number that copies of a notebook print.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedNumber {
    /// The iteration or epoch of a cost, or the updates done before an accuracy.
    pub(crate) at: usize,
    pub(crate) what: Quantity,
    /// As printed; several where copies differ, none for a number of the reference run alone.
    pub(crate) texts: Vec<String>,
    /// The reference run's value.
    pub(crate) value: Option<f64>,
    /// The largest relative difference between reference runs that sum in other orders.
    #[serde(default)]
    pub(crate) spread: f64,
    /// Whether it was read elsewhere than in the experiment's `copies`.
    #[serde(default)]
    pub(crate) elsewhere: bool,
}

/// The quantity that a published number measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Quantity {
    #[serde(rename = "cost")]
    Cost,
    #[serde(rename = "learning rate after")]
    LearningRateAfter,
    #[serde(rename = "train accuracy")]
    TrainAccuracy,
    #[serde(rename = "test accuracy")]
    TestAccuracy,
    #[serde(rename = "train accuracy in per cent")]
    TrainPercent,
    #[serde(rename = "test accuracy in per cent")]
    TestPercent,
}

/// The published facts about an array whose values are not published.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ArrayFacts {
    pub(crate) shape: Vec<usize>,
    pub(crate) sum: f64,
    pub(crate) sum_sq: f64,
    pub(crate) first: Option<f64>,
    pub(crate) last: Option<f64>,
    #[serde(default)]
    pub(crate) sum_spread: f64,
    #[serde(default)]
    pub(crate) sum_sq_spread: f64,
    pub(crate) abs_sum: Option<f64>,
}

/// The gradient-checking notebook, and the cost with L2 alone.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Checks {
    pub(crate) one: Vec<CheckedNumber>,
    pub(crate) many: ManyLayersCheck,
    pub(crate) l2: L2Check,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CheckedNumber {
    pub(crate) what: String,
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) other_copies: Vec<String>,
    pub(crate) value: f64,
    /// The gradients that are planted wrong.
    #[serde(default)]
    pub(crate) faults: Vec<String>,
    /// How far from the value a correct run may be, where it measures rounding alone.
    pub(crate) within: Option<f64>,
}

impl CheckedNumber {
    /// As the copies print it.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.text
            .iter()
            .chain(&self.other_copies)
            .cloned()
            .collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ManyLayersCheck {
    pub(crate) cost: Value,
    pub(crate) gradients_with_faults: BTreeMap<String, ArrayFacts>,
    pub(crate) published: Vec<CheckedNumber>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Value {
    pub(crate) value: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct L2Check {
    pub(crate) output: Vec<f64>,
    pub(crate) labels: Vec<f64>,
    pub(crate) cross_entropy: f64,
    pub(crate) l2_term: f64,
    pub(crate) cost: f64,
    pub(crate) text: String,
    pub(crate) other_copies: Vec<String>,
}
