//! Images that stay where they are, and are fetched when a batch wants them.

use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use stepnet_base::parallel::prelude::*;

use super::hashes::HashedValue;
use crate::{Element, Result};
use stepnet_base::Hash;

/// Images fetched at a time.
const TOGETHER: usize = 64;

/// Where the raw values of images come from, image by image.
pub(crate) trait ImageSource<V>: Debug + Send + Sync {
    /// The number of images, below 2^32.
    fn len(&self) -> usize;

    /// The values of the image at `index`, as many as each of them has.
    ///
    /// # Errors
    /// An image that cannot be had, naming it.
    fn values(&self, index: usize) -> Result<Vec<V>>;

    /// The file that the image at `index` is from, if it is from one.
    fn name(&self, index: usize) -> Option<&Path>;
}

/// Images of one shape that are fetched as they are needed: nothing of them is kept in memory but where
/// they are.
///
/// The headers of image files have been read. One that is damaged after its header is an error that names it, when
/// it is read.
#[derive(Debug)]
pub struct Streamed<V> {
    source: Arc<dyn ImageSource<V>>,
    /// The hash of each image's values, from when all were fetched first.
    hashes: Arc<[OnceLock<Hash>]>,
    picks: Vec<u32>,
    per_image: usize,
}

impl<V> Clone for Streamed<V> {
    fn clone(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            hashes: Arc::clone(&self.hashes),
            picks: self.picks.clone(),
            per_image: self.per_image,
        }
    }
}

impl<V> Streamed<V> {
    /// All images of `source`, each of `per_image` values.
    pub(crate) fn new(source: Arc<dyn ImageSource<V>>, per_image: usize) -> Self {
        Self {
            picks: (0..).take(source.len()).collect(),
            hashes: (0..source.len()).map(|_| OnceLock::new()).collect(),
            source,
            per_image,
        }
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.picks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }

    /// The file of an image, or its name in an archive.
    pub(crate) fn name(&self, index: usize) -> Option<&Path> {
        self.source.name(*self.picks.get(index)? as usize)
    }

    /// The number of values of an image.
    pub(crate) fn per_image(&self) -> usize {
        self.per_image
    }

    /// The values of the image at `index`, which must be there.
    ///
    /// # Errors
    /// An image that cannot be read, naming it.
    pub fn image(&self, index: usize) -> Result<Vec<V>> {
        self.source.values(self.picks[index] as usize)
    }

    /// The images at `indices`, in that order.
    pub(crate) fn gather(&self, indices: &[usize]) -> Self {
        Self {
            picks: indices.iter().map(|&index| self.picks[index]).collect(),
            ..self.clone()
        }
    }
}

#[expect(
    private_bounds,
    reason = "only the library makes them, of values that it knows"
)]
impl<V: HashedValue> Streamed<V> {
    /// Fetches all images, some at a time on all threads, and hands them over in order.
    ///
    /// # Errors
    /// The first image that cannot be read.
    pub(crate) fn each(&self, mut see: impl FnMut(Vec<V>)) -> Result<()> {
        let indices: Vec<usize> = (0..self.len()).collect();
        let fetch = |&index: &usize| {
            let image = self.image(index)?;
            self.hashes[self.picks[index] as usize].get_or_init(|| V::hash(&image));
            Ok(image)
        };
        for some in indices.chunks(TOGETHER) {
            let fetched: Vec<Result<Vec<V>>> = some.par_iter().map(fetch).collect();
            for image in fetched {
                see(image?);
            }
        }
        Ok(())
    }

    /// A hash of each image's values. Fetches them only where they were not all fetched before.
    ///
    /// # Errors
    /// The first image that cannot be read.
    pub(crate) fn hashes(&self) -> Result<Vec<Hash>> {
        let known = || {
            let hashes = self.picks.iter().map(|&pick| &self.hashes[pick as usize]);
            hashes.map(|hash| hash.get().copied()).collect()
        };
        if let Some(hashes) = known() {
            return Ok(hashes);
        }
        self.each(drop)?;
        Ok(known().unwrap_or_default())
    }

    /// Fetches the images at `indices` on all threads, and writes each into its part of `out` by `scale`.
    ///
    /// # Errors
    /// The first image, in order, that cannot be read.
    pub(crate) fn fetch_together<T: Element>(
        &self,
        indices: &[usize],
        out: &mut [T],
        scale: impl Fn(&[V], &mut [T]) + Sync,
    ) -> Result<()> {
        let pairs = out.par_chunks_mut(self.per_image).zip(indices.par_iter());
        let results: Vec<Result<()>> = pairs
            .map(|(out, &index)| {
                scale(&self.image(index)?, out);
                Ok(())
            })
            .collect();
        // The first in order, whichever failed first.
        results.into_iter().collect()
    }
}

/// Whether they are the same images of the same source; the values are not compared.
impl<V> PartialEq for Streamed<V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.picks == other.picks
    }
}
