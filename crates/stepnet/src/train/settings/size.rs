//! Amounts of memory, as people write them.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A number of bytes: `512MiB`, `4GB`, `1000000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(
    /// The bytes.
    pub u64,
);

const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let unit = |(name, unit): &(&str, u64)| {
            Some((lower.strip_suffix(&name.to_ascii_lowercase())?, *unit))
        };
        let (number, unit) = UNITS.iter().find_map(unit).unwrap_or((&lower, 1));
        let number = number.trim().parse::<f64>().ok();
        match number.map(|number| number * unit as f64) {
            Some(bytes) if bytes >= 1.0 && bytes < u64::MAX as f64 => Ok(Self(bytes as u64)),
            _ => Err(Error::value(
                "settings",
                "the size",
                format!("{text:?}"),
                "a number of bytes such as 512MiB or 4GiB",
            )),
        }
    }
}

/// In the largest unit of which it is a whole number.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut units = UNITS[..4].iter().rev();
        match units.find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [
            ("512MiB", 512 << 20),
            ("1.5 gib", 3 << 29),
            ("2kb", 2000),
            ("7", 7),
            ("9B", 9),
        ] {
            assert_eq!(text.parse::<Size>().unwrap(), Size(bytes), "{text}");
            assert_eq!(
                Size(bytes).to_string().parse::<Size>().unwrap(),
                Size(bytes)
            );
        }
        assert_eq!(Size(3 << 29).to_string(), "1536MiB");
        for text in ["", "MiB", "-1GiB", "0", "4 apples", "NaN", "inf", "1e30"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
