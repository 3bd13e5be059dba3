//! Networks that are trained on all folds but one.

use std::ops::ControlFlow;

use stepnet::nn::{Network, Predictor, Preprocessing};
use stepnet::optim::{Rule, Schedule};
use stepnet::rng::RandomState;
use stepnet::train::BatchSize;
use stepnet::{Dataset, Result, TrainOptions, Trainer};

use super::LabelOptions;
use super::material::{Material, mirrored};

/// The examples that a network sees in its training, about, whatever the size of the data: 13 epochs of 7,500 images.
const SEEN: usize = 100_000;

/// The fewest epochs, for very large data.
const LEAST: usize = 3;

/// The most, for small data.
const MOST: usize = 30;

/// The fewest updates of the weights: very small data has few in an epoch.
const UPDATES: usize = 150;

const BATCH: usize = 64;

/// Examples that are predicted at once.
const AT_ONCE: usize = 256;

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoldProgress {
    /// The fold that a network is trained for, from 0.
    pub fold: usize,
    /// The number of folds.
    pub folds: usize,
    /// The epochs that are done.
    pub epoch: usize,
    /// All epochs.
    pub epochs: usize,
}

/// The probabilities of all examples, and how they were made.
pub(super) struct Predicted {
    pub(super) probabilities: Vec<f32>,
    pub(super) epochs: usize,
}

/// The epochs for a number of examples.
fn epochs(examples: usize) -> usize {
    let updates = examples.div_ceil(BATCH);
    let epochs = SEEN.div_ceil(examples).clamp(LEAST, MOST);
    epochs.max(UPDATES.div_ceil(updates))
}

/// The probability of each class for each example: of the training part by the network that has not seen it, of the test
/// part the mean over the networks.
pub(super) fn out_of_fold(
    material: &Material,
    fold: &[usize],
    options: &LabelOptions,
    mut observe: impl FnMut(&FoldProgress),
) -> Result<Predicted> {
    let folds = fold.iter().max().map_or(0, |&last| last + 1);
    let classes = material.data.classes().len();
    let others = fold.len() * (folds - 1) / folds;
    let epochs = options.epochs.unwrap_or_else(|| epochs(others));
    let mut probabilities = vec![0.0; material.data.len() * classes];
    let test: Vec<usize> = (material.training..material.data.len()).collect();
    for number in 0..folds {
        let of = |inside: bool| -> Vec<usize> {
            let examples = 0..material.training;
            examples
                .filter(|&at| (fold[at] == number) == inside)
                .collect()
        };
        let train = material.data.subset(&of(false))?;
        let seed = options.seed.wrapping_add(number as u32);
        let (network, preprocessing) = fit(material, &train, (epochs, seed), |epoch| {
            observe(&FoldProgress {
                fold: number,
                folds,
                epoch,
                epochs,
            });
        })?;
        let predictor = Predictor::new(&network)?;
        let held_out = of(true);
        for (examples, share) in [(&held_out, 1.0), (&test, 1.0 / folds as f32)] {
            if examples.is_empty() {
                continue;
            }
            let predicted = predict(material, &predictor, &preprocessing, examples)?;
            for (&example, row) in examples.iter().zip(predicted.chunks_exact(classes)) {
                let sums = &mut probabilities[example * classes..][..classes];
                sums.iter_mut()
                    .zip(row)
                    .for_each(|(sum, p)| *sum += share * p);
            }
        }
    }
    Ok(Predicted {
        probabilities,
        epochs,
    })
}

/// A network that is trained on `train`, and the preprocessing that it was trained with.
fn fit(
    material: &Material,
    train: &Dataset,
    (epochs, seed): (usize, u32),
    mut observe: impl FnMut(usize),
) -> Result<(Network<f32>, Preprocessing)> {
    let mut preprocessing = material.preprocessing.clone();
    train.standardize(&mut preprocessing)?;
    let mut network = Network::<f32>::builder()
        .class_names(train.classes())
        .build(&material.network, preprocessing.shape())?;
    network.initialize(material.init, &mut RandomState::new(seed));
    let options = TrainOptions::default()
        .epochs(epochs)
        .batch(BatchSize::Examples(BATCH))
        .rule(Rule::ADAMW)
        .learning_rate(material.rate)
        .schedule(Schedule::ONE_CYCLE)
        .augmentation(material.augmentation.clone())
        .seed(seed);
    let mut trainer = Trainer::new(network, preprocessing.clone(), options, train.len())?;
    for epoch in 0..epochs {
        trainer.epoch(train, |_| ControlFlow::Continue(()))?;
        observe(epoch + 1);
    }
    Ok((trainer.into_network(), preprocessing))
}

/// The probabilities of some examples; where mirroring changes nothing, the mean over an image and its mirror image.
fn predict(
    material: &Material,
    predictor: &Predictor<f32>,
    preprocessing: &Preprocessing,
    examples: &[usize],
) -> Result<Vec<f32>> {
    let (len, classes) = (predictor.input().len(), predictor.output().len());
    let data = material.data.subset(examples)?;
    let views = match material.mirrored {
        true => vec![mirrored(&data)?, data],
        false => vec![data],
    };
    let share = 1.0 / views.len() as f32;
    let mut sums = vec![0.0; examples.len() * classes];
    let order: Vec<usize> = (0..examples.len()).collect();
    for view in &views {
        for (chunk, sums) in order
            .chunks(AT_ONCE)
            .zip(sums.chunks_mut(AT_ONCE * classes))
        {
            let mut x = vec![0.0; chunk.len() * len];
            let mut y = vec![0.0; chunk.len() * classes];
            view.fill_batch(chunk, preprocessing, &mut x)?;
            predictor.predict_into(&x, &mut y)?;
            sums.iter_mut()
                .zip(y)
                .for_each(|(sum, p)| *sum += share * p);
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_does_not_grow_with_the_data_until_it_is_large() {
        // One or two updates in each.
        assert_eq!([60, 100].map(epochs), [150, 75]);
        assert_eq!([1000, 7500, 20_000, 60_000].map(epochs), [30, 14, 5, 3]);
    }
}
