//! Layers, networks, losses and model files.

pub mod notation;
pub mod preprocessing;
