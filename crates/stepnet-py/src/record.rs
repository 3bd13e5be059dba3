//! What an epoch of a run ended with, for Python.

use stepnet::train::run::EpochRecord;

/// An epoch for Python: loss, accuracy where the targets are classes, learning rate, seconds, and how it was tested.
pub(crate) type Epoch = (f64, Option<f64>, f64, f64, Option<Tested>);

/// The loss on the test data, and its measures by name.
pub(crate) type Tested = (f64, Vec<(&'static str, f64)>);

/// The record of an epoch.
pub(crate) fn told(record: &EpochRecord) -> Epoch {
    (
        record.train_loss,
        record.train_accuracy,
        record.learning_rate,
        record.seconds,
        record.test_loss.map(|loss| (loss, measures(record))),
    )
}

/// The measures of a record on the test data, under the names of `Network.evaluate`.
fn measures(record: &EpochRecord) -> Vec<(&'static str, f64)> {
    let all = [
        ("accuracy", record.test_accuracy),
        ("mean_average_precision", record.test_map),
        ("r2", record.test_r2),
        ("mae", record.test_mae),
    ];
    let known = all.into_iter();
    known
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
