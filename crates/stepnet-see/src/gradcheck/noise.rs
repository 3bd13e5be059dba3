//! How far rounding moves a cost.

use super::subject::Subject;
use crate::Result;
use stepnet_base::rng::RandomState;

/// Points on the line.
const POINTS: usize = 9;

/// The distance of two points, for values up to 1: so small that every smooth function is a
/// straight line over it, so large that most values change.
const SPACING: f64 = 1e-13;

/// The deviation of the cost's rounding when `array` moves: measured, but at least half of what
/// one rounding of the cost `at` can be.
///
/// With `f` at equal distances, the differences of order `k` of a straight line with noise of
/// deviation `s` have the mean square `s^2 (2k)! / (k!)^2`.
///
/// # Errors
/// When a pass cannot run.
pub(super) fn deviation(
    subject: &mut dyn Subject,
    array: usize,
    at: f64,
    random: &mut RandomState,
) -> Result<f64> {
    let least = 0.5 * f64::EPSILON * at.abs().max(subject.cancelled());
    let start = subject.values(array).to_vec();
    let signs: Vec<f64> = start.iter().map(|_| sign(random)).collect();
    let (mut costs, mut sides) = (Vec::with_capacity(POINTS), Vec::with_capacity(POINTS));
    for point in 0..POINTS {
        let distance = (point as f64 - (POINTS / 2) as f64) * SPACING;
        let places = subject.values(array).iter_mut().zip(&start).zip(&signs);
        for ((place, &start), &sign) in places {
            *place = start + sign * distance * start.abs().max(1.0);
        }
        let reading = subject.read(array)?;
        costs.push(reading.cost);
        sides.push(reading.sides);
    }
    subject.values(array).copy_from_slice(&start);
    // Across a kink the cost is not a straight line.
    let straight = sides.windows(2).all(|pair| pair[0] == pair[1]);
    let measured = if straight { scatter(&mut costs) } else { 0.0 };
    Ok(if measured.is_finite() {
        measured.max(least)
    } else {
        least
    })
}

/// The largest of the estimates from differences of order 2, 3 and 4; `costs` is used up.
fn scatter(costs: &mut Vec<f64>) -> f64 {
    let (mut largest, mut scale) = (0.0_f64, 1.0);
    for order in 1..=4 {
        let differences = costs.windows(2).map(|pair| pair[1] - pair[0]).collect();
        *costs = differences;
        let k = f64::from(order);
        scale *= 2.0 * (2.0 * k - 1.0) / k; // (2k)! / (k!)^2
        let square = costs.iter().map(|d| d * d).sum::<f64>() / costs.len() as f64;
        if order > 1 {
            largest = largest.max((square / scale).sqrt());
        }
    }
    largest
}

/// 1 or -1.
pub(super) fn sign(random: &mut RandomState) -> f64 {
    if random.next_u32() & 1 == 0 {
        1.0
    } else {
        -1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scatter_of_a_noisy_line_is_its_noise() {
        let mut random = RandomState::new(3);
        let estimates: Vec<f64> = (0..50)
            .map(|_| {
                let noisy = |k: usize| 5.0 + 0.3 * k as f64 + 1e-3 * random.normal();
                scatter(&mut (0..POINTS).map(noisy).collect())
            })
            .collect();
        let mean = estimates.iter().sum::<f64>() / 50.0;
        assert!((0.8e-3..1.6e-3).contains(&mean), "{mean}");
        let line = |k: usize| 2.0 + 0.5 * k as f64;
        assert_eq!(scatter(&mut (0..POINTS).map(line).collect()), 0.0);
    }
}
