//! `droppath(rate)`: stochastic depth.

use super::dropping::{Dropping, Parts};
use crate::notation::Signature;

/// While training the whole of an example is zeroed with probability `rate`, and the others are divided by `1 - rate`: at
/// the end of the body of a residual block the example goes through the shortcut alone. At inference nothing happens.
///
/// Source: Huang, Sun, Liu, Sedra and Weinberger, "Deep networks with stochastic depth", 2016; per example as in
/// Larsson, Maire and Shakhnarovich, "FractalNet", 2017.
#[derive(Debug, Clone, Copy)]
pub(super) struct DropPath;

impl Dropping for DropPath {
    const PARTS: Parts = Parts::Examples;

    fn signature() -> Signature {
        let summary =
            "While training, drops the whole of an example with a probability: stochastic depth.";
        Signature::new("droppath", summary).alias("stochasticdepth")
    }
}
