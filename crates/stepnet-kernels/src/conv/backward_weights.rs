//! `dw` and `db`: the gradients with respect to the filters and the bias.
//!
//! By Winograd's method where that is the better way, else as sums over pixels (`tasks`), of some
//! products the other way round.

use crate::Real;
use crate::assert_len;
use crate::conv::method::Choice;
use crate::conv::run::{WeightsArguments, WeightsPass};
use crate::conv::{ConvGeometry, Plan};
use crate::decision::Pass;
use crate::simd::InstructionSet;

const NAME: &str = "convolution backward weights";

fn choice<T: Real>(g: &ConvGeometry) -> Choice {
    Choice::new::<T>(g, Pass::Weights, InstructionSet::best())
}

/// Elements of scratch memory that [`backward_weights`] needs, for `g`'s batch and every smaller one.
pub fn backward_weights_scratch<T: Real>(g: &ConvGeometry) -> usize {
    choice::<T>(g).scratch::<T>(g, Pass::Weights)
}

/// `dw[u, v, c, f] = sum of x[window (n, i, j), position (u, v), c] dy[n, i, j, f]` over (n, i, j),
/// and `db[f] = sum of dy[n, i, j, f]`.
///
/// Sums over the batch, no division by its size. Source: the notebooks' `conv_backward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `dy` (batch, out_height, out_width, filters),
/// `dw` (f_H, f_W, channels / groups, filters) and `db` (filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_weights_scratch`].
pub fn backward_weights<T: Real>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    T::run::<WeightsPass>(pass((g, choice::<T>(g)), [x, dy], dw, db, scratch));
}

impl Plan {
    /// [`backward_weights`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the weights gradient.
    pub fn backward_weights<T: Real>(
        &self,
        x: &[T],
        dy: &[T],
        dw: &mut [T],
        db: Option<&mut [T]>,
        scratch: &mut [T],
    ) {
        let by = (self.geometry(), self.choice::<T>(Pass::Weights));
        T::run::<WeightsPass>(pass(by, [x, dy], dw, db, scratch));
    }
}

/// The pass with its arrays, once their lengths have been checked.
#[track_caller]
fn pass<'a, T: Real>(
    (g, choice): (&'a ConvGeometry, Choice),
    [x, dy]: [&'a [T]; 2],
    dw: &'a mut [T],
    db: Option<&'a mut [T]>,
    scratch: &'a mut [T],
) -> WeightsArguments<'a, T> {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dw", dw, g.weights_len());
    if let Some(db) = &db {
        assert_len(NAME, "db", db, g.filters);
    }
    WeightsArguments {
        name: NAME,
        g,
        choice,
        x,
        dy,
        dw,
        db,
        scratch,
    }
}
