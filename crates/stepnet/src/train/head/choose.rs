//! The regularisation strength, chosen by cross-validation on the training images.

use rayon::prelude::*;

use super::folds::folds;
use super::lbfgs::ROUGH;
use super::problem::{HeadTargets, Problem, Solver, gathered};
use super::report::StrengthTrial;
use crate::error::Result;

/// The strengths that are tried, from strong regularisation to weak.
const STRENGTHS: [f64; 12] = [
    1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 10.0, 100.0, 1000.0,
];

/// The strength where there are too few images to try any.
pub(super) const USUAL: f64 = 0.01;

/// Values of the features that cross-validation takes: of more images some are drawn.
const MOST_VALUES: usize = 1 << 22;

/// Images that take part however many features they have.
const FEWEST_IMAGES: usize = 500;

/// Strengths after the best one so far that are tried without success before the rest is left out.
const PATIENCE: usize = 3;

/// A chosen strength.
pub(super) struct Chosen {
    pub(super) strength: f64,
    pub(super) folds: usize,
    pub(super) trials: Vec<StrengthTrial>,
}

/// The strength with the best results on images that were left out; none where there are too few images.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn choose(
    solver: &Solver,
    x: &[f64],
    targets: &HeadTargets,
    seed: u32,
) -> Result<Option<Chosen>> {
    let images = x.len() / solver.features();
    let most = (MOST_VALUES / solver.features()).max(FEWEST_IMAGES);
    let folds = folds(targets, images, most, seed);
    if folds.is_empty() {
        return Ok(None);
    }
    let mut paths = (0..folds.len())
        .into_par_iter()
        .map(|fold| Path::new(solver, x, targets, &folds, fold))
        .collect::<Result<Vec<_>>>()?;
    let mut trials: Vec<StrengthTrial> = Vec::new();
    let mut best = 0;
    for strength in STRENGTHS {
        let scores = paths
            .par_iter_mut()
            .map(|path| path.advance(solver, strength))
            .collect::<Result<Vec<_>>>()?;
        let mut sum = scores[0];
        scores[1..].iter().for_each(|scores| sum.add(scores));
        let by_class = matches!(targets, HeadTargets::Classes(_));
        trials.push(StrengthTrial {
            strength,
            accuracy: by_class.then(|| sum.accuracy()),
            loss: sum.mean_loss(),
        });
        let last = trials.len() - 1;
        if trials[last].beats(&trials[best]) {
            best = last;
        }
        if last >= best + PATIENCE {
            break;
        }
    }
    Ok(Some(Chosen {
        strength: trials[best].strength,
        folds: folds.len(),
        trials,
    }))
}

/// The fits of one fold, from strength to strength: each begins where the one before ended.
struct Path {
    x: Vec<f64>,
    targets: HeadTargets,
    left_out: (Vec<f64>, HeadTargets),
    parameters: Vec<f64>,
}

impl Path {
    fn new(
        solver: &Solver,
        x: &[f64],
        targets: &HeadTargets,
        folds: &[Vec<usize>],
        fold: usize,
    ) -> Result<Self> {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != fold);
        let rows: Vec<usize> = others.flat_map(|(_, rows)| rows).copied().collect();
        let (features, outputs) = (solver.features(), solver.outputs());
        Ok(Self {
            x: gathered(x, &rows, features)?,
            targets: targets.of_rows(&rows, outputs),
            left_out: (
                gathered(x, &folds[fold], features)?,
                targets.of_rows(&folds[fold], outputs),
            ),
            parameters: vec![0.0; solver.parameters()],
        })
    }

    fn advance(&mut self, solver: &Solver, strength: f64) -> Result<crate::nn::Scores> {
        let images = self.x.len() / solver.features();
        let mut problem = Problem::new(solver, &self.x, &self.targets, images)?;
        problem.solve(&mut self.parameters, strength, ROUGH)?;
        solver.score(&self.parameters, &self.left_out.0, &self.left_out.1)
    }
}
