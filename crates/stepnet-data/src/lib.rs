//! Data sets and the readers of data files.
//!
//! [`open()`] recognises a file or a folder by its content and gives a [`Dataset`]: pictures as raw
//! values, labels, class names. [`digits`] is a small data set that is always there.
//! [`Dataset::fill_batch`] scales raw values to network input as
//! [`Preprocessing`](stepnet_base::preprocessing::Preprocessing) says.
//!
//! IDX, npz, npy, CSV, HDF5 and CIFAR's binary form need the cargo feature `files`, pictures and folders
//! or archives of pictures the feature `pictures`; the facade `stepnet` has both on by default.
//!
//! Everything read is checked before memory is taken for it, and an error is one line with the
//! file, the place in it, what was found and what was expected. Where one of [`OpenOptions`] helps, its name
//! stands in the line between backticks: a program that has other names for them can put those in its place.

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

#[cfg(feature = "files")]
pub mod array;
#[cfg(feature = "files")]
pub mod arrays;
#[cfg(feature = "files")]
mod assemble;
#[cfg(feature = "files")]
mod cifar;
#[cfg(feature = "files")]
mod csv;
#[cfg(feature = "files")]
mod hdf5;
#[cfg(feature = "files")]
pub mod idx;
#[cfg(feature = "files")]
mod idx_folder;
#[cfg(feature = "files")]
mod keys;
#[cfg(feature = "files")]
pub mod npy;
#[cfg(feature = "files")]
mod npy_header;
#[cfg(feature = "files")]
pub mod npz;
#[cfg(feature = "files")]
mod shape;
#[cfg(feature = "files")]
mod text;

#[cfg(feature = "pictures")]
mod files;
#[cfg(feature = "pictures")]
mod folder;
#[cfg(feature = "pictures")]
mod item;
#[cfg(feature = "pictures")]
mod jpeg;
#[cfg(feature = "pictures")]
mod load;
#[cfg(feature = "pictures")]
mod parts;
#[cfg(feature = "pictures")]
mod picture;
#[cfg(feature = "pictures")]
pub mod pictures;
#[cfg(feature = "pictures")]
mod resize;
#[cfg(feature = "pictures")]
mod room;
#[cfg(feature = "pictures")]
mod streamed;
#[cfg(feature = "pictures")]
mod tar;
#[cfg(feature = "pictures")]
mod walk;

#[doc(hidden)]
pub mod fuzzing;

#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use augment::Mix;
pub use augment::{Alteration, Augmentation, Axis};
pub use balance::Balance;
#[doc(hidden)]
pub use balance::{Pick, sample};
pub use dataset::{Dataset, match_classes};
pub use digits::{DIGITS_DIVISOR, digits};
pub use duplicates::{Duplicates, Repeat};
#[cfg(feature = "pictures")]
pub use files::{Files, Seen, is_clutter, is_image, path_to_open};
#[doc(hidden)]
pub use fill::Spare;
pub use fingerprint::Fingerprint;
pub use images::{Images, Values};
pub use open::{has_class_folders, holds_pictures, open};
pub use opened::Opened;
pub use options::{OpenOptions, Role};
pub use range::{ValueRange, check_pictures, check_values};
pub use sizes::MAX_CLASSES;
pub use stepnet_base::text::MAX_CLASS_NAME;
pub use stepnet_files::{Foreign, Kind};
#[cfg(feature = "pictures")]
pub use streamed::Streamed;
