//! The terms that a value was computed from.

use super::Why;
use super::at::{Spot, shape_of};
use super::explanation::{Content, Forward, Line, More, NextActivation, kept};
use super::sum::{Check, Exact, gamma, tiny};
use crate::error::Result;
use crate::memory;
use stepnet_nn::Number;
use stepnet_nn::account::{Account, Rule, Term, number, operand};

/// The most terms that are listed; beyond, the largest are, and the others are added up.
pub(super) const MOST_LINES: usize = 1 << 20;

/// Roundings of an exponential that is right to about two units in the last place.
const EXP_ROUNDINGS: f64 = 4.0;

impl<T: Number> Why<'_, T> {
    pub(super) fn forward(&self, spot: Spot) -> Result<Forward> {
        let Some(node) = self.node(spot.value) else {
            return Ok(self.of_input(spot));
        };
        let before = spot.value - 1;
        let Some(mut account) = node
            .layer()
            .explain()
            .account(spot.place, &self.seen(before))?
        else {
            return self.of_opaque(spot);
        };
        let value = self.value(spot);
        let check = judge::<T>(&account, value);
        let mut content = content(&account);
        let more = shorten(&mut account, MOST_LINES);
        content.renumber(&account.rule);
        let window = account.window.or_else(|| self.layout(node.inputs()[0]));
        Ok(Forward {
            terms: self.lines(before, &account.terms)?,
            content,
            formula: account.formula,
            window: window.filter(|_| more.is_none()),
            more,
            check: Some(check),
        })
    }

    /// The extents of a vector's values where they are a volume under another shape.
    fn layout(&self, value: usize) -> Option<[usize; 3]> {
        let node = self
            .node(value)
            .filter(|node| node.layer().is_view(false))?;
        match node.input().extents()[..] {
            [height, width, channels] if node.output().extents().len() == 1 => {
                Some([height, width, channels])
            }
            _ => None,
        }
    }

    fn of_input(&self, spot: Spot) -> Forward {
        let subject = self.subject.as_ref();
        let raw = subject.and_then(|subject| subject.raw.get(spot.place).copied());
        let numbers = subject.and_then(|subject| subject.numbers(spot.place));
        let formula = match subject {
            Some(subject) => subject.formula(),
            None => "x = the input, as it was given",
        };
        Forward {
            formula: formula.into(),
            content: Content::Input { raw, numbers },
            window: None,
            terms: Vec::new(),
            more: None,
            check: None,
        }
    }

    /// The terms of layer number `node` with the names of their values.
    pub(super) fn lines(&self, node: usize, terms: &[Term]) -> Result<Vec<Line>> {
        memory::ensure::<Line>("the terms of one value", terms.len())?;
        let shape = |spot: Spot| shape_of(self.network, spot.value);
        let line = |term: &Term| {
            let spot = term.place.map(|place| self.source(node, place));
            Line {
                name: spot.map_or("padding".into(), |spot| self.name(spot)),
                at: spot.map(|spot| super::indices(shape(spot), spot.place)),
                value: term.value,
                factor: term.factor,
                product: term.product(),
            }
        };
        Ok(terms.iter().map(line).collect())
    }

    /// The activation that consumes the value, if it is the only consumer.
    pub(super) fn then(&self, spot: Spot) -> Result<Option<NextActivation>> {
        let &[number] = &self.readers[spot.value][..] else {
            return Ok(None);
        };
        let next = &self.network.nodes()[number];
        if spot.value == 0 || next.input() != next.output() || next.merge().is_some() {
            return Ok(None);
        }
        let Some(account) = next
            .layer()
            .explain()
            .account(spot.place, &self.seen(number))?
        else {
            return Ok(None);
        };
        let output = Spot {
            value: number + 1,
            place: spot.place,
        };
        let value = self.value(output);
        let check = judge::<T>(&account, value);
        let Some(numbers) = content(&account).numbers(self.value(spot)) else {
            return Ok(None);
        };
        Ok(Some(NextActivation {
            name: self.name(output),
            formula: account.formula,
            numbers,
            value,
            check,
        }))
    }
}

impl Content {
    /// Takes the number of the winner, or of the own term, from `rule`.
    fn renumber(&mut self, rule: &Rule) {
        if let (
            Self::Largest { winner: own, .. } | Self::Softmax { own, .. },
            Rule::Largest { winner: number } | Rule::Softmax { own: number },
        ) = (self, rule)
        {
            *own = *number;
        }
    }

    /// The formula of a function of the value `x`, with numbers.
    pub(super) fn numbers(&self, x: f64) -> Option<String> {
        match self {
            Self::Function { numbers } => Some(numbers.clone()),
            Self::Softmax {
                largest,
                denominator,
                ..
            } => Some(format!(
                "exp({} - {}) / {}",
                number(x),
                operand(*largest),
                number(*denominator)
            )),
            _ => None,
        }
    }
}

