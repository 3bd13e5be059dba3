//! Image files: decoding, resizing, and their values as a network's input has them.

#[cfg(feature = "pictures")]
pub(crate) mod codecs;
#[cfg(feature = "pictures")]
pub mod decode;
#[cfg(feature = "pictures")]
pub(crate) mod files;
#[cfg(feature = "pictures")]
pub(crate) mod image;
#[cfg(feature = "pictures")]
pub(crate) mod item;
pub(crate) mod observer;
#[cfg(feature = "pictures")]
pub(crate) mod reservation;
#[cfg(feature = "pictures")]
pub(crate) mod resize;
pub(crate) mod resize_all;
#[cfg(feature = "pictures")]
pub(crate) mod zipped;
