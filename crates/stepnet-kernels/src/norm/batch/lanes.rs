//! What the passes have in common.

use crate::Real;
use crate::norm::NormGeometry;
use crate::parallel::share;

/// `1 / sqrt(variance + epsilon)`, in `f64`.
pub(super) fn inverse<T: Real>(variance: T, epsilon: f64) -> f64 {
    1.0 / (variance.as_f64() + epsilon).sqrt()
}

/// Hands each lane of rows and its part of `states`, some arrays of channels, to a thread.
pub(super) fn by_lanes<'a, T: Real>(
    g: &NormGeometry,
    arrays: usize,
    states: &'a mut [T],
    scratch: &mut [T],
    part: usize,
    work: impl Fn(std::ops::Range<usize>, &'a mut [T], &mut [T]) + Sync,
) {
    let lanes = g.lanes();
    let step = lanes.per_lane;
    let states = states.chunks_exact_mut(arrays * g.channels).enumerate();
    share(states, g.workers(), part, scratch, |(lane, state), own| {
        work(lane * step..g.rows.min((lane + 1) * step), state, own);
    });
}
