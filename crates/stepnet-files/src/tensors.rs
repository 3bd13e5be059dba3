//! Checksums (CRC-32) by which damage is noticed: one of each tensor, with its name, type and shape, and one
//! of the description, which has those of the tensors in it.
//!
//! Files that were written before there were any have none, and are read all the same.

use crc32fast::Hasher;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use serde_json::Value;
use stepnet_base::Element;

use crate::Kind;

/// The metadata entry in which everything of a model lies.
pub const ENTRY: &str = "stepnet";

/// Values that are brought into the form of a file at one time.
const CHUNK: usize = 1024;

/// The key of the description's own checksum, which stands at its end.
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
pub fn of_values<T: Element>(name: &str, shape: &[usize], values: &[T]) -> String {
    let mut hasher = begin(name, dtype_of::<T>(), shape);
    for chunk in values.chunks(CHUNK) {
        hasher.update(&to_little_endian(chunk));
    }
    digits(hasher)
}

/// The description with its own checksum at its end.
pub fn seal(mut json: String) -> String {
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

/// Whether a description was written with a checksum, as far as damage lets it be seen.
fn is_sealed(json: &str) -> bool {
    // The checksum of its own, eight digits, stands at the end, and with it come those of the tensors.
    let tail = json.len().checked_sub(SEAL.len() + 10);
    let at_end = tail.and_then(|tail| json.get(tail..));
    at_end.is_some_and(|end| end.starts_with(SEAL)) || json.contains(",\"checksums\":{")
}

/// What of a file is not as it was written, in words. Files without a model's description, and those of the versions
/// before there were checksums, have none and pass.
pub fn damage(file: &SafeTensors<'_>, metadata: &Metadata) -> Option<String> {
    let json = metadata.metadata().as_ref()?.get(ENTRY)?;
    let header = serde_json::from_str::<Value>(json);
    let has_sum = |header: &Value| header.get("checksum").is_some_and(Value::is_string);
    let sealed = is_sealed(json) || header.as_ref().is_ok_and(has_sum);
    if sealed && is_changed(json) {
        return Some(format!(
            "it is damaged: the {ENTRY:?} metadata does not match its checksum"
        ));
    }
    let header = header.ok()?;
    let sums = header.get("checksums")?.as_object()?;
    if sums.is_empty() {
        return None;
    }
    let is_damaged = |name: &String| {
        let found = file.tensor(name).ok().map(|view| of_bytes(name, &view));
        sums.get(name).and_then(Value::as_str) != found.as_deref()
    };
    // The first in the order of the file.
    let name = metadata.offset_keys().into_iter().find(is_damaged)?;
    Some(format!(
        "it is damaged: the tensor {name:?} does not match its checksum"
    ))
}

/// The type of values in files.
pub fn dtype_of<T: Element>() -> Dtype {
    if T::NAME == f32::NAME {
        Dtype::F32
    } else {
        Dtype::F64
    }
}

/// Values as files hold them.
pub fn to_little_endian<T: Element>(values: &[T]) -> Vec<u8> {
    if T::NAME == f32::NAME {
        // Exact: the values are f32 to begin with.
        #[allow(clippy::cast_possible_truncation)]
        return values
            .iter()
            .flat_map(|value| (value.as_f64() as f32).to_le_bytes())
            .collect();
    }
    values
        .iter()
        .flat_map(|value| value.as_f64().to_le_bytes())
        .collect()
}

/// Why the bytes are not a `.safetensors` file, with the numbers that the reader's error leaves out.
pub fn refusal(bytes: &[u8], error: &safetensors::SafeTensorError) -> String {
    #[cfg(feature = "containers")]
    if let Some(problem) = crate::refused(bytes) {
        return format!("{problem} (a model is a .safetensors file)");
    }
    let length = bytes.first_chunk().map(|&first| u64::from_le_bytes(first));
    match length {
        _ if !matches!(
            Kind::of(bytes),
            Kind::Unknown | Kind::Safetensors | Kind::Idx | Kind::Text
        ) =>
        {
            let kind = Kind::of(bytes).name();
            format!("is {kind}, not a .safetensors file")
        }
        Some(length) if length > (bytes.len() as u64).saturating_sub(8) => format!(
            "not a .safetensors file: the first 8 bytes say that a header of {length} bytes follows, but the file has {} bytes",
            bytes.len()
        ),
        _ => format!(
            "not a sound .safetensors file of {} bytes: {error}",
            bytes.len()
        ),
    }
}
