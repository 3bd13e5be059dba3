//! Images that the page names: examples of the data, and pictures that it brings.

use serde::Deserialize;
use stepnet::data::Dataset;
use stepnet::data::image_files::Image;
use stepnet::nn::{Preprocessing, Resize};
use stepnet::see::why::Subject;

use crate::answer::Failure;
use crate::data::raw;
use crate::request::{Request, Slot};
use crate::state::State;

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    All,
    Train,
    Test,
}

/// An image as the page has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    values: Slot,
}

/// An image to look at.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum ImageRef {
    Example { of: Part, index: usize },
    Picture { picture: Picture },
}

/// An image with its class, where that is known.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) subject: Subject,
    pub(crate) label: Option<u32>,
}

impl Picture {
    /// Its values, brought to a shape as the command does with image files.
    pub(crate) fn fitted(
        self,
        request: &mut Request<'_>,
        shape: [usize; 3],
        resize: Resize,
    ) -> Result<Vec<u8>, Failure> {
        let values = request.take(self.values)?;
        let image = Image::new(self.height, self.width, self.channels, values)?;
        Ok(image.to_shape(shape, resize)?)
    }
}

impl State {
    /// A part of the data.
    pub(crate) fn part(&self, part: Part) -> Result<&Dataset, Failure> {
        let data = self.data()?;
        let run = || {
            let none = "the data is parted when a run starts, and there is none";
            self.run.as_deref().ok_or_else(|| Failure::input(none))
        };
        match part {
            Part::All => Ok(&data.all),
            Part::Train => Ok(&run()?.train),
            Part::Test => {
                let none = "there is no test part: hold_out is 0";
                run()?.test.as_ref().ok_or_else(|| Failure::input(none))
            }
        }
    }

    /// An image for the network that is looked into, with the preprocessing that suits it.
    pub(crate) fn shown(
        &self,
        request: &mut Request<'_>,
        image: ImageRef,
    ) -> Result<Shown, Failure> {
        let own = self.viewed()?.preprocessing;
        match image {
            ImageRef::Picture { picture } => Ok(Shown {
                subject: pictured(request, picture, own)?,
                label: None,
            }),
            ImageRef::Example { of, index } => {
                let part = self.part(of)?;
                // A model from elsewhere may have been trained on another range.
                let elsewhere = self.run.is_none() && self.data()?.pictures;
                let preprocessing = match elsewhere {
                    true => own.for_pictures(),
                    false => own.clone(),
                };
                let raw = raw(part, index)?;
                let name = part.name(index);
                let name = name.map_or(format!("example {index}"), |name| {
                    name.display().to_string()
                });
                Ok(Shown {
                    subject: Subject {
                        name,
                        raw,
                        preprocessing,
                    },
                    label: part.labels().get(index).copied(),
                })
            }
        }
    }
}

/// A picture for a network.
pub(crate) fn pictured(
    request: &mut Request<'_>,
    picture: Picture,
    own: &Preprocessing,
) -> Result<Subject, Failure> {
    let values = picture.fitted(request, own.shape(), own.resize)?;
    Ok(Subject {
        name: "picture".to_owned(),
        raw: values.into_iter().map(f64::from).collect(),
        preprocessing: own.for_pictures(),
    })
}
