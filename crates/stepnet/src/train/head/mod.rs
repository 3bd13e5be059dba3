//! The last layer of a pretrained network, fitted to its features: a convex problem, solved to its end in one go.
//!
//! Over the features `x` of the training images, each brought to mean 0 and deviation 1, it minimises
//!
//! ```text
//! mean loss(W x + b) + |W|^2 / (2 C n)
//! ```
//!
//! for `n` images: multinomial logistic regression where the loss is that of classes, logistic regression for each label,
//! ridge regression for numbers. The regularisation strength `C` (large: weak) is chosen by cross-validation. At the end
//! the scaling of the features is folded into the weights.

mod choose;
mod folds;
mod lbfgs;
mod problem;
mod report;
mod scale;

use crate::error::Result;
use crate::nn::{LossOptions, Network, Number, Scores};

use choose::choose;
pub(super) use problem::HeadTargets;
use problem::{Problem, Solver};
use scale::FeatureScale;

pub use report::{HeadReport, StrengthTrial};

/// What a fit depends on besides the features.
#[derive(Debug, Clone)]
pub(super) struct HeadOptions {
    /// Class weights and label smoothing.
    pub(super) loss: LossOptions,
    /// `C`; chosen by cross-validation unless given.
    pub(super) strength: Option<f64>,
    /// Draws the folds.
    pub(super) seed: u32,
}

/// Features of training images, `variants` of each: those of the images as they are, then the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeatureRows<'a, T> {
    pub(super) x: &'a [T],
    pub(super) features: usize,
    pub(super) variants: usize,
}

/// A fitted last layer.
#[derive(Debug)]
pub(super) struct FittedHead<T> {
    /// Its parameters, as the network has them.
    pub(super) parameters: Vec<T>,
    /// The loss over all rows, without the penalty, and the right answers.
    pub(super) scores: Scores,
    pub(super) report: HeadReport,
}

/// Fits `head`, a `linear` and perhaps an activation, to features.
///
/// # Errors
/// When there is not enough memory, or the loss is not finite.
pub(super) fn fit_head<T: Number>(
    head: &Network<T>,
    rows: FeatureRows<'_, T>,
    targets: &HeadTargets,
    options: &HeadOptions,
) -> Result<FittedHead<T>> {
    let start = stepnet_base::clock::Instant::now();
    let biased = head.nodes()[0]
        .parameters()
        .iter()
        .any(|array| array.name == "bias");
    let images = rows.x.len() / rows.features / rows.variants;
    let scale = FeatureScale::of(&rows.x[..images * rows.features], rows.features, biased);
    let x = scale.apply(rows.x)?;
    let solver = Solver::new(head, &options.loss)?;
    // The strength is chosen on the images as they are.
    let plain = &x[..images * rows.features];
    let chosen = match options.strength {
        Some(_) => None,
        None => choose(&solver, plain, targets, options.seed)?,
    };
    let strength = options
        .strength
        .or(chosen.as_ref().map(|chosen| chosen.strength))
        .unwrap_or(choose::USUAL);
    let repeated = targets.repeated(rows.variants);
    let mut problem = Problem::new(&solver, &x, &repeated, images)?;
    let mut parameters = vec![0.0; solver.parameters()];
    let minimum = problem.solve(&mut parameters, strength, lbfgs::EXACT)?;
    let scores = problem.scores(&parameters)?;
    scale.fold(&solver, &mut parameters);
    Ok(FittedHead {
        parameters: parameters.iter().map(|&value| T::from_f64(value)).collect(),
        scores,
        report: HeadReport {
            images,
            features: rows.features,
            variants: rows.variants,
            strength,
            folds: chosen.as_ref().map_or(0, |chosen| chosen.folds),
            trials: chosen.map_or_else(Vec::new, |chosen| chosen.trials),
            iterations: minimum.iterations,
            fit_seconds: start.elapsed().as_secs_f64(),
            ..HeadReport::default()
        },
    })
}

#[cfg(test)]
mod tests;
