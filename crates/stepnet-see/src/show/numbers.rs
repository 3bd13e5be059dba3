//! Values as text, in one form for all that are shown together.
//!
//! The rules are those of numpy: a value has the digits that distinguish it from its
//! neighbours, at most 8 after the point; powers of ten are written where magnitudes are large,
//! small, or far apart.

use std::str::FromStr;

use super::value::Cell;

/// The most digits after the point.
const PRECISION: usize = 8;

/// The largest ratio of magnitudes that is written without powers of ten.
const RATIO: f64 = 1000.0;

/// Magnitudes below this are written with powers of ten.
const SMALL: f64 = 1e-4;

/// How all values of an array are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// As they are, right-aligned.
    Plain { width: usize },
    /// Texts in quotes, not aligned.
    Quoted,
    /// `12.5`, with these numbers of characters before and after the point.
    Positional { left: usize, right: usize },
    /// `1.25e-05`: characters before the point, digits after it, characters after the `e`.
    Scientific {
        left: usize,
        digits: usize,
        exponent: usize,
    },
}

impl Form {
    /// The form for values that are shown together.
    pub(super) fn of<'a>(cells: impl Iterator<Item = Cell<'a>> + Clone) -> Self {
        match cells.clone().next() {
            None => Self::Plain { width: 0 },
            Some(Cell::F32(_) | Cell::F64(_)) => Self::of_floats(cells),
            Some(Cell::Text(_)) => Self::Quoted,
            Some(Cell::Bool(_)) => Self::Plain { width: 5 },
            Some(Cell::Signed(_) | Cell::Unsigned(_)) => Self::Plain {
                width: cells.map(|cell| plain(cell).len()).max().unwrap_or(0),
            },
        }
    }

    fn of_floats<'a>(cells: impl Iterator<Item = Cell<'a>> + Clone) -> Self {
        let value = |cell: Cell<'_>| cell.as_f64().unwrap_or(f64::NAN);
        let finite = cells.clone().filter(|&cell| value(cell).is_finite());
        let sizes = finite.clone().map(|cell| value(cell).abs());
        let sizes = sizes.filter(|&size| size != 0.0);
        let largest = sizes.clone().fold(0.0_f64, f64::max);
        let least = sizes.fold(f64::INFINITY, f64::min);
        let most = match cells.clone().next() {
            Some(Cell::F32(_)) => 1e6,
            _ => 1e8,
        };
        let powers = largest > 0.0 && (largest >= most || least < SMALL || largest / least > RATIO);
        let longest = |part: fn(Cell<'_>) -> usize| finite.clone().map(part).max().unwrap_or(0);
        let form = if powers {
            Self::Scientific {
                left: longest(|cell| scientific(cell).0.len()),
                digits: longest(|cell| scientific(cell).1.len()),
                exponent: longest(|cell| scientific(cell).2.len()),
            }
        } else {
            Self::Positional {
                left: longest(|cell| positional(cell).0.len()),
                right: longest(|cell| positional(cell).1.len()),
            }
        };
        let other = cells.filter(|&cell| !value(cell).is_finite());
        form.at_least(other.map(|cell| not_finite(value(cell)).len()).max())
    }

    /// Widened so that words such as `-inf` fit.
    fn at_least(mut self, words: Option<usize>) -> Self {
        let width = self.width();
        if let (Self::Positional { left, .. } | Self::Scientific { left, .. }, Some(words)) =
            (&mut self, words)
        {
            *left += words.saturating_sub(width);
        }
        self
    }

    /// The characters of every value but a text.
    fn width(self) -> usize {
        match self {
            Self::Plain { width } => width,
            Self::Quoted => 0,
            Self::Positional { left, right } => left + 1 + right,
            Self::Scientific {
                left,
                digits,
                exponent,
            } => left + 1 + digits + 1 + exponent,
        }
    }

    /// A value in this form.
    pub(super) fn text(self, cell: Cell<'_>) -> String {
        let width = self.width();
        let value = cell.as_f64().unwrap_or(0.0);
        if !value.is_finite() {
            return format!("{:>width$}", not_finite(value));
        }
        match self {
            Self::Plain { .. } => format!("{:>width$}", plain(cell)),
            Self::Quoted => plain(cell),
            Self::Positional { left, right } => {
                let (whole, part) = positional(cell);
                format!("{whole:>left$}.{part:<right$}")
            }
            Self::Scientific {
                left,
                digits,
                exponent,
            } => {
                // All with as many digits, which are those of the value itself, not zeros.
                let text = match cell {
                    Cell::F32(value) => format!("{value:.digits$e}"),
                    _ => format!("{value:.digits$e}"),
                };
                let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
                let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
                let power = signed_power(power);
                let (sign, power) = power.split_at(1);
                let places = exponent.saturating_sub(1);
                format!("{whole:>left$}.{part}e{sign}{power:0>places$}")
            }
        }
    }
}

