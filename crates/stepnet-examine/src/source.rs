//! The data that is examined.

use rayon::prelude::*;
use stepnet::data::image_files::Image;
use stepnet::data::{Dataset, TargetKind};
use stepnet::{Error, Result};

use crate::finding::Place;
use crate::look::{Look, SMALL};
use crate::survey::Survey;

/// A data set to examine: examples to train on, and perhaps examples to test on.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub(crate) train: &'a Dataset,
    pub(crate) test: Option<&'a Dataset>,
    divisor: f64,
}

impl<'a> Source<'a> {
    /// The parts of a data set, and the divisor of their raw values, as [`Opened`](stepnet::data::Opened) has them.
    pub fn new(train: &'a Dataset, test: Option<&'a Dataset>, divisor: f64) -> Self {
        Self {
            train,
            test,
            divisor,
        }
    }

    /// The number of examples of both parts.
    pub(crate) fn len(&self) -> usize {
        self.train.len() + self.test.map_or(0, Dataset::len)
    }

    /// The part and the number of an example, counted through both parts.
    pub(crate) fn place(&self, at: usize) -> Place {
        match at.checked_sub(self.train.len()) {
            Some(example) => Place::test(example),
            None => Place::training(at),
        }
    }

    pub(crate) fn part(&self, place: Place) -> &'a Dataset {
        match self.test {
            Some(test) if place.is_test() => test,
            _ => self.train,
        }
    }

    /// The class of an example, where the targets are classes.
    pub(crate) fn label(&self, place: Place) -> Option<usize> {
        let labels = self.part(place).labels();
        labels.get(place.example).map(|&label| label as usize)
    }

    /// The name of the class of an example.
    pub(crate) fn class(&self, place: Place) -> Option<&'a str> {
        let classes = self.part(place).classes();
        self.label(place)
            .and_then(|label| classes.get(label))
            .map(String::as_str)
    }

    pub(crate) fn has_classes(&self) -> bool {
        self.train.targets().kind() == TargetKind::Classes
    }

    /// The file of an example, or its name in an archive, or what stands for it.
    pub(crate) fn name(&self, place: Place) -> String {
        match self.part(place).name(place.example) {
            Some(name) => name.display().to_string(),
            None => place.to_string(),
        }
    }

    /// An example as an 8-bit image; `None` where it is none: one pixel, or other than 1 or 3 channels.
    pub(crate) fn image(&self, place: Place) -> Result<Option<Image>> {
        let images = self.part(place).images();
        let [height, width, channels] = images.shape();
        if height * width < 4 || !matches!(channels, 1 | 3) {
            return Ok(None);
        }
        let values = images.image(place.example)?;
        let byte = |value: &f64| (255.0 * value / self.divisor).round().clamp(0.0, 255.0) as u8;
        let values: Vec<u8> = values.iter().map(byte).collect();
        Image::new(height, width, channels, values).map(Some)
    }

    /// A look at every example of both parts; `None` where they are no images.
    ///
    /// # Errors
    /// An image that cannot be read.
    pub(crate) fn looks(&self, survey: &Survey) -> Result<Option<Vec<Look>>> {
        let seen = survey.seen();
        let seen = &*seen;
        let look = |at: usize| {
            let place = self.place(at);
            let data = self.part(place);
            match seen.of(data.name(place.example)) {
                Some(look) => Ok(Some(look.clone())),
                None => match self.image(place)? {
                    Some(image) => Look::of(&image, false).map(Some),
                    None => Ok::<_, Error>(None),
                },
            }
        };
        let looks: Vec<Result<Option<Look>>> = (0..self.len()).into_par_iter().map(look).collect();
        looks.into_iter().collect()
    }

    /// The shape of the small images: that of the data where it is no larger.
    pub(crate) fn small(&self) -> [usize; 3] {
        let [height, width, channels] = self.train.images().shape();
        [height.min(SMALL), width.min(SMALL), channels]
    }
}
