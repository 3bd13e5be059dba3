//! Tensors: datatypes, and numbers in JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use crate::few::{MOST, too_many};

/// The datatypes that inputs may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Datatype {
    /// Images as files.
    Bytes,
    /// 8-bit values of images.
    Uint8,
    /// Values in the unit of the training data.
    Number(Numbers),
}

/// The datatypes of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    Int8,
    Uint16,
    Int16,
    Uint32,
    Int32,
    Uint64,
    Int64,
    Fp32,
    Fp64,
}

/// The datatypes by their names in the protocol.
const DATATYPES: [(&str, Datatype); 11] = [
    ("BYTES", Datatype::Bytes),
    ("UINT8", Datatype::Uint8),
    ("INT8", Datatype::Number(Numbers::Int8)),
    ("UINT16", Datatype::Number(Numbers::Uint16)),
    ("INT16", Datatype::Number(Numbers::Int16)),
    ("UINT32", Datatype::Number(Numbers::Uint32)),
    ("INT32", Datatype::Number(Numbers::Int32)),
    ("UINT64", Datatype::Number(Numbers::Uint64)),
    ("INT64", Datatype::Number(Numbers::Int64)),
    ("FP32", Datatype::Number(Numbers::Fp32)),
    ("FP64", Datatype::Number(Numbers::Fp64)),
];

impl Datatype {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = DATATYPES.iter().find(|(known, _)| *known == name);
        found.map(|(_, datatype)| *datatype)
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        DATATYPES.map(|(name, _)| name).join(", ")
    }
}

/// The elements of a tensor in JSON: one array, or nested ones.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Elements {
    pub(crate) numbers: Vec<f64>,
    pub(crate) texts: Vec<String>,
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut elements = Self::default();
        Collect(&mut elements).deserialize(deserializer)?;
        match elements.numbers.is_empty() || elements.texts.is_empty() {
            true => Ok(elements),
            false => Err(D::Error::custom(
                "numbers and texts in one tensor, expected either",
            )),
        }
    }
}

/// Adds what comes to the elements, however deep it is nested; the depth is limited by the reader of JSON.
struct Collect<'a>(&'a mut Elements);

impl<'de> DeserializeSeed<'de> for Collect<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers, texts, or arrays of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut inner: A) -> Result<(), A::Error> {
        while inner.next_element_seed(Collect(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.numbers.push(value);
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        if self.0.texts.len() == MOST {
            return Err(too_many());
        }
        self.0.texts.push(value.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_numbers_are_one_sequence() {
        let read = |text: &str| serde_json::from_str::<Elements>(text);
        let elements = read("[[1, -2.5], [[3e2]], 4]").unwrap();
        assert_eq!(elements.numbers, [1.0, -2.5, 300.0, 4.0]);
        assert_eq!(read("[[\"a\"], \"b\"]").unwrap().texts, ["a", "b"]);
        for wrong in ["[1, \"a\"]", "[1, true]", "[null]", "[{\"a\": 1}]", "[1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).unwrap_err().to_string().contains("recursion"));
    }
}
