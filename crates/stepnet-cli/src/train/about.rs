//! The facts about a training in its model file.

use serde_json::json;
use stepnet::Number;
use stepnet::data::ValueRange;
use stepnet::nn::{Model, Network};
use stepnet::train::TrainOptions;
use stepnet::train::settings::Settings;

use crate::material::Material;
use crate::run_folder::EpochRecord;

/// The data and settings of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) material: &'a Material,
    pub(super) options: &'a TrainOptions,
    pub(super) settings: &'a Settings,
}

impl About<'_> {
    /// The model of `network` after the epochs in `records`.
    pub(super) fn model<T: Number>(
        &self,
        network: &Network<T>,
        records: &[EpochRecord],
    ) -> Model<T> {
        let accuracy = records.last().and_then(|record| record.test_accuracy);
        let training = [
            ("origin".to_owned(), self.material.origin.clone()),
            ("examples".to_owned(), json!(self.material.train.len())),
            ("epochs".to_owned(), json!(records.len())),
            ("test_accuracy".to_owned(), json!(accuracy)),
        ];
        let values = self.material.range.map(ValueRange::entry);
        let all = training
            .into_iter()
            .chain(self.settings.entries(self.options))
            .chain(values);
        Model::new(
            network.clone(),
            self.material.train.classes().to_vec(),
            self.material.preprocessing.clone(),
        )
        .training(all.collect())
    }
}
