//! What a curve of losses over rates suggests.

use super::RateTrial;

/// Updates left out at the end of a sweep, where the loss blows up.
const END: usize = 5;

/// The trials that count: a tenth of the sweep is left out at its start, where the average knows too
/// little.
fn middle(trials: &[RateTrial], steps: usize) -> &[RateTrial] {
    let end = trials.len().saturating_sub(END);
    trials.get(steps / 10..end).unwrap_or_default()
}

/// The share of the loss that must be lost in the sweep: less than this is the batches' own difference.
const LEAST_FALL: f64 = 0.05;

/// Whether the smoothed loss falls at all.
pub(super) fn falls(trials: &[RateTrial], steps: usize) -> bool {
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
    // A single value is no fall.
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
