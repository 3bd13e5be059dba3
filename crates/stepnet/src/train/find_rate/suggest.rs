//! The learning rates that a curve of losses suggests.

use super::sweep::{RateSweep, RateTrial};

/// Updates left out at the end of a sweep, where the loss blows up.
const END: usize = 5;

/// The deviation of the weights that losses are smoothed with, as a share of the sweep's updates.
const WIDTH: f64 = 0.02;

/// The most that a loss counts as, as a multiple of the first one: what blows up would be seen from afar.
const MOST: f64 = 1.1;

/// The median of the losses of several sweeps at each rate, and that smoothed; it ends where half of the sweeps have.
pub(super) fn median(sweeps: &[&[RateTrial]], sweep: &RateSweep) -> Vec<RateTrial> {
    let at = |step: usize| {
        let losses = sweeps
            .iter()
            .map(|trials| trials.get(step).map_or(f64::INFINITY, |t| t.loss));
        let mut losses: Vec<f64> = losses.collect();
        losses.sort_by(f64::total_cmp);
        // Of an even number the upper one, so that half of the sweeps must go on.
        losses
            .get(losses.len() / 2)
            .copied()
            .unwrap_or(f64::INFINITY)
    };
    let losses = (0..sweep.steps).map(at).take_while(|loss| loss.is_finite());
    let losses: Vec<f64> = losses.collect();
    let smoothed = smoothed(&losses, WIDTH * sweep.steps as f64);
    let trials = losses.iter().zip(smoothed).enumerate();
    trials
        .map(|(step, (&loss, smoothed))| RateTrial {
            rate: sweep.rate(step),
            loss,
            smoothed,
        })
        .collect()
}

/// Averages with weights that fall off as a normal distribution's density does.
fn smoothed(losses: &[f64], deviation: f64) -> Vec<f64> {
    let most = MOST * losses.first().copied().unwrap_or_default().abs();
    let reach = (4.0 * deviation).ceil() as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / deviation).powi(2)).exp();
    let around = |middle: usize| {
        let near = middle.saturating_sub(reach)..losses.len().min(middle + reach + 1);
        let (mut sum, mut weights) = (0.0, 0.0);
        for place in near {
            let weight = weight(place.abs_diff(middle));
            sum += weight * losses[place].min(most);
            weights += weight;
        }
        sum / weights
    };
    (0..losses.len()).map(around).collect()
}

/// The rate at which the smoothed loss is lowest; of several the least.
pub(super) fn turn(trials: &[RateTrial], steps: usize) -> Option<f64> {
    let middle = middle(trials, steps).iter();
    let lowest = middle.min_by(|a, b| a.smoothed.total_cmp(&b.smoothed));
    lowest.map(|trial| trial.rate)
}

/// The part of the rate where the loss turns that is suggested: training stays for longer at a rate than a sweep does.
pub(super) const PART: f64 = 1.0 / 3.0;

/// A third of the rate where the loss turns, or the rate where it is nearly as low if that is less; `None` where it does
/// not fall.
pub(super) fn suggestion(trials: &[RateTrial], steps: usize) -> Option<f64> {
    if !falls(trials, steps) {
        return None;
    }
    let third = PART * turn(trials, steps)?;
    Some(nearly_lowest(trials, steps).map_or(third, |rate| third.min(rate)))
}

/// The share of its whole fall that the smoothed loss may lack to be nearly as low as where it turns.
const LACK: f64 = 0.02;

/// The least rate at which the smoothed loss is nearly as low as where it turns. On data that are easy to learn the
/// loss is close to 0 over powers of ten, and turns far above the rates that are needed.
fn nearly_lowest(trials: &[RateTrial], steps: usize) -> Option<f64> {
    let turn = turn(trials, steps)?;
    let falling = middle(trials, steps).iter();
    let falling: Vec<&RateTrial> = falling.take_while(|trial| trial.rate <= turn).collect();
    let lowest = falling.last()?.smoothed;
    let losses = falling.iter().map(|trial| trial.smoothed);
    let enough = lowest + LACK * (losses.fold(lowest, f64::max) - lowest);
    let reached = falling.iter().find(|trial| trial.smoothed <= enough);
    reached.map(|trial| trial.rate)
}

/// The trials that count: a tenth of the sweep is left out at its start, where the average knows too
/// little.
fn middle(trials: &[RateTrial], steps: usize) -> &[RateTrial] {
    let end = trials.len().saturating_sub(END);
    trials.get(steps / 10..end).unwrap_or_default()
}

/// The share of the loss that must be lost in the sweep: less than this is the batches' own difference.
const LEAST_FALL: f64 = 0.05;

/// Whether the smoothed loss falls at all.
fn falls(trials: &[RateTrial], steps: usize) -> bool {
    let mut highest = f64::NEG_INFINITY;
    middle(trials, steps).iter().any(|trial| {
        highest = highest.max(trial.smoothed);
        trial.smoothed < (1.0 - LEAST_FALL) * highest
    })
}

/// The rate where the smoothed loss falls most over the logarithm of the rate. The rates are equally far
/// apart there, so the difference of the neighbours will do.
pub(super) fn steepest(trials: &[RateTrial], steps: usize) -> Option<f64> {
    let middle = middle(trials, steps);
    let slopes = middle.windows(3).map(|three| {
        let slope = three[2].smoothed - three[0].smoothed;
        (slope, three[1].rate)
    });
    slopes
        .filter(|&(slope, _)| slope < 0.0)
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, rate)| rate)
}

