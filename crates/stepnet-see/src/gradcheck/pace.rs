//! How long a check may take, who watches it, and how it ends early.

use std::ops::ControlFlow;
use std::time::Duration;
use stepnet_base::clock::Instant;

use super::options::Options;
use super::report::{Outcomes, Reach};
use super::subject::{Array, Reading, Subject};
use super::tensor::{self, Outcome};
use crate::{Error, Result};

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'p> {
    /// The array that is being checked.
    pub array: &'p str,
    /// How many arrays are done.
    pub done: usize,
    /// How many arrays there are.
    pub arrays: usize,
    /// The time left, by what was done so far and at most up to the time limit; `None` before there is anything to
    /// judge by.
    pub left: Option<Duration>,
}

/// Sees the progress before every pass, and may end the check there.
pub(super) type Observe<'o> = dyn FnMut(&Progress<'_>) -> ControlFlow<()> + 'o;

/// The clock of a check.
pub(super) struct Pace<'o> {
    observe: &'o mut Observe<'o>,
    begun: Instant,
    deadline: Option<Instant>,
    /// When the array that is being checked has had its share of the time.
    due: Option<Instant>,
    array: String,
    done: usize,
    arrays: usize,
    /// The work done and the work there is, in the unit of the weights.
    weight_done: f64,
    weight: f64,
    end: Option<Reach>,
}

impl<'o> Pace<'o> {
    pub(super) fn new(limit: Option<Duration>, observe: &'o mut Observe<'o>) -> Self {
        let begun = Instant::now();
        Self {
            observe,
            begun,
            deadline: limit.and_then(|limit| begun.checked_add(limit)),
            due: None,
            array: String::new(),
            done: 0,
            arrays: 0,
            weight_done: 0.0,
            weight: 0.0,
            end: None,
        }
    }

    /// Says what is to be done: a weight for each array, by how long it takes.
    pub(super) fn plan(&mut self, weights: impl IntoIterator<Item = f64>) {
        for weight in weights {
            self.arrays += 1;
            self.weight += weight;
        }
    }

    /// The time until the deadline; `None` without one.
    pub(super) fn left(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// Why the check has ended, if it has.
    pub(super) fn end(&self) -> Option<Reach> {
        self.end
    }

    /// Checks an array of a subject within its share of the time.
    ///
    /// # Errors
    /// When a pass cannot run.
    pub(super) fn check(
        &mut self,
        subject: &mut dyn Subject,
        number: usize,
        weight: f64,
        options: &Options,
    ) -> Result<Outcome> {
        let array = subject.arrays()[number].clone();
        self.array.clone_from(&array.name);
        let rest = (self.weight - self.weight_done).max(weight);
        let share = if rest > 0.0 { weight / rest } else { 1.0 };
        self.due = self
            .left()
            .and_then(|left| Instant::now().checked_add(left.mul_f64(share.clamp(0.0, 1.0))));
        let outcome = match self.end {
            Some(_) => None,
            None => {
                let mut watched = PacedSubject {
                    subject,
                    pace: self,
                };
                match tensor::check(&mut watched, number, options) {
                    // An array of which nothing was measured says nothing.
                    Err(_) if self.end.is_some() => None,
                    outcome => Some(outcome?),
                }
            }
        };
        self.done += usize::from(outcome.is_some());
        self.weight_done += weight;
        Ok(outcome.unwrap_or_else(|| Outcome::not_reached(array)))
    }

    /// Asks the observer and the clock whether to go on.
    fn tick(&mut self) -> Result<()> {
        let now = Instant::now();
        let progress = Progress {
            array: &self.array,
            done: self.done,
            arrays: self.arrays,
            left: self.forecast(now),
        };
        if (self.observe)(&progress).is_break() {
            self.end = Some(Reach::Stopped);
        } else if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.end = Some(Reach::OutOfTime);
        }
        match self.end {
            None => Ok(()),
            Some(_) => Err(Error::Training("the gradient check was ended".into())),
        }
    }

    fn forecast(&self, now: Instant) -> Option<Duration> {
        let limit = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now));
        let times = (self.weight / self.weight_done - 1.0).max(0.0);
        let elapsed = now.saturating_duration_since(self.begun);
        let rest = Duration::try_from_secs_f64(elapsed.as_secs_f64() * times).ok();
        match (rest, limit) {
            (Some(rest), Some(limit)) => Some(rest.min(limit)),
            (rest, limit) => rest.or(limit),
        }
    }

    /// The outcomes with why the check ended.
    pub(super) fn outcomes(&self, outcomes: Vec<Outcome>) -> Outcomes {
        Outcomes {
            outcomes,
            reach: self.end.unwrap_or(Reach::Complete),
        }
    }
}

/// A subject each of whose passes is watched.
struct PacedSubject<'a, 'o> {
    subject: &'a mut dyn Subject,
    pace: &'a mut Pace<'o>,
}

impl Subject for PacedSubject<'_, '_> {
    fn arrays(&self) -> &[Array] {
        self.subject.arrays()
    }

    fn values(&mut self, array: usize) -> &mut [f64] {
        self.subject.values(array)
    }

    fn gradient(&self, array: usize) -> &[f64] {
        self.subject.gradient(array)
    }

    fn rounding(&self) -> f64 {
        self.subject.rounding()
    }

    fn cancelled(&self) -> f64 {
        self.subject.cancelled()
    }

    fn late(&self) -> bool {
        self.pace.due.is_some_and(|due| Instant::now() >= due)
    }

    fn ended(&self) -> bool {
        self.pace.end.is_some()
    }

    fn settle(&mut self) -> Result<()> {
        self.pace.tick()?;
        self.subject.settle()
    }

    fn read(&mut self, array: usize) -> Result<Reading> {
        self.pace.tick()?;
        self.subject.read(array)
    }
}
