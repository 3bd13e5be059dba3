//! Arrays in JSON of bounded length: an array of empty texts takes many times the memory of its text.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// The most elements.
pub(crate) const MOST: usize = 100_000;

/// An array of at most [`MOST`] elements.
#[derive(Debug)]
pub(crate) struct Few<T>(pub(crate) Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Each(PhantomData))
    }
}

struct Each<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
    type Value = Few<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Few<T>, A::Error> {
        let mut few = Vec::new();
        while let Some(element) = elements.next_element()? {
            if few.len() == MOST {
                return Err(too_many());
            }
            few.push(element);
        }
        Ok(Few(few))
    }
}

/// The error of an array that is longer.
pub(crate) fn too_many<E: Error>() -> E {
    E::custom(format!("more than {MOST} elements"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_end_somewhere() {
        let texts = |count: usize| format!("[{}]", vec!["\"\""; count].join(","));
        let read = |count| serde_json::from_str::<Few<String>>(&texts(count));
        assert_eq!(read(MOST).unwrap().0.len(), MOST);
        assert!(read(MOST + 1).unwrap_err().to_string().contains("100000"));
    }
}
