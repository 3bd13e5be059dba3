//! Arrays of images and labels: what the formats that hold them have in common.

pub mod array;
pub(crate) mod assemble;
pub mod file;
pub(crate) mod keys;
pub(crate) mod shape;
