//! The rule that ends a training early.

use pyo3::prelude::*;
use stepnet::train::early_stopping::{self, ValidationScore, Verdict};
use stepnet::train::settings::Settings;

use crate::convert::raised;

/// Watches the scores of epochs: the highest accuracy is the best, of equal ones the lowest loss.
#[pyclass(module = "stepnet._native")]
pub(crate) struct EarlyStopping {
    watcher: early_stopping::EarlyStopping,
    /// The best score, whose weights are kept as the command keeps them: by however little it is the best.
    best: Option<ValidationScore>,
}

impl EarlyStopping {
    /// That of a training, if it has one.
    pub(crate) fn of(settings: &Settings) -> PyResult<Option<Self>> {
        let Some(patience) = settings.training.early_stop else {
            return Ok(None);
        };
        let least = settings.training.min_delta.unwrap_or_default();
        let watcher = early_stopping::EarlyStopping::new(patience as usize, least);
        let watcher = watcher.map_err(raised)?;
        Ok(Some(Self {
            watcher,
            best: None,
        }))
    }
}

#[pymethods]
impl EarlyStopping {
    /// Takes in an epoch's score: whether it is the best so far, and whether training is to end.
    fn observe(&mut self, accuracy: f64, loss: f64) -> (bool, bool) {
        let score = ValidationScore::new(accuracy, loss);
        let best = self.best.is_none_or(|best| score.beats(&best, 0.0));
        if best {
            self.best = Some(score);
        }
        (best, self.watcher.observe(score) == Verdict::Stop)
    }
}
