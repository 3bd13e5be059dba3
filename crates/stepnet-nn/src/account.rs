//! How a layer explains its values: the terms of one output, and the outputs that one input contributes to.
//!
//! A user's own layer does so in a line or two:
//!
//! ```
//! use stepnet::nn::account::{Account, Feed, Feeds, Term};
//! // y = s x
//! let (s, x, place) = (0.5, 3.0, 7);
//! let account = Account::sum("y = s x", vec![Term::new(place, x, s)], None);
//! let feeds = Feeds::new("dy/dx = s", vec![Feed::new(place, s)]);
//! # assert_eq!((account.terms.len(), feeds.feeds.len()), (1, 1));
//! ```

use crate::error::Result;
use crate::memory;
use crate::shape::Shape;
use stepnet_kernels::Real;

/// The values of one example at a layer, at inference.
#[derive(Debug, Clone, Copy)]
pub struct ExampleValues<'a, T> {
    /// The shape of the input.
    pub input: Shape,
    /// The shape of the output.
    pub output: Shape,
    /// The layer's parameters, one after the other.
    pub parameters: &'a [T],
    /// The input.
    pub x: &'a [T],
    /// The output.
    pub y: &'a [T],
}

/// One term of an output value: an input value and what it is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The value's place in the input example; `None` in the padding.
    pub place: Option<usize>,
    /// The value (0 in the padding).
    pub value: f64,
    /// Its factor.
    pub factor: f64,
}

impl Term {
    /// The input value at `place`, times `factor`.
    pub fn new(place: usize, value: f64, factor: f64) -> Self {
        Self {
            place: Some(place),
            value,
            factor,
        }
    }

    /// A position in the padding.
    pub fn padding(factor: f64) -> Self {
        Self {
            place: None,
            value: 0.0,
            factor,
        }
    }

    /// `value * factor`.
    pub fn product(&self) -> f64 {
        self.value * self.factor
    }
}

/// How terms become the value.
///
/// Exhaustive, so that the compiler finds every place that a new rule concerns: adding one is a breaking change.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `(sum of value * factor + bias) / divisor`.
    Sum {
        /// Added to the terms.
        bias: Option<f64>,
        /// The divisor of the sum; 1 for a plain sum.
        divisor: f64,
    },
    /// The value of one of the terms, as it is; the others are its rivals.
    Largest {
        /// The number of the term that won.
        winner: usize,
    },
    /// `exp(value of the own term) / sum of exp(value)`.
    Softmax {
        /// The number of the own term.
        own: usize,
    },
    /// A function of the only term's value.
    Function {
        /// The formula with the numbers filled in.
        numbers: String,
        /// The result, computed in `f64`.
        result: f64,
        /// How many roundings the layer's own arithmetic may need, in units of its element type.
        roundings: f64,
    },
    /// The only term's value, as it is.
    Same,
}

/// The terms of an output value.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The formula in symbols.
    pub formula: String,
    /// How the terms become the value.
    pub rule: Rule,
    /// The terms; of a window row by row, `(height, width, channels)`.
    pub terms: Vec<Term>,
    /// The extents of the window that the terms fill.
    pub window: Option<[usize; 3]>,
    /// How far the layer's method may be off beyond the rounding of the terms; 0 for methods that
    /// add up the terms themselves.
    pub slack: f64,
}

impl Account {
    /// An account without a window.
    pub fn new(formula: impl Into<String>, rule: Rule, terms: Vec<Term>) -> Self {
        Self {
            formula: formula.into(),
            rule,
            terms,
            window: None,
            slack: 0.0,
        }
    }

    /// A sum of terms and a bias.
    pub fn sum(formula: impl Into<String>, terms: Vec<Term>, bias: Option<f64>) -> Self {
        let divisor = 1.0;
        Self::new(formula, Rule::Sum { bias, divisor }, terms)
    }

    /// The input value at the same place, as it is.
    pub fn same<T: Real>(
        formula: impl Into<String>,
        place: usize,
        example: &ExampleValues<'_, T>,
    ) -> Self {
        let term = Term::new(place, value(example.x, place), 1.0);
        Self::new(formula, Rule::Same, vec![term])
    }

    /// The same account with its terms in a window of `(height, width, channels)`.
    #[must_use]
    pub fn windowed(mut self, window: [usize; 3]) -> Self {
        self.window = Some(window);
        self
    }

    /// The same account of a method that may be off by so much more than the rounding of the terms.
    #[must_use]
    pub fn with_slack(mut self, slack: f64) -> Self {
        self.slack = slack;
        self
    }
}

/// Values whose rounding affects a result that is not computed from them, because of the method.
///
/// It may be off by `factor` times the largest magnitude among the values.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The places of the values in their example.
    pub places: Vec<usize>,
    /// The factor of the largest magnitude.
    pub factor: f64,
}

impl Reach {
    /// `factor` times the largest magnitude at the places, of those that are finite.
    pub fn slack<T: Real>(&self, values: &[T]) -> f64 {
        let sizes = self.places.iter().map(|&place| value(values, place).abs());
        let finite = sizes.filter(|size| size.is_finite());
        finite.fold(0.0, f64::max) * self.factor
    }
}

/// An output that an input value fed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feed {
    /// The output's place in the output example.
    pub place: usize,
    /// The derivative of the output with respect to the input value.
    pub factor: f64,
    /// The sum of the magnitudes of the derivative's terms, where they cancel; else its magnitude.
    pub size: f64,
}

impl Feed {
    /// The output at `place`, whose derivative with respect to the input value is `factor`.
    pub fn new(place: usize, factor: f64) -> Self {
        let size = factor.abs();
        Self {
            place,
            factor,
            size,
        }
    }
}

/// The outputs that an input value fed.
#[derive(Debug, Clone, PartialEq)]
pub struct Feeds {
    /// The derivative in symbols.
    pub formula: String,
    /// The outputs.
    pub feeds: Vec<Feed>,
    /// The gradients of outputs whose rounding adds to that of `feeds`; none for methods that
    /// add up the products themselves.
    pub reaches: Vec<Reach>,
}

impl Feeds {
    /// The outputs and the formula of the derivative.
    pub fn new(formula: impl Into<String>, feeds: Vec<Feed>) -> Self {
        Self {
            formula: formula.into(),
            feeds,
            reaches: Vec::new(),
        }
    }

    /// The same feeds of a method that lets more gradients be felt.
    #[must_use]
    pub fn with_reaches(mut self, reaches: Vec<Reach>) -> Self {
        self.reaches = reaches;
        self
    }
}

/// The value at `place` as an `f64`; NaN beyond the end.
pub(super) fn value<T: Real>(values: &[T], place: usize) -> f64 {
    values.get(place).map_or(f64::NAN, |value| value.as_f64())
}

/// Room for `count` terms or feeds.
///
/// # Errors
/// When there is not so much memory.
pub(super) fn room<V>(count: usize) -> Result<Vec<V>> {
    memory::ensure::<V>("the terms of one value", count)?;
    Ok(Vec::with_capacity(count))
}

/// A number for people: six significant digits, whole numbers as they are.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if size == 0.0 {
        return "0".to_owned();
    }
    if value.fract() == 0.0 && size < 1e6 {
        return format!("{value:.0}");
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.5e}");
    }
    let whole_digits = size.log10().floor() as i32 + 1;
    let places = usize::try_from(6 - whole_digits.min(6)).unwrap_or(0);
    format!("{value:.places$}")
}

/// A number for a formula, in brackets where it is negative.
pub fn operand(value: f64) -> String {
    let text = number(value);
    if text.starts_with('-') {
        format!("({text})")
    } else {
        text
    }
}
