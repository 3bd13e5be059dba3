//! A model, ready to predict.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use stepnet::data::{ValueRange, check_images};
use stepnet::nn::{ModelFile, Registry};
use stepnet::{Hash, Model, Predictor};
use stepnet_base::{Error, Result};

/// What tells that a file has changed: when it was written, and its length; `None` without a file.
pub(super) type Stamp = Option<(SystemTime, u64)>;

pub(super) fn stamp(path: &Path) -> Stamp {
    let there = fs::metadata(path).ok()?;
    Some((there.modified().ok()?, there.len()))
}

/// A model, ready to predict.
pub(crate) struct Loaded {
    pub(crate) model: Model<f32>,
    pub(crate) predictor: Predictor<f32>,
    /// The names of the classes, the labels or the numbers.
    pub(crate) names: Vec<String>,
    /// The hash of the network and its weights.
    pub(crate) hash: Hash,
    pub(crate) since: SystemTime,
    /// Why it cannot be asked about images, if it cannot.
    pub(crate) no_images: Option<String>,
    /// That of its file, taken before it was read.
    pub(super) stamp: Stamp,
}

impl Loaded {
    /// Reads a model file, and predicts once.
    ///
    /// # Errors
    /// A file that is not a model, or a model that cannot predict.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let stamp = stamp(path);
        let model: Model<f32> = ModelFile::open(path)?.model(Registry::builtin())?;
        let named = |error: Error| Error::file(path, error.to_string());
        model.check_finite().map_err(named)?;
        model.preprocessing.check_for::<f32>().map_err(named)?;
        let predictor = Predictor::new(&model)?;
        let (inputs, outputs) = (predictor.input().len(), predictor.output().len());
        let zeros = stepnet_base::memory::zeros("an input", inputs)?;
        predictor.predict_into(&zeros, &mut vec![0.0; outputs])?;
        let names = (0..model.preprocessing.task.names_needed(outputs))
            .map(|class| match model.classes.get(class) {
                Some(name) => name.clone(),
                None => class.to_string(),
            })
            .collect();
        let range = ValueRange::stored(&model.training);
        let images = check_images(range, &model.preprocessing, path);
        let [_, _, channels] = model.preprocessing.shape();
        let no_images = match images {
            _ if channels != 1 && channels != 3 => Some(format!(
                "the model takes {}, and images have 1 or 3 channels: send values",
                predictor.input()
            )),
            Err(error) => Some(error.to_string()),
            Ok(_) => None,
        };
        Ok(Self {
            hash: model.network.hash(),
            since: SystemTime::now(),
            predictor,
            names,
            no_images,
            stamp,
            model,
        })
    }

    /// Values of an input example.
    pub(crate) fn input_len(&self) -> usize {
        self.predictor.input().len()
    }

    /// Values of an output example.
    pub(crate) fn output_len(&self) -> usize {
        self.predictor.output().len()
    }
}
