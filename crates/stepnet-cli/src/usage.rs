//! Readers of option values that say what would be right.

use std::str::FromStr;

use stepnet_base::limits::Bounds;

/// A reader of whole numbers from `low` to `high`.
pub(crate) fn whole<N: TryFrom<u64>>(
    low: u64,
    high: u64,
) -> impl Fn(&str) -> Result<N, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|n| (low..=high).contains(n));
        number
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| format!("expected a whole number from {low} to {high}"))
    }
}

/// A reader of finite numbers that `fits`, with the words for what would.
pub(crate) fn number(
    fits: fn(f64) -> bool,
    expected: &'static str,
) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|n: &f64| n.is_finite());
        number
            .filter(|&number| fits(number))
            .ok_or_else(|| format!("expected {expected}"))
    }
}

/// A reader of numbers within bounds.
pub(crate) fn within(bounds: Bounds) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|&number| bounds.contain(number));
        number.ok_or_else(|| format!("expected {bounds}"))
    }
}

/// A reader of what the library parses; clap shows the text itself, so only the expected value is reported.
pub(crate) fn any<V: FromStr<Err = stepnet::Error>>(text: &str) -> Result<V, String> {
    text.parse().map_err(|error| match error {
        stepnet::Error::Value { expected, .. } => format!("expected {expected}"),
        other => other.to_string(),
    })
}
