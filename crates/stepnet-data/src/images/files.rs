//! The image files of a data set as a source of its values.

use std::path::Path;

use super::image::Image;
use super::item::{Item, advised};
use crate::Result;
use crate::set::streamed::ImageSource;
use stepnet_base::preprocessing::Resize;

/// Image files that are decoded when they are wanted, each resized to one shape.
#[derive(Debug)]
pub(crate) struct ImageFiles {
    pub(crate) items: Vec<Item>,
    pub(crate) shape: [usize; 3],
    pub(crate) resize: Resize,
}

impl ImageSource<u8> for ImageFiles {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn values(&self, index: usize) -> Result<Vec<u8>> {
        let shaped = |image: Image| image.to_shape(self.shape, self.resize);
        self.items[index].decoded(shaped).map_err(advised)
    }

    fn name(&self, index: usize) -> Option<&Path> {
        Some(&self.items.get(index)?.name)
    }
}
