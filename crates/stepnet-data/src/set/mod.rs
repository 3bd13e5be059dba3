//! Data sets: images with labels and the names of classes, and facts about all of them.

pub(crate) mod dataset;
pub(crate) mod digits;
pub(crate) mod duplicates;
pub(crate) mod examples;
pub(crate) mod fingerprint;
pub(crate) mod hashes;
pub(crate) mod images;
#[cfg(feature = "files")]
pub(crate) mod leave_out;
pub(crate) mod range;
pub(crate) mod split;
pub(crate) mod streamed;
pub(crate) mod targets;
