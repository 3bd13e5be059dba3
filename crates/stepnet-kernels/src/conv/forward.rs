//! `y = conv(x, w) + b`.

use crate::Real;
use crate::assert_len;
use crate::conv::direction::Direction;
use crate::conv::method::Choice;
use crate::conv::run::{SumArguments, SumPass};
use crate::conv::{ConvGeometry, Plan};
use crate::decision::Pass;
use crate::simd::InstructionSet;

const NAME: &str = "convolution forward";

fn choice<T: Real>(g: &ConvGeometry) -> Choice {
    Choice::new::<T>(g, Pass::Forward, InstructionSet::best())
}

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &ConvGeometry) -> usize {
    choice::<T>(g).scratch::<T>(g, Pass::Forward)
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
    T::run::<SumPass>(pass((g, choice::<T>(g)), [x, w], b, y, scratch, false));
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
    T::run::<SumPass>(pass((g, choice::<T>(g)), [x, w], b, y, scratch, true));
}

impl Plan {
    /// [`forward`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the forward pass.
    pub fn forward<T: Real>(
        &self,
        x: &[T],
        w: &[T],
        b: Option<&[T]>,
        y: &mut [T],
        scratch: &mut [T],
    ) {
        let by = (self.geometry(), self.choice::<T>(Pass::Forward));
        T::run::<SumPass>(pass(by, [x, w], b, y, scratch, false));
    }

    /// [`forward_relu`] by this plan.
    ///
    /// # Panics
    ///
    /// As [`Plan::forward`].
    pub fn forward_relu<T: Real>(
        &self,
        x: &[T],
        w: &[T],
        b: Option<&[T]>,
        y: &mut [T],
        scratch: &mut [T],
    ) {
        let by = (self.geometry(), self.choice::<T>(Pass::Forward));
        T::run::<SumPass>(pass(by, [x, w], b, y, scratch, true));
    }
}

/// The pass with its arrays, once their lengths have been checked.
#[track_caller]
fn pass<'a, T: Real>(
    (g, choice): (&'a ConvGeometry, Choice),
    [x, w]: [&'a [T]; 2],
    b: Option<&'a [T]>,
    y: &'a mut [T],
    scratch: &'a mut [T],
    relu: bool,
) -> SumArguments<'a, T> {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    if let Some(b) = b {
        assert_len(NAME, "b", b, g.filters);
    }
    SumArguments {
        name: NAME,
        g,
        choice,
        direction: Direction::Forward,
        source: x,
        w,
        bias: b,
        packed: None,
        out: y,
        scratch,
        relu,
    }
}
