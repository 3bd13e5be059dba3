//! What the networks are trained on: small images, or the features of a model.

use std::fmt::Write;

use rayon::prelude::*;
use stepnet::data::{Augmentation, Images, Values};
use stepnet::nn::{Preprocessing, Resize};
use stepnet::{Dataset, Error, Init, Result};
use stepnet_base::memory;

use super::LabelOptions;
use crate::source::Source;
use crate::survey::Survey;

/// The filters of the layers, each at half the height and width of the one before.
const FILTERS: [usize; 3] = [32, 64, 96];

/// Images of this height and width are not halved any more.
const SMALLEST: usize = 8;

/// What the networks are trained on.
pub(super) struct Material {
    /// All examples, those of the test part after those of the training part.
    pub(super) data: Dataset,
    /// How many are of the training part.
    pub(super) training: usize,
    pub(super) preprocessing: Preprocessing,
    pub(super) network: String,
    /// How the weights of the network start.
    pub(super) init: Init,
    /// The highest learning rate of AdamW's one cycle.
    pub(super) rate: f64,
    pub(super) augmentation: Augmentation,
    /// Whether each example is also predicted mirrored, and the mean of both taken.
    pub(super) mirrored: bool,
}

/// The material for a data set; `None` where the examples are no images and there are no features.
pub(super) fn material(
    source: &Source<'_>,
    survey: &Survey,
    options: &LabelOptions,
) -> Result<Option<Material>> {
    let mut labels = source.train.labels().to_vec();
    labels.extend(source.test.iter().flat_map(|test| test.labels()));
    let classes = source.train.classes().to_vec();
    let training = source.train.len();
    if let Some(features) = &options.features {
        let shape = [1, 1, features.each];
        let images = Images::new(shape, Values::F32(features.values.clone()))?;
        return Ok(Some(Material {
            data: Dataset::new(images, labels, classes)?,
            training,
            preprocessing: Preprocessing::scaled(1, 1, features.each, 1.0),
            network: "linear(classes) -> softmax".to_owned(),
            // One layer has a single minimum, and random weights would only hide what few updates learn.
            init: Init::Zeros,
            rate: features_rate(features.each),
            augmentation: Augmentation::default(),
            mirrored: false,
        }));
    }
    let Some((values, shape)) = small_images(source, survey)? else {
        return Ok(None);
    };
    let [height, width, channels] = shape;
    let data = Dataset::new(Images::new(shape, Values::U8(values))?, labels, classes)?;
    // Digits and letters are grey, and are others when they are mirrored.
    let mirrored = channels == 3;
    let pixels = (height.min(width) / 8).max(1);
    let augmentation = match mirrored {
        true => format!("flip, crop({pixels})"),
        false => format!("crop({pixels})"),
    };
    Ok(Some(Material {
        data,
        training,
        preprocessing: Preprocessing::scaled(height, width, channels, 255.0),
        network: network([height, width]),
        init: Init::He,
        rate: 4e-3,
        augmentation: augmentation.parse()?,
        mirrored,
    }))
}

/// The highest learning rate for a layer on this many features. AdamW changes each weight by at most about the rate, so an
/// update changes no score by more than 0.2: many features soon repeat the wrong labels, few learn slowly.
fn features_rate(features: usize) -> f64 {
    (0.2 / features as f64).min(0.02)
}

/// The small network: convolutions with normalisation, pooled while the images are large enough.
fn network([height, width]: [usize; 2]) -> String {
    let mut text = String::new();
    let mut side = height.min(width);
    for (at, filters) in FILTERS.into_iter().enumerate() {
        let last = at + 1 == FILTERS.len();
        let layer = format!("conv({filters}, 3, same, bias=false) -> bn");
        // Writing to a string cannot fail.
        let _ = write!(text, "{layer} -> relu -> ");
        if last {
            let _ = write!(text, "residual({layer}) -> relu -> ");
        } else if side >= SMALLEST {
            text.push_str("maxpool(2) -> ");
            side /= 2;
        }
    }
    text + "globalavgpool -> dropout(0.1) -> linear(classes) -> softmax"
}

/// All examples as small 8-bit images, and their shape.
fn small_images(source: &Source<'_>, survey: &Survey) -> Result<Option<(Vec<u8>, [usize; 3])>> {
    let shape = source.small();
    if source.image(source.place(0))?.is_none() {
        return Ok(None);
    }
    let run = shape.iter().product::<usize>();
    let mut values: Vec<u8> = memory::zeros("the small images", source.len().saturating_mul(run))?;
    let seen = survey.seen();
    let seen = &*seen;
    let fill = |(at, out): (usize, &mut [u8])| {
        let place = source.place(at);
        let name = source.part(place).name(place.example);
        let small = seen.of(name).and_then(|look| look.small.as_ref());
        let image = match small {
            Some(_) => None,
            None => source.image(place)?,
        };
        if let Some(image) = small.or(image.as_ref()) {
            out.copy_from_slice(&image.to_shape(shape, Resize::Stretch)?);
        }
        Ok::<(), Error>(())
    };
    values.par_chunks_mut(run).enumerate().try_for_each(fill)?;
    Ok(Some((values, shape)))
}

/// The images of a data set mirrored.
pub(super) fn mirrored(data: &Dataset) -> Result<Dataset> {
    let [height, width, channels] = data.images().shape();
    let Values::U8(values) = data.images().values() else {
        return Ok(data.clone());
    };
    let mut out = memory::copy("the mirrored images", values)?;
    for row in out.chunks_exact_mut(width * channels) {
        for column in 0..width / 2 {
            for channel in 0..channels {
                let other = (width - 1 - column) * channels + channel;
                row.swap(column * channels + channel, other);
            }
        }
    }
    let images = Images::new([height, width, channels], Values::U8(out))?;
    Dataset::new(images, data.labels().to_vec(), data.classes().to_vec())
}
