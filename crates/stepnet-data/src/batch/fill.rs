//! Filling a batch: raw values are fetched, altered, and scaled to what a network sees.

use crate::{Element, Error, Result};
use stepnet_base::Noise;
use stepnet_base::preprocessing::Preprocessing;

use super::augment::{Augmentation, Raw};
use crate::Dataset;
use crate::Values;
use crate::set::streamed::Streamed;

/// Channels up to which [`Dataset::fill_batch`] keeps a table of 256 values each.
const TABLE_CHANNELS: usize = 4;

/// Room for an image that is altered, kept from batch to batch.
#[derive(Debug, Default)]
pub struct AugmentBuffers {
    bytes: Vec<u8>,
    singles: Vec<f32>,
    doubles: Vec<f64>,
}

/// How images are altered, and by which random numbers.
pub(crate) type AugmentRequest<'a> = (&'a Augmentation, Noise<'a>);

impl Dataset {
    /// [`Dataset::fill_batch`] of images that are altered first, if so asked.
    pub fn fill<T: Element>(
        &self,
        indices: &[usize],
        preprocessing: &Preprocessing,
        altered: Option<AugmentRequest<'_>>,
        spare: &mut AugmentBuffers,
        out: &mut [T],
    ) -> Result<()> {
        self.check_indices("Dataset::fill_batch", indices)?;
        preprocessing.check_for::<T>()?;
        let shape = self.images().shape();
        if preprocessing.shape() != shape {
            let expected = format!("{:?} as the preprocessing has it", preprocessing.shape());
            return Err(Error::shape(
                "Dataset::fill_batch",
                "the images",
                &shape,
                expected,
            ));
        }
        let run = self.images().per_image();
        if indices.len().checked_mul(run) != Some(out.len()) {
            let expected = format!("{} images of {run} values", indices.len());
            return Err(Error::shape(
                "Dataset::fill_batch",
                "out",
                &[out.len()],
                expected,
            ));
        }
        // A batch that the loader makes is one of several at a time; another is decoded by all threads.
        let alone = altered.is_none();
        let altered = altered.filter(|(augmentation, _)| !augmentation.alterations().is_empty());
        let filling = Filling {
            indices,
            shape,
            altered,
        };
        let bytes = || Scale::new(preprocessing);
        let singles = |v: f32| T::from_f64(f64::from(v));
        match self.images().values() {
            Values::Streamed(images) if alone => {
                let scale = bytes();
                images.fetch_together(indices, out, |values, out| scale.apply(values, out))?;
            }
            Values::Streamed(images) => {
                let scale = bytes();
                filling.fetch(images, &mut spare.bytes, out, |values, out| {
                    scale.apply(values, out);
                })?;
            }
            Values::Provided(images) if alone => {
                images.fetch_together(indices, out, |values, out| {
                    convert(values, singles, preprocessing, out);
                })?;
            }
            Values::Provided(images) => {
                filling.fetch(images, &mut spare.singles, out, |values, out| {
                    convert(values, singles, preprocessing, out);
                })?;
            }
            Values::U8(values) => {
                let scale = bytes();
                filling.run(values, &mut spare.bytes, out, |values, out| {
                    scale.apply(values, out);
                });
            }
            Values::F32(values) => {
                filling.run(values, &mut spare.singles, out, |values, out| {
                    convert(values, singles, preprocessing, out);
                });
            }
            Values::F64(values) => {
                filling.run(values, &mut spare.doubles, out, |values, out| {
                    convert(values, T::from_f64, preprocessing, out);
                });
            }
        }
        Ok(())
    }
}

/// Which images are wanted, and altered how.
struct Filling<'a> {
    indices: &'a [usize],
    shape: [usize; 3],
    altered: Option<AugmentRequest<'a>>,
}

