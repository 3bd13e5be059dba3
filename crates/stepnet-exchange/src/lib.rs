//! Models in and out: files of other frameworks are read into networks, and networks are written for them.
//!
//! Every file is from a stranger: readers bound memory by the size of the file, run nothing that a file contains, and
//! refuse what the notation cannot say by the name of the first node that needs it.

mod imported;
pub mod onnx;
mod outgoing;
pub mod torch;

pub use imported::{Imported, Mapping};

// For this crate alone.
use stepnet_nn::{Model, Number};
