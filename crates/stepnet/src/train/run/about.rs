//! The facts about a training in its model files.

use serde_json::json;

use super::data::RunData;
use super::record::EpochRecord;
use crate::data::ValueRange;
use crate::nn::{Model, Network, Number};
use crate::train::TrainOptions;
use crate::train::settings::Settings;

/// The data and settings of a run.
#[derive(Debug)]
pub(super) struct About {
    pub(super) data: RunData,
    pub(super) options: TrainOptions,
    pub(super) settings: Settings,
}

impl About {
    /// The model of `network` after the epochs in `records`.
    pub(super) fn model<T: Number>(
        &self,
        network: &Network<T>,
        records: &[EpochRecord],
    ) -> Model<T> {
        let last = records.last();
        let accuracy = last.and_then(|record| record.test_accuracy);
        // Where the targets are not classes, what networks for them are compared by.
        let other = last
            .and_then(EpochRecord::measure)
            .filter(|_| accuracy.is_none());
        let other = other.map(|measure| {
            let name = format!("test_{}", measure.name().to_lowercase());
            (name, json!(measure.value))
        });
        let training = [
            ("origin".to_owned(), self.data.origin.clone()),
            ("examples".to_owned(), json!(self.data.train.len())),
            ("epochs".to_owned(), json!(records.len())),
            ("test_accuracy".to_owned(), json!(accuracy)),
        ];
        let values = self.data.range.map(ValueRange::entry);
        let all = training
            .into_iter()
            .chain(self.settings.entries(&self.options))
            .chain(values)
            .chain(other);
        Model::new(
            network.clone(),
            self.data.train.classes().to_vec(),
            self.data.preprocessing.clone(),
        )
        .training(all.collect())
    }
}
