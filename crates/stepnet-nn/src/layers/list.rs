//! The list of the built-in layers. The notation's kinds, the registry, the table in the notation's documentation, the
//! fuzzers' dictionary and the tests of all layers are derived from it.

use super::gelu::Gelu;
use super::kind::{Built, LayerKind};
use super::leaky_relu::LeakyRelu;
use super::pointwise::PointwiseLayer;
use super::relu::Relu;
use super::sigmoid::Sigmoid;
use super::silu::Silu;
use super::softmax::Softmax;
use super::tanh::Tanh;
use super::{
    AvgPool, BatchNorm, Conv, Dropout, Flatten, GlobalAvgPool, LayerNorm, Linear, MaxPool, Pad,
};
use crate::notation::{Kinds, LayerText, Signature};
use stepnet_kernels::Real;

/// What makes a layer of a text.
pub(super) type Factory<T> = fn(&LayerText) -> Built<T>;

macro_rules! layers {
    ($($layer:ty),* $(,)?) => {
        /// What each is called and takes, in the order of the list.
        pub(super) fn signatures() -> Vec<Signature> {
            vec![$(<$layer as LayerKind>::signature()),*]
        }

        /// What makes each, in the same order.
        pub(super) fn factories<T: Real>() -> Vec<Factory<T>> {
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
    AvgPool,
    GlobalAvgPool,
    Flatten,
    Linear,
    PointwiseLayer<Relu>,
    PointwiseLayer<LeakyRelu>,
    PointwiseLayer<Sigmoid>,
    PointwiseLayer<Tanh>,
    PointwiseLayer<Gelu>,
    PointwiseLayer<Silu>,
    Softmax,
    Dropout,
    BatchNorm,
    LayerNorm,
    Pad,
];

impl Kinds {
    /// The kinds of version 1 of the notation, listed in the [module documentation](crate::notation).
    pub fn builtin() -> Self {
        Self::of(signatures())
    }
}

#[cfg(test)]
mod tests;
