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
pub mod keras;
pub mod onnx;
mod options;
mod outgoing;
mod outputs;
mod problem;
mod recipes;
mod safetensors;
mod tfjs;
pub mod torch;
mod weights;
mod weights_only;

pub use import::import;
#[doc(hidden)]
pub use import::import_bytes;
pub use imported::{Imported, Mapping};
pub use options::ImportOptions;
pub use recipes::{Published, Recipe, recipes};

// For this crate alone.
use stepnet_base::Error;
use stepnet_nn::layers::Registry;
use stepnet_nn::notation::{Item, LayerText, NetworkText, PaddingText, Step};
use stepnet_nn::{Model, Network, Node, Number, Preprocessing, Shape};
