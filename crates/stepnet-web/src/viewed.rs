//! The network that requests look into.

use stepnet::nn::{Network, Preprocessing};

/// A network, with what is done to raw values and the names of its classes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewed<'a> {
    pub(crate) network: &'a Network<f32>,
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) classes: &'a [String],
}
