//! Which method runs a dense pass: the one place where that is decided.
//!
//! Methods are asked in the order of [`Method`]; the first one that can run the sizes, and that its thresholds
//! ([`super::thresholds`]) say is the quickest, runs the pass.

use std::fmt;

use super::DenseGeometry;
use super::methods::few;
use super::methods::small::SHORT;
use super::thresholds::{
    FEW_EXAMPLES, FEW_WEIGHTS, SMALL_EXAMPLES, SMALL_SIDE, SMALL_WEIGHTS, SMALL_WORK,
    WIDE_FEATURES, WIDE_UNITS, WIDE_UNITS_FORWARD,
};
use crate::Real;
use crate::conv;
use crate::decision::{Pass, Reason, Relation, Verdict, at_least, at_most, compare};
use crate::long_sum::LONGEST;
use crate::simd::InstructionSet;

/// How a pass of a dense layer is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Few features: no packing, no other threads.
    Small,
    /// Many features and few units: `x` is read where it lies.
    Wide,
    /// Few examples, of the forward pass and the data gradient: `w` is read where it lies.
    Few,
    /// A convolution of single pixels, rows of a matrix: everything else.
    Rows,
}

impl Method {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Small, Self::Wide, Self::Few, Self::Rows];

    /// Its name, as `stepnet inspect --methods` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Wide => "wide",
            Self::Few => "few",
            Self::Rows => "rows",
        }
    }

    /// Whether the method runs the pass, where no other is asked before it.
    fn verdict<T: Real>(self, g: &DenseGeometry, pass: Pass, set: InstructionSet) -> Verdict {
        self.can::<T>(g, pass, set)?;
        self.pays(g, pass, set)
    }

    /// Whether the method can run the sizes at all.
    fn can<T: Real>(self, g: &DenseGeometry, pass: Pass, set: InstructionSet) -> Verdict {
        if T::NAIVE && self != Self::Rows {
            return Err(conv::NAIVE);
        }
        match (self, pass) {
            (Self::Small, Pass::Forward) => at_most("features", g.inputs, SHORT),
            (Self::Small, Pass::Data) => at_most("units", g.outputs, SHORT),
            (Self::Small, Pass::Weights) => Ok(Reason::Fact("any sizes")),
            (Self::Wide, Pass::Forward) => at_most("units", g.outputs, WIDE_UNITS_FORWARD),
            (Self::Wide, Pass::Data) => Err(Reason::Fact("not for the data gradient")),
            (Self::Wide, Pass::Weights) => {
                at_most("examples", g.batch, LONGEST)?;
                at_most("units", g.outputs, WIDE_UNITS)
            }
            (Self::Few, Pass::Forward) => {
                let lanes = set.narrow().lanes::<T>();
                let reason = at_most("examples", g.batch, few::EXAMPLES)?;
                at_least("units", g.outputs, lanes)?;
                at_least("features", g.inputs, lanes)?;
                Ok(reason)
            }
            (Self::Few, Pass::Data) => {
                let reason = at_most("examples", g.batch, few::MOST_EXAMPLES)?;
                few::can_backward::<T>(g, set).and(Ok(reason))
            }
            (Self::Few, Pass::Weights) => Err(Reason::Fact("not for the weights gradient")),
            (Self::Rows, _) => Ok(Reason::Fact("default")),
        }
    }

    /// Whether the method, which can run the sizes, is quicker than those after it.
    fn pays(self, g: &DenseGeometry, pass: Pass, set: InstructionSet) -> Verdict {
        match (self, pass) {
            (Self::Small, Pass::Weights) => {
                let reason = at_most("shorter side", g.inputs.min(g.outputs), SMALL_SIDE)?;
                little_work(g).and(Ok(reason))
            }
            (Self::Small, _) => {
                let reason = little_work(g)?;
                match g.batch >= SMALL_EXAMPLES {
                    true => Ok(reason),
                    false => at_most("weights, with few examples", g.weights_len(), SMALL_WEIGHTS),
                }
            }
            (Self::Wide, _) => at_least("features", g.inputs, WIDE_FEATURES),
            (Self::Few, Pass::Data) => {
                let most = FEW_EXAMPLES[usize::from(set.broadcasts())];
                let reason = at_most("examples", g.batch, most)?;
                at_least("weights", g.weights_len(), FEW_WEIGHTS).and(Ok(reason))
            }
            (Self::Few, _) => at_most("examples", g.batch, few::EXAMPLES),
            (Self::Rows, _) => Ok(Reason::Fact("default")),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn little_work(g: &DenseGeometry) -> Verdict {
    let work = g.multiply_adds();
    let holds = work <= SMALL_WORK;
    let (value, limit) = (work as f64, SMALL_WORK as f64);
    compare("multiply-adds", value, Relation::AtMost, limit, holds)
}

/// The method of a pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) method: Method,
    pub(super) set: InstructionSet,
    pub(super) reason: Reason,
    /// Of [`Method::Rows`], how the convolution is computed.
    pub(super) rows: Option<conv::Choice>,
}

impl Choice {
    /// The first method that suits.
    pub(super) fn new<T: Real>(g: &DenseGeometry, pass: Pass, set: InstructionSet) -> Self {
        let verdicts = Method::ALL.into_iter();
        let mut verdicts = verdicts.map(|method| (method, method.verdict::<T>(g, pass, set)));
        let chosen = verdicts.find_map(|(method, verdict)| Some((method, verdict.ok()?)));
        let (method, reason) = chosen.unwrap_or((Method::Rows, Reason::Fact("default")));
        Self::of::<T>(g, pass, set, method, reason)
    }

    /// The given method.
    ///
    /// # Errors
    /// Why it cannot run the sizes.
    pub(super) fn forced<T: Real>(
        g: &DenseGeometry,
        pass: Pass,
        set: InstructionSet,
        method: Method,
    ) -> Result<Self, Reason> {
        method.can::<T>(g, pass, set)?;
        Ok(Self::of::<T>(g, pass, set, method, Reason::Fact("forced")))
    }

    fn of<T: Real>(
        g: &DenseGeometry,
        pass: Pass,
        set: InstructionSet,
        method: Method,
        reason: Reason,
    ) -> Self {
        let rows = || conv::Choice::new::<T>(&g.transposed(), pass_of_rows(pass), set);
        Self {
            method,
            set,
            reason,
            rows: (method == Method::Rows).then(rows),
        }
    }

    /// The methods that were asked before the chosen one, with the reason why each does not run the pass.
    pub(super) fn refused<T: Real>(
        &self,
        g: &DenseGeometry,
        pass: Pass,
    ) -> impl Iterator<Item = (Method, Reason)> {
        let (g, chosen, set) = (*g, self.method, self.set);
        let before = Method::ALL
            .into_iter()
            .take_while(move |&method| method != chosen);
        before.filter_map(move |method| Some((method, method.verdict::<T>(&g, pass, set).err()?)))
    }

    /// Elements of scratch memory, for the geometry's batch and every smaller one.
    pub(super) fn scratch<T: Real>(&self, g: &DenseGeometry, pass: Pass) -> usize {
        let few = self.few_scratch::<T>(g, pass);
        // A smaller batch may go as rows where this one does not, unless both have few examples.
        if self.rows.is_none() && Method::Few.verdict::<T>(g, pass, self.set).is_ok() {
            return few;
        }
        let (g, pass) = (g.transposed(), pass_of_rows(pass));
        let rows = || conv::Choice::new::<T>(&g, pass, self.set);
        let rows = self.rows.unwrap_or_else(rows).scratch::<T>(&g, pass);
        rows.max(few)
    }

    /// About how many elements of its factors the pass copies before it multiplies.
    pub(super) fn copied(&self, g: &DenseGeometry, pass: Pass) -> usize {
        match (self.method, pass) {
            (Method::Few, Pass::Data) => g.y_len(),
            (Method::Small | Method::Wide | Method::Few, _) => 0,
            (Method::Rows, _) => g.weights_len(),
        }
    }

    /// Elements of scratch memory for smaller batches of few examples.
    fn few_scratch<T: Real>(&self, g: &DenseGeometry, pass: Pass) -> usize {
        let few = DenseGeometry {
            batch: g.batch.min(few::MOST_EXAMPLES),
            ..*g
        };
        match pass {
            Pass::Data if Method::Few.can::<T>(&few, pass, self.set).is_ok() => few::scratch(&few),
            _ => 0,
        }
    }
}

/// The pass of the convolution from the units to the features that computes a dense layer's pass.
fn pass_of_rows(pass: Pass) -> Pass {
    match pass {
        Pass::Forward => Pass::Data,
        Pass::Data => Pass::Forward,
        Pass::Weights => Pass::Weights,
    }
}
