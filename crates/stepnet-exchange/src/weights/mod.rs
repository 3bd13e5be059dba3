//! Weights of other frameworks: named tensors, and how they come into a network.

mod assign;
mod element;
mod fit;
mod state;
mod tensor;

pub(crate) use assign::{Assigned, by_names, by_order};
pub(crate) use element::StoredElement;
pub(crate) use fit::Layout;
pub(crate) use state::{Module, StateDict};
pub(crate) use tensor::{Bytes, Storage, StoredTensor};
