//! Which operator becomes what.

use super::arithmetic;
use super::channels;
use super::inputs::Inputs;
use super::lower::{Known, Lowering};
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
