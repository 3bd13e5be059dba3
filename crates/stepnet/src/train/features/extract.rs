//! The network up to its last `linear` layer, prepared, over a data set.

use std::fmt;
use std::ops::ControlFlow;

use stepnet_base::parallel::prelude::*;

use super::cache::{FeatureCache, FeatureKey};
use crate::data::{AugmentBuffers, Augmentation, Dataset};
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::layer::Noise;
use crate::nn::{Network, Number, Predictor, Preprocessing, Shape};
use crate::{Hash, kernels};
use stepnet_base::Hasher;

/// Input values of a batch, about: enough work for all threads, in little memory.
const BATCH_VALUES: usize = 1 << 22;

/// The most examples of a batch.
const MOST_EXAMPLES: usize = 256;

/// The fewest examples of a batch: each thread has some.
const FEWEST_EXAMPLES: usize = 8;

/// How far features are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeatureProgress {
    /// Images that are done.
    pub done: usize,
    /// All images.
    pub images: usize,
}

/// The layers of a network before its last `linear`, prepared for predictions: images in, features out.
///
/// ```
/// use stepnet::nn::{Init, Network};
/// use stepnet::rng::RandomState;
/// use stepnet::train::features::FeatureExtractor;
///
/// let text = "conv(8, 3) -> relu -> globalavgpool -> linear(10) -> softmax";
/// let mut network = Network::<f32>::new(text, [8, 8, 1])?;
/// network.initialize(Init::He, &mut RandomState::new(1));
///
/// let extractor = FeatureExtractor::new(&network)?;
/// let features = extractor.extract(&vec![0.5; 3 * 64])?;
/// assert_eq!((extractor.features(), features.len()), (8, 3 * 8));
/// # Ok::<(), stepnet::Error>(())
/// ```
pub struct FeatureExtractor<T> {
    /// None where the last `linear` is the first layer: the features are the inputs.
    backbone: Option<Predictor<T>>,
    input: usize,
    features: usize,
    key: Hash,
}

/// Whether a network's outputs are features: a vector of which no classes or labels have been made.
fn gives_features<T: Number>(network: &Network<T>) -> bool {
    let last = network.nodes().last();
    let closed = last
        .is_some_and(|node| matches!(node.layer().text().kind(), "linear" | "sigmoid" | "softmax"));
    !closed && matches!(network.output(), Shape::Features(_))
}

impl<T> fmt::Debug for FeatureExtractor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureExtractor")
            .field("input", &self.input)
            .field("features", &self.features)
            .finish_non_exhaustive()
    }
}

impl<T: Number> FeatureExtractor<T> {
    /// Prepares the layers before the last `linear` of a network, or of that of a model, as they are now. A network that
    /// was cut there already, so that its outputs are features, is taken as it is. A model's preprocessing is not
    /// included.
    ///
    /// # Errors
    /// When the network ends neither in `linear`, or `linear` and an activation, nor in a vector of features; when there is
    /// not enough memory.
    pub fn new(source: &impl AsRef<Network<T>>) -> Result<Self> {
        let network = source.as_ref();
        let (backbone, features) = match network.parts() {
            Ok(parts) => (parts.backbone, parts.head.input().len()),
            Err(_) if gives_features(network) => (Some(network.clone()), network.output().len()),
            Err(refusal) => return Err(refusal),
        };
        let mut hasher = Hasher::new("stepnet features");
        hasher.text(T::NAME);
        // Sets differ in the last bits.
        hasher.text(kernels::instruction_set());
        hasher.number(network.exact().into());
        hasher.text(&network.input().to_string());
        if let Some(backbone) = &backbone {
            hasher.text(&backbone.text().to_string());
            hasher.text(&backbone.hash().to_string());
        }
        Ok(Self {
            backbone: backbone.as_ref().map(Predictor::new).transpose()?,
            input: network.input().len(),
            features,
            key: hasher.finish(),
        })
    }

    /// The number of features of an example.
    pub fn features(&self) -> usize {
        self.features
    }

    /// What the features of an input depend on besides the input: the layers and their weights, the number type, the
    /// instruction set.
    pub fn key(&self) -> Hash {
        self.key
    }

    /// The features of the examples in `x`, `(examples, features)`.
    ///
    /// # Errors
    /// When `x` is not a whole number of examples, or there is not enough memory.
    pub fn extract(&self, x: &[T]) -> Result<Vec<T>> {
        let examples = x.len() / self.input.max(1);
        let mut y = memory::zeros("the features", examples.saturating_mul(self.features))?;
        self.extract_into(x, &mut y)?;
        Ok(y)
    }

    /// The features of the examples in `x`, written to `y`.
    ///
    /// # Shapes
    ///
    /// `x` (examples, input), `y` (examples, features), row-major.
    ///
    /// # Errors
    /// When the sizes do not fit, or there is not enough memory; [`Error::Stopped`] when the process was asked to
    /// [stop](crate::stop).
    pub fn extract_into(&self, x: &[T], y: &mut [T]) -> Result<()> {
        match &self.backbone {
            Some(backbone) => backbone.predict_into(x, y),
            None if x.len() == y.len() => {
                y.copy_from_slice(x);
                Ok(())
            }
            None => {
                let expected = format!("{}, the features of all examples", x.len());
                Err(Error::value("features", "y", y.len(), expected))
            }
        }
    }

