//! The passes over rows instead of pictures, for dense layers: no bias but where one is given, and
//! no check of lengths, which are the caller's.

use super::direction::Direction;
use super::sums::Sums;
use super::{ConvGeometry, backward_weights as weights};
use crate::Real;
use crate::assert_scratch;
use crate::simd::InstructionSet;

/// Scratch memory of [`forward`].
pub(crate) fn forward_scratch<T: Real>(g: &ConvGeometry) -> usize {
    Sums::new::<T>(g, Direction::Forward, InstructionSet::best()).scratch::<T>()
}

/// `y = x w`: `x` (rows, channels), `w` (channels, filters).
pub(crate) fn forward<T: Real>(g: &ConvGeometry, x: &[T], w: &[T], y: &mut [T], scratch: &mut [T]) {
    let sums = Sums::new::<T>(g, Direction::Forward, InstructionSet::best());
    assert_scratch("dense backward data", scratch, sums.least_scratch::<T>());
    sums.run([x, w], None, y, scratch, false);
}

/// Scratch memory of [`backward_data`].
pub(crate) fn backward_data_scratch<T: Real>(g: &ConvGeometry) -> usize {
    Sums::new::<T>(g, Direction::Backward, InstructionSet::best()).scratch::<T>()
}

/// `dx = dy w^T + b`: `dy` (rows, filters), `b` (channels).
pub(crate) fn backward_data<T: Real>(
    g: &ConvGeometry,
    dy: &[T],
    w: &[T],
    b: Option<&[T]>,
    dx: &mut [T],
    scratch: &mut [T],
) {
    let sums = Sums::new::<T>(g, Direction::Backward, InstructionSet::best());
    assert_scratch("dense forward", scratch, sums.least_scratch::<T>());
    sums.run([dy, w], b, dx, scratch, false);
}

/// Scratch memory of [`backward_weights`].
pub(crate) fn backward_weights_scratch<T: Real>(g: &ConvGeometry) -> usize {
    weights::scratch_on::<T>(InstructionSet::best(), g)
}

/// `dw = x^T dy`.
pub(crate) fn backward_weights<T: Real>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    scratch: &mut [T],
) {
    weights::run_on(InstructionSet::best(), g, x, dy, dw, None, scratch);
}
