//! `dx`: the gradient with respect to the images.

use super::direction::Direction;
use super::sums::Sums;
use super::{ConvGeometry, reference};
use crate::Real;
use crate::simd::InstructionSet;
use crate::{assert_len, assert_scratch};

const NAME: &str = "convolution backward data";

/// Elements of scratch memory that [`backward_data`] needs, for `g`'s batch and every smaller one.
pub fn backward_data_scratch<T: Real>(g: &ConvGeometry) -> usize {
    scratch_on::<T>(InstructionSet::best(), g)
}

pub(super) fn scratch_on<T: Real>(set: InstructionSet, g: &ConvGeometry) -> usize {
    Sums::new::<T>(g, Direction::Backward, set).scratch::<T>()
}

/// `dx[n, h, w, c] = sum of dy[n, i, j, f] w[u, v, c, f]` over all (i, j, u, v, f) whose window
/// position is (h, w); 0 where no window reaches.
///
/// It is the transpose of [`super::forward`]: `<dy, conv(x)> = <dx, x>`; source: the notebooks'
/// `conv_backward`.
///
/// # Shapes
///
/// `dy` (batch, out_height, out_width, filters), `w` (f_H, f_W, channels / groups, filters),
/// `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_data_scratch`].
pub fn backward_data<T: Real>(
    g: &ConvGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    (T::passes().conv_backward_data)(g, dy, w, dx, scratch);
}

/// [`backward_data`] on an instruction set.
pub(crate) fn run_on<T: Real>(
    set: InstructionSet,
    g: &ConvGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "dx", dx, g.x_len());
    let sums = Sums::new::<T>(g, Direction::Backward, set);
    if sums.is_too_far() {
        return reference::backward_data(g, dy, w, dx);
    }
    assert_scratch(NAME, scratch, sums.least_scratch::<T>());
    sums.run([dy, w], None, dx, scratch, false);
}
