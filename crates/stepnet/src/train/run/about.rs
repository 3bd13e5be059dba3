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
        let accuracy = records.last().and_then(|record| record.test_accuracy);
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
            .chain(values);
        Model::new(
            network.clone(),
            self.data.train.classes().to_vec(),
            self.data.preprocessing.clone(),
        )
        .training(all.collect())
    }
}
