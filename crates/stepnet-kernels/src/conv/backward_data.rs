//! `dx`: the gradient with respect to the images.

use crate::Real;
use crate::assert_len;
use crate::conv::direction::Direction;
use crate::conv::method::Choice;
use crate::conv::run::{SumArguments, SumPass};
use crate::conv::{ConvGeometry, Plan};
use crate::decision::Pass;
use crate::simd::InstructionSet;

const NAME: &str = "convolution backward data";

fn choice<T: Real>(g: &ConvGeometry) -> Choice {
    Choice::new::<T>(g, Pass::Data, InstructionSet::best())
}

/// Elements of scratch memory that [`backward_data`] needs, for `g`'s batch and every smaller one.
pub fn backward_data_scratch<T: Real>(g: &ConvGeometry) -> usize {
    choice::<T>(g).scratch::<T>(g, Pass::Data)
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
    T::run::<SumPass>(pass((g, choice::<T>(g)), [dy, w], dx, scratch));
}

impl Plan {
    /// [`backward_data`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the data gradient.
    pub fn backward_data<T: Real>(&self, dy: &[T], w: &[T], dx: &mut [T], scratch: &mut [T]) {
        let by = (self.geometry(), self.choice::<T>(Pass::Data));
        T::run::<SumPass>(pass(by, [dy, w], dx, scratch));
    }
}

/// The pass with its arrays, once their lengths have been checked.
#[track_caller]
fn pass<'a, T: Real>(
    (g, choice): (&'a ConvGeometry, Choice),
    [dy, w]: [&'a [T]; 2],
    dx: &'a mut [T],
    scratch: &'a mut [T],
) -> SumArguments<'a, T> {
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "dx", dx, g.x_len());
    SumArguments {
        name: NAME,
        g,
        choice,
        direction: Direction::Backward,
        source: dy,
        w,
        bias: None,
        packed: None,
        out: dx,
        scratch,
        relu: false,
    }
}
