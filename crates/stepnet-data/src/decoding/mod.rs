//! Decoders of images, and folders and archives of them, which the feature `pictures` switches on.

pub(crate) mod decoded;
pub(crate) mod files;
pub(crate) mod folder;
pub(crate) mod fuzzing;
pub mod image_files;
pub(crate) mod item;
pub(crate) mod jpeg;
pub(crate) mod load;
pub(crate) mod parts;
pub(crate) mod reservation;
pub(crate) mod resize;
#[cfg(feature = "files")]
pub(crate) mod resize_all;
pub(crate) mod streamed;
pub(crate) mod tar;
pub(crate) mod walk;
