//! Hashes of examples.

use crate::Element;
use stepnet_base::{Hash, Hasher};

/// A raw value of which an example's hash is made.
pub(crate) trait HashedValue: Copy + Send + Sync {
    /// The hash of the values of an example.
    fn hash(values: &[Self]) -> Hash;
}

impl HashedValue for u8 {
    fn hash(values: &[Self]) -> Hash {
        let mut hasher = Hasher::new("values");
        hasher.bytes(values);
        hasher.finish()
    }
}

impl HashedValue for f32 {
    fn hash(values: &[Self]) -> Hash {
        numbers(values)
    }
}

impl HashedValue for f64 {
    fn hash(values: &[Self]) -> Hash {
        numbers(values)
    }
}

/// The hash of the numbers of an example, by their bits.
fn numbers<T: Element>(values: &[T]) -> Hash {
    let mut hasher = Hasher::new("values");
    hasher.values(values);
    hasher.finish()
}
