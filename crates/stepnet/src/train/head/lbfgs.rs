//! The L-BFGS method (Liu and Nocedal, 1989) for smooth functions of many variables.
//!
//! Each step goes along `-H g`, where `g` is the gradient and `H` an approximation of the inverse of the second
//! derivatives, from the last few changes `s` of the point and `y` of the gradient: the two loops of Nocedal (1980). A step is
//! halved until the value falls by enough (Armijo). A pair with `s y <= 0`, which no strictly convex function has, is left
//! out.

use std::collections::VecDeque;

use crate::error::Result;

/// Pairs of changes that are remembered.
const MEMORY: usize = 10;

/// The share of the decrease that the slope promises, which a step must reach.
const ARMIJO: f64 = 1e-4;

/// The most halvings of a step.
const MOST_HALVINGS: usize = 30;

/// When to end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    /// Once no element of the gradient is larger.
    gradient: f64,
    /// Once a step lowers the value by less than this share of it.
    decrease: f64,
    /// After as many steps.
    steps: usize,
}

/// For the weights to keep.
pub(super) const EXACT: Tolerance = Tolerance {
    gradient: 1e-7,
    decrease: 1e-13,
    steps: 1000,
};

/// For comparing strengths.
pub(super) const ROUGH: Tolerance = Tolerance {
    gradient: 1e-4,
    decrease: 1e-6,
    steps: 100,
};

/// Where a search ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minimum {
    pub(super) value: f64,
    pub(super) iterations: usize,
}

/// A change of the point and of the gradient.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    /// `1 / (s y)`.
    rho: f64,
}

/// Moves `x` to a minimum of `f`, which gives its value and writes its gradient.
///
/// # Errors
/// Those of `f`.
pub(super) fn minimize(
    x: &mut [f64],
    tolerance: Tolerance,
    mut f: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
) -> Result<Minimum> {
    let mut gradient = vec![0.0; x.len()];
    let mut value = f(x, &mut gradient)?;
    let mut pairs: VecDeque<Pair> = VecDeque::new();
    let (mut point, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let mut iterations = 0;
    while iterations < tolerance.steps && largest(&gradient) > tolerance.gradient {
        let mut direction = along(&pairs, &gradient);
        let mut promise = dot(&direction, &gradient);
        if promise >= 0.0 {
            // Rounding has spoiled what is remembered.
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            promise = dot(&direction, &gradient);
        }
        let mut step = match pairs.is_empty() {
            true => (1.0 / largest(&gradient)).min(1.0),
            false => 1.0,
        };
        let mut found = None;
        for _ in 0..MOST_HALVINGS {
            for ((to, from), way) in point.iter_mut().zip(&*x).zip(&direction) {
                *to = from + step * way;
            }
            let at = f(&point, &mut slope)?;
            if at <= value + ARMIJO * step * promise {
                found = Some(at);
                break;
            }
            step *= 0.5;
        }
        // No step is short enough: the value is as low as it can be told apart.
        let Some(at) = found else { break };
        iterations += 1;
        remember(&mut pairs, (&point, x), (&slope, &gradient));
        x.copy_from_slice(&point);
        gradient.copy_from_slice(&slope);
        let decrease = value - at;
        value = at;
        if decrease <= tolerance.decrease * value.abs() {
            break;
        }
    }
    Ok(Minimum { value, iterations })
}

/// `-H g`.
fn along(pairs: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = pair.rho * dot(&pair.s, &q);
        add(&mut q, -share, &pair.y);
        shares.push(share);
    }
    if let Some(last) = pairs.back() {
        let scale = 1.0 / (last.rho * dot(&last.y, &last.y));
        q.iter_mut().for_each(|value| *value *= scale);
    }
    for (pair, share) in pairs.iter().zip(shares.iter().rev()) {
        let other = pair.rho * dot(&pair.y, &q);
        add(&mut q, share - other, &pair.s);
    }
    q
}

/// Remembers the change from the second of each pair to the first.
fn remember(pairs: &mut VecDeque<Pair>, point: (&[f64], &[f64]), gradient: (&[f64], &[f64])) {
    let change = |(to, from): (&[f64], &[f64])| -> Vec<f64> {
        to.iter().zip(from).map(|(to, from)| to - from).collect()
    };
    let (s, y) = (change(point), change(gradient));
    let product = dot(&s, &y);
    if product > 0.0 && product.is_finite() {
        if pairs.len() == MEMORY {
            pairs.pop_front();
        }
        let rho = 1.0 / product;
        pairs.push_back(Pair { s, y, rho });
    }
}

/// Summed in eight lanes, always the same.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

fn largest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |most: f64, value| most.max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_minimum_of_a_stretched_bowl() {
        let widths: Vec<f64> = (0..30)
            .map(|i| 10.0_f64.powf(f64::from(i) / 10.0))
            .collect();
        let mut x = vec![0.0; 30];
        let minimum = minimize(&mut x, EXACT, |x, gradient| {
            let mut value = 0.0;
            for (i, &x) in x.iter().enumerate() {
                let off = x - i as f64;
                value += 0.5 * widths[i] * off * off;
                gradient[i] = widths[i] * off;
            }
            Ok(value)
        })
        .unwrap();
        assert!(minimum.iterations < 300, "{minimum:?}");
        for (i, x) in x.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-6, "{i}: {x}");
        }
    }

    #[test]
    fn it_follows_a_bent_valley() {
        let mut x = vec![-1.2, 1.0];
        minimize(&mut x, EXACT, |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = -2.0 * a - 400.0 * x[0] * b;
            gradient[1] = 200.0 * b;
            Ok(a * a + 100.0 * b * b)
        })
        .unwrap();
        assert!(
            (x[0] - 1.0).abs() < 1e-5 && (x[1] - 1.0).abs() < 1e-5,
            "{x:?}"
        );
    }
}