impl Filling<'_> {
    fn run<V: Raw, T>(
        &self,
        values: &[V],
        spare: &mut Vec<V>,
        out: &mut [T],
        scale: impl Fn(&[V], &mut [T]),
    ) {
        let run: usize = self.shape.iter().product();
        if self.altered.is_some() {
            spare.resize(2 * run, V::default());
        }
        let images = self.indices.iter().zip(out.chunks_exact_mut(run));
        for (example, (&index, out)) in images.enumerate() {
            let values = &values[index * run..(index + 1) * run];
            self.alter(example, values, spare, |values| scale(values, out));
        }
    }

    /// [`Filling::run`] of images that are fetched first.
    fn fetch<V: Raw, T>(
        &self,
        images: &Streamed<V>,
        spare: &mut Vec<V>,
        out: &mut [T],
        scale: impl Fn(&[V], &mut [T]),
    ) -> Result<()> {
        let run: usize = self.shape.iter().product();
        spare.resize(2 * run, V::default());
        let indices = self.indices.iter().zip(out.chunks_exact_mut(run));
        for (example, (&index, out)) in indices.enumerate() {
            let values = images.image(index)?;
            self.alter(example, &values, spare, |values| scale(values, out));
        }
        Ok(())
    }

    /// Hands `then` the `example`th image of the batch as it is to be.
    fn alter<V: Raw>(
        &self,
        example: usize,
        values: &[V],
        spare: &mut [V],
        then: impl FnOnce(&[V]),
    ) {
        let Some((augmentation, noise)) = &self.altered else {
            return then(values);
        };
        let (image, spare) = spare.split_at_mut(values.len());
        image.copy_from_slice(values);
        augmentation.apply(self.shape, noise, example, image, spare);
        then(image);
    }
}

/// 8-bit values to network values, looked up where a table pays.
enum Scale<'a, T> {
    /// One table for all channels.
    Uniform([T; 256]),
    /// A table for each of a few channels.
    Channels([[T; 256]; TABLE_CHANNELS], usize),
    /// Many channels, each with its own mean or deviation: computed value by value.
    Direct(&'a Preprocessing),
}

impl<'a, T: Element> Scale<'a, T> {
    fn new(preprocessing: &'a Preprocessing) -> Self {
        let table = |channel: usize| {
            let mut table = [T::zero(); 256];
            for (value, slot) in table.iter_mut().enumerate() {
                *slot = preprocessing.value(T::from_f64(value as f64), channel);
            }
            table
        };
        if preprocessing.mean.is_empty() && preprocessing.deviation.is_empty() {
            Self::Uniform(table(0))
        } else if preprocessing.channels <= TABLE_CHANNELS {
            let mut tables = [[T::zero(); 256]; TABLE_CHANNELS];
            for (channel, slot) in tables.iter_mut().enumerate().take(preprocessing.channels) {
                *slot = table(channel);
            }
            Self::Channels(tables, preprocessing.channels)
        } else {
            Self::Direct(preprocessing)
        }
    }

    fn apply(&self, values: &[u8], out: &mut [T]) {
        match self {
            Self::Uniform(table) => {
                for (out, &value) in out.iter_mut().zip(values) {
                    *out = table[usize::from(value)];
                }
            }
            Self::Channels(tables, channels) => {
                let pixels = out
                    .chunks_exact_mut(*channels)
                    .zip(values.chunks_exact(*channels));
                for (out, pixel) in pixels {
                    for ((out, &value), table) in out.iter_mut().zip(pixel).zip(tables) {
                        *out = table[usize::from(value)];
                    }
                }
            }
            Self::Direct(preprocessing) => {
                convert(values, |v| T::from_f64(f64::from(v)), preprocessing, out);
            }
        }
    }
}

/// Values of one image to network values, one by one.
fn convert<V: Copy, T: Element>(
    values: &[V],
    to: impl Fn(V) -> T,
    preprocessing: &Preprocessing,
    out: &mut [T],
) {
    let channels = preprocessing.channels;
    let pixels = out
        .chunks_exact_mut(channels)
        .zip(values.chunks_exact(channels));
    for (out, pixel) in pixels {
        for (channel, (out, &value)) in out.iter_mut().zip(pixel).enumerate() {
            *out = preprocessing.value(to(value), channel);
        }
    }
}