/// Leaves the `most` largest terms and adds up the others.
pub(super) fn shorten(account: &mut Account, most: usize) -> Option<More> {
    if account.terms.len() <= most {
        return None;
    }
    let largest = matches!(account.rule, Rule::Largest { .. });
    let size = |term: &Term| match (largest, term.place) {
        (true, Some(_)) => term.value,
        (true, None) => f64::NEG_INFINITY,
        (false, _) => term.product().abs(),
    };
    let sizes: Vec<f64> = account.terms.iter().map(size).collect();
    let own = match account.rule {
        Rule::Largest { winner: own } | Rule::Softmax { own } => Some(own),
        _ => None,
    };
    let kept = kept(&sizes, most, own);
    let mut sum = Exact::default();
    let mut left = kept.iter().copied().peekable();
    for (number, term) in account.terms.iter().enumerate() {
        if left.next_if_eq(&number).is_none() {
            sum.add(term.value, term.factor, 0.0);
        }
    }
    let count = account.terms.len() - kept.len();
    if let Rule::Largest { winner: own } | Rule::Softmax { own } = &mut account.rule {
        *own = kept.binary_search(own).unwrap_or(0);
    }
    account.terms = kept.iter().map(|&number| account.terms[number]).collect();
    Some(More {
        count,
        sum: sum.value(),
    })
}

/// An account as part of an explanation.
fn content(account: &Account) -> Content {
    match &account.rule {
        Rule::Sum { bias, divisor } => Content::Sum {
            bias: *bias,
            divisor: *divisor,
        },
        Rule::Largest { winner } => {
            let found = account.terms.get(*winner).map_or(f64::NAN, |t| t.value);
            let others = account.terms.iter().enumerate();
            let rival = others
                .filter(|(number, term)| number != winner && term.place.is_some())
                .map(|(_, term)| term.value)
                .reduce(f64::max);
            Content::Largest {
                winner: *winner,
                margin: rival.map(|rival| found - rival),
            }
        }
        Rule::Softmax { own } => {
            let (largest, denominator, _) = exponentials(&account.terms);
            Content::Softmax {
                own: *own,
                largest,
                denominator,
            }
        }
        Rule::Function { numbers, .. } => Content::Function {
            numbers: numbers.clone(),
        },
        Rule::Same => Content::Same,
    }
}

/// Computes an account next to the network's value.
fn judge<T: Number>(account: &Account, value: f64) -> Check {
    let only = |number: usize| account.terms.get(number).map_or(f64::NAN, |t| t.value);
    let same = |found: f64| Check::new::<T>(found, value, 0.0, found.abs());
    match &account.rule {
        Rule::Sum { bias, divisor } => {
            let mut sum = Exact::default();
            for term in &account.terms {
                sum.add(term.value, term.factor, term.product().abs());
            }
            if let Some(bias) = *bias {
                sum.add(bias, 1.0, bias.abs());
            }
            sum.check::<T>(*divisor, value, account.slack)
        }
        Rule::Largest { winner } => same(only(*winner)),
        Rule::Softmax { own } => softmax::<T>(&account.terms, *own, value),
        Rule::Function {
            result, roundings, ..
        } => {
            let lost = if *roundings > 0.0 { tiny::<T>() } else { 0.0 };
            let bound = gamma::<T>(*roundings) * result.abs() + lost;
            Check::new::<T>(*result, value, bound, result.abs())
        }
        Rule::Same => same(only(0)),
    }
}

/// The largest value `m`, the sum of `exp(x - m)`, and of `(m - x) exp(x - m)`.
fn exponentials(terms: &[Term]) -> (f64, f64, f64) {
    let values = || terms.iter().map(|term| term.value);
    let largest = values().fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut moved) = (0.0, 0.0);
    for x in values() {
        let exp = (x - largest).exp();
        sum += exp;
        if exp > 0.0 {
            moved += (largest - x) * exp;
        }
    }
    (largest, sum, moved)
}

/// `exp(x_k - m) / sum of exp(x_j - m)`, `m` the largest.
///
/// With `d_j = x_j - m` rounded once, an exponential of it is off by `u |d_j|` and its own
/// [`EXP_ROUNDINGS`]; the sum by the mean of its terms' errors and `gamma(n)`; the quotient once more.
/// Everything twice, for both sides of the comparison.
fn softmax<T: Number>(terms: &[Term], own: usize, value: f64) -> Check {
    let (largest, denominator, moved) = exponentials(terms);
    let distance = terms.get(own).map_or(f64::NAN, |term| term.value) - largest;
    let result = distance.exp() / denominator;
    let own_moved = if result > 0.0 { distance.abs() } else { 0.0 };
    let roundings = own_moved + moved / denominator + 2.0 * EXP_ROUNDINGS + terms.len() as f64;
    let bound = 2.0 * (gamma::<T>(roundings + 2.0) * result + tiny::<T>());
    Check::new::<T>(result, value, bound, result)
}
