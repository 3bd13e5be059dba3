//! The number types of networks.

use super::layers::BuiltIn;
use stepnet_kernels::Real;

/// A number type of networks: [`Real`], with its built-in layers.
pub trait Number: Real + BuiltIn {}
impl Number for f32 {}
impl Number for f64 {}
