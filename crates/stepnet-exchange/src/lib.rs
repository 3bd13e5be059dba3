//! Models in and out: files of other frameworks are read into networks, and networks are written for them.
//!
//! Every file is from a stranger: readers bound memory by the size of the file, run nothing that a file contains, and
//! refuse what the notation cannot say by the name of the first node that needs it.

mod graph;
mod import;
mod imported;
pub mod onnx;
mod outgoing;
mod problem;
pub mod torch;

#[doc(hidden)]
pub use import::import_bytes;
pub use import::{ImportOptions, import};
pub use imported::{Imported, Mapping};

// For this crate alone.
use stepnet_base::Error;
use stepnet_nn::layers::Registry;
use stepnet_nn::notation::{Item, LayerText, NetworkText, PaddingText, Step};
use stepnet_nn::{Model, Network, Number, Shape};
