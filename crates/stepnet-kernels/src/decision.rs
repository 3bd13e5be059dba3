//! Why a method runs a pass, or does not: numbers and the thresholds they are compared with.

use std::fmt;

/// A pass of a layer with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Outputs from inputs.
    Forward,
    /// The gradient with respect to the inputs.
    Data,
    /// The gradient with respect to the weights, and to the bias.
    Weights,
}

impl Pass {
    /// All of them, in the order in which a training step runs them.
    pub const ALL: [Self; 3] = [Self::Forward, Self::Weights, Self::Data];

    /// Its place in [`Pass::ALL`].
    pub(crate) fn place(self) -> usize {
        match self {
            Self::Forward => 0,
            Self::Weights => 1,
            Self::Data => 2,
        }
    }

    /// Its name: `forward`, `weights` or `data`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Data => "data",
            Self::Weights => "weights",
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a value compares with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
}

impl Relation {
    /// The statement that holds where this one does not.
    fn opposite(self) -> Self {
        match self {
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
            Self::AtLeast => Self::Below,
            Self::Below => Self::AtLeast,
            Self::AtMost => Self::Above,
            Self::Above => Self::AtMost,
        }
    }

    /// As formulas have it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
        }
    }
}

/// Why a method runs a pass, or why it does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// A number and its threshold.
    Number {
        /// The name of the number.
        what: &'static str,
        /// How much of it there is.
        value: f64,
        /// How it compares with the threshold.
        relation: Relation,
        /// The threshold.
        threshold: f64,
    },
    /// A condition without a number.
    Fact(&'static str),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number {
                what,
                value,
                relation,
                threshold,
            } => {
                let (value, limit) = (short(value), short(threshold));
                write!(f, "{what} {value} {} {limit}", relation.sign())
            }
            Self::Fact(fact) => f.write_str(fact),
        }
    }
}

/// A number with at most three decimals, and none that are zeros.
fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Whether a method runs a pass, with the reason either way.
pub type Verdict = Result<Reason, Reason>;

/// The verdict on a number that must lie to its threshold as `relation` says. `holds` is whether it does: it
/// is computed where rounding cannot change it.
pub(crate) fn compare(
    what: &'static str,
    value: f64,
    relation: Relation,
    threshold: f64,
    holds: bool,
) -> Verdict {
    let reason = |relation| Reason::Number {
        what,
        value,
        relation,
        threshold,
    };
    match holds {
        true => Ok(reason(relation)),
        false => Err(reason(relation.opposite())),
    }
}

/// The verdict on a count that must be at least `threshold`.
pub(crate) fn at_least(what: &'static str, value: usize, threshold: usize) -> Verdict {
    let holds = value >= threshold;
    compare(
        what,
        value as f64,
        Relation::AtLeast,
        threshold as f64,
        holds,
    )
}

/// The verdict on a count that may be at most `threshold`.
pub(crate) fn at_most(what: &'static str, value: usize, threshold: usize) -> Verdict {
    let holds = value <= threshold;
    compare(
        what,
        value as f64,
        Relation::AtMost,
        threshold as f64,
        holds,
    )
}

/// The verdict on a count that must be `expected`.
pub(crate) fn is(what: &'static str, value: usize, expected: usize) -> Verdict {
    let holds = value == expected;
    compare(what, value as f64, Relation::Is, expected as f64, holds)
}

/// How a pass is computed, and why: for people, and for programs that compare.
#[derive(Clone, Debug, PartialEq)]
pub struct PassPlan {
    /// Which pass.
    pub pass: Pass,
    /// The method's name.
    pub method: &'static str,
    /// The instruction set that its innermost loops are compiled for.
    pub instruction_set: &'static str,
    /// Why this method.
    pub reason: Reason,
    /// The methods that are asked before it, in their order, and why each does not run the pass.
    pub refused: Vec<(&'static str, Reason)>,
    /// Bytes of scratch memory that the pass needs.
    pub scratch: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_printed_with_their_numbers() {
        assert_eq!(at_least("taps", 9, 4).unwrap().to_string(), "taps 9 >= 4");
        assert_eq!(
            at_most("columns", 9, 8).unwrap_err().to_string(),
            "columns 9 > 8"
        );
        assert_eq!(is("stride", 2, 1).unwrap_err().to_string(), "stride 2 != 1");
        let saving = compare("saving", 32.0 / 3.0, Relation::AtLeast, 6.5, true);
        assert_eq!(saving.unwrap().to_string(), "saving 10.667 >= 6.5");
        let large = at_most("elements", 1200, 1000).unwrap_err();
        assert_eq!(large.to_string(), "elements 1200 > 1000");
    }
}
