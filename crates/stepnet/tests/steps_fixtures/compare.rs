//! Comparisons with the tolerances that `fixtures/README.md` states.

use stepnet::ndarray::{ArrayD, ArrayRefD, ArrayViewD, Axis, Dimension};

use crate::format::{Arrays, Expected, Printed, array};

/// How near a result has to be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tolerance {
    Exact,
    Double,
    /// `1e-5` of the largest magnitude in the array.
    Single,
}

pub(crate) fn assert_near(
    name: &str,
    found: &ArrayD<f64>,
    expected: &ArrayD<f64>,
    tolerance: Tolerance,
) {
    assert_eq!(found.shape(), expected.shape(), "shape of {name}");
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for ((index, &a), &b) in found.indexed_iter().zip(expected) {
        let allowed = match tolerance {
            Tolerance::Exact => 0.0,
            Tolerance::Double => 1e-12 * b.abs() + 1e-14,
            Tolerance::Single => 1e-5 * largest,
        };
        assert!(
            (a - b).abs() <= allowed,
            "{name}{:?}: {a:e}, expected {b:e}",
            index.slice()
        );
    }
}

/// Compares everything that is known of an array: shape, values, sum, mean, printed slices.
pub(crate) fn assert_expected(
    name: &str,
    found: &ArrayD<f64>,
    expected: &Expected,
    tolerance: Tolerance,
) {
    assert!(
        ["f64", "bool", "int"].contains(&expected.dtype.as_str()),
        "dtype of {name}"
    );
    assert_eq!(found.shape(), expected.shape, "shape of {name}");
    if expected.value.is_some() {
        assert_near(name, found, &expected.array(), tolerance);
    }
    for (index, slice) in &expected.slices {
        assert_near(
            &format!("{name}{index}"),
            &select(found, index).to_owned(),
            &array(slice),
            tolerance,
        );
    }
    if tolerance == Tolerance::Single {
        return;
    }
    let total = sum(found);
    let statistics = [
        ("sum", total, expected.sum),
        ("mean", total / found.len() as f64, expected.mean),
    ];
    for (statistic, found, expected) in statistics {
        let Some(expected) = expected else { continue };
        let near = (found - expected).abs() <= 1e-12 * expected.abs() + 1e-14;
        assert!(
            near,
            "{statistic} of {name}: {found:e}, expected {expected:e}"
        );
    }
}

/// The sum without rounding errors that matter (Neumaier).
pub(crate) fn sum(values: &ArrayRefD<f64>) -> f64 {
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
    let inner = index
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap();
    inner.split(',').fold(array.view(), |view, i| {
        view.index_axis_move(Axis(0), i.trim().parse().unwrap())
    })
}

/// Whether a printed text shows the value it claims to show.
pub(crate) fn shows(printed: &Printed, arrays: &Arrays) -> bool {
    let of = printed.of.as_str();
    let (name, part) = of.find(['.', '[']).map_or((of, ""), |at| of.split_at(at));
    let array = arrays
        .get(name)
        .unwrap_or_else(|| panic!("{of}: no array called {name}"));
    let values: Vec<f64> = match part {
        "" => array.iter().copied().collect(),
        ".shape" => array.shape().iter().map(|&size| size as f64).collect(),
        ".mean" => vec![sum(array) / array.len() as f64],
        index => select(array, index).iter().copied().collect(),
    };
    let numbers: Vec<&str> = tokens(&printed.text).collect();
    let complete =
        numbers.len() == values.len() || (printed.truncated && numbers.len() < values.len());
    let in_list = printed.text.contains('[');
    complete
        && !numbers.is_empty()
        && numbers
            .iter()
            .zip(values)
            .all(|(text, value)| matches(text, value, in_list))
}

/// The numbers and truth values in a text.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || "[](),&\\".contains(c);
    text.split(separates).filter(|token| !token.is_empty())
}

/// Whether `value`, printed, could give `text`.
fn matches(text: &str, value: f64, in_list: bool) -> bool {
    let expected = match text {
        "True" => return value == 1.0,
        "False" => return value == 0.0,
        number => number
            .parse::<f64>()
            .unwrap_or_else(|_| panic!("not a number: {number:?}")),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Some((whole, decimals)) = mantissa.split_once('.') else {
        return value == expected;
    };
    let digits = format!("{whole}{decimals}");
    if digits.trim_start_matches(['-', '0']).len() >= 16 {
        return (value - expected).abs() <= 1e-15 * value.abs();
    }
    // In lists numpy prints 8 decimals and then drops zeros at the end: 0.5 stands for 0.50000000.
    let places = if in_list && exponent == "0" {
        decimals.len().max(8)
    } else {
        decimals.len()
    } as i32;
    let half_unit = 0.5 * 10_f64.powi(exponent.parse::<i32>().unwrap() - places);
    (value - expected).abs() <= half_unit * (1.0 + 1e-6)
}