/// A number alone: the shortest digits that distinguish it.
pub(super) fn alone(cell: Cell<'_>) -> String {
    match cell {
        Cell::F32(_) | Cell::F64(_) => {
            let value = cell.as_f64().unwrap_or(0.0);
            if !value.is_finite() {
                return not_finite(value).to_owned();
            }
            let size = value.abs();
            let most = if matches!(cell, Cell::F32(_)) {
                1e6
            } else {
                1e16
            };
            if size != 0.0 && !(SMALL..most).contains(&size) {
                return shortest_power(cell);
            }
            let digits = digits(cell);
            if digits.contains('.') {
                digits
            } else {
                format!("{digits}.0")
            }
        }
        Cell::Text(text) => text.to_owned(),
        other => plain(other),
    }
}

fn not_finite(value: f64) -> &'static str {
    match value {
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => "nan",
    }
}

fn plain(cell: Cell<'_>) -> String {
    match cell {
        Cell::Signed(value) => value.to_string(),
        Cell::Unsigned(value) => value.to_string(),
        Cell::Bool(true) => "True".to_owned(),
        Cell::Bool(false) => "False".to_owned(),
        Cell::Text(text) => quoted(text),
        Cell::F32(_) | Cell::F64(_) => digits(cell),
    }
}

/// A text in quotes; characters that would move the cursor are escaped.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// The shortest digits, without a power of ten.
fn digits(cell: Cell<'_>) -> String {
    match cell {
        Cell::F32(value) => nearest(value.to_string(), |n| format!("{value:.n$}"), value),
        Cell::F64(value) => nearest(value.to_string(), |n| format!("{value:.n$}"), value),
        other => plain(other),
    }
}

/// The shortest digits with a power of ten.
fn power_digits(cell: Cell<'_>) -> String {
    match cell {
        Cell::F32(value) => nearest(format!("{value:e}"), |n| format!("{value:.n$e}"), value),
        Cell::F64(value) => nearest(format!("{value:e}"), |n| format!("{value:.n$e}"), value),
        other => plain(other),
    }
}

/// Of several shortest texts for a value the one nearest to it, an even digit where two are: as
/// many digits as `shortest` has, if they still give the value.
fn nearest<T: PartialEq + FromStr>(
    shortest: String,
    rounded: impl Fn(usize) -> String,
    value: T,
) -> String {
    let rounded = rounded(decimals(&shortest));
    match rounded.parse::<T>() {
        Ok(read) if read == value => rounded,
        _ => shortest,
    }
}

/// How many digits there are after the point.
fn decimals(text: &str) -> usize {
    let mantissa = text.split('e').next().unwrap_or_default();
    mantissa.split_once('.').map_or(0, |(_, part)| part.len())
}

fn shortest_power(cell: Cell<'_>) -> String {
    let text = power_digits(cell);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}e{}", signed_power(power))
}

/// The parts before and after the point.
fn positional(cell: Cell<'_>) -> (String, String) {
    let text = digits(cell);
    let text = match cell {
        Cell::F32(value) if decimals(&text) > PRECISION => format!("{value:.PRECISION$}"),
        Cell::F64(value) if decimals(&text) > PRECISION => format!("{value:.PRECISION$}"),
        _ => text,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    (whole.to_owned(), part.trim_end_matches('0').to_owned())
}

/// Before the point, after it, and the exponent with its sign and at least two digits.
fn scientific(cell: Cell<'_>) -> (String, String, String) {
    let text = power_digits(cell);
    let text = match cell {
        Cell::F32(value) if decimals(&text) > PRECISION => format!("{value:.PRECISION$e}"),
        Cell::F64(value) if decimals(&text) > PRECISION => format!("{value:.PRECISION$e}"),
        _ => text,
    };
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let part = part.trim_end_matches('0').to_owned();
    (whole.to_owned(), part, signed_power(power))
}

/// `-5` as `-05`, `12` as `+12`.
fn signed_power(power: &str) -> String {
    match power.strip_prefix('-') {
        Some(digits) => format!("-{digits:0>2}"),
        None => format!("+{power:0>2}"),
    }
}
