//! `dropout2d(rate)`: dropout of whole channels.

use super::dropping::{Dropping, Parts};
use crate::notation::Signature;

/// While training each channel of an example is zeroed with probability `rate`, and the others are divided by `1 - rate`:
/// the pixels of a channel are too much alike for dropping some of them to matter. At inference nothing happens.
///
/// Source: Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient object localization using convolutional networks", 2015.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropout2d;

impl Dropping for Dropout2d {
    const PARTS: Parts = Parts::Channels;

    fn signature() -> Signature {
        let summary = "While training, drops each channel with a probability.";
        Signature::new("dropout2d", summary).alias("spatialdropout2d")
    }
}
