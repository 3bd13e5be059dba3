//! Data sets and the readers of data files.
//!
//! [`open()`] recognises a file or a folder by its content and gives a [`Dataset`]: images as raw
//! values, labels, class names. [`digits`] is a small data set that is always there.
//! [`Dataset::fill_batch`] scales raw values to network input as
//! [`Preprocessing`](stepnet_base::preprocessing::Preprocessing) says.
//!
//! Everything read is checked before memory is taken for it, and an error is one line with the
//! file, the place in it, what was found and what was expected. Where one of [`OpenOptions`] helps, its name
//! stands in the line between backticks: a program that has other names for them can put those in its place.
//!
//! # Features
//!
//! `files` has the readers of IDX, npz, npy, CSV, HDF5 and CIFAR's binary form, `pictures` the decoders of images and
//! the readers of folders and archives of them. Neither is on by itself; the facade `stepnet` has both on by default.
//! Data that needs a feature that is off is rejected with an error that names the feature.

use stepnet_base::{Element, Error, Result, error};

mod augment;
mod balance;
mod dataset;
mod digits;
mod duplicates;
mod fill;
mod fingerprint;
mod hashes;
mod images;
mod open;
mod opened;
mod options;
mod range;
mod sizes;
mod split;
mod standardize;

// What a feature switches on is one module; without the feature another with the same functions takes its place, which
// says what is missing.
#[cfg(feature = "pictures")]
mod decoding;
#[cfg(not(feature = "pictures"))]
#[path = "without_decoding.rs"]
mod decoding;
#[cfg(feature = "files")]
mod tables;
#[cfg(not(feature = "files"))]
#[path = "without_tables.rs"]
mod tables;

#[doc(hidden)]
pub mod fuzzing;

#[cfg(all(test, feature = "files", feature = "pictures"))]
mod tests;

#[doc(hidden)]
pub use augment::Mix;
pub use augment::{Alteration, Augmentation, Axis};
pub use balance::Balance;
#[doc(hidden)]
pub use balance::{Pick, sample};
pub use dataset::{Dataset, match_classes};
#[cfg(feature = "pictures")]
#[doc(hidden)]
pub use decoding::files::{Files, VisitedPaths, is_clutter, is_image, path_to_open};
#[cfg(feature = "pictures")]
pub use decoding::image_files;
pub use decoding::streamed::Streamed;
pub use digits::{DIGITS_DIVISOR, digits};
pub use duplicates::{Duplicates, Repeat};
#[doc(hidden)]
pub use fill::AugmentBuffers;
pub use fingerprint::Fingerprint;
pub use images::{Images, Values};
pub use open::{has_class_folders, holds_images, open};
pub use opened::Opened;
pub use options::{OpenOptions, Role};
pub use range::{ValueRange, check_images, check_values};
pub use sizes::MAX_CLASSES;
pub use stepnet_base::text::MAX_CLASS_NAME;
pub use stepnet_files::{Foreign, Kind};
#[cfg(feature = "files")]
pub use tables::{array, arrays, idx, npy, npz};
