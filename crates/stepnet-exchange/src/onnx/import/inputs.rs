//! The inputs of a node, as operators need them.

use super::lower::{Activation, Known};
use super::node::NodeOf;
use super::tensor::Tensor;
use crate::problem::Checked;

/// The inputs of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) inputs: &'a [Option<Known>],
}

impl<'a> Inputs<'a> {
    /// An input that may be left out.
    pub(super) fn optional(&self, place: usize) -> Option<&'a Known> {
        self.inputs.get(place).and_then(Option::as_ref)
    }

    /// An input that must be there.
    pub(super) fn known(&self, place: usize) -> Checked<&'a Known> {
        let found = self.optional(place);
        found.ok_or_else(|| format!("it has no input number {}", place + 1).into())
    }

    /// An input that is a value of the network.
    pub(super) fn activation(&self, place: usize) -> Checked<&'a Activation> {
        match self.known(place)? {
            Known::Activation(activation) => Ok(activation),
            Known::Constant(_) => {
                Err(format!("its input number {} is a constant", place + 1).into())
            }
            Known::Piece(_) => {
                Err("it takes a mean or a variance, which is no layer's output".into())
            }
        }
    }

    /// An input that must be a constant, if it is there.
    pub(super) fn constant(&self, place: usize) -> Checked<Option<&'a Tensor>> {
        match self.optional(place) {
            None => Ok(None),
            Some(Known::Constant(tensor)) => Ok(Some(tensor)),
            Some(_) => Err(format!(
                "its input number {} is computed from the network's input, expected weights",
                place + 1
            )
            .into()),
        }
    }

    /// An input that must be a constant, and there.
    pub(super) fn weights(&self, place: usize) -> Checked<&'a Tensor> {
        let found = self.constant(place)?;
        found.ok_or_else(|| format!("it has no input number {}", place + 1).into())
    }

    /// Whole numbers from an attribute of old files, or an input of new ones.
    pub(super) fn list(
        &self,
        node: &NodeOf<'_>,
        name: &str,
        place: usize,
    ) -> Checked<Option<Vec<i64>>> {
        if let Some(list) = node.ints(name) {
            return Ok(Some(list.to_vec()));
        }
        let tensor = self.constant(place)?;
        let whole = |tensor: &Tensor| tensor.integers().map(<[i64]>::to_vec);
        match tensor.filter(|tensor| tensor.len() > 0) {
            None => Ok(None),
            Some(tensor) => whole(tensor)
                .map(Some)
                .ok_or_else(|| format!("its {name} is not of whole numbers").into()),
        }
    }
}
