//! Checks whether the values of images can belong to the range that a model was trained on.

use std::path::Path;

use stepnet::Number;
use stepnet::data::{self, Images, ValueRange};
use stepnet::nn::{Model, Preprocessing};

use crate::failure::Outcome;
use crate::note::note;

/// The embedded digits' name where a path would stand.
pub(crate) const DIGITS: &str = "digits";

/// A model's facts about its input: the preprocessing, and the raw values that it was trained on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) range: Option<ValueRange>,
}

impl<'a> Known<'a> {
    pub(crate) fn of<T: Number>(model: &'a Model<T>) -> Self {
        Self {
            preprocessing: &model.preprocessing,
            range: ValueRange::stored(&model.training),
        }
    }

    /// Refuses examples whose values cannot belong to the range that the model was trained on; says where
    /// that is doubtful.
    pub(crate) fn check(&self, path: Option<&Path>, images: &Images) -> Outcome {
        let place = path.unwrap_or(Path::new(DIGITS));
        if path.is_some_and(data::holds_images) {
            return self.check_images(place);
        }
        let used = self.preprocessing;
        let found = data::check_values(self.range, used, used, images, place)?;
        found.iter().for_each(|text| note(text));
        Ok(())
    }

    /// The same for image files, whatever is in them; `place` is for the message.
    pub(crate) fn check_images(&self, place: &Path) -> Outcome {
        let found = data::check_images(self.range, self.preprocessing, place)?;
        found.iter().for_each(|text| note(text));
        Ok(())
    }
}

/// The raw values of examples: of image files those that they can hold.
pub(crate) fn seen(path: Option<&Path>, images: &Images) -> Option<ValueRange> {
    match path.is_some_and(data::holds_images) {
        true => Some(ValueRange::BYTES),
        false => ValueRange::of(images),
    }
}
