//! A graph of layers as all formats say it, and how it becomes a network.
//!
//! A reader adds nodes in an order in which each comes after those whose values it takes; every shape follows at once,
//! so a layer that does not fit is refused where it stands. [`Graph::finish`] then
//!
//! 1. recognises hard activations that are written out ([`activations`]) and merges what other layers can do
//!    ([`simplify`]): factors and offsets into the convolution before them, a border
//!    of zeros into the padding of the convolution after it;
//! 2. writes the graph in the arrow notation ([`assemble`]), with equal consecutive blocks as groups ([`groups`]);
//! 3. builds the network and fills in its parameters ([`fill`]).

mod activations;
mod array;
mod assemble;
mod core;
mod dominators;
mod fill;
mod groups;
mod labels;
mod share;
mod simplify;

#[cfg(test)]
mod tests;

pub(crate) use array::{Array, Numbers};
pub(crate) use core::{Graph, Origin, Value};
pub(crate) use fill::Filled;
