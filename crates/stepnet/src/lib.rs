//! Stepnet: a convolutional network engine whose every step can be seen, checked and changed.
//!
//! Three depths, one idea:
//!
//! - [`steps`]: the building blocks of the course notebooks as plain loops, the specification;
//! - [`kernels`]: the same operations at the speed of the hardware;
//! - [`nn`], [`optim`], [`train`], [`data`]: layers, networks, training and files for real work.

pub mod data;
mod element;
pub mod error;
pub mod files;
pub mod kernels;
mod memory;
pub mod nn;
pub mod optim;
pub mod rng;
pub mod steps;
pub mod train;

pub use element::Element;
pub use error::{Error, Result};
pub use ndarray;
