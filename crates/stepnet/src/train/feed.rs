//! Making the batches of an epoch: values, targets, and the keys of random numbers.

use crate::data::{AugmentBuffers, Augmentation, Dataset, Mix, Pick};
use crate::error::Result;
use crate::memory;
use crate::nn::Number;
use crate::nn::layer::Noise;
use crate::nn::{Batch, Preprocessing, Targets};

/// Makes a network's batches of a data set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed<'a> {
    pub(super) data: &'a Dataset,
    pub(super) preprocessing: &'a Preprocessing,
    pub(super) augmentation: &'a Augmentation,
    pub(super) seed: u64,
    pub(super) epoch: u64,
}

/// A batch, in memory that is kept for the next one.
#[derive(Debug)]
pub(super) struct BatchBuffers<T> {
    x: Vec<T>,
    values: usize,
    indices: Vec<usize>,
    keys: Vec<u64>,
    labels: Vec<u32>,
    partners: Vec<u32>,
    mix: Mix<T>,
    mixed: bool,
    spare: AugmentBuffers,
    seed: u64,
    epoch: u64,
}

impl<T: Number> BatchBuffers<T> {
    /// Room for `batch` examples of `len` values.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(super) fn new(batch: usize, len: usize) -> Result<Self> {
        Ok(Self {
            x: memory::zeros("a batch of examples", batch.saturating_mul(len))?,
            values: 0,
            indices: Vec::with_capacity(batch),
            keys: Vec::with_capacity(batch),
            labels: Vec::with_capacity(batch),
            partners: Vec::new(),
            mix: Mix::default(),
            mixed: false,
            spare: AugmentBuffers::default(),
            seed: 0,
            epoch: 0,
        })
    }

    fn noise(&self) -> Noise<'_> {
        Noise {
            seed: self.seed,
            epoch: self.epoch,
            examples: &self.keys,
        }
    }

    /// The values, (batch, height, width, channels).
    pub(super) fn x(&self) -> &[T] {
        &self.x[..self.values]
    }

    /// The batch that a step trains on.
    pub(super) fn batch(&self) -> Batch<'_, T> {
        let targets = if self.mixed {
            Targets::Mixed {
                first: &self.labels,
                second: &self.partners,
                share: &self.mix.share,
            }
        } else {
            Targets::Classes(&self.labels)
        };
        Batch {
            x: self.x(),
            targets,
            noise: self.noise(),
        }
    }
}

impl Feed<'_> {
    /// Makes the batch of `picks`. The result depends on the picks alone, not on the thread or on earlier
    /// batches.
    ///
    /// # Errors
    /// When the data does not fit the preprocessing, or cannot be read.
    pub(super) fn fill<T: Number>(&self, picks: &[Pick], into: &mut BatchBuffers<T>) -> Result<()> {
        let labels = self.data.labels();
        into.indices.clear();
        into.indices.extend(picks.iter().map(|pick| pick.index));
        into.keys.clear();
        into.keys.extend(picks.iter().map(|pick| pick.key()));
        into.labels.clear();
        into.labels
            .extend(picks.iter().map(|pick| labels[pick.index]));
        into.values = picks.len() * self.data.images().per_image();
        (into.seed, into.epoch) = (self.seed, self.epoch);
        let noise = Noise {
            seed: self.seed,
            epoch: self.epoch,
            examples: &into.keys,
        };
        let x = &mut into.x[..into.values];
        let altered = Some((self.augmentation, noise));
        self.data.fill(
            &into.indices,
            self.preprocessing,
            altered,
            &mut into.spare,
            x,
        )?;
        into.mixed = self.augmentation.mix(&noise, x, &mut into.mix);
        if into.mixed {
            let partners = into.mix.partner.iter();
            into.partners.clear();
            into.partners
                .extend(partners.map(|&partner| into.labels[partner]));
        }
        Ok(())
    }
}
