//! The regularisation strength, chosen by cross-validation on the training images.

use stepnet_base::parallel::prelude::*;

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

/// How far above the lowest loss that of a strength may be that is as accurate.
const LOSS_MARGIN: f64 = 0.1;

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
        strength: strongest(&trials, &trials[best]).strength,
        folds: folds.len(),
        trials,
    }))
}

/// Of the trials that are as accurate as the `best`, the one with the strongest regularisation whose loss is little above the
/// lowest: with few images many strengths are equally accurate, and on other images the strong ones of them do better.
fn strongest<'a>(trials: &'a [StrengthTrial], best: &'a StrengthTrial) -> &'a StrengthTrial {
    let equal = |trial: &&StrengthTrial| best.accuracy.is_some() && trial.accuracy == best.accuracy;
    let near = |trial: &&StrengthTrial| trial.loss <= best.loss + LOSS_MARGIN;
    let mut found = trials.iter().filter(equal).filter(near);
    found.next().unwrap_or(best)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_equals_the_strongest_is_chosen_unless_its_loss_is_much_higher() {
        let trial = |(strength, accuracy, loss): (f64, f64, f64)| StrengthTrial {
            strength,
            accuracy: Some(accuracy),
            loss,
        };
        let all = [
            (1e-4, 0.8, 0.9),
            (1e-3, 0.9, 0.5),
            (1e-2, 0.9, 0.35),
            (0.1, 0.9, 0.3),
            (1.0, 0.9, 0.31),
        ];
        let trials = all.map(trial);
        assert_eq!(strongest(&trials, &trials[3]).strength, 1e-2);
        // Of losses alone the lowest counts.
        let losses = trials.map(|trial| StrengthTrial {
            accuracy: None,
            ..trial
        });
        assert_eq!(strongest(&losses, &losses[3]).strength, 0.1);
    }
}