/// The rate half-way along the longest falling subsequence of the smoothed losses, as fastai's `valley`
/// has it.
pub(super) fn valley(trials: &[RateTrial], steps: usize) -> Option<f64> {
    let middle = middle(trials, steps);
    // How many losses the longest fall has that ends at each place.
    let mut lengths: Vec<usize> = Vec::with_capacity(middle.len());
    for (place, trial) in middle.iter().enumerate() {
        let higher = (0..place).filter(|&other| middle[other].smoothed > trial.smoothed);
        let before = higher.map(|other| lengths[other]).max();
        lengths.push(1 + before.unwrap_or(0));
    }
    let longest = lengths.iter().copied().max()?;
    let end = lengths.iter().position(|&length| length == longest)?;
    // A single value is not a fall.
    let third = longest / 3;
    (longest > 1).then(|| middle[end.saturating_sub(longest) + third + third / 2].rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(loss: impl Fn(f64) -> f64) -> Vec<RateTrial> {
        (0..100)
            .map(|step| {
                let exponent = -7.0 + 8.0 * f64::from(step) / 99.0;
                RateTrial {
                    rate: 10f64.powf(exponent),
                    loss: f64::NAN,
                    smoothed: loss(exponent),
                }
            })
            .collect()
    }

    #[test]
    fn the_steepest_place_of_a_slope_is_found() {
        // Falls by a logistic curve around 10^-3, and blows up from 10^0.
        let curve = curve(|x| {
            let fall = 2.0 / (1.0 + (4.0 * (x + 3.0)).exp());
            fall + if x > 0.0 { 20.0 * x * x } else { 0.0 }
        });
        let rate = steepest(&curve, 100).unwrap();
        assert!((rate.log10() + 3.0).abs() < 0.05, "{rate}");
        // The loss falls from the start until 10^0, and 10^-3.1 is half-way from where curves count.
        let rate = valley(&curve, 100).unwrap();
        assert!((rate.log10() + 3.1).abs() < 0.2, "{rate}");
    }

    #[test]
    fn the_loss_turns_where_it_is_lowest() {
        // Falls from 10^-4 on to 10^-2, is flat, and blows up from 10^0.
        let flat = curve(|x| 2.0 - (x + 4.0).clamp(0.0, 2.0) * 0.8 + 20.0 * x.max(0.0));
        let rate = turn(&flat, 100).unwrap();
        assert!((rate.log10() + 2.0).abs() < 0.15, "{rate}");
        let falling = curve(|x| -x);
        let rate = turn(&falling, 100).unwrap();
        assert!(rate > 0.2, "falls to the end: {rate}");
        assert_eq!(turn(&[], 100), None);
    }

    #[test]
    fn a_third_of_the_turn_is_suggested_or_the_start_of_a_flat_bottom() {
        // Falls from 10^-4 on to 10^-1, and rises at once.
        let sharp = curve(|x| (x + 1.0).abs().min(3.0));
        let lowest = turn(&sharp, 100).unwrap();
        assert!((lowest.log10() + 1.0).abs() < 0.1, "{lowest}");
        let third = suggestion(&sharp, 100).unwrap();
        assert!((3.0 * third / lowest - 1.0).abs() < 1e-9, "{third}");
        // Falls from 10^-4 on to 10^-2 by 2, then by a thousandth to each power of ten, until 10^1.
        let flat = curve(|x| 2.0 - (x + 4.0).clamp(0.0, 2.0) - 1e-3 * x);
        let rate = suggestion(&flat, 100).unwrap();
        assert!((rate.log10() + 2.0).abs() < 0.1, "{rate}");
        let rising = curve(|x| 2.0 + 0.1 * x);
        assert!(turn(&rising, 100).is_some());
        assert_eq!(suggestion(&rising, 100), None);
        assert_eq!(suggestion(&[], 100), None);
    }

    #[test]
    fn the_median_of_sweeps_is_not_moved_by_one_of_them() {
        let sweep = RateSweep::default();
        let of = |loss: f64, len: usize| -> Vec<RateTrial> {
            let trial = |step| RateTrial {
                rate: sweep.rate(step),
                loss,
                smoothed: f64::NAN,
            };
            (0..len).map(trial).collect()
        };
        let sweeps = [of(1.0, 100), of(2.0, 70), of(1e9, 50)];
        let sweeps: Vec<&[RateTrial]> = sweeps.iter().map(Vec::as_slice).collect();
        let curve = median(&sweeps, &sweep);
        // The second sweep is the median until two of three have ended.
        assert_eq!(curve.len(), 70);
        assert!(
            curve
                .iter()
                .all(|trial| trial.loss == 2.0 && (trial.smoothed - 2.0).abs() < 1e-12)
        );
        assert_eq!(curve[69].rate, sweep.rate(69));
        assert!(median(&[], &sweep).is_empty());
    }

    #[test]
    fn what_batches_differ_by_is_no_fall() {
        assert!(!falls(&curve(|x| 2.3 + 0.05 * (9.0 * x).sin()), 100));
        assert!(falls(&curve(|x| if x > 0.0 { 2.0 } else { 2.3 }), 100));
        assert!(!falls(&[], 100));
    }

    #[test]
    fn a_loss_that_never_falls_suggests_nothing() {
        for rising in [
            curve(|x| x),
            curve(|_| 1.0),
            Vec::new(),
            curve(|x| x)[..7].to_vec(),
        ] {
            assert_eq!(steepest(&rising, 100), None);
            assert_eq!(valley(&rising, 100), None);
        }
    }
}
