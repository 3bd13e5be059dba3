//! The check of one array.

use std::collections::HashSet;

use super::function::norm;
use super::options::Options;
use super::probe::{Estimate, Probe};
use super::report::{Coordinate, TensorCheck, Verdict, share};
use super::search::{self, SearchResult};
use super::subject::{Array, Subject};
use crate::Result;
use stepnet_base::rng::RandomState;

/// A coordinate may be off by this times the tolerance, relative to its own size: small gradients
/// are sums of large terms that cancel.
const COORDINATE: f64 = 100.0;

/// Where rounding may be more than this share of a gradient, agreeing with it says nothing.
const LOST: f64 = 0.1;

/// Once this many coordinates of an array are clearly wrong, no further ones are checked.
const ENOUGH: usize = 4;

/// Coordinates of an array that are checked even where time runs short.
pub(super) const LEAST: usize = 4;

/// How exactly a gradient must be a multiple of the right one to be called so.
const FACTOR: f64 = 1e-5;

/// A coordinate with both derivatives.
#[derive(Debug, Clone, Copy)]
struct CoordinateCheck {
    place: usize,
    analytic: f64,
    numeric: Estimate,
}

impl CoordinateCheck {
    fn apart(&self) -> f64 {
        (self.analytic - self.numeric.value).abs()
    }

    /// The difference of the two as a share of the allowed one, for a tolerance; above 1 is wrong.
    fn strain(&self, tolerance: f64) -> f64 {
        let size = self.analytic.abs().max(self.numeric.value.abs());
        let allowed = tolerance * size + self.numeric.error;
        match (self.apart(), allowed) {
            (0.0, _) => 0.0,
            (apart, allowed) if apart.is_nan() || allowed.is_nan() => f64::INFINITY,
            (apart, allowed) => apart / allowed,
        }
    }
}

/// The check of one array, and what the overall difference needs of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) check: TensorCheck,
    /// The sums of squares of what the two are apart, of the analytic and the numeric gradient.
    pub(super) squares: [f64; 3],
}

impl Outcome {
    /// The outcome of an array that a check did not come to.
    pub(super) fn not_reached(array: Array) -> Self {
        let check = TensorCheck {
            coordinates: array.shape.iter().product(),
            checked: 0,
            excluded: 0,
            excluded_share: 0.0,
            directions: 0,
            difference: 0.0,
            rounding: 0.0,
            verdict: Verdict::NotReached,
            factor: None,
            worst: None,
            name: array.name,
            shape: array.shape,
        };
        let squares = [0.0; 3];
        Self { check, squares }
    }
}

/// Checks one array of a subject.
///
/// # Errors
/// When a pass cannot run.
pub(super) fn check(
    subject: &mut dyn Subject,
    number: usize,
    options: &Options,
) -> Result<Outcome> {
    let array = subject.arrays()[number].clone();
    // Arrays are drawn from apart, so that one more layer changes nothing for the others.
    let seed = options
        .seed
        .wrapping_add((number as u32).wrapping_mul(0x9e37_79b9));
    let mut random = RandomState::new(seed);
    let mut probe = Probe::new(subject, number, &mut random)?;
    let mut tried = CheckedCoordinates::default();
    let directions = match measure(&mut probe, &mut tried, &mut random, options) {
        Ok(directions) => directions,
        Err(error) if probe.ended() => {
            // A coordinate that does not agree at first would have been looked at again.
            (tried.checked).retain(|checked| checked.strain(options.tolerance) <= 1.0);
            if tried.checked.is_empty() {
                return Err(error);
            }
            0
        }
        Err(error) => return Err(error),
    };
    let len = probe.len();
    Ok(tried.outcome(array, len, directions, options))
}

/// Measures coordinates one by one, and large arrays along directions; says along how many.
///
/// # Errors
/// When a pass cannot run.
fn measure(
    probe: &mut Probe<'_>,
    tried: &mut CheckedCoordinates,
    random: &mut RandomState,
    options: &Options,
) -> Result<usize> {
    let len = probe.len();
    let steps = options.steps();
    for place in CoordinateSampler::new(len, options.samples, random) {
        let enough = tried.checked.len();
        if enough == options.samples || enough >= LEAST && probe.late() {
            break;
        }
        tried.place(probe, place, &steps)?;
    }
    let mut found = SearchResult::default();
    if len > tried.checked.len() + tried.excluded {
        found = search::suspects(probe, options, random)?;
        for &place in &found.suspects {
            if !tried.checked.iter().any(|checked| checked.place == place) {
                tried.place(probe, place, &steps)?;
            }
        }
    }
    look_again(probe, &mut tried.checked, options)?;
    Ok(found.directions)
}

/// The coordinates of an array that were tried.
#[derive(Debug, Default)]
struct CheckedCoordinates {
    checked: Vec<CoordinateCheck>,
    excluded: usize,
}

impl CheckedCoordinates {
    fn place(&mut self, probe: &mut Probe<'_>, place: usize, steps: &[f64]) -> Result<()> {
        match probe.first(place, steps)? {
            Some(numeric) => self.checked.push(CoordinateCheck {
                place,
                analytic: probe.gradient(place),
                numeric,
            }),
            None => self.excluded += 1,
        }
        Ok(())
    }

