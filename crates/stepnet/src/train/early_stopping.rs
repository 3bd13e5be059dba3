//! Early stopping: ends training when the results no longer improve.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::nn::Scores;

/// How good a network is on data it is not trained on: the higher accuracy is better; among equals, the lower
/// mean loss. Where the targets are labels or numbers, the mAP or R² takes the place of the accuracy
/// ([`Evaluation::score`](super::Evaluation::score)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationScore {
    /// The share of right answers; of labels the mAP, of numbers R².
    pub accuracy: f64,
    /// The mean loss.
    pub loss: f64,
}

impl ValidationScore {
    /// The score of an epoch.
    pub fn new(accuracy: f64, loss: f64) -> Self {
        Self { accuracy, loss }
    }
}

impl ValidationScore {
    /// Whether this is better than `other` by more than `min_delta` in accuracy; with a `min_delta`
    /// of 0 also by a lower loss at the same accuracy. NaN is never better.
    pub fn beats(&self, other: &Self, min_delta: f64) -> bool {
        let gain = self.accuracy - other.accuracy;
        gain > min_delta || (min_delta == 0.0 && gain == 0.0 && self.loss < other.loss)
    }
}

impl From<&Scores> for ValidationScore {
    fn from(scores: &Scores) -> Self {
        Self {
            accuracy: scores.accuracy(),
            loss: scores.mean_loss(),
        }
    }
}

/// The consequence of an epoch's score for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The best so far: its weights should be saved.
    Best,
    /// Not better, but there is patience left.
    Wait,
    /// Not better for as many epochs as there was patience.
    Stop,
}

/// Watches the validation score from epoch to epoch. It can be saved in a checkpoint, and continues from there
/// unchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    patience: usize,
    min_delta: f64,
    best: Option<(usize, ValidationScore)>,
    epochs: usize,
}

impl EarlyStopping {
    /// Stops after `patience` epochs without a score that beats the best by `min_delta`.
    ///
    /// # Errors
    /// A patience of 0, or a `min_delta` that is not a finite number from 0 to 1.
    pub fn new(patience: usize, min_delta: f64) -> Result<Self> {
        if patience == 0 {
            let expected = "at least 1 epoch";
            return Err(Error::value("early stopping", "the patience", 0, expected));
        }
        if !(0.0..=1.0).contains(&min_delta) {
            return Err(Error::value(
                "early stopping",
                "the least gain",
                min_delta,
                "an accuracy from 0 to 1",
            ));
        }
        Ok(Self {
            patience,
            min_delta,
            best: None,
            epochs: 0,
        })
    }

    /// Takes the score of the next epoch.
    pub fn observe(&mut self, score: ValidationScore) -> Verdict {
        self.epochs += 1;
        let better = match &self.best {
            Some((_, best)) => score.beats(best, self.min_delta),
            None => true,
        };
        if better {
            self.best = Some((self.epochs, score));
            return Verdict::Best;
        }
        match self.waited() >= self.patience {
            true => Verdict::Stop,
            false => Verdict::Wait,
        }
    }

    /// How many epochs have passed since the best.
    pub fn waited(&self) -> usize {
        self.epochs - self.best.map_or(0, |(epoch, _)| epoch)
    }

    /// The epoch (from 1) with the best score so far, and that score.
    pub fn best(&self) -> Option<(usize, ValidationScore)> {
        self.best
    }

    /// After how many epochs without a better score a run ends.
    pub fn patience(&self) -> usize {
        self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(stopping: &mut EarlyStopping, scores: &[(f64, f64)]) -> Vec<Verdict> {
        let score = |&(accuracy, loss): &(f64, f64)| ValidationScore { accuracy, loss };
        scores
            .iter()
            .map(|pair| stopping.observe(score(pair)))
            .collect()
    }

    #[test]
    fn patience_counts_from_the_best_and_equal_accuracies_by_their_loss() {
        use Verdict::{Best, Stop, Wait};
        let mut stopping = EarlyStopping::new(2, 0.0).unwrap();
        let scores = [
            (0.5, 1.0),
            (0.4, 0.1),
            (0.5, 0.9),
            (0.5, 0.9),
            (0.5, f64::NAN),
            (0.6, 9.0),
        ];
        let expected = [Best, Wait, Best, Wait, Stop, Best];
        assert_eq!(verdicts(&mut stopping, &scores), expected);
        assert_eq!(stopping.best().unwrap().0, 6);
    }

    #[test]
    fn a_least_gain_is_asked_for_from_the_best() {
        use Verdict::{Best, Stop, Wait};
        let mut stopping = EarlyStopping::new(3, 0.1).unwrap();
        let scores = [(0.5, 1.0), (0.56, 0.1), (0.6, 0.1), (0.65, 0.1)];
        assert_eq!(verdicts(&mut stopping, &scores), [Best, Wait, Wait, Best]);
        let scores = [(0.7, 0.0), (0.74, 0.0), (0.75, 0.0)];
        assert_eq!(verdicts(&mut stopping, &scores), [Wait, Wait, Stop]);
        assert_eq!(stopping.waited(), 3);
    }

    #[test]
    fn it_goes_on_from_a_checkpoint() {
        let scores = [(0.5, 1.0), (0.4, 1.0), (0.4, 1.0), (0.6, 1.0), (0.1, 1.0)];
        let mut whole = EarlyStopping::new(3, 0.0).unwrap();
        let expected = verdicts(&mut whole, &scores);
        let mut first = EarlyStopping::new(3, 0.0).unwrap();
        let mut found = verdicts(&mut first, &scores[..2]);
        let json = serde_json::to_string(&first).unwrap();
        let mut second: EarlyStopping = serde_json::from_str(&json).unwrap();
        found.extend(verdicts(&mut second, &scores[2..]));
        assert_eq!((found, second), (expected, whole));
    }

    #[test]
    fn settings_that_mean_nothing_are_refused() {
        assert!(EarlyStopping::new(0, 0.0).is_err());
        for delta in [-0.1, 1.5, f64::NAN] {
            assert!(EarlyStopping::new(1, delta).is_err());
        }
    }
}
