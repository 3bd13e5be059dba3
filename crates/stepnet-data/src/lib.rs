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

use stepnet_base::{Element, Error, Result};

mod batch;
#[cfg_attr(
    not(all(feature = "files", feature = "pictures")),
    allow(dead_code, reason = "what formats share is there without them, too")
)]
mod formats;
#[cfg_attr(
    not(all(feature = "files", feature = "pictures")),
    allow(dead_code, reason = "what images are used for is in formats")
)]
mod images;
mod limits;
mod open;
mod opened;
mod options;
mod set;

#[doc(hidden)]
pub mod fuzzing;

#[cfg(all(test, feature = "files", feature = "pictures"))]
mod tests;

#[doc(hidden)]
pub use batch::augment::Mix;
pub use batch::augment::{Alteration, Augmentation, Axis};
pub use batch::balance::Balance;
#[doc(hidden)]
pub use batch::balance::{Pick, sample};
#[doc(hidden)]
pub use batch::fill::AugmentBuffers;
#[cfg(feature = "pictures")]
#[doc(hidden)]
pub use formats::folder::files::{Files, VisitedPaths, is_clutter, path_to_open};
#[cfg(feature = "files")]
#[doc(hidden)]
pub use formats::hdf5::Hdf5;
pub use formats::{Format, formats};
#[cfg(feature = "files")]
pub use formats::{arrays::array, arrays::file as arrays, idx, npy, npz};
#[cfg(feature = "pictures")]
#[doc(hidden)]
pub use images::codecs::is_image;
#[cfg(feature = "pictures")]
pub use images::decode as image_files;
pub use images::observer::ImageObserver;
#[cfg(feature = "pictures")]
pub use images::observer::ObservedImage;
pub use limits::MAX_CLASSES;
pub use open::{has_class_folders, holds_images, open};
pub use opened::Opened;
pub use options::{OpenOptions, Role};
pub use set::dataset::{Dataset, match_classes};
pub use set::digits::{DIGITS_DIVISOR, digits};
pub use set::duplicates::{Duplicates, Repeat};
pub use set::examples::Examples;
pub use set::fingerprint::Fingerprint;
pub use set::images::{Images, Values};
#[cfg(feature = "files")]
pub use set::leave_out::{LeaveOut, LeftOut, ListedPart};
pub use set::range::{ValueRange, check_images, check_values};
pub use set::streamed::Streamed;
pub use set::targets::{TargetKind, Targets};
pub use stepnet_base::text::MAX_CLASS_NAME;
pub use stepnet_files::{Foreign, Kind};