    fn outcome(self, array: Array, len: usize, directions: usize, options: &Options) -> Outcome {
        let checked = &self.checked;
        let apart = norm(checked.iter().map(CoordinateCheck::apart));
        let analytic = norm(checked.iter().map(|c| c.analytic));
        let numeric = norm(checked.iter().map(|c| c.numeric.value));
        let rounding = norm(checked.iter().map(|c| c.numeric.error));
        let size = analytic + numeric;
        let strain = |c: &CoordinateCheck| c.strain(COORDINATE * options.tolerance);
        let worst = checked
            .iter()
            .max_by(|a, b| strain(a).total_cmp(&strain(b)));
        let agrees = apart <= options.tolerance * size + rounding
            && worst.is_none_or(|worst| strain(worst) <= 1.0);
        let verdict = if checked.is_empty() {
            Verdict::Unchecked
        } else if !agrees {
            Verdict::Differs
        } else if size == 0.0 {
            Verdict::Zero
        } else if rounding > LOST * size {
            Verdict::Rounding
        } else {
            Verdict::Agrees
        };
        let relative = |value: f64| if size == 0.0 { 0.0 } else { value / size };
        let check = TensorCheck {
            coordinates: len,
            checked: checked.len(),
            excluded: self.excluded,
            excluded_share: share(self.excluded, checked.len()),
            directions,
            difference: relative(apart),
            rounding: relative(rounding),
            verdict,
            factor: (verdict == Verdict::Differs)
                .then(|| factor(checked))
                .flatten(),
            worst: worst.map(|worst| Coordinate {
                index: index(worst.place, &array.shape),
                analytic: worst.analytic,
                numeric: worst.numeric.value,
                strain: strain(worst),
            }),
            name: array.name,
            shape: array.shape,
        };
        Outcome {
            check,
            squares: [apart, analytic, numeric].map(|norm| norm * norm),
        }
    }
}

/// The number that the numeric gradient is to be multiplied by to give the analytic one, if there
/// is one.
fn factor(checked: &[CoordinateCheck]) -> Option<f64> {
    let product = |of: fn(&CoordinateCheck) -> f64| checked.iter().map(of).sum::<f64>();
    let factor =
        product(|c| c.analytic * c.numeric.value) / product(|c| c.numeric.value * c.numeric.value);
    let rest = norm(
        checked
            .iter()
            .map(|c| c.analytic - factor * c.numeric.value),
    );
    let rounding = norm(checked.iter().map(|c| factor * c.numeric.error));
    let size = norm(checked.iter().map(|c| c.analytic));
    (checked.len() > 1 && factor.is_finite() && rest <= FACTOR * size + rounding).then_some(factor)
}

/// Measures coordinates that do not agree with other steps, the worst first, until some are wrong
/// beyond doubt.
fn look_again(
    probe: &mut Probe<'_>,
    checked: &mut [CoordinateCheck],
    options: &Options,
) -> Result<()> {
    let others = options.other_steps();
    if others.is_empty() {
        return Ok(());
    }
    let strain = |c: &CoordinateCheck| c.strain(options.tolerance);
    let mut doubtful: Vec<usize> = (0..checked.len())
        .filter(|&at| strain(&checked[at]) > 1.0)
        .collect();
    doubtful.sort_by(|&a, &b| strain(&checked[b]).total_cmp(&strain(&checked[a])));
    let mut wrong = 0;
    for at in doubtful {
        if let Some(best) = probe.best(checked[at].place, &others)? {
            checked[at].numeric = best;
        }
        wrong += usize::from(checked[at].strain(COORDINATE * options.tolerance) > 1.0);
        if wrong == ENOUGH {
            break;
        }
    }
    Ok(())
}

/// The index of a place in an array of a shape, row-major.
fn index(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (at, &extent) in index.iter_mut().zip(shape).rev() {
        *at = place % extent.max(1);
        place /= extent.max(1);
    }
    index
}

/// The coordinates of an array in the order they are tried: all of them in turn where they are
/// few, else at most twice as many as wanted, drawn without repetition.
struct CoordinateSampler<'r> {
    len: usize,
    random: &'r mut RandomState,
    /// Places that were drawn; `None` where all are taken in turn.
    drawn: Option<HashSet<usize>>,
    /// How many places come yet.
    left: usize,
}

impl<'r> CoordinateSampler<'r> {
    fn new(len: usize, samples: usize, random: &'r mut RandomState) -> Self {
        let some = len > samples;
        Self {
            len,
            random,
            drawn: some.then(HashSet::new),
            left: if some {
                samples.saturating_mul(2).min(len)
            } else {
                len
            },
        }
    }
}

impl Iterator for CoordinateSampler<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let taken = self.len - self.left;
        self.left -= 1;
        let Some(drawn) = &mut self.drawn else {
            return Some(taken);
        };
        // Uniform, and the next free place where one was drawn before.
        let mut place = ((self.random.uniform() * self.len as f64) as usize).min(self.len - 1);
        while !drawn.insert(place) {
            place = (place + 1) % self.len;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_small_array_and_a_part_of_a_large_one() {
        let mut random = RandomState::new(1);
        let all: Vec<usize> = CoordinateSampler::new(5, 5, &mut random).collect();
        assert_eq!(all, [0, 1, 2, 3, 4]);
        let mut some: Vec<usize> = CoordinateSampler::new(1000, 40, &mut random).collect();
        assert_eq!(some.len(), 80);
        some.sort_unstable();
        some.dedup();
        assert_eq!(some.len(), 80, "no place twice");
        assert!(some[0] < 200 && some[79] > 800, "from all over: {some:?}");
        assert_eq!(CoordinateSampler::new(50, 49, &mut random).count(), 50);
    }

    #[test]
    fn places_have_indices() {
        assert_eq!(index(0, &[2, 3]), [0, 0]);
        assert_eq!(index(5, &[2, 3]), [1, 2]);
        assert_eq!(index(23, &[2, 3, 4]), [1, 2, 3]);
        assert_eq!(index(0, &[]), [0; 0]);
    }
}
