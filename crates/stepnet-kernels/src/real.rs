//! The number types as kernels need them.

use crate::Element;
use crate::elementary::Elementary;
use crate::passes::Compiled;
use crate::simd::Lanes;

/// A number type that kernels are compiled for: an [`Element`] with vectors in every instruction set, constants for the
/// elementary functions, and the heavy passes.
pub trait Real: Element + Compiled + Elementary + Lanes {}
impl Real for f32 {}
impl Real for f64 {}
