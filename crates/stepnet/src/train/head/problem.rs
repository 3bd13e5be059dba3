//! The problem that a fit of the last layer solves: the loss over all rows at once, with its gradient.

use std::ops::Range;

use super::lbfgs::{Minimum, Tolerance, minimize};
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::{LossOptions, Network, Number, PlanOptions, Scores, Shape, Targets, Workspace};

/// What the outputs are to be: a class for each row, or a value for each output of each row.
#[derive(Debug, Clone)]
pub(in crate::train) enum HeadTargets {
    /// Classes.
    Classes(Vec<u32>),
    /// Labels or numbers, scaled as the network learns them.
    Values(Vec<f64>),
}

impl HeadTargets {
    /// The same targets several times.
    pub(super) fn repeated(&self, times: usize) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(classes.repeat(times)),
            Self::Values(values) => Self::Values(values.repeat(times)),
        }
    }

    /// Those of some rows; each has `outputs` values.
    pub(super) fn of_rows(&self, rows: &[usize], outputs: usize) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(rows.iter().map(|&row| classes[row]).collect()),
            Self::Values(values) => {
                let row = |&row: &usize| values[row * outputs..][..outputs].iter().copied();
                Self::Values(rows.iter().flat_map(row).collect())
            }
        }
    }

    fn targets(&self) -> Targets<'_, f64> {
        match self {
            Self::Classes(classes) => Targets::Classes(classes),
            Self::Values(values) => Targets::Values(values),
        }
    }
}

/// The last layer in double precision, whatever the network's.
#[derive(Debug)]
pub(super) struct Solver {
    network: Network<f64>,
    loss: LossOptions,
    weights: Range<usize>,
    bias: Option<Range<usize>>,
}

impl Solver {
    pub(super) fn new<T: Number>(head: &Network<T>, loss: &LossOptions) -> Result<Self> {
        let network = Network::<f64>::builder()
            .loss(head.loss())
            .advice(false)
            .build_text(head.text().clone(), Shape::Features(head.input().len()))?;
        let mut arrays = network.nodes()[0].placed_parameters();
        let weights = arrays.next().map_or(0..0, |(_, range)| range);
        let bias = arrays.next().map(|(_, range)| range);
        drop(arrays);
        Ok(Self {
            network,
            loss: loss.clone(),
            weights,
            bias,
        })
    }

    /// How many numbers are fitted.
    pub(super) fn parameters(&self) -> usize {
        self.network.parameters().len()
    }

    /// Where the weights and the biases are among them.
    pub(super) fn arrays(&self) -> (Range<usize>, Option<Range<usize>>) {
        (self.weights.clone(), self.bias.clone())
    }

    /// The values of a row.
    pub(super) fn features(&self) -> usize {
        self.network.input().len()
    }

    /// The outputs of a row.
    pub(super) fn outputs(&self) -> usize {
        self.network.output().len()
    }

    /// The plain loss of some parameters on other rows, without class weights or smoothing.
    pub(super) fn score(
        &self,
        parameters: &[f64],
        x: &[f64],
        targets: &HeadTargets,
    ) -> Result<Scores> {
        let mut network = self.network.clone();
        network.parameters_mut().copy_from_slice(parameters);
        let rows = x.len() / self.features();
        let mut workspace = Workspace::new(&network, rows.max(1), PlanOptions::SCORING)?;
        Ok(workspace.score(&network, x, &targets.targets())?.0)
    }
}

/// The loss over some rows.
pub(super) struct Problem<'a> {
    network: Network<f64>,
    workspace: Workspace<f64>,
    x: &'a [f64],
    targets: &'a HeadTargets,
    weights: Range<usize>,
    images: usize,
}

impl<'a> Problem<'a> {
    /// That of the rows `x` of `images` images.
    pub(super) fn new(
        solver: &Solver,
        x: &'a [f64],
        targets: &'a HeadTargets,
        images: usize,
    ) -> Result<Self> {
        let network = solver.network.clone();
        let rows = x.len() / solver.features();
        let mut workspace = Workspace::new(&network, rows.max(1), PlanOptions::DIFFERENTIATION)?;
        if !solver.loss.is_plain() {
            workspace.set_loss_options(&network, solver.loss.clone())?;
        }
        Ok(Self {
            network,
            workspace,
            x,
            targets,
            weights: solver.weights.clone(),
            images,
        })
    }

    /// Moves `parameters` to the minimum for a strength `C`.
    ///
    /// # Errors
    /// A loss that is not finite.
    pub(super) fn solve(
        &mut self,
        parameters: &mut [f64],
        strength: f64,
        tolerance: Tolerance,
    ) -> Result<Minimum> {
        let lambda = 1.0 / (strength * self.images.max(1) as f64);
        let minimum = minimize(parameters, tolerance, |at, gradient| {
            self.objective(at, lambda, gradient)
        })?;
        match minimum.value.is_finite() {
            true => Ok(minimum),
            false => Err(Error::Training(format!(
                "the loss of the last layer over the features is {}",
                minimum.value
            ))),
        }
    }

    /// The loss with its penalty, and the gradient.
    fn objective(&mut self, at: &[f64], lambda: f64, gradient: &mut [f64]) -> Result<f64> {
        self.network.parameters_mut().copy_from_slice(at);
        let targets = self.targets.targets();
        let scores = self
            .workspace
            .differentiate(&self.network, self.x, &targets)?;
        gradient.copy_from_slice(self.workspace.gradients());
        let mut square = 0.0;
        for place in self.weights.clone() {
            square += at[place] * at[place];
            gradient[place] += lambda * at[place];
        }
        Ok(scores.mean_loss() + 0.5 * lambda * square)
    }

    /// The loss without the penalty, and the right answers.
    pub(super) fn scores(&mut self, at: &[f64]) -> Result<Scores> {
        self.network.parameters_mut().copy_from_slice(at);
        let targets = self.targets.targets();
        self.workspace
            .differentiate(&self.network, self.x, &targets)
    }
}

/// Some rows of a matrix.
pub(super) fn gathered(x: &[f64], rows: &[usize], features: usize) -> Result<Vec<f64>> {
    let mut some = memory::with_capacity("the rows of a fold", rows.len() * features)?;
    for &row in rows {
        some.extend_from_slice(&x[row * features..][..features]);
    }
    Ok(some)
}
