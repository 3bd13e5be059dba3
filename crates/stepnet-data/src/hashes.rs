//! Hashes of examples.

use stepnet_base::{Hash, Hasher};

/// The hash of the bytes of an example.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    let mut hasher = Hasher::new("values");
    hasher.bytes(bytes);
    hasher.finish()
}
