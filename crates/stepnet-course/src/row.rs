//! One published number next to ours, and when they agree.

use serde::Serialize;

/// Up to this many printed digits are compared to the last; more depend on the order of sums.
const EXACT_DIGITS: usize = 13;

/// How far any two correct runs may differ, relative to the value, in addition to their spread.
const ROUNDING: f64 = 1e-12;

/// How many times the spread of the reference runs is allowed.
const SPREADS: f64 = 30.0;

/// A number that a notebook prints, or that its reference run gives, and what the engine gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The experiment, or the case of a building block.
    pub experiment: String,
    /// The notebook and its edition or copies.
    pub version: String,
    /// Which number: `cost at iteration 100`, `Z.mean`.
    pub what: String,
    /// The number as it was published; empty for numbers of the reference run alone.
    pub published: String,
    /// Our number, to as many digits.
    pub ours: String,
    /// Ours less the reference run's value, or the published one where that is all there is; of arrays the
    /// largest magnitude.
    pub difference: Option<f64>,
    /// Whether they agree.
    pub verdict: Verdict,
    /// The reason for the verdict, where one is known.
    pub note: String,
}

impl Row {
    /// The row of a number that nothing is known of on our side: its data is not here.
    pub(crate) fn without_data(
        experiment: &str,
        version: &str,
        what: &str,
        texts: &[String],
    ) -> Self {
        Self {
            experiment: experiment.to_owned(),
            version: version.to_owned(),
            what: what.to_owned(),
            published: texts.first().cloned().unwrap_or_default(),
            ours: String::new(),
            difference: None,
            verdict: Verdict::NoData,
            note: String::new(),
        }
    }

    /// The same row with our number, compared with the texts that copies print and the reference run:
    /// it has to show one of the texts, and to be within the bound of the value.
    pub(crate) fn measured(mut self, ours: f64, texts: &[String], reference: Reference) -> Self {
        let (text, difference, verdict) = compare(ours, texts, reference);
        self.ours = text;
        self.difference = Some(difference);
        self.verdict = verdict;
        self
    }

    /// The same row with our number, compared with a value of the reference run within a bound.
    pub(crate) fn within(mut self, ours: f64, value: f64, bound: f64) -> Self {
        self.ours = format!("{ours:?}");
        self.difference = Some(ours - value);
        self.verdict = Verdict::of((ours - value).abs() <= bound);
        self
    }
}

/// Whether a published number is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// To every printed digit, or within the stated bound.
    Agrees,
    /// They are not the same.
    Differs,
    /// They are not the same, as they must not be: the published text comes from faulty code.
    Erratum,
    /// The data is not here.
    NoData,
}

impl Verdict {
    /// The verdict of a comparison.
    pub(crate) fn of(agrees: bool) -> Self {
        if agrees { Self::Agrees } else { Self::Differs }
    }

    /// The word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "DIFFERS",
            Self::Erratum => "erratum",
            Self::NoData => "no data",
        }
    }
}

/// A number from a run of the reference, with what may change it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) value: Option<f64>,
    /// Relative, between runs that sum in other orders.
    pub(crate) spread: f64,
}

impl Reference {
    /// A value that all reference runs gave alike.
    pub(crate) fn exact(value: f64) -> Self {
        Self {
            value: Some(value),
            spread: 0.0,
        }
    }

    /// How far from `value` a correct run may be.
    pub(crate) fn bound(self, value: f64) -> f64 {
        (ROUNDING + SPREADS * self.spread) * value.abs()
    }
}

/// Our text, the difference and the verdict of [`Row::measured`].
fn compare(ours: f64, texts: &[String], reference: Reference) -> (String, f64, Verdict) {
    let near = |value: f64| (ours - value).abs() <= reference.bound(value);
    let shows = |text: &String| {
        let Ok(number) = text.parse::<f64>() else {
            return false;
        };
        if significant(text) <= EXACT_DIGITS {
            (ours - number).abs() <= half_unit(text, 0)
        } else {
            near(number)
        }
    };
    let text_agrees = texts.is_empty() || texts.iter().any(shows);
    let value_agrees = reference.value.is_none_or(near);
    let published = texts.first().and_then(|text| text.parse().ok());
    let target = reference.value.or(published).unwrap_or(f64::NAN);
    let text = texts
        .first()
        .map_or_else(|| format!("{ours:?}"), |text| alike(ours, text));
    (
        text,
        ours - target,
        Verdict::of(text_agrees && value_agrees),
    )
}

/// A number with as many decimals as a published one; all digits where that has very many.
pub(crate) fn alike(value: f64, text: &str) -> String {
    if significant(text) > EXACT_DIGITS || text.contains(['e', 'E']) {
        return format!("{value:?}");
    }
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    format!("{value:.decimals$}")
}

/// How many digits a printed number has, leading zeros apart.
pub(crate) fn significant(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').len()
}

/// Half a unit of the last printed digit, and a hair for values that lie right between two;
/// `least` decimals where trailing zeros were dropped.
pub(crate) fn half_unit(text: &str, least: usize) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let places = i32::try_from(decimals.max(least)).unwrap_or(i32::MAX);
    let exponent: i32 = exponent.parse().unwrap_or(0);
    0.5 * 10_f64.powi(exponent.saturating_sub(places)) * (1.0 + 1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ours: f64, text: &str, value: Option<f64>) -> Verdict {
        let reference = Reference { value, spread: 0.0 };
        compare(ours, &[text.to_owned()], reference).2
    }

    #[test]
    fn few_digits_are_compared_to_the_last() {
        assert_eq!(verdict(0.6720534, "0.672053", None), Verdict::Agrees);
        assert_eq!(verdict(0.6720536, "0.672053", None), Verdict::Differs);
        assert_eq!(verdict(70.0, "70.0", None), Verdict::Agrees);
        assert_eq!(verdict(70.06, "70.0", None), Verdict::Differs);
        assert_eq!(verdict(8.0, "8", None), Verdict::Agrees);
        assert_eq!(verdict(f64::NAN, "8", None), Verdict::Differs);
    }

    #[test]
    fn many_digits_may_differ_by_rounding() {
        let text = "0.6464320953428849";
        assert_eq!(verdict(0.646432095342885, text, None), Verdict::Agrees);
        assert_eq!(verdict(0.6464320953449, text, None), Verdict::Differs);
        // The text would do, but the value says otherwise.
        let value = Some(0.6464320953449);
        assert_eq!(verdict(0.6464320953428849, text, value), Verdict::Differs);
    }

    #[test]
    fn the_spread_widens_the_bound() {
        let near = |spread| {
            let reference = Reference {
                value: Some(1.0),
                spread,
            };
            compare(1.0 + 2e-11, &[], reference).2
        };
        assert_eq!(near(0.0), Verdict::Differs);
        assert_eq!(near(1e-12), Verdict::Agrees);
    }

    #[test]
    fn ours_is_printed_as_the_notebook_prints() {
        assert_eq!(alike(1.0 / 3.0, "0.333333"), "0.333333");
        assert_eq!(alike(2.0, "2"), "2");
        assert_eq!(alike(0.1, "2.919335883291695e-10"), "0.1");
        assert_eq!(significant("0.00305176"), 6);
        assert_eq!(half_unit("5e-3", 0), 0.5e-3 * (1.0 + 1e-6));
    }
}
