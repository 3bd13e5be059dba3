//! Central differences of one array's cost, with what rounding may have done to them.

use std::ops::Range;

use super::noise;
use super::subject::Subject;
use crate::{Error, Result};
use stepnet_base::rng::RandomState;

/// Standard deviations of one cost's rounding that a difference of two may be off by: about seven of the difference's
/// own, so that none of many thousands is.
const DEVIATIONS: f64 = 10.0;

/// A numerical derivative, and how far rounding may take it from the analytic one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) error: f64,
    /// The costs after the moves up and down, and the distance between the two.
    pub(super) costs: [f64; 2],
    pub(super) width: f64,
}

/// The slope of the cost along a direction of many coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slope {
    /// The change of the cost, minus the change that the analytic gradient predicts.
    pub(super) excess: f64,
    /// How far that may be off because of rounding.
    pub(super) error: f64,
    /// The root of the sum of squares of what each coordinate's gradient says.
    pub(super) size: f64,
}

/// The means to take differences of one array.
pub(super) struct Probe<'s> {
    subject: &'s mut dyn Subject,
    array: usize,
    sides: u64,
    deviation: f64,
}

impl<'s> Probe<'s> {
    /// Settles the subject and measures the rounding of its cost.
    ///
    /// # Errors
    /// When a pass cannot run, or gives another cost for the same values.
    pub(super) fn new(
        subject: &'s mut dyn Subject,
        array: usize,
        random: &mut RandomState,
    ) -> Result<Self> {
        subject.settle()?;
        let centre = subject.read(array)?;
        let again = subject.read(array)?;
        if centre.cost.to_bits() != again.cost.to_bits() || centre.sides != again.sides {
            return Err(Error::Training(format!(
                "two passes over the same values gave the costs {} and {}: what a layer computes may depend on nothing but its input, its parameters and the noise of its context",
                centre.cost, again.cost
            )));
        }
        let deviation = noise::deviation(subject, array, centre.cost, random)?;
        Ok(Self {
            subject,
            array,
            sides: centre.sides,
            deviation,
        })
    }

    /// The analytic derivative with respect to one coordinate.
    pub(super) fn gradient(&self, place: usize) -> f64 {
        self.subject.gradient(self.array)[place]
    }

    /// Whether the array has had its share of the time.
    pub(super) fn late(&self) -> bool {
        self.subject.late()
    }

    /// Whether the check has been ended.
    pub(super) fn ended(&self) -> bool {
        self.subject.ended()
    }

    /// How many coordinates there are.
    pub(super) fn len(&self) -> usize {
        self.subject.gradient(self.array).len()
    }

    /// The derivative with respect to one coordinate; `None` if the difference crosses a kink.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn coordinate(&mut self, place: usize, step: f64) -> Result<Option<Estimate>> {
        let start = self.subject.values(self.array)[place];
        let step = step * start.abs().max(1.0);
        let (plus, minus) = (start + step, start - step);
        // Not twice the step: the sums were rounded, which matters for large values.
        let width = plus - minus;
        let costs = self.both(|values, forward| {
            values[place] = if forward { plus } else { minus };
        });
        self.subject.values(self.array)[place] = start;
        let rounding = self.subject.rounding();
        Ok(costs?.map(|[up, down]| Estimate {
            value: (up - down) / width,
            error: DEVIATIONS * self.deviation / width + self.gradient(place).abs() * rounding,
            costs: [up, down],
            width,
        }))
    }

    /// The derivative with respect to one coordinate with the first of `steps` that crosses no kink.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn first(&mut self, place: usize, steps: &[f64]) -> Result<Option<Estimate>> {
        for &step in steps {
            if let Some(estimate) = self.coordinate(place, step)? {
                return Ok(Some(estimate));
            }
        }
        Ok(None)
    }

    /// The derivative with respect to one coordinate with the step whose error is least: rounding, and what
    /// curvature does, which is seen by comparing with the next shorter step.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn best(&mut self, place: usize, steps: &[f64]) -> Result<Option<Estimate>> {
        let mut found: Vec<Estimate> = Vec::with_capacity(steps.len());
        for &step in steps {
            found.extend(self.coordinate(place, step)?);
        }
        let curved = found.windows(2).map(|pair| Estimate {
            error: pair[0].error + (pair[0].value - pair[1].value).abs(),
            ..pair[0]
        });
        // The shortest step has a hundredth of the next one's curvature.
        let last = found.windows(2).last().map(|pair| Estimate {
            error: pair[1].error + 0.1 * (pair[0].value - pair[1].value).abs(),
            ..pair[1]
        });
        let estimates = curved.chain(last);
        Ok(estimates.min_by(|a, b| a.error.total_cmp(&b.error)))
    }

    /// How much more than the analytic gradient says the cost changes when the coordinates of
    /// `range` move by `step` along `signs`; `None` if that crosses a kink.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn slope(
        &mut self,
        range: Range<usize>,
        signs: &[f64],
        step: f64,
    ) -> Result<Option<Slope>> {
        let start = self.subject.values(self.array)[range.clone()].to_vec();
        let moved = |start: f64, sign: f64| start + sign * step * start.abs().max(1.0);
        let costs = self.both(|values, forward| {
            let places = values[range.clone()].iter_mut().zip(&start).zip(signs);
            for ((place, &start), &sign) in places {
                *place = moved(start, if forward { sign } else { -sign });
            }
        });
        self.subject.values(self.array)[range.clone()].copy_from_slice(&start);
        let Some([up, down]) = costs? else {
            return Ok(None);
        };
        let (mut predicted, mut squares) = (0.0, 0.0);
        let gradient = &self.subject.gradient(self.array)[range];
        for ((&gradient, &start), &sign) in gradient.iter().zip(&start).zip(signs) {
            let term = gradient * (moved(start, sign) - moved(start, -sign));
            predicted += term;
            squares += term * term;
        }
        Ok(Some(Slope {
            excess: up - down - predicted,
            error: DEVIATIONS * self.deviation + f64::sqrt(squares) * self.subject.rounding(),
            size: f64::sqrt(squares),
        }))
    }

    /// The costs after a move forwards and after one backwards; `None` if one crosses a kink.
    fn both(&mut self, mut to: impl FnMut(&mut [f64], bool)) -> Result<Option<[f64; 2]>> {
        let mut costs = [0.0; 2];
        for (cost, forward) in costs.iter_mut().zip([true, false]) {
            to(self.subject.values(self.array), forward);
            let reading = self.subject.read(self.array)?;
            if reading.sides != self.sides {
                return Ok(None);
            }
            *cost = reading.cost;
        }
        Ok(Some(costs))
    }
}
