//! The built-in layers, one file each (`window.rs`, `pool.rs`, `norm.rs` and `pointwise.rs` hold what several share), and the list
//! of them: the notation's kinds, the registry, the table in the notation's documentation, the fuzzers' dictionary and the
//! tests of all layers are derived from it.

mod adaptive_avgpool;
mod arguments;
mod avgpool;
mod batch_norm;
mod channel_shuffle;
mod conv;
mod conv_fused;
mod conv_transpose;
mod drop_path;
mod dropout;
mod dropout2d;
mod dropping;
mod elu;
mod flatten;
mod folded;
mod gelu;
mod gelu_tanh;
mod global_max_pool;
mod group_norm;
mod hard_sigmoid;
mod hard_swish;
mod identity;
mod instance_norm;
mod kind;
mod layer_norm;
mod layer_scale;
mod leaky_relu;
mod linear;
mod lrn;
mod maxpool;
mod norm;
mod packed;
mod pad;
mod plan_cache;
mod pointwise;
mod pool;
mod prelu;
mod prepared;
mod registry;
mod relu;
mod relu6;
mod sigmoid;
mod silu;
mod slice_channels;
mod softmax;
mod tanh;
mod transposed;
mod upsample;
mod window;

pub(crate) use batch_norm::BatchNorm;
pub(crate) use conv::Conv;
pub(crate) use conv_fused::{ConvPool, ConvRelu};
pub(crate) use folded::FoldedNorm;
pub(crate) use linear::Linear;
pub(crate) use maxpool::MaxPool;
pub(crate) use pointwise::PointwiseLayer;
pub(crate) use prepared::prepared;
pub(crate) use registry::BuiltIn;
pub use registry::Registry;
pub(crate) use relu::Relu;

use crate::notation::{Kinds, LayerText, Signature};
use dropping::DropLayer;
use kind::{BuildResult, LayerKind};
use stepnet_kernels::Real;

/// The constructor of a layer from its text.
type Factory<T> = fn(&LayerText) -> BuildResult<T>;

macro_rules! layers {
    ($($layer:ty),* $(,)?) => {
        /// The name and the arguments of each, in the order of the list.
        fn signatures() -> Vec<Signature> {
            vec![$(<$layer as LayerKind>::signature()),*]
        }

        /// The constructor of each, in the same order.
        fn factories<T: Real>() -> Vec<Factory<T>> {
            vec![$(<$layer as LayerKind>::build::<T>),*]
        }

        #[cfg(test)]
        fn checks() -> Vec<fn()> {
            vec![$(<$layer as LayerKind>::check),*]
        }
    };
}

layers![
    Conv,
    MaxPool,
    avgpool::AvgPool,
    avgpool::GlobalAvgPool,
    global_max_pool::GlobalMaxPool,
    adaptive_avgpool::AdaptiveAvgPool,
    flatten::Flatten,
    Linear,
    PointwiseLayer<relu::Relu>,
    PointwiseLayer<leaky_relu::LeakyRelu>,
    PointwiseLayer<sigmoid::Sigmoid>,
    PointwiseLayer<tanh::Tanh>,
    PointwiseLayer<gelu::Gelu>,
    PointwiseLayer<gelu_tanh::GeluTanh>,
    PointwiseLayer<silu::Silu>,
    PointwiseLayer<relu6::Relu6>,
    PointwiseLayer<elu::Elu>,
    PointwiseLayer<hard_swish::HardSwish>,
    PointwiseLayer<hard_sigmoid::HardSigmoid>,
    prelu::Prelu,
    softmax::Softmax,
    DropLayer<dropout::Dropout>,
    DropLayer<dropout2d::Dropout2d>,
    DropLayer<drop_path::DropPath>,
    BatchNorm,
    layer_norm::LayerNorm,
    group_norm::GroupNorm,
    instance_norm::InstanceNorm,
    lrn::Lrn,
    pad::Pad,
    upsample::Upsample,
    conv_transpose::ConvTranspose,
    layer_scale::LayerScale,
    slice_channels::SliceChannels,
    channel_shuffle::ChannelShuffle,
    identity::Identity,
];

impl Kinds {
    /// The kinds of version 1 of the notation, listed in the [module documentation](crate::notation).
    pub fn builtin() -> Self {
        Self::of(signatures())
    }
}

#[cfg(test)]
mod tests;
