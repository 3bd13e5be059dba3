//! The base of all parts of Stepnet: the two number types, the one error type, the bounds of settings, memory that a
//! user's numbers ask for, threads, hashes, numpy's legacy generator, and the design that pages share.

pub mod clock;
pub mod design;
mod element;
pub mod error;
pub mod guard;
mod hash;
pub mod limits;
pub mod memory;
mod noise;
pub mod parallel;
pub mod preprocessing;
pub mod rng;
mod setters;
pub mod stop;
mod task;
pub mod text;
pub mod threads;

pub use element::Element;
pub use error::{Error, Result};
pub use hash::{Hash, Hasher};
pub use noise::{Noise, NoiseGenerator};
pub use task::{TargetScale, Task};
