//! Parts that the passes share.

use crate::Real;
use crate::norm::NormGeometry;
use crate::parallel::share;

/// `1 / sqrt(variance + epsilon)`, in `f64`.
pub(super) fn inverse<T: Real>(variance: T, epsilon: f64) -> f64 {
    1.0 / (variance.as_f64() + epsilon).sqrt()
}

/// Hands each part of the rows and its share of `states`, some arrays of channels, to a thread.
pub(super) fn by_parts<'a, T: Real>(
    g: &NormGeometry,
    arrays: usize,
    states: &'a mut [T],
    scratch: &mut [T],
    part: usize,
    work: impl Fn(std::ops::Range<usize>, &'a mut [T], &mut [T]) + Sync,
) {
    let parts = g.parts();
    let step = parts.per_part;
    let states = states.chunks_exact_mut(arrays * g.channels).enumerate();
    share(
        states,
        g.workers(),
        part,
        scratch,
        |(number, state), own| {
            work(number * step..g.rows.min((number + 1) * step), state, own);
        },
    );
}
