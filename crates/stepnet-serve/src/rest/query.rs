//! The part of an address after `?`.

use crate::http::{Answer, Refusal};

/// What a prediction may be asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// How many classes to name; all where it is not given.
    pub(super) top: Option<usize>,
    /// The class whose heat map is wanted.
    pub(super) heat_map: Option<HeatMap>,
}

/// The class that a heat map is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeatMap {
    Predicted,
    Class(String),
}

impl Query {
    /// Reads `top=3&heatmap=predicted`.
    ///
    /// # Errors
    /// Other names, and values that are none.
    pub(super) fn read(text: &str) -> Answer<Self> {
        let mut query = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(value);
            match name {
                "top" => {
                    let top = value.parse().ok().filter(|&top: &usize| top > 0);
                    let wrong =
                        || Refusal::wrong(format!("top is {value:?}, expected a number from 1"));
                    query.top = Some(top.ok_or_else(wrong)?);
                }
                "heatmap" if value.is_empty() || value == "predicted" => {
                    query.heat_map = Some(HeatMap::Predicted);
                }
                "heatmap" => query.heat_map = Some(HeatMap::Class(value)),
                other => {
                    return Err(Refusal::wrong(format!(
                        "there is no parameter {other:?}, expected top or heatmap"
                    )));
                }
            }
        }
        Ok(query)
    }
}

/// A value without percent encoding; what is not valid stays as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (bytes, rest) = match (byte, first) {
            (Some(byte), _) => (with(bytes, byte), &tail[2..]),
            (None, b'+') => (with(bytes, b' '), tail),
            (None, byte) => (with(bytes, *byte), tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn with(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_mistakes_named() {
        let query = Query::read("top=3&heatmap=a%20b%2B+c%zz%4").unwrap();
        assert_eq!(query.top, Some(3));
        assert_eq!(query.heat_map, Some(HeatMap::Class("a b+ c%zz%4".into())));
        let predicted = Query::read("heatmap").unwrap().heat_map;
        assert_eq!(predicted, Some(HeatMap::Predicted));
        assert_eq!(Query::read("").unwrap(), Query::default());
        for wrong in ["top=0", "top=-1", "top=x", "tpo=1"] {
            assert!(Query::read(wrong).is_err(), "{wrong}");
        }
    }
}
