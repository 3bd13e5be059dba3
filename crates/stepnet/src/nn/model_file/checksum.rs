//! Checksums (CRC-32) by which damage is noticed: one of each tensor, with its name, type and shape, and one
//! of the description, which has those of the tensors in it.
//!
//! Files that were written before there were any have none, and are read all the same.

use crc32fast::Hasher;
use safetensors::tensor::Dtype;

use super::tensor::{Tensor, dtype_of};
use super::{ENTRY, Header};
use crate::Element;

/// Values that are brought into the form of a file at one time.
const CHUNK: usize = 1024;

/// What stands before the description's own checksum, at its end.
const SEAL: &str = ",\"checksum\":\"";

/// A checksum that has taken in what a tensor is called.
fn begin(name: &str, dtype: Dtype, shape: &[usize]) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(format!("{name} {dtype:?} {shape:?} ").as_bytes());
    hasher
}

fn digits(hasher: Hasher) -> String {
    format!("{:08x}", hasher.finalize())
}

/// The checksum of a tensor by its bytes in a file.
pub(super) fn of_bytes(name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]) -> String {
    let mut hasher = begin(name, dtype, shape);
    hasher.update(bytes);
    digits(hasher)
}

/// The checksum of a tensor by its values.
pub(super) fn of_values<T: Element>(name: &str, shape: &[usize], values: &[T]) -> String {
    let mut hasher = begin(name, dtype_of::<T>(), shape);
    for chunk in values.chunks(CHUNK) {
        hasher.update(&super::tensor::to_little_endian(chunk));
    }
    digits(hasher)
}

/// The description with its own checksum at its end.
pub(super) fn seal(mut json: String) -> String {
    let mut hasher = Hasher::new();
    hasher.update(json.as_bytes());
    let sum = digits(hasher);
    if json.pop().is_some() {
        json.extend([SEAL, &sum, "\"}"]);
    }
    json
}

/// Whether a description with a checksum is another than was written.
fn is_changed(json: &str) -> bool {
    json.rfind(SEAL)
        .is_none_or(|at| seal(format!("{}}}", &json[..at])) != json)
}

/// What of a file is not as it was written, in words; `json` is the description's text, and `found` has the
/// checksum of each tensor.
pub(super) fn damage(
    json: &str,
    header: &Header,
    tensors: &[Tensor],
    found: &[String],
) -> Option<String> {
    if header.checksum.is_some() && is_changed(json) {
        return Some(format!(
            "it is damaged: the {ENTRY:?} metadata does not match its checksum"
        ));
    }
    if header.checksums.is_empty() {
        return None;
    }
    let mut pairs = tensors.iter().zip(found);
    let (tensor, _) =
        pairs.find(|(tensor, sum)| header.checksums.get(&tensor.name) != Some(sum))?;
    Some(format!(
        "it is damaged: the tensor {:?} does not match its checksum",
        tensor.name
    ))
}