    /// How many examples to compute at a time.
    pub fn batch(&self) -> usize {
        let most = self
            .backbone
            .as_ref()
            .map_or(MOST_EXAMPLES, Predictor::most_examples);
        (BATCH_VALUES / self.input.max(1))
            .clamp(FEWEST_EXAMPLES, MOST_EXAMPLES)
            .min(most)
    }

    /// The features of all examples of a data set, `(examples, features)`.
    ///
    /// # Errors
    /// When the data is not what the network takes, or cannot be read.
    pub fn of_dataset(&self, data: &Dataset, preprocessing: &Preprocessing) -> Result<Vec<T>> {
        let mut cache = FeatureCache::new(self);
        let images = DataImages::plain(data, preprocessing);
        let found = self.of_images(&images, &mut cache, |_| ControlFlow::Continue(()))?;
        Ok(found.rows)
    }

    /// The features of `images`, of those that are not in `cache` yet computed and put there. After each batch `watch`
    /// decides whether to go on. While a batch is computed, the next is decoded.
    ///
    /// # Errors
    /// As [`of_dataset`](Self::of_dataset); [`Error::Stopped`] when `watch` ended it. What was computed by then is in the
    /// cache.
    pub(crate) fn of_images(
        &self,
        images: &DataImages<'_>,
        cache: &mut FeatureCache<T>,
        mut watch: impl FnMut(FeatureProgress) -> ControlFlow<()>,
    ) -> Result<Extracted<T>> {
        let count = images.data.len();
        if images.data.images().per_image() != self.input {
            let expected = format!("{}, the values of the network's input", self.input);
            let found = images.data.images().per_image();
            return Err(Error::value("features", "an image", found, expected));
        }
        let mut found = memory::zeros("the features", count.saturating_mul(self.features))?;
        let order: Vec<usize> = (0..count).collect();
        let mut chunks = order.chunks(self.batch());
        let mut next = images.load(chunks.next().unwrap_or(&[]))?;
        let (mut done, mut from_file) = (0, 0);
        while !next.keys.is_empty() {
            let batch = next;
            let (computed, loaded) = stepnet_base::parallel::join(
                || self.compute(&batch, cache),
                || images.load(chunks.next().unwrap_or(&[])),
            );
            computed?;
            next = loaded?;
            for key in &batch.keys {
                let row = &mut found[done * self.features..][..self.features];
                // It was put there a moment ago.
                row.copy_from_slice(cache.get(key).unwrap_or(&[]));
                from_file += usize::from(cache.is_from_file(key));
                done += 1;
            }
            let progress = FeatureProgress {
                done,
                images: count,
            };
            if watch(progress).is_break() {
                return Err(Error::Stopped);
            }
        }
        Ok(Extracted {
            rows: found,
            from_file,
        })
    }

    /// Computes the features of a batch that the cache does not have.
    fn compute(&self, batch: &Loaded<T>, cache: &mut FeatureCache<T>) -> Result<()> {
        let mut new: Vec<usize> = Vec::new();
        for (place, key) in batch.keys.iter().enumerate() {
            let twice = new.iter().any(|&other| batch.keys[other] == *key);
            if !twice && !cache.has(key) {
                new.push(place);
            }
        }
        let features = match new.len() {
            0 => return Ok(()),
            all if all == batch.keys.len() => self.extract(&batch.x)?,
            some => {
                let mut x = memory::with_capacity("a batch of images", some * self.input)?;
                for &place in &new {
                    x.extend_from_slice(&batch.x[place * self.input..][..self.input]);
                }
                self.extract(&x)?
            }
        };
        for (place, row) in new.into_iter().zip(features.chunks_exact(self.features)) {
            cache.put(batch.keys[place], row)?;
        }
        Ok(())
    }
}

/// The features of images, row after row.
#[derive(Debug)]
pub(crate) struct Extracted<T> {
    pub(crate) rows: Vec<T>,
    /// How many of the images had theirs in the file of the cache.
    pub(crate) from_file: usize,
}

/// The images of a data set as a network sees them, altered or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataImages<'a> {
    data: &'a Dataset,
    preprocessing: &'a Preprocessing,
    /// The alteration, and its seed and number, by which its random numbers are drawn.
    altered: Option<(&'a Augmentation, u64, u64)>,
}

/// A batch as a network takes it, with the key of each example.
struct Loaded<T> {
    x: Vec<T>,
    keys: Vec<FeatureKey>,
}

impl<'a> DataImages<'a> {
    /// The images as they are.
    pub(crate) fn plain(data: &'a Dataset, preprocessing: &'a Preprocessing) -> Self {
        Self {
            data,
            preprocessing,
            altered: None,
        }
    }

    /// A variant of each image, altered as in epoch `epoch` of a training.
    pub(crate) fn variant(self, augmentation: &'a Augmentation, seed: u64, epoch: u64) -> Self {
        Self {
            altered: Some((augmentation, seed, epoch)),
            ..self
        }
    }

    fn load<T: Number>(&self, indices: &[usize]) -> Result<Loaded<T>> {
        let len = self.data.images().per_image();
        let mut x = memory::zeros("a batch of images", indices.len().saturating_mul(len))?;
        let keys: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
        let altered = self.altered.map(|(augmentation, seed, epoch)| {
            let noise = Noise {
                seed,
                epoch,
                examples: &keys,
            };
            (augmentation, noise)
        });
        let mut spare = AugmentBuffers::default();
        self.data
            .fill(indices, self.preprocessing, altered, &mut spare, &mut x)?;
        let keys = x.par_chunks_exact(len).map(FeatureKey::of).collect();
        Ok(Loaded { x, keys })
    }
}
