//! What a value was made of.

use super::Why;
use super::at::{Spot, shape_of};
use super::explanation::{Content, Forward, Line, Then};
use super::sum::{Check, Exact, gamma, tiny};
use crate::Element;
use crate::error::Result;
use crate::memory;
use crate::nn::account::{Account, Rule, Term, number, operand};

/// Roundings of an exponential that is right to about two units in the last place.
const EXP_ROUNDINGS: f64 = 4.0;

impl<T: Element> Why<'_, T> {
    pub(super) fn forward(&self, spot: Spot) -> Result<Forward> {
        let Some(node) = self.node(spot.value) else {
            return Ok(self.of_input(spot));
        };
        let before = spot.value - 1;
        let Some(account) = node.layer().account(spot.place, &self.seen(before))? else {
            return self.of_opaque(spot);
        };
        let value = self.value(spot);
        let (content, check) = judge::<T>(&account, value);
        Ok(Forward {
            terms: self.lines(before, &account.terms)?,
            formula: account.formula,
            content,
            window: account.window.or_else(|| self.layout(before)),
            more: None,
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
            Some(_) => "x = (raw value / divisor - mean) / deviation",
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

    /// The terms with the names of their values, which are those of value number `value`.
    pub(super) fn lines(&self, value: usize, terms: &[Term]) -> Result<Vec<Line>> {
        memory::ensure::<Line>("the terms of one value", terms.len())?;
        let shape = shape_of(self.network, value);
        let line = |term: &Term| {
            let spot = term.place.map(|place| Spot { value, place });
            Line {
                name: spot.map_or("padding".into(), |spot| self.name(spot)),
                at: spot.map(|spot| super::indices(shape, spot.place)),
                value: term.value,
                factor: term.factor,
                product: term.product(),
            }
        };
        Ok(terms.iter().map(line).collect())
    }

    /// The activation that takes the value up, if the next layer is one.
    pub(super) fn then(&self, spot: Spot) -> Result<Option<Then>> {
        let Some(next) = self.network.nodes().get(spot.value) else {
            return Ok(None);
        };
        if spot.value == 0 || next.input() != next.output() {
            return Ok(None);
        }
        let Some(account) = next.layer().account(spot.place, &self.seen(spot.value))? else {
            return Ok(None);
        };
        let output = Spot {
            value: spot.value + 1,
            place: spot.place,
        };
        let value = self.value(output);
        let (content, check) = judge::<T>(&account, value);
        let Some(numbers) = content.numbers(self.value(spot)) else {
            return Ok(None);
        };
        Ok(Some(Then {
            name: self.name(output),
            formula: account.formula,
            numbers,
            value,
            check,
        }))
    }
}

impl Content {
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

/// Works an account out beside the network's value.
fn judge<T: Element>(account: &Account, value: f64) -> (Content, Check) {
    match &account.rule {
        Rule::Sum { bias, divisor } => {
            let mut sum = Exact::default();
            for term in &account.terms {
                sum.add(term.value, term.factor, term.product().abs());
            }
            if let Some(bias) = *bias {
                sum.add(bias, 1.0, bias.abs());
            }
            let content = Content::Sum {
                bias: *bias,
                divisor: *divisor,
            };
            (content, sum.check::<T>(*divisor, value))
        }
        Rule::Largest { winner } => {
            let found = account.terms.get(*winner).map_or(f64::NAN, |t| t.value);
            let others = account.terms.iter().enumerate();
            let rival = others
                .filter(|(number, term)| number != winner && term.place.is_some())
                .map(|(_, term)| term.value)
                .reduce(f64::max);
            let content = Content::Largest {
                winner: *winner,
                margin: rival.map(|rival| found - rival),
            };
            (content, Check::new::<T>(found, value, 0.0, found.abs()))
        }
        Rule::Softmax { own } => softmax::<T>(&account.terms, *own, value),
        Rule::Function {
            numbers,
            result,
            roundings,
        } => {
            let lost = if *roundings > 0.0 { tiny::<T>() } else { 0.0 };
            let bound = gamma::<T>(*roundings) * result.abs() + lost;
            let content = Content::Function {
                numbers: numbers.clone(),
            };
            (
                content,
                Check::new::<T>(*result, value, bound, result.abs()),
            )
        }
        Rule::Same => {
            let found = account.terms.first().map_or(f64::NAN, |t| t.value);
            let check = Check::new::<T>(found, value, 0.0, found.abs());
            (Content::Same, check)
        }
    }
}

/// `exp(x_k - m) / sum of exp(x_j - m)`, `m` the largest.
///
/// With `d_j = x_j - m` rounded once, an exponential of it is off by `u |d_j|` and its own
/// [`EXP_ROUNDINGS`]; the sum by the mean of its terms' errors and `gamma(n)`; the quotient once more.
/// Everything twice, for both sides of the comparison.
fn softmax<T: Element>(terms: &[Term], own: usize, value: f64) -> (Content, Check) {
    let values = || terms.iter().map(|term| term.value);
    let largest = values().fold(f64::NEG_INFINITY, f64::max);
    let (mut denominator, mut moved) = (0.0, 0.0);
    for x in values() {
        let (distance, exp) = ((x - largest).abs(), (x - largest).exp());
        denominator += exp;
        if exp > 0.0 {
            moved += distance * exp;
        }
    }
    let distance = terms.get(own).map_or(f64::NAN, |term| term.value) - largest;
    let result = distance.exp() / denominator;
    let own_moved = if result > 0.0 { distance.abs() } else { 0.0 };
    let roundings = own_moved + moved / denominator + 2.0 * EXP_ROUNDINGS + terms.len() as f64;
    let bound = 2.0 * (gamma::<T>(roundings + 2.0) * result + tiny::<T>());
    let content = Content::Softmax {
        own,
        largest,
        denominator,
    };
    (content, Check::new::<T>(result, value, bound, result))
}
