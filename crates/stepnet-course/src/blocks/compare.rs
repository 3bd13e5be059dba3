//! Comparisons of arrays and printed texts, with the tolerances of the reference.

use ndarray::{ArrayD, ArrayRefD, ArrayViewD, Axis};

use super::super::row::{half_unit, significant};
use super::cases::{Arrays, ExpectedArray, Printed, array};

/// How near a result has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tolerance {
    /// Copies and selections have no rounding.
    Exact,
    /// `1e-12` of the value and `1e-14`.
    Double,
    /// `1e-5` of the largest magnitude in the array.
    Single,
}

/// The largest difference between two arrays, and whether every value is near enough.
pub(super) fn near(
    found: &ArrayD<f64>,
    expected: &ArrayD<f64>,
    tolerance: Tolerance,
) -> (f64, bool) {
    if found.shape() != expected.shape() {
        return (f64::NAN, false);
    }
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let (mut difference, mut agrees) = (0.0_f64, true);
    for (&a, &b) in found.iter().zip(expected) {
        let allowed = match tolerance {
            Tolerance::Exact => 0.0,
            Tolerance::Double => 1e-12 * b.abs() + 1e-14,
            Tolerance::Single => 1e-5 * largest,
        };
        let apart = (a - b).abs();
        difference = difference.max(apart);
        // A NaN is near to nothing.
        agrees &= apart <= allowed;
    }
    (difference, agrees)
}

/// Compares everything that is known of an array: shape, values, sum, mean, printed slices. Gives
/// the largest difference and whether all agree.
pub(super) fn expected(
    found: &ArrayD<f64>,
    expected: &ExpectedArray,
    tolerance: Tolerance,
) -> (f64, bool) {
    if found.shape() != expected.shape {
        return (f64::NAN, false);
    }
    let (mut difference, mut agrees) = (0.0_f64, true);
    let mut take = |(apart, near): (f64, bool)| {
        difference = difference.max(apart);
        agrees &= near;
    };
    if let Some(values) = expected.array() {
        take(near(found, &values, tolerance));
    }
    for (index, slice) in &expected.slices {
        take(near(
            &select(found, index).to_owned(),
            &array(slice),
            tolerance,
        ));
    }
    if tolerance != Tolerance::Single {
        let total = sum(found);
        let statistics = [
            (total, expected.sum),
            (total / found.len() as f64, expected.mean),
        ];
        for (found, expected) in statistics {
            if let Some(expected) = expected {
                let apart = (found - expected).abs();
                take((apart, apart <= 1e-12 * expected.abs() + 1e-14));
            }
        }
    }
    (difference, agrees)
}

/// The sum without rounding errors that matter (Neumaier, 1974).
pub(super) fn sum(values: &ArrayRefD<f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for &value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    sum + lost
}

/// The part of an array that an index such as `[3,2,1]` names.
fn select<'a>(array: &'a ArrayD<f64>, index: &str) -> ArrayViewD<'a, f64> {
    let places = index.trim_matches(['[', ']']).split(',');
    places.fold(array.view(), |view, place| {
        let place = place.trim().parse();
        view.index_axis_move(
            Axis(0),
            place.unwrap_or_else(|error| panic!("fixtures/seeds.json: {index}: {error}")),
        )
    })
}

/// The values that a printed text shows.
pub(super) fn shown(printed: &Printed, arrays: &Arrays) -> Vec<f64> {
    let of = printed.of.as_str();
    let (name, part) = of.find(['.', '[']).map_or((of, ""), |at| of.split_at(at));
    let array = arrays
        .get(name)
        .unwrap_or_else(|| panic!("fixtures/seeds.json: {of}: no array called {name}"));
    match part {
        "" => array.iter().copied().collect(),
        ".shape" => array.shape().iter().map(|&size| size as f64).collect(),
        ".mean" => vec![sum(array) / array.len() as f64],
        index => select(array, index).iter().copied().collect(),
    }
}

/// Whether a text shows these values, and the largest difference from its numbers.
pub(super) fn shows(printed: &Printed, values: &[f64]) -> (f64, bool) {
    let texts: Vec<&str> = tokens(&printed.text).collect();
    let complete = texts.len() == values.len() || (printed.truncated && texts.len() < values.len());
    let in_list = printed.text.contains('[');
    let mut difference = 0.0_f64;
    let mut agrees = complete && !texts.is_empty();
    for (text, &value) in texts.iter().zip(values) {
        let (apart, near) = matches(text, value, in_list);
        difference = difference.max(apart);
        agrees &= near;
    }
    (difference, agrees)
}

/// The numbers and truth values in a text.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || "[](),&\\".contains(c);
    text.split(separates).filter(|token| !token.is_empty())
}

/// Whether `value`, printed, could give `text`.
fn matches(text: &str, value: f64, in_list: bool) -> (f64, bool) {
    let expected = match text {
        "True" => 1.0,
        "False" => 0.0,
        number => number.parse().unwrap_or(f64::NAN),
    };
    let apart = (value - expected).abs();
    if !text.contains('.') {
        return (apart, value == expected);
    }
    if significant(text) >= 16 {
        return (apart, apart <= 1e-15 * value.abs());
    }
    // In lists numpy prints 8 decimals and then drops zeros at the end: 0.5 stands for 0.50000000.
    let least = if in_list && !text.contains(['e', 'E']) {
        8
    } else {
        0
    };
    (apart, apart <= half_unit(text, least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_number_is_matched_to_its_last_digit() {
        assert!(matches("0.692360880758", 0.6923608807583, false).1);
        assert!(!matches("0.692360880758", 0.692360880759, false).1);
        // In a list 0.5 stands for 0.50000000.
        assert!(!matches("0.5", 0.50000001, true).1);
        assert!(matches("0.5", 0.50000001, false).1);
        assert!(matches("-1.5e-03", -0.001549, false).1);
        assert!(matches("-6.999089450680221", -6.999089450680222, false).1);
        assert!(!matches("-6.999089450680221", -6.9990894506803, false).1);
        assert!(matches("True", 1.0, true).1);
        assert!(!matches("False", 1.0, true).1);
        assert!(!matches("4", 5.0, true).1);
        assert!(!matches("0.5", f64::NAN, true).1);
    }

    #[test]
    fn arrays_of_another_shape_or_with_nan_are_not_near() {
        let of =
            |values: &[f64]| ArrayD::from_shape_vec(vec![values.len()], values.to_vec()).unwrap();
        let near = |a: &[f64], b: &[f64]| near(&of(a), &of(b), Tolerance::Double).1;
        assert!(near(&[1.0, 2.0], &[1.0, 2.0 + 1e-13]));
        assert!(!near(&[1.0, 2.0], &[1.0, 2.0 + 1e-11]));
        assert!(!near(&[1.0, f64::NAN], &[1.0, 2.0]));
        assert!(!near(&[1.0], &[1.0, 2.0]));
    }
}
