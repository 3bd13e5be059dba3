//! The check of one derivative: both numbers, and the costs that the numerical one comes from.

use serde::Serialize;

use super::network::WholeNetwork;
use super::options::Options;
use super::probe::{Estimate, Probe};
use super::subject::Subject;
use super::{Examples, relative_difference};
use crate::error::{Error, Result};
use stepnet_base::rng::RandomState;
use stepnet_base::text::{hint, listed};
use stepnet_nn::Network;

/// One derivative of the mean loss of some examples, analytic and numerical.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WeightCheck {
    /// The array: `input`, or layer and parameter such as `conv1.weight`.
    pub array: String,
    /// The place in it.
    pub index: Vec<usize>,
    /// The value there.
    pub value: f64,
    /// The derivative that the backward passes give.
    pub analytic: f64,
    /// `(plus - minus) / (2 step)`; `None` if the difference crosses a kink with every step that was tried.
    pub numeric: Option<f64>,
    /// How far the value was moved up and down.
    pub step: Option<f64>,
    /// The cost with the value moved up.
    pub plus: Option<f64>,
    /// The cost with the value moved down.
    pub minus: Option<f64>,
    /// The [relative difference](super::relative_difference) of the two.
    pub difference: Option<f64>,
    /// The largest distance between the two that tolerance, rounding and curvature explain.
    pub bound: Option<f64>,
    /// Whether the two are no further apart.
    pub agrees: bool,
}

/// Checks the derivative of the mean loss of `examples` with respect to one number: of the parameter `array`, such as
/// `conv1.weight`, or of the `input`, whose first index is the example.
///
/// # Errors
/// An array or a place that the network has not, one that does not train, and as [`network`](super::network()).
pub fn weight(
    network: &Network<f64>,
    examples: &Examples,
    array: &str,
    index: &[usize],
) -> Result<WeightCheck> {
    let mut subject = WholeNetwork::new(network, examples)?;
    let number = named(&subject, array)?;
    let place = place_of(array, &subject.arrays()[number].shape, index)?;
    let options = Options::default();
    let value = subject.values(number)[place];
    let mut random = RandomState::new(options.seed);
    let mut probe = Probe::new(&mut subject, number, &mut random)?;
    let analytic = probe.gradient(place);
    let bound =
        |found: &Estimate| options.tolerance * analytic.abs().max(found.value.abs()) + found.error;
    let agrees = |found: &Estimate| (analytic - found.value).abs() <= bound(found);
    let mut found = probe.first(place, &options.steps())?;
    if !found.as_ref().is_some_and(agrees) {
        let best = probe.best(place, &options.other_steps())?;
        found = best.or(found);
    }
    Ok(WeightCheck {
        array: array.to_owned(),
        index: index.to_vec(),
        value,
        analytic,
        numeric: found.map(|found| found.value),
        step: found.map(|found| found.width / 2.0),
        plus: found.map(|found| found.costs[0]),
        minus: found.map(|found| found.costs[1]),
        difference: found.map(|found| relative_difference(&[analytic], &[found.value])),
        bound: found.as_ref().map(bound),
        agrees: found.as_ref().is_some_and(agrees),
    })
}

/// The number of the array with this name.
fn named(subject: &WholeNetwork, array: &str) -> Result<usize> {
    let names = || subject.arrays().iter().map(|known| known.name.as_str());
    names().position(|name| name == array).ok_or_else(|| {
        let known: Vec<&str> = names().collect();
        let expected = format!("one of {}{}", listed(&known), hint(array, names()));
        Error::value(
            "gradient check",
            "the array",
            format!("{array:?}"),
            expected,
        )
    })
}

/// Where the value with these indices lies.
fn place_of(array: &str, shape: &[usize], index: &[usize]) -> Result<usize> {
    let inside = index.len() == shape.len() && index.iter().zip(shape).all(|(i, n)| i < n);
    if !inside {
        let expected = format!("an index for each extent of {array}, whose shape is {shape:?}");
        let found = format!("{index:?}");
        return Err(Error::value("gradient check", "the index", found, expected));
    }
    let places = index.iter().zip(shape);
    Ok(places.fold(0, |place, (index, extent)| place * extent + index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_nn::Shape;

    #[test]
    fn one_derivative_is_what_the_formula_says() {
        // The loss is (w x + b - t)^2: its derivative with respect to w is 2 (w x + b - t) x.
        let mut network = Network::<f64>::new("linear(1)", Shape::Features(2)).unwrap();
        network.parameters_mut().copy_from_slice(&[0.5, -1.0, 0.25]);
        let examples = Examples::values(vec![2.0, 3.0], vec![1.0]);
        let error = 0.5 * 2.0 - 3.0 + 0.25 - 1.0;
        let check = weight(&network, &examples, "linear1.weight", &[0, 1]).unwrap();
        assert_eq!((check.value, check.analytic), (-1.0, 2.0 * error * 3.0));
        assert!(check.agrees, "{check:?}");
        let [plus, minus, step] = [check.plus, check.minus, check.step].map(Option::unwrap);
        let numeric = (plus - minus) / (2.0 * step);
        assert!((numeric - check.analytic).abs() < 1e-6, "{check:?}");
        assert!((numeric - check.numeric.unwrap()).abs() < 1e-9, "{check:?}");
        let input = weight(&network, &examples, "input", &[0, 0]).unwrap();
        assert_eq!(input.analytic, 2.0 * error * 0.5);
        assert!(input.agrees, "{input:?}");
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let network = Network::<f64>::new("linear(1)", Shape::Features(2)).unwrap();
        let examples = Examples::values(vec![2.0, 3.0], vec![1.0]);
        let message = |array: &str, index: &[usize]| {
            let error = weight(&network, &examples, array, index).unwrap_err();
            error.to_string()
        };
        let wrong = message("linear1.weights", &[0, 0]);
        assert!(wrong.contains("did you mean \"linear1.weight\""), "{wrong}");
        for index in [&[0][..], &[1, 0], &[0, 2]] {
            let wrong = message("linear1.weight", index);
            assert!(wrong.contains("whose shape is [1, 2]"), "{wrong}");
        }
    }
}
