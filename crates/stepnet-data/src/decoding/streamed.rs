//! Images that stay where they are, and are decoded when a batch wants them.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::{Result, Values};
use stepnet_base::Hash;
use stepnet_base::preprocessing::Resize;

use super::decoded::Image;
use super::item::Item;
use super::item::advised;
use crate::hashes::hash;

/// Images decoded at a time.
const TOGETHER: usize = 64;

/// Images of one shape that are decoded as they are needed: nothing of them is kept in memory but
/// where they are.
///
/// Their headers have been read. An image that is damaged after its header is an error that names it, when
/// it is read.
#[derive(Debug, Clone)]
pub struct Streamed {
    items: Arc<[Item]>,
    /// The hash of each item's values, from when all were decoded first.
    hashes: Arc<[OnceLock<Hash>]>,
    picks: Vec<u32>,
    shape: [usize; 3],
    resize: Resize,
}

impl Streamed {
    /// All of `items`, of which there are fewer than 2^32.
    pub(crate) fn new(items: Vec<Item>, shape: [usize; 3], resize: Resize) -> Self {
        Self {
            picks: (0..).take(items.len()).collect(),
            hashes: items.iter().map(|_| OnceLock::new()).collect(),
            items: items.into(),
            shape,
            resize,
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
        let item = self.items.get(*self.picks.get(index)? as usize)?;
        Some(&item.name)
    }

    /// The number of values of an image.
    pub(crate) fn per_image(&self) -> usize {
        self.shape.iter().product()
    }

    /// The values of the image at `index`, which must be there.
    ///
    /// # Errors
    /// An image that cannot be read, naming it.
    pub fn image(&self, index: usize) -> Result<Vec<u8>> {
        let item = &self.items[self.picks[index] as usize];
        let shaped = |image: Image| image.to_shape(self.shape, self.resize);
        item.decoded(shaped).map_err(advised)
    }

    /// Decodes all images, some at a time on all threads, and hands them over in order.
    ///
    /// # Errors
    /// The first image that cannot be read.
    pub(crate) fn each(&self, mut see: impl FnMut(Vec<u8>)) -> Result<()> {
        let indices: Vec<usize> = (0..self.len()).collect();
        let decode = |&index: &usize| {
            let image = self.image(index)?;
            self.hashes[self.picks[index] as usize].get_or_init(|| hash(&image));
            Ok(image)
        };
        for some in indices.chunks(TOGETHER) {
            let decoded: Vec<Result<Vec<u8>>> = some.par_iter().map(decode).collect();
            for image in decoded {
                see(image?);
            }
        }
        Ok(())
    }

    /// A hash of each image's values. Decodes them only where they were not all decoded before.
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
        let mut hashes = Vec::with_capacity(self.len());
        self.each(|image| hashes.push(hash(&image)))?;
        Ok(hashes)
    }

    /// The images at `indices`, in that order.
    pub(crate) fn gather(&self, indices: &[usize]) -> Values {
        Values::Streamed(Self {
            picks: indices.iter().map(|&index| self.picks[index]).collect(),
            ..self.clone()
        })
    }
}

/// Whether they are the same images of the same source; what is in the files is not compared.
impl PartialEq for Streamed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.items, &other.items)
            && (&self.picks, self.shape, self.resize) == (&other.picks, other.shape, other.resize)
    }
}
