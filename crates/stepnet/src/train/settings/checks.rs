//! Rules for several settings: which exclude each other, and the defaults that follow from others.

use std::collections::BTreeMap;

use super::{Balancing, Group, Setting, SettingError, Settings};
use crate::data::{Dataset, TargetKind};
use crate::train::{ClassWeights, TrainOptions, Transfer};

/// The networks and the numbers of epochs where the user names none.
const DIGITS_MODEL: &str = "digits-cnn";
const USUAL_MODEL: &str = "small-cnn";
/// The usual one for other targets than classes: its last activation is that of the targets.
const USUAL_MODEL_OF_LABELS: &str = "conv(16, 3, same) -> relu -> maxpool(2) -> conv(32, 3, same) -> relu -> maxpool(2) -> flatten -> dropout(0.25) -> linear(128) -> relu -> linear(outputs) -> sigmoid";
const USUAL_MODEL_OF_NUMBERS: &str = "conv(16, 3, same) -> relu -> maxpool(2) -> conv(32, 3, same) -> relu -> maxpool(2) -> flatten -> linear(128) -> relu -> linear(outputs)";
const DIGITS_EPOCHS: usize = 25;
const USUAL_EPOCHS: usize = 10;
/// Variants of each image that the last layer is fitted to, where images are augmented.
const VARIANTS: usize = 5;

/// Whether a setting is given.
fn setting_given(name: &str, settings: &Settings) -> bool {
    Settings::named(name).is_ok_and(|setting| setting.is_given(settings))
}

impl Settings {
    /// The network's text: the usual one for the data unless one is given.
    pub fn model_text(&self) -> &str {
        let usual = match (&self.source.data, self.source.targets.unwrap_or_default()) {
            (_, TargetKind::Labels) => USUAL_MODEL_OF_LABELS,
            (_, TargetKind::Numbers) => USUAL_MODEL_OF_NUMBERS,
            (None, TargetKind::Classes) => DIGITS_MODEL,
            (Some(_), TargetKind::Classes) => USUAL_MODEL,
        };
        self.network.model.as_deref().unwrap_or(usual)
    }

    /// The number of epochs: the usual one for the data unless one is given.
    pub fn epochs(&self) -> usize {
        let altered = !self.training.augment.alterations().is_empty();
        let usual = match (self.training.transfer(), &self.source.data) {
            // Without augmentation, a second would find what the first has found.
            (Transfer::Head, _) if !altered => 1,
            (Transfer::Head, _) => VARIANTS,
            (_, None) => DIGITS_EPOCHS,
            (_, Some(_)) => USUAL_EPOCHS,
        };
        self.training.epochs.map_or(usual, |epochs| epochs as usize)
    }

    /// The same settings with the way of transfer that suits a start from a model: of its last layer alone if the outputs are
    /// to be `others` than its own, unless settings ask for epochs of steps, or for layers to freeze.
    #[must_use]
    pub fn with_transfer(mut self, others: bool) -> Self {
        let training = &self.training;
        let steps = training.epochs.is_some() || training.early_stop.is_some();
        let asked = training.transfer.is_some() || training.transfer() != Transfer::All;
        if others && !asked && self.network.freeze.is_empty() {
            self.training.transfer = Some(match steps {
                true => Transfer::Finetune,
                false => Transfer::Head,
            });
        }
        self
    }

    /// The options of a training on `data`.
    ///
    /// # Errors
    /// When settings do not go together with each other or with the data.
    pub fn train_options(&self, data: &Dataset) -> Result<TrainOptions, SettingError> {
        self.training.options(self.epochs(), data)
    }

    /// The same settings with the defaults that applied in a training with `options` written out, for people to read.
    #[must_use]
    pub fn written_out(&self, options: &TrainOptions) -> Self {
        let mut settings = self.clone();
        if self.network.from.is_none() {
            settings.network.model = Some(self.model_text().to_owned());
        }
        let training = &mut settings.training;
        training.epochs = u32::try_from(options.epochs).ok();
        training.lr = Some(options.learning_rate);
        training.class_weights = options.class_weights.clone().map(ClassWeights::InOrder);
        settings
    }

    /// The settings of a training with `options`, by name, as a model file stores them.
    pub fn entries(&self, options: &TrainOptions) -> BTreeMap<String, serde_json::Value> {
        let settings = self.written_out(options);
        let table = Self::table()
            // Models count epochs by themselves.
            .filter(|row| row.group == Group::Training && row.results && row.name != "epochs");
        let entry =
            |row: Setting| Some((row.name.to_owned(), serde_json::json!(row.get(&settings)?)));
        table.filter_map(entry).collect()
    }

    /// Refuses settings that exclude each other.
    ///
    /// # Errors
    /// With both of their names.
    pub fn check(&self) -> Result<(), SettingError> {
        for (setting, _) in self.given() {
            let given = |name: &&&str| Self::named(name).is_ok_and(|other| other.is_given(self));
            if let Some(other) = setting.conflicts.iter().find(given) {
                let problem = format!("`{}` cannot be used with `{other}`", setting.name);
                return Err(SettingError::Together {
                    setting: setting.row(),
                    problem,
                });
            }
            if let Some(other) = setting.needs.as_ref().filter(|name| !given(name)) {
                let problem = format!(
                    "`{}` is given without `{other}`, which it needs",
                    setting.name
                );
                return Err(SettingError::Together {
                    setting: setting.row(),
                    problem,
                });
            }
        }
        for name in ["unfreeze_after", "lr_backbone"] {
            let setting = Self::named(name)?.row();
            if setting_given(name, self) && self.training.transfer() != Transfer::Finetune {
                let problem = format!("`{name}` is given, which is for `transfer` finetune");
                return Err(SettingError::Together { setting, problem });
            }
        }
        let balance = Self::named("balance")?.row();
        let together = |problem: &str| {
            let problem = problem.to_owned();
            Err(SettingError::Together {
                setting: balance,
                problem,
            })
        };
        let training = &self.training;
        match training.balance {
            Balancing::Weights if training.class_weights.is_some() => together(
                "`balance` weights sets the class weights itself, so it cannot be used with `class_weights`",
            ),
            Balancing::Sampling if !training.shuffle => together(
                "`balance` sampling draws examples in random order, so it cannot be used with `shuffle` = false; `balance` weights can",
            ),
            _ => Ok(()),
        }
    }
}
