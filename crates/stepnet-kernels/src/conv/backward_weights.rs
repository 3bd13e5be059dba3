//! `dw` and `db`: the gradients with respect to the filters and the bias.
//!
//! By Winograd's method where that is the better way, else as sums over pixels (`tasks`), of some
//! products the other way round.

use super::ConvGeometry;
use super::tasks::Tasks;
use super::winograd::{Weights, serves};
use crate::Real;
use crate::simd::InstructionSet;
use crate::{assert_len, assert_scratch, long_sum};

pub(super) const NAME: &str = "convolution backward weights";

/// Elements of scratch memory that [`backward_weights`] needs, for `g`'s batch and every smaller one.
pub fn backward_weights_scratch<T: Real>(g: &ConvGeometry) -> usize {
    scratch_on::<T>(InstructionSet::best(), g)
}

pub(super) fn scratch_on<T: Real>(set: InstructionSet, g: &ConvGeometry) -> usize {
    let winograd = Weights::of::<T>(g, set).map_or(0, |winograd| winograd.scratch());
    let turned = turned(g);
    let direct = Tasks::new::<T>(turned.as_ref().unwrap_or(g), set).scratch();
    direct.max(winograd)
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
    (T::passes().conv_backward_weights)(g, x, dy, dw, db, scratch);
}

/// [`backward_weights`] on an instruction set.
pub(crate) fn run_on<T: Real>(
    set: InstructionSet,
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    mut db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dw", dw, g.weights_len());
    if let Some(db) = &db {
        assert_len(NAME, "db", db, g.filters);
    }
    if const { serves::<T>() }
        && let Some(winograd) = Weights::of::<T>(g, set)
    {
        assert_scratch(NAME, scratch, winograd.least_scratch());
        let is_finite = winograd.run([x, dy], dw, db.as_deref_mut(), scratch);
        if is_finite {
            return;
        }
    }
    run_direct(set, g, x, dy, dw, db, scratch);
}

/// The pass as sums over pixels.
pub(super) fn run_direct<T: Real>(
    set: InstructionSet,
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    if let Some(turned) = turned(g) {
        let tasks = Tasks::new::<T>(&turned, set);
        let partial = tasks.partial([dy, x], false, scratch);
        tasks.add_up_turned(partial, dw);
        if let Some(db) = db {
            long_sum::columns(dy, db);
        }
        return;
    }
    let tasks = Tasks::new::<T>(g, set);
    let partial = tasks.partial([x, dy], db.is_some(), scratch);
    tasks.add_up(partial, dw, db);
}

/// The layer the other way round, from the filters to the channels, where its weights' gradient is the
/// quicker one, turned: of 1x1 windows with more channels than filters. Its panels, which are laid out
/// once for all of the other side, are of the side with more.
fn turned(g: &ConvGeometry) -> Option<ConvGeometry> {
    let product = g.kernel == [1, 1]
        && g.stride == [1, 1]
        && g.groups == 1
        && g.output[..2] == g.input[..2]
        && g.padding.is_zero();
    let rows = g.batch * g.output[0] * g.output[1];
    let turned = ConvGeometry::of_rows(rows, g.filters, g.input[2]);
    (product && g.input[2] > g.filters).then_some(turned)
}
