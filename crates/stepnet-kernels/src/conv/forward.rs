//! `y = conv(x, w) + b`.

use super::direction::Direction;
use super::sums::Sums;
use super::{ConvGeometry, reference};
use crate::Real;
use crate::simd::InstructionSet;
use crate::{assert_len, assert_scratch, relu};

const NAME: &str = "convolution forward";

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &ConvGeometry) -> usize {
    scratch_on::<T>(InstructionSet::best(), g)
}

pub(super) fn scratch_on<T: Real>(set: InstructionSet, g: &ConvGeometry) -> usize {
    Sums::new::<T>(g, Direction::Forward, set).scratch::<T>()
}

/// `y = conv(x, w) + b`; without `b` the bias is 0.
///
/// Formula and method: [`crate::conv`]; it is the notebooks' `conv_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `w` (f_H, f_W, channels / groups, filters), `b` (filters),
/// `y` (batch, out_height, out_width, filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`forward_scratch`].
pub fn forward<T: Real>(
    g: &ConvGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
) {
    (T::passes().conv_forward)(g, [x, w], b, y, scratch, false);
}

/// A convolution and its ReLU: the forward pass of both, bitwise that of one after the other.
///
/// # Shapes and panics
///
/// As [`forward`].
pub fn forward_relu<T: Real>(
    g: &ConvGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
) {
    (T::passes().conv_forward)(g, [x, w], b, y, scratch, true);
}

/// [`forward`] on an instruction set, through a ReLU if asked for.
pub(crate) fn run_on<T: Real>(
    set: InstructionSet,
    g: &ConvGeometry,
    [x, w]: [&[T]; 2],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
    rectified: bool,
) {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    if let Some(b) = b {
        assert_len(NAME, "b", b, g.filters);
    }
    let sums = Sums::new::<T>(g, Direction::Forward, set);
    if sums.is_too_far() {
        reference::forward(g, x, w, b, y);
        if rectified {
            relu::in_place(y);
        }
        return;
    }
    assert_scratch(NAME, scratch, sums.least_scratch::<T>());
    sums.run([x, w], b, y, scratch, rectified);
}
