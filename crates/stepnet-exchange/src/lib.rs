//! Models in and out: files of other frameworks are read into networks, and networks are written for them.
//!
//! Every file is from a stranger: readers bound memory by the size of the file, run nothing that a file contains, and
//! refuse what the notation cannot say by the name of the first node that needs it.

mod archive;
#[doc(hidden)]
pub mod fuzzing;
mod graph;
mod import;
mod imported;
mod keras;
pub mod onnx;
mod outgoing;
mod outputs;
mod problem;
mod recipes;
mod safetensors;
mod tfjs;
pub mod torch;
mod weights;

#[doc(hidden)]
pub use import::import_bytes;
pub use import::{ImportOptions, import};
pub use imported::{Imported, Mapping};
pub use recipes::{Published, Recipe, recipes};

// For this crate alone.
use stepnet_base::Error;
use stepnet_nn::layers::Registry;
use stepnet_nn::notation::{Item, LayerText, NetworkText, PaddingText, Step};
use stepnet_nn::{Model, Network, Node, Number, Preprocessing, Shape};
