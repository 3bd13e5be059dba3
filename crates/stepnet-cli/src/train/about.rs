//! What a model file says of the training it comes from.

use serde_json::json;
use stepnet::Number;
use stepnet::data::ValueRange;
use stepnet::nn::{Model, Network};
use stepnet::train::TrainOptions;

use crate::material::Material;
use crate::run_folder::EpochRecord;

/// What a run is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) material: &'a Material,
    pub(super) options: &'a TrainOptions,
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
            ("optimizer".to_owned(), json!(self.options.rule.to_string())),
            (
                "learning_rate".to_owned(),
                json!(self.options.learning_rate),
            ),
            (
                "schedule".to_owned(),
                json!(self.options.schedule.to_string()),
            ),
            (
                "warm_up".to_owned(),
                json!(self.options.warm_up.map(|warm_up| warm_up.to_string())),
            ),
            (
                "weight_decay".to_owned(),
                json!(self.options.rule.weight_decay()),
            ),
            (
                "clipping".to_owned(),
                json!(self.options.clipping.map(|clipping| clipping.to_string())),
            ),
            ("average".to_owned(), json!(self.options.average)),
            ("batch".to_owned(), json!(self.options.batch.to_string())),
            ("l2".to_owned(), json!(self.options.l2)),
            (
                "label_smoothing".to_owned(),
                json!(self.options.label_smoothing),
            ),
            (
                "class_weights".to_owned(),
                json!(self.options.class_weights),
            ),
            ("seed".to_owned(), json!(self.options.seed)),
            (
                "augmentation".to_owned(),
                json!(self.options.augmentation.to_string()),
            ),
            (
                "balance".to_owned(),
                json!(self.options.balance.to_string()),
            ),
            ("test_accuracy".to_owned(), json!(accuracy)),
        ];
        let values = self.material.range.map(ValueRange::entry);
        Model::new(
            network.clone(),
            self.material.train.classes().to_vec(),
            self.material.preprocessing.clone(),
        )
        .training(training.into_iter().chain(values).collect())
    }
}
