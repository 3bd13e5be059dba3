//! Checksums (CRC-32) by which damage is noticed: one of each tensor, with its name, type and shape, and one
//! of the description, which has those of the tensors in it.
//!
//! Files that were written before there were any have none, and are read all the same.

use crc32fast::Hasher;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use super::tensor::dtype_of;
use super::{ENTRY, Header};
use crate::nn::Number;

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
fn of_bytes(name: &str, tensor: &TensorView<'_>) -> String {
    let mut hasher = begin(name, tensor.dtype(), tensor.shape());
    hasher.update(tensor.data());
    digits(hasher)
}

/// The checksum of a tensor by its values.
pub(super) fn of_values<T: Number>(name: &str, shape: &[usize], values: &[T]) -> String {
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

/// What of a file is not as it was written, in words; `json` is the description's text.
pub(super) fn damage(
    json: &str,
    header: &Header,
    file: &SafeTensors<'_>,
    metadata: &Metadata,
) -> Option<String> {
    if header.checksum.is_some() && is_changed(json) {
        return Some(format!(
            "it is damaged: the {ENTRY:?} metadata does not match its checksum"
        ));
    }
    if header.checksums.is_empty() {
        return None;
    }
    let is_damaged = |name: &String| {
        let found = file.tensor(name).ok().map(|view| of_bytes(name, &view));
        header.checksums.get(name) != found.as_ref()
    };
    // The first in the order of the file.
    let name = metadata.offset_keys().into_iter().find(is_damaged)?;
    Some(format!(
        "it is damaged: the tensor {name:?} does not match its checksum"
    ))
}
