//! Which method runs a pass: the one place where that is decided.
//!
//! Methods are asked in the order of [`Method::ALL`]. The first one that can run the geometry, and that its thresholds
//! ([`super::thresholds`]) say is the quickest, runs it. The naive loops come last and can run everything.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::{Choice, FORCED, Method, NAIVE};
use crate::conv::methods::pixels::sums as pixels;
use crate::conv::methods::winograd;
use crate::conv::methods::winograd::Winograd;
use crate::conv::parts::layout::Layout;
use crate::conv::parts::schedule::Sums;
use crate::conv::parts::tasks::Tasks;
use crate::conv::thresholds::Thresholds;
use crate::decision::{Pass, Reason, Verdict, at_least, at_most, is};
use crate::simd::InstructionSet;

impl Choice {
    /// The first method that suits.
    pub(crate) fn new<T: Real>(g: &ConvGeometry, pass: Pass, asked: InstructionSet) -> Self {
        let mut choice = Self {
            method: Method::Reference,
            set: asked,
            asked,
            reason: Reason::Fact("no other method can run it"),
        };
        for method in Method::ALL {
            let candidate = Candidate::new::<T>(g, pass, asked, method);
            if let Ok(reason) = candidate.verdict::<T>() {
                choice = Self {
                    method,
                    set: candidate.set,
                    reason,
                    ..choice
                };
                break;
            }
        }
        choice
    }

    /// The given method.
    ///
    /// # Errors
    /// Why it cannot run the geometry.
    pub(crate) fn forced<T: Real>(
        g: &ConvGeometry,
        pass: Pass,
        asked: InstructionSet,
        method: Method,
    ) -> Result<Self, Reason> {
        let candidate = Candidate::new::<T>(g, pass, asked, method);
        candidate.can::<T>()?;
        Ok(Self {
            method,
            set: candidate.set,
            asked,
            reason: FORCED,
        })
    }

    /// The methods that were asked before the chosen one, with the reason why each does not run the pass.
    pub(super) fn refused<T: Real>(
        &self,
        g: &ConvGeometry,
        pass: Pass,
    ) -> Vec<(&'static str, Reason)> {
        let mut refused = Vec::new();
        for method in Method::ALL {
            if method == self.method {
                break;
            }
            // Nobody asks for the winners of a pooling where there is none, nor for channels without groups.
            let asked = match method {
                Method::Winners => false,
                Method::Channels => g.groups > 1,
                _ => true,
            };
            if asked
                && let Err(reason) = Candidate::new::<T>(g, pass, self.asked, method).verdict::<T>()
            {
                refused.push((method.name(), reason));
            }
        }
        refused
    }
}

/// A method that may run a pass, on its instruction set.
struct Candidate<'g> {
    g: &'g ConvGeometry,
    pass: Pass,
    method: Method,
    set: InstructionSet,
}

impl<'g> Candidate<'g> {
    fn new<T: Real>(
        g: &'g ConvGeometry,
        pass: Pass,
        asked: InstructionSet,
        method: Method,
    ) -> Self {
        let set = match Direction::of(pass) {
            Some(direction) => sums_set::<T>(g, direction, asked, method),
            None => weights_set::<T>(g, asked, method),
        };
        Self {
            g,
            pass,
            method,
            set,
        }
    }

    /// Whether the method runs the pass, where no other is asked before it.
    fn verdict<T: Real>(&self) -> Verdict {
        self.can::<T>()?;
        self.pays::<T>()
    }

