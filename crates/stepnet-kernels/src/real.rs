//! The number types as kernels need them.

use crate::Element;
use crate::elementary::Elementary;
use crate::simd::VectorElement;
use crate::work::Work;

/// A number type that kernels are compiled for: an [`Element`] with vectors in every instruction set, constants for the
/// elementary functions, and the heavy passes.
pub trait Real: Element + Elementary + VectorElement {
    /// Runs a pass as this crate has compiled it.
    #[doc(hidden)]
    fn run<W: Work>(arguments: W::Arguments<'_, Self>);
}

impl Real for f32 {
    #[inline]
    fn run<W: Work>(arguments: W::Arguments<'_, Self>) {
        W::run_f32(arguments);
    }
}

impl Real for f64 {
    #[inline]
    fn run<W: Work>(arguments: W::Arguments<'_, Self>) {
        W::run_f64(arguments);
    }
}
