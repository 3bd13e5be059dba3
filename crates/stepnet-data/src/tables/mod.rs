//! Readers of arrays and tables, which the feature `files` switches on: IDX, npy, npz, CSV, HDF5, CIFAR's binary form.

pub mod array;
pub mod arrays;
pub(crate) mod assemble;
pub(crate) mod cifar;
pub(crate) mod csv;
pub(crate) mod fuzzing;
pub(crate) mod hdf5;
pub mod idx;
pub(crate) mod idx_folder;
pub(crate) mod keys;
pub mod npy;
pub(crate) mod npy_header;
pub mod npz;
pub(crate) mod shape;
pub(crate) mod text;
