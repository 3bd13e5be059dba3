//! Which operator becomes what.

use super::arithmetic;
use super::channels;
use super::lower::{Activation, Known, Lowering};
use super::node::NodeOf;
use super::norms;
use super::products;
use super::resize;
use super::shapes;
use super::windows;
use crate::problem::Checked;

/// The values of a node with at least one input that depends on the network's.
///
/// # Errors
/// When the notation cannot say it.
pub(super) fn lower<'f>(
    lowering: &mut Lowering<'f>,
    node: &NodeOf<'f>,
    inputs: &[Option<Known>],
) -> Checked<Vec<Known>> {
    let inputs = Inputs { inputs };
    let one = match node.operator() {
        "Conv" => products::conv(lowering, node, inputs),
        "ConvTranspose" => products::conv_transpose(lowering, node, inputs),
        "Gemm" => products::gemm(lowering, node, inputs),
        "MatMul" => products::matmul(lowering, node, inputs),
        "MaxPool" | "AveragePool" => windows::pool(lowering, node, inputs),
        "GlobalAveragePool" | "GlobalMaxPool" | "ReduceMean" | "ReduceMax" => {
            windows::global(lowering, node, inputs)
        }
        "Pad" => windows::pad(lowering, node, inputs),
        "Resize" | "Upsample" => resize::resize(lowering, node, inputs),
        "BatchNormalization" => norms::batch(lowering, node, inputs),
        "LayerNormalization" => norms::layer(lowering, node, inputs),
        "InstanceNormalization" => norms::instance(lowering, node, inputs),
        "GroupNormalization" => norms::group(lowering, node, inputs),
        "LRN" => norms::lrn(lowering, node, inputs),
        "Softmax" | "LogSoftmax" => norms::softmax(lowering, node, inputs),
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Transpose" => {
            shapes::rearranged(lowering, node, inputs)
        }
        "Shape" => shapes::shape(node, inputs),
        "Identity" | "Dropout" | "Cast" => inputs.known(0).cloned(),
        "Concat" => channels::concat(lowering, node, inputs),
        "Slice" => channels::slice(lowering, node, inputs),
        "Gather" => channels::gather(lowering, node, inputs),
        "Split" => return channels::split(lowering, node, inputs),
        "Sum" => arithmetic::sum(lowering, node, inputs),
        "PRelu" => arithmetic::prelu(lowering, node, inputs),
        operator => match arithmetic::of(operator) {
            Some(arithmetic) => arithmetic::both(lowering, node, arithmetic, inputs),
            None => arithmetic::function(lowering, node, inputs),
        },
    };
    one.map(|known| vec![known])
}

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
    pub(super) fn constant(&self, place: usize) -> Checked<Option<&'a super::tensor::Tensor>> {
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
    pub(super) fn weights(&self, place: usize) -> Checked<&'a super::tensor::Tensor> {
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
        let whole = |tensor: &super::tensor::Tensor| tensor.integers().map(<[i64]>::to_vec);
        match tensor.filter(|tensor| tensor.len() > 0) {
            None => Ok(None),
            Some(tensor) => whole(tensor)
                .map(Some)
                .ok_or_else(|| format!("its {name} is not of whole numbers").into()),
        }
    }
}
