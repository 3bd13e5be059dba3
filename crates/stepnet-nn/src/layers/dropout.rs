//! `dropout(rate)`: inverted dropout.

use super::dropping::{Dropping, Parts};
use crate::notation::Signature;

/// Inverted dropout (Srivastava et al., 2014; scaled at training as the course does): while
/// training each value is zeroed with probability `rate`, the others are divided by
/// `1 - rate`; at inference nothing happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropout;

impl Dropping for Dropout {
    const PARTS: Parts = Parts::Values;

    fn signature() -> Signature {
        Signature::new(
            "dropout",
            "While training, drops each value with a probability.",
        )
    }
}
