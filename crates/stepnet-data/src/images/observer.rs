//! A look at every image file of a data set while it is opened.

use std::fmt;
#[cfg(feature = "pictures")]
use std::path::Path;
#[cfg(feature = "pictures")]
use std::sync::Arc;

#[cfg(feature = "pictures")]
use super::image::Image;
#[cfg(feature = "pictures")]
use crate::Error;
#[cfg(feature = "pictures")]
use stepnet_files::Kind;

/// An image file as it is stored, before it is brought to the shape of the data set.
#[cfg(feature = "pictures")]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ObservedImage<'a> {
    /// Its path, or its name in an archive: that of [`Dataset::name`](crate::Dataset::name).
    pub name: &'a Path,
    /// The length of the file.
    pub bytes: usize,
    /// The format of its content.
    pub kind: Kind,
    /// The image, upright and at its own size, or the reason why it cannot be read.
    pub image: Result<&'a Image, &'a Error>,
}

/// A function that is shown every image file of a data set, from several threads and in any order.
#[derive(Clone)]
pub struct ImageObserver {
    #[cfg(feature = "pictures")]
    see: Arc<dyn Fn(ObservedImage<'_>) + Send + Sync>,
}

impl fmt::Debug for ImageObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImageObserver")
    }
}

#[cfg(feature = "pictures")]
impl ImageObserver {
    /// An observer that calls `see`.
    pub fn new(see: impl Fn(ObservedImage<'_>) + Send + Sync + 'static) -> Self {
        Self { see: Arc::new(see) }
    }

    pub(crate) fn see(&self, image: ObservedImage<'_>) {
        (self.see)(image);
    }
}
