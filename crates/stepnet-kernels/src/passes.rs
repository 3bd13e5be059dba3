//! The heavy passes by number type, as functions that are compiled once.
//!
//! A generic function is compiled anew in every program that calls it, and these are many innermost
//! loops for several instruction sets: minutes. What stands in these tables is part of this library, and a
//! program that uses it builds in seconds. `compiled` fills them in.

use crate::norm::batch::{Given, Gradients as NormGradients, Norm};
use crate::norm::{Affine, NormGeometry};
use crate::pool::PoolGeometry;

/// What each pass does and asks for is told by the public function that calls it.
// The types are the arguments of the passes, and have no better names than these have there.
#[allow(missing_docs, clippy::type_complexity)]
#[derive(Debug)]
pub struct Passes<T: 'static> {
    pub batch_statistics: fn(&NormGeometry, &[T], &mut [T], &mut [T], &mut [T]),
    pub batch_forward: fn(&NormGeometry, Norm<'_, T>, &[T], &mut [T], &mut [T]),
    pub batch_backward: fn(&NormGeometry, f64, Given<'_, T>, NormGradients<'_, T>, &mut [T]),
    pub layer_forward: fn(&NormGeometry, f64, &[T], Affine<'_, T>, &mut [T], &mut [T]),
    pub layer_backward:
        fn(&NormGeometry, [&[T]; 4], Option<&mut [T]>, Option<[&mut [T]; 2]>, &mut [T]),
    pub max_forward: fn(&PoolGeometry, &[T], &mut [T], Option<&mut [u32]>),
    pub max_backward_all: fn(&PoolGeometry, &[T], &[T], &[T], &mut [T]),
    /// Whether padding counts comes second.
    pub average_forward: fn(&PoolGeometry, bool, &[T], &mut [T]),
    pub average_backward: fn(&PoolGeometry, bool, &[T], &mut [T]),
}

/// A number type that the heavy passes are compiled for.
pub trait Compiled: Sized + 'static {
    /// Its passes.
    fn passes() -> &'static Passes<Self>;
}
