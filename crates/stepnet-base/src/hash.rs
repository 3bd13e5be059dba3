//! Hashes (SHA-256) that say whether two networks or data sets are the same to the bit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::Element;
use crate::error::{Error, Result};

/// The hash of some numbers with their names and shapes. Prints as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The first 16 digits, enough to distinguish runs by eye.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Its beginning, for people.
    pub fn short(&self) -> String {
        self.to_string()[..16].to_owned()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Hash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::value(
                "hash",
                "the hash",
                format!("{text:?}"),
                "64 hexadecimal digits",
            )
        };
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// Takes in names, shapes and numbers, one after the other.
///
/// Each text and each array is preceded by its length, so that no two sequences give the same bytes.
#[derive(Debug, Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher for `what`, so that equal bytes of another meaning give another hash.
    pub fn new(what: &str) -> Self {
        let mut hasher = Self::default();
        hasher.text(what);
        hasher
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    /// Adds a text, with its length.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds bytes, with their number.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    /// A part of bytes whose number has been taken in.
    pub fn part(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// An array: its name, its element type, its extents, its values as little-endian bytes.
    pub fn array<T: Element>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        self.text(name);
        self.text(T::NAME);
        self.number(shape.len() as u64);
        shape.iter().for_each(|&extent| self.number(extent as u64));
        self.values(values);
    }

    /// Values as little-endian bytes, after their number.
    pub fn values<T: Element>(&mut self, values: &[T]) {
        self.number(values.len() as u64);
        let mut bytes = [0_u8; 4096];
        let size = size_of::<T>();
        for chunk in values.chunks(bytes.len() / size) {
            for (place, &value) in bytes.chunks_exact_mut(size).zip(chunk) {
                if size == size_of::<f32>() {
                    // Exact: the values are f32 to begin with.
                    #[allow(clippy::cast_possible_truncation)]
                    place.copy_from_slice(&(value.as_f64() as f32).to_le_bytes());
                } else {
                    place.copy_from_slice(&value.as_f64().to_le_bytes());
                }
            }
            self.0.update(&bytes[..size_of_val(chunk)]);
        }
    }

    /// The hash of all that was added.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_print_and_parse() {
        let mut hasher = Hasher::new("test");
        hasher.array("a", &[2, 1], &[1.0_f32, -0.0]);
        let hash = hasher.finish();
        let text = hash.to_string();
        assert_eq!(text.len(), 64);
        assert!(text.starts_with(&hash.short()));
        assert_eq!(text.parse::<Hash>().unwrap(), hash);
        for wrong in ["", "12", &text[1..], &format!("{}g", &text[1..])] {
            let error = wrong.parse::<Hash>().unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn the_bytes_are_what_is_documented() {
        // Computed by Python's hashlib from the bytes that the documentation gives.
        let mut hasher = Hasher::new("x");
        hasher.array("w", &[2], &[1.0_f32, 2.0]);
        assert_eq!(hasher.finish().to_string(), EXPECTED);
    }

    const EXPECTED: &str = "95c22720d16529a9e593ad805042457e8c6aed6bba9c00aa91b03d5ffd8cbdeb";

    #[test]
    fn every_part_counts() {
        let hash = |name: &str, shape: &[usize], values: &[f64]| {
            let mut hasher = Hasher::new("test");
            hasher.array(name, shape, values);
            hasher.finish()
        };
        let base = hash("ab", &[2], &[0.0, 1.0]);
        assert_eq!(base, hash("ab", &[2], &[0.0, 1.0]));
        assert_ne!(base, hash("a", &[2], &[0.0, 1.0]));
        assert_ne!(base, hash("ab", &[1, 2], &[0.0, 1.0]));
        assert_ne!(base, hash("ab", &[2], &[-0.0, 1.0]), "the sign of a zero");
        let long: Vec<f64> = (0..2000).map(f64::from).collect();
        let mut moved = long.clone();
        moved[1999] += 1e-12;
        assert_ne!(hash("a", &[2000], &long), hash("a", &[2000], &moved));
    }
}
