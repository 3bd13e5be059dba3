//! Looking for single wrong coordinates of a large array without trying each.

use std::ops::Range;

use super::noise::sign;
use super::options::Options;
use super::probe::{Probe, Slope};
use crate::Result;
use stepnet_base::rng::RandomState;

/// Directions of random signs along which a large array is moved.
const DIRECTIONS: usize = 2;

/// A slope may differ by this times the tolerance, relative to its size, before it is looked into.
const LOOSENESS: f64 = 10.0;

/// The result of moving a whole array.
#[derive(Debug, Default)]
pub(super) struct SearchResult {
    /// Directions that crossed no kink.
    pub(super) directions: usize,
    /// A coordinate that a slope pointed to.
    pub(super) suspects: Vec<usize>,
}

/// Moves the whole array along random directions, and follows what does not agree to a coordinate.
///
/// Along signs `v` the cost changes by `sum of v[i] dJ/dt[i]`, so that one wrong derivative shows
/// in the sum; halves of the array are compared until one coordinate is left.
///
/// # Errors
/// When a pass cannot run.
pub(super) fn suspects(
    probe: &mut Probe<'_>,
    options: &Options,
    random: &mut RandomState,
) -> Result<SearchResult> {
    let mut found = SearchResult::default();
    let len = probe.len();
    // All together move as far as one coordinate alone does.
    let short = 1.0 / (len as f64).sqrt();
    let steps: Vec<f64> = options.steps().iter().map(|step| step * short).collect();
    for _ in 0..DIRECTIONS {
        let signs: Vec<f64> = (0..len).map(|_| sign(random)).collect();
        let Some((slope, step)) = first(probe, 0..len, &signs, &steps)? else {
            continue;
        };
        found.directions += 1;
        let allowed = slope.error + LOOSENESS * options.tolerance * slope.size;
        if slope.excess.abs() <= allowed {
            continue;
        }
        let mut at = (0..len, slope.excess);
        while at.0.len() > 1 {
            at = halve(probe, at, &signs, step)?;
        }
        if !found.suspects.contains(&at.0.start) {
            found.suspects.push(at.0.start);
        }
    }
    Ok(found)
}

/// The half with more of the `excess`, and what it has of it. An array that is not a number
/// anywhere is followed to where it is none.
fn halve(
    probe: &mut Probe<'_>,
    (range, excess): (Range<usize>, f64),
    signs: &[f64],
    step: f64,
) -> Result<(Range<usize>, f64)> {
    let middle = range.start + range.len() / 2;
    let (left, right) = (range.start..middle, middle..range.end);
    let of = |probe: &mut Probe<'_>, part: Range<usize>| {
        let signs = &signs[part.clone()];
        // Half as many coordinates may move further.
        let slope = first(probe, part.clone(), signs, &[step, 0.1 * step])?;
        Ok::<_, crate::Error>(slope.map(|(slope, used)| slope.excess * step / used))
    };
    let of_left = of(probe, left.clone())?;
    let of_right = match of_left {
        Some(of_left) if !excess.is_nan() => excess - of_left,
        _ => of(probe, right.clone())?.unwrap_or(0.0),
    };
    let of_left = of_left.unwrap_or(excess - of_right);
    Ok(if of_left.is_nan() || of_left.abs() >= of_right.abs() {
        (left, of_left)
    } else {
        (right, of_right)
    })
}

/// The slope with the first of `steps` that crosses no kink, and that step.
fn first(
    probe: &mut Probe<'_>,
    range: Range<usize>,
    signs: &[f64],
    steps: &[f64],
) -> Result<Option<(Slope, f64)>> {
    for &step in steps {
        if let Some(slope) = probe.slope(range.clone(), signs, step)? {
            return Ok(Some((slope, step)));
        }
    }
    Ok(None)
}
