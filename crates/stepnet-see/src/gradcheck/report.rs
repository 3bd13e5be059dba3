//! The results of a check.

use serde::Serialize;

use super::options::{MOST_EXCLUDED, Options, USUAL_STEP};
use super::tensor::Outcome;

/// The verdict on one array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// The analytic gradient agrees with the differences.
    Agrees,
    /// Both are zero at every coordinate that was checked, because of dead units for example. This is no
    /// evidence against the gradient, and little for it.
    Zero,
    /// The gradient is so small that the rounding of the cost hides it: it cannot be checked.
    Rounding,
    /// The analytic gradient is wrong.
    Differs,
    /// Every coordinate that was tried crosses a kink. Counts as a failure.
    Unchecked,
    /// The check ended before it came to this array: see [`Report::reach`].
    #[serde(rename = "not reached")]
    NotReached,
}

/// How far a check came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reach {
    /// To the end.
    Complete,
    /// Until [`Options::time_limit`](super::Options::time_limit).
    OutOfTime,
    /// Until its observer ended it.
    Stopped,
}

impl Verdict {
    /// Whether the check fails because of it.
    pub fn fails(self) -> bool {
        matches!(self, Self::Differs | Self::Unchecked)
    }
}

/// One coordinate of an array, with both of its derivatives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Coordinate {
    /// Its index.
    pub index: Vec<usize>,
    /// The derivative that the backward passes gave.
    pub analytic: f64,
    /// The numerical derivative.
    pub numeric: f64,
    /// How far the two are apart, as a part of what tolerance and rounding allow: above 1 it is wrong.
    pub strain: f64,
}

/// The check of one array.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TensorCheck {
    /// Its name: `input`, or layer and parameter such as `conv1.weight`.
    pub name: String,
    /// Its extents; those of the input begin with the examples.
    pub shape: Vec<usize>,
    /// How many coordinates it has.
    pub coordinates: usize,
    /// How many were checked.
    pub checked: usize,
    /// How many were tried and excluded because their differences cross a kink.
    pub excluded: usize,
    /// The share excluded of those that were tried.
    pub excluded_share: f64,
    /// Along how many directions all coordinates were moved together, where they were sampled.
    pub directions: usize,
    /// The [relative difference](super::relative_difference) over the checked coordinates.
    pub difference: f64,
    /// How much of that rounding alone may be.
    pub rounding: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Where the analytic gradient is a multiple of the right one: the factor.
    pub factor: Option<f64>,
    /// The coordinate with the largest difference, relative to its tolerance.
    pub worst: Option<Coordinate>,
}

/// A layer that computes a wrong gradient, found by checking it by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Blame {
    /// The layer, such as `conv2`; `None` where every layer is right by itself.
    pub layer: Option<String>,
    /// The gradient that is wrong: the name of a parameter, or `input` for what the layer passes
    /// down.
    pub tensor: Option<String>,
    /// The gradients of the network that are wrong because of it.
    pub explains: Vec<String>,
    /// All of it as a sentence.
    pub message: String,
}

/// The check of a network or a layer. It prints as a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The network or the layer in the arrow notation.
    pub subject: String,
    /// The loss; `None` for a layer by itself, whose outputs are summed with drawn weights.
    pub loss: Option<String>,
    /// How many examples it was checked on.
    pub examples: usize,
    /// The mean loss of the examples, or the weighted sum of the outputs.
    pub cost: f64,
    /// The step that was tried first.
    pub eps: f64,
    /// The relative difference up to which an array agrees.
    pub tolerance: f64,
    /// Whether nothing failed.
    pub passed: bool,
    /// The [relative difference](super::relative_difference) over all checked coordinates.
    pub difference: f64,
    /// How many coordinates there are.
    pub coordinates: usize,
    /// How many were checked.
    pub checked: usize,
    /// How many were tried and excluded.
    pub excluded: usize,
    /// The share excluded of those that were tried.
    pub excluded_share: f64,
    /// The arrays: the input first, then the trainable ones.
    pub tensors: Vec<TensorCheck>,
    /// Where the faults lie, if a gradient is wrong.
    pub blame: Vec<Blame>,
    /// How far the check came.
    pub reach: Reach,
    /// Whether passes through the whole network would have taken too long, so that each layer was checked by itself,
    /// on the values that it has in the network, moved a little so that none ties with another, and only the input and the last trainable layer by the loss.
    pub by_layers: bool,
}

impl Report {
    /// Whether the check passed: no array differs, each that was reached was checked somewhere, and not too many
    /// coordinates were excluded.
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// The check of an array by its name.
    pub fn tensor(&self, name: &str) -> Option<&TensorCheck> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The arrays whose gradients are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &TensorCheck> {
        let differs = |tensor: &&TensorCheck| tensor.verdict == Verdict::Differs;
        self.tensors.iter().filter(differs)
    }

    /// How many arrays were checked.
    pub fn arrays_checked(&self) -> usize {
        let reached = |tensor: &&TensorCheck| tensor.verdict != Verdict::NotReached;
        self.tensors.iter().filter(reached).count()
    }

    pub(super) fn any_differs(&self) -> bool {
        self.wrong().next().is_some()
    }
}

/// The share of `part` in `part + rest`.
pub(super) fn share(part: usize, rest: usize) -> f64 {
    part as f64 / (part + rest).max(1) as f64
}

/// The outcomes of all arrays, and how far the check came.
pub(super) struct Outcomes {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) reach: Reach,
}

/// Puts the checks of all arrays together.
pub(super) fn report(of: Outcomes, options: &Options, cost: f64) -> Report {
    let Outcomes { outcomes, reach } = of;
    let sum = |part: fn(&TensorCheck) -> usize| -> usize {
        outcomes.iter().map(|outcome| part(&outcome.check)).sum()
    };
    let coordinates = sum(|check| check.coordinates);
    let (checked, excluded) = (sum(|check| check.checked), sum(|check| check.excluded));
    let total = |part: usize| outcomes.iter().map(|o| o.squares[part]).sum::<f64>().sqrt();
    let size = total(1) + total(2);
    let difference = if size == 0.0 { 0.0 } else { total(0) / size };
    let tensors: Vec<TensorCheck> = outcomes.into_iter().map(|outcome| outcome.check).collect();
    let excluded_share = share(excluded, checked);
    let fails = tensors.iter().any(|tensor| tensor.verdict.fails());
    Report {
        subject: String::new(),
        loss: None,
        examples: 0,
        cost,
        eps: options.eps.unwrap_or(USUAL_STEP),
        tolerance: options.tolerance,
        passed: !fails
            && excluded_share <= MOST_EXCLUDED
            && (checked > 0 || reach == Reach::Complete),
        difference,
        coordinates,
        checked,
        excluded,
        excluded_share,
        tensors,
        blame: Vec::new(),
        reach,
        by_layers: false,
    }
}
