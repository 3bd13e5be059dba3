//! The number types as kernels need them.

use crate::Element;
use crate::elementary::Elementary;
use crate::simd::VectorElement;
use crate::work::Work;

/// A number type that kernels are compiled for: an [`Element`] with vectors in every instruction set, constants for the
/// elementary functions, and the heavy passes.
pub trait Real: Element + Elementary + VectorElement {
    /// Whether convolutions and dense layers have their naive loops alone, and no quick method.
    #[doc(hidden)]
    const NAIVE: bool = false;

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
    // In a WebAssembly module only the check of a gradient computes in `f64`, on one example: the quick methods would make
    // the module larger by their size. Tests run them.
    const NAIVE: bool = cfg!(all(
        target_arch = "wasm32",
        target_feature = "simd128",
        not(test)
    ));

    #[inline]
    fn run<W: Work>(arguments: W::Arguments<'_, Self>) {
        W::run_f64(arguments);
    }
}
