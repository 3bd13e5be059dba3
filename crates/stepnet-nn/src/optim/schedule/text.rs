//! Schedules as text.

use std::fmt;
use std::str::FromStr;

use super::Schedule;
use crate::error::{Error, Result};
use crate::limits;
use stepnet_base::text::hint;

/// The names, each with how it is written.
const NAMES: [(&str, &str); 6] = [
    ("constant", "constant"),
    ("cosine", "cosine"),
    (
        "decay",
        "decay(RATE) such as decay(1), or decay(RATE, EPOCHS) such as decay(1, 1000)",
    ),
    ("step", "step(FACTOR, EPOCHS) such as step(0.1, 30)"),
    (
        "exponential",
        "exponential(FACTOR) such as exponential(0.95)",
    ),
    (
        "one-cycle",
        "one-cycle, or one-cycle(RISE, START, END) such as one-cycle(0.3, 25, 10000)",
    ),
];

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine => f.write_str("cosine"),
            Self::Decay { rate, every: 1 } => write!(f, "decay({rate})"),
            Self::Decay { rate, every } => write!(f, "decay({rate}, {every})"),
            Self::Step { factor, every } => write!(f, "step({factor}, {every})"),
            Self::Exponential { factor } => write!(f, "exponential({factor})"),
            cycle if *cycle == Self::ONE_CYCLE => f.write_str("one-cycle"),
            Self::OneCycle { rise, start, end } => write!(f, "one-cycle({rise}, {start}, {end})"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    /// `constant`, `cosine`, `decay` or `decay(RATE)` for every epoch, `decay(RATE, EPOCHS)`,
    /// `step(FACTOR, EPOCHS)`, `exponential(FACTOR)`, `one-cycle` or `one-cycle(RISE, START, END)`.
    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => (name.trim_end(), rest.trim_end().strip_suffix(')')),
            None => (&*lower, Some("")),
        };
        let name = match name {
            "onecycle" | "one_cycle" | "1cycle" => "one-cycle",
            name => name,
        };
        let refused = |expected: String| {
            Error::value("schedule", "the schedule", format!("{text:?}"), expected)
        };
        let Some((_, written)) = NAMES.iter().find(|(known, _)| *known == name) else {
            let names = NAMES.map(|(name, _)| name);
            let expected = NAMES.map(|(_, written)| written).join("; ");
            return Err(refused(expected + &hint(name, names)));
        };
        arguments
            .and_then(|arguments| {
                // Nothing at all between the brackets is no argument, not an empty one.
                let split = arguments.split(',').map(str::trim);
                let parts: Vec<&str> = match lower.contains('(') {
                    true => split.collect(),
                    false => Vec::new(),
                };
                of(name, &parts)
            })
            .ok_or_else(|| refused((*written).to_owned()))
    }
}

/// The schedule of a name and its arguments, if they are right.
fn of(name: &str, arguments: &[&str]) -> Option<Schedule> {
    let number = |text: &str| {
        let number = text.parse().ok();
        number.filter(|&number| limits::FACTOR.contain(number))
    };
    let epochs = |text: &str| {
        text.parse()
            .ok()
            .filter(|epochs| (1..=limits::MOST_EPOCHS).contains(epochs))
    };
    Some(match (name, arguments) {
        ("constant", []) => Schedule::Constant,
        ("cosine", []) => Schedule::Cosine,
        ("decay", []) => Schedule::Decay {
            rate: 1.0,
            every: 1,
        },
        ("decay", [rate]) => Schedule::Decay {
            rate: number(rate)?,
            every: 1,
        },
        ("decay", [rate, every]) => Schedule::Decay {
            rate: number(rate)?,
            every: epochs(every)?,
        },
        ("step", [factor, every]) => Schedule::Step {
            factor: number(factor)?,
            every: epochs(every)?,
        },
        ("exponential", [factor]) => Schedule::Exponential {
            factor: number(factor)?,
        },
        ("one-cycle", []) => Schedule::ONE_CYCLE,
        ("one-cycle", [rise, start, end]) => Schedule::OneCycle {
            rise: number(rise).filter(|&rise| rise < 1.0)?,
            start: number(start).filter(|&start| start >= 1.0)?,
            end: number(end).filter(|&end| end >= 1.0)?,
        },
        _ => return None,
    })
}