    /// Whether the method can run the geometry at all.
    fn can<T: Real>(&self) -> Verdict {
        let Self {
            g,
            pass,
            method,
            set,
        } = *self;
        if T::NAIVE && method != Method::Reference {
            return Err(NAIVE);
        }
        match (method, Direction::of(pass)) {
            (Method::Winners, _) => Err(Reason::Fact("no pooling follows")),
            (Method::Reference, _) => Ok(Reason::Fact("no other method can run it")),
            (Method::Winograd, Some(direction)) => Winograd::new::<T>(g, direction, set).can::<T>(),
            (Method::Winograd, None) => winograd::Weights::new::<T>(g, set).can::<T>(),
            (Method::Channels, Some(_)) => is_channelwise(g),
            (Method::Channels, None) => {
                let reason = is_channelwise(g)?;
                let sums = Sums::new::<T>(g, Direction::Forward, Method::Channels, set);
                match Layout::sees_all_taps(g, &sums.window_sum([0, 0], 0)) {
                    true => Ok(reason),
                    false => Err(Reason::Fact("some taps only see padding")),
                }
            }
            (Method::Pixels, Some(direction)) => {
                let sums = Sums::new::<T>(g, direction, method, set);
                pixels::can::<T>(&sums.window_sum([0, 0], 0), set)?;
                self.can_be_laid_out(&sums)
            }
            (Method::Pixels, None) => Err(Reason::Fact("not for the weights gradient")),
            (Method::Windows, Some(direction)) => {
                self.can_be_laid_out(&Sums::new::<T>(g, direction, method, set))
            }
            (Method::Windows, None) => Ok(match g.turned().is_some() {
                true => {
                    Reason::Fact("default; 1x1 with more channels than filters: operands swapped")
                }
                false => Reason::Fact("default"),
            }),
        }
    }

    /// Whether what a single window sees can be laid out.
    fn can_be_laid_out(&self, sums: &Sums<'_>) -> Verdict {
        let most = Thresholds::of(self.set).windows.laid_out;
        at_most("elements under a window", sums.staged_for_one(), most)
    }

    /// Whether the method, which can run the geometry, is quicker than those after it.
    fn pays<T: Real>(&self) -> Verdict {
        let Self {
            g,
            pass,
            method,
            set,
        } = *self;
        match (method, Direction::of(pass)) {
            (Method::Winograd, Some(direction)) => Winograd::new::<T>(g, direction, set).pays(),
            (Method::Winograd, None) => winograd::Weights::new::<T>(g, set).pays(),
            (Method::Pixels, Some(direction)) => {
                let sums = Sums::new::<T>(g, direction, method, set);
                pixels::pays::<T>(&sums.window_sum([0, 0], 0), set)
            }
            (Method::Windows, Some(_)) => Ok(Reason::Fact("default")),
            _ => self.can::<T>(),
        }
    }
}

fn is_channelwise(g: &ConvGeometry) -> Verdict {
    at_least("groups", g.groups, 2)?;
    is("filters of a channel", g.group_filters(), 1)?;
    is("channels of a filter", g.group_channels(), 1)
}

/// The set on which a method computes the forward pass or the data gradient: no wider than its vectors are filled.
fn sums_set<T: Real>(
    g: &ConvGeometry,
    direction: Direction,
    asked: InstructionSet,
    method: Method,
) -> InstructionSet {
    let window_sum = Sums::new::<T>(g, direction, method, asked).window_sum([0, 0], 0);
    let narrow = asked.for_columns::<T>(window_sum.columns);
    let mut sets = [asked, narrow].into_iter();
    let can = |set: &InstructionSet| pixels::can::<T>(&window_sum, *set).is_ok();
    let good = |set: &InstructionSet| can(set) && pixels::pays::<T>(&window_sum, *set).is_ok();
    match method {
        Method::Pixels => {
            let quick = sets.clone().find(good);
            quick.or_else(|| sets.find(can)).unwrap_or(narrow)
        }
        // The set of the sums over windows, which a tile that is not finite is computed again with, as far as the
        // channels fill its vectors.
        Method::Winograd => {
            let set = sets.find(good).unwrap_or(narrow);
            set.for_filled::<T>(window_sum.channels)
        }
        _ => narrow,
    }
}

/// The set on which a method computes the weights gradient.
fn weights_set<T: Real>(g: &ConvGeometry, asked: InstructionSet, method: Method) -> InstructionSet {
    match method {
        Method::Winograd => asked.for_filled::<T>(g.input[2].min(g.filters)),
        _ => Tasks::set::<T>(g.turned().as_ref().unwrap_or(g), asked),
    }
}
