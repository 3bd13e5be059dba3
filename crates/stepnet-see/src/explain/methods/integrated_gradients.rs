//! Gradients on the way from a baseline to the image.

use crate::error::Result;
use crate::explain::attribution::{Attribution, Channels, Completeness};
use crate::explain::method::{About, Asked, Method};
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "integrated-gradients",
    summary: "each pixel's share in the difference of the score from that of the baseline: the shares add up to it",
    source: "Sundararajan et al., \"Axiomatic Attribution for Deep Networks\", 2017",
    options: &["steps", "baseline"],
};

/// `(x - b)` times the mean of `dS/dx` at `b + t (x - b)` over `t = 1/2n, 3/2n, ..., (2n-1)/2n`: the integral from the
/// baseline `b` to `x` by the midpoint rule. The sum over all values approaches `S(x) - S(b)` with the number of steps `n`.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        let size = asked.size()?;
        let (x, steps, seed) = (asked.x, asked.options.steps, asked.seed);
        let colour = asked.options.baseline.colour(x, asked.preprocessing);
        let mut sum = vec![0.0; x.len()];
        asked.passes.input_gradients(
            steps,
            seed,
            |step, between| {
                let share = T::from_f64((step as f64 + 0.5) / steps as f64);
                let from = colour.iter().cycle();
                for ((between, &x), &from) in between.iter_mut().zip(x).zip(from) {
                    *between = from + share * (x - from);
                }
            },
            |_, gradient| {
                for (sum, value) in sum.iter_mut().zip(gradient) {
                    *sum += value.as_f64();
                }
            },
        )?;
        let from = colour.iter().cycle();
        for ((sum, x), from) in sum.iter_mut().zip(x).zip(from) {
            *sum *= (x.as_f64() - from.as_f64()) / steps as f64;
        }
        let scores = asked.passes.scores(2, seed, |number, to| match number {
            0 => to.copy_from_slice(x),
            _ => {
                let from = colour.iter().cycle();
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            }
        })?;
        let completeness = Completeness {
            sum: sum.iter().sum(),
            expected: scores[0] - scores[1],
        };
        let mut found = Attribution::of_values(ABOUT.name, size, sum, Channels::Sum);
        found.completeness = Some(completeness);
        Ok(found)
    }
}
