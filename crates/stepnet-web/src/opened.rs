//! A model from a file.

use std::path::Path;

use stepnet::data::{Dataset, ValueRange, check_images, check_values, match_classes};
use stepnet::nn::{Init, Model, Shape};
use stepnet::rng::RandomState;
use stepnet::train::settings::Settings;
use stepnet::train::{has_other_outputs, start_from, task_for};

use crate::answer::Failure;
use crate::data::Data;
use crate::run::Start;
use crate::viewed::Viewed;

/// A model from a file.
#[derive(Debug)]
pub(crate) struct OpenedModel {
    pub(crate) name: String,
    pub(crate) model: Model<f32>,
}

impl OpenedModel {
    pub(crate) fn viewed(&self) -> Viewed<'_> {
        Viewed {
            network: &self.model.network,
            preprocessing: &self.model.preprocessing,
            classes: &self.model.classes,
        }
    }

    /// Whether data can be evaluated with it.
    pub(crate) fn fits(&self, data: &Data) -> bool {
        let shape = data.all.images().shape() == self.model.preprocessing.shape();
        let known = match_classes(data.all.classes(), &self.model.classes);
        shape && known.iter().all(Option::is_some)
    }

    /// The raw values that it was trained on.
    pub(crate) fn range(&self) -> Option<ValueRange> {
        ValueRange::stored(&self.model.training)
    }

    /// Its network with outputs for the examples to train on, as the command starts from it.
    ///
    /// # Errors
    /// Data of another shape, or of values that the model cannot have been trained on.
    pub(crate) fn start(
        &self,
        data: &Data,
        train: &Dataset,
        settings: &Settings,
    ) -> Result<Start, Failure> {
        let own = &self.model.preprocessing;
        let found = data.all.images().shape();
        if found != own.shape() {
            return Err(Failure::input(format!(
                "the images of the data are {}, but those of the model {} are {}: load data of that size, or files again, which are brought to it",
                Shape::from(found),
                self.name,
                Shape::from(own.shape())
            )));
        }
        let place = Path::new(&data.name);
        let note = match data.pictures {
            true => check_images(self.range(), own, place)?,
            false => check_values(self.range(), own, own, data.all.images(), place)?,
        };
        let mut preprocessing = match data.pictures {
            true => own.for_pictures(),
            false => own.clone(),
        };
        let mut random = RandomState::new(settings.training.seed);
        let how = settings.training.transfer();
        let network = start_from(&self.model, train, how, (Init::He, &mut random))?;
        if has_other_outputs(&self.model, train) {
            preprocessing.task = task_for(&network, train);
        }
        Ok(Start {
            network,
            preprocessing,
            notes: note.into_iter().collect(),
        })
    }
}
