//! Making the batches of an epoch: values, targets, and the keys of random numbers.

use std::ops::Range;

use crate::data::{self, AugmentBuffers, Augmentation, Dataset, Mix, Pick};
use crate::error::Result;
use crate::memory;
use crate::nn::Number;
use crate::nn::layer::Noise;
use crate::nn::{Batch, Preprocessing, Targets, Task};

/// Makes a network's batches of a data set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed<'a> {
    pub(super) data: &'a Dataset,
    pub(super) preprocessing: &'a Preprocessing,
    pub(super) augmentation: &'a Augmentation,
    pub(super) seed: u64,
    pub(super) epoch: u64,
}

/// A batch, or the examples of it that a member of a group trains on, in memory that is kept for the next one.
#[derive(Debug)]
pub(super) struct BatchBuffers<T> {
    /// The values of the own examples, and after them those of others that they are blended with.
    x: Vec<T>,
    /// Values of an example.
    len: usize,
    /// The own examples, among all of the batch. Targets and keys are those of all.
    own: Range<usize>,
    indices: Vec<usize>,
    keys: Vec<u64>,
    /// The images that are filled, and their keys.
    filled: Vec<usize>,
    filled_keys: Vec<u64>,
    labels: Vec<u32>,
    /// A value for each output of each example, where the targets are not classes.
    targets: Vec<T>,
    partners: Vec<u32>,
    mix: Mix<T>,
    mixed: bool,
    spare: AugmentBuffers,
    seed: u64,
    epoch: u64,
}

impl<T: Number> BatchBuffers<T> {
    /// Room for `batch` examples of `len` values, if all of a batch are filled; more is taken when it is needed.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(super) fn new(batch: usize, len: usize) -> Result<Self> {
        Ok(Self {
            x: memory::zeros("a batch of examples", batch.saturating_mul(len))?,
            len,
            own: 0..0,
            indices: Vec::with_capacity(batch),
            keys: Vec::with_capacity(batch),
            filled: Vec::with_capacity(batch),
            filled_keys: Vec::with_capacity(batch),
            labels: Vec::with_capacity(batch),
            targets: Vec::new(),
            partners: Vec::new(),
            mix: Mix::default(),
            mixed: false,
            spare: AugmentBuffers::default(),
            seed: 0,
            epoch: 0,
        })
    }

    fn noise<'a>(&self, keys: &'a [u64]) -> Noise<'a> {
        Noise {
            seed: self.seed,
            epoch: self.epoch,
            examples: keys,
        }
    }

    /// The values of the own examples, (examples, height, width, channels).
    pub(super) fn x(&self) -> &[T] {
        &self.x[..self.own.len() * self.len]
    }

    /// The batch that a step trains on: the targets and keys of all its examples, the values of the own ones.
    pub(super) fn batch(&self) -> Batch<'_, T> {
        let targets = if self.mixed {
            Targets::Mixed {
                first: &self.labels,
                second: &self.partners,
                share: &self.mix.share,
            }
        } else if self.labels.is_empty() {
            Targets::Values(&self.targets)
        } else {
            Targets::Classes(&self.labels)
        };
        Batch {
            x: self.x(),
            targets,
            noise: self.noise(&self.keys),
        }
    }
}

impl Feed<'_> {
    /// Makes the batch of `picks`, with the values of its examples `own`. The result depends on these alone, not on the
    /// thread or on earlier batches.
    ///
    /// # Errors
    /// When the data does not fit the preprocessing, or cannot be read.
    pub(super) fn fill<T: Number>(
        &self,
        picks: &[Pick],
        own: Range<usize>,
        into: &mut BatchBuffers<T>,
    ) -> Result<()> {
        into.indices.clear();
        into.indices.extend(picks.iter().map(|pick| pick.index));
        into.keys.clear();
        into.keys.extend(picks.iter().map(|pick| pick.key()));
        let task = &self.preprocessing.task;
        let targets = (&mut into.labels, &mut into.targets);
        write_targets(self.data.targets(), task, &into.indices, targets);
        (into.seed, into.epoch) = (self.seed, self.epoch);
        into.own = own.clone();
        let noise = Noise {
            seed: self.seed,
            epoch: self.epoch,
            examples: &into.keys,
        };
        into.mixed = self.augmentation.draw_pairs(&noise, &mut into.mix);
        into.filled.clear();
        into.filled.extend(own.clone());
        if into.mixed {
            into.filled.extend(into.mix.others(own.clone()));
        }
        into.filled_keys.clear();
        let keys = into.filled.iter().map(|&example| into.keys[example]);
        into.filled_keys.extend(keys);
        let indices = into.filled.iter_mut();
        indices.for_each(|example| *example = into.indices[*example]);
        let len = into.filled.len() * self.data.images().per_image();
        if into.x.len() < len {
            into.x = memory::zeros("a batch of examples", len)?;
        }
        let x = &mut into.x[..len];
        let noise = Noise {
            examples: &into.filled_keys,
            ..noise
        };
        let altered = Some((self.augmentation, noise));
        let indices = &into.filled;
        self.data
            .fill(indices, self.preprocessing, altered, &mut into.spare, x)?;
        if into.mixed {
            into.mix.blend(own, x);
            let partners = into.mix.partner.iter();
            into.partners.clear();
            into.partners
                .extend(partners.map(|&partner| into.labels[partner]));
        }
        Ok(())
    }
}

/// Writes what a network is to say of the examples at `indices`: classes, or a value for each output. One of the two
/// lists stays empty.
pub(super) fn write_targets<T: Number>(
    targets: &data::Targets,
    task: &Task,
    indices: &[usize],
    (classes, values): (&mut Vec<u32>, &mut Vec<T>),
) {
    classes.clear();
    match targets {
        data::Targets::Classes { labels, .. } => {
            values.clear();
            classes.extend(indices.iter().map(|&index| labels[index]));
        }
        data::Targets::Labels { .. } | data::Targets::Numbers { .. } => {
            targets.write_outputs(indices, task, values);
        }
    }
}
