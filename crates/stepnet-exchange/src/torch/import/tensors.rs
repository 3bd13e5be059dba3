//! From tensors as a pickle describes them to tensors in the bytes of the file.

use super::dicts::Chosen;
use super::pickle::{Pickle, TensorRef};
use super::storages::Storages;
use crate::weights::{Bytes, StateDict, Storage, StoredElement, StoredTensor};

/// The types of elements by the names that PyTorch has for them: of a storage, and of a tensor.
const ELEMENTS: [(&str, &str, StoredElement); 12] = [
    ("HalfStorage", "float16", StoredElement::F16),
    ("BFloat16Storage", "bfloat16", StoredElement::Bf16),
    ("FloatStorage", "float32", StoredElement::F32),
    ("DoubleStorage", "float64", StoredElement::F64),
    ("CharStorage", "int8", StoredElement::I8),
    ("ShortStorage", "int16", StoredElement::I16),
    ("IntStorage", "int32", StoredElement::I32),
    ("LongStorage", "int64", StoredElement::I64),
    ("ByteStorage", "uint8", StoredElement::U8),
    ("BoolStorage", "bool", StoredElement::U8),
    ("UntypedStorage", "uint8", StoredElement::U8),
    ("", "uint16", StoredElement::U16),
];

/// The type of a storage's elements, or of a tensor's, by its name.
pub(super) fn element_of(name: &str) -> Option<StoredElement> {
    let mut known = ELEMENTS.iter();
    known
        .find(|(storage, tensor, _)| name == *storage || name == *tensor)
        .map(|&(_, _, element)| element)
}

/// Finds the bytes of the chosen tensors.
///
/// # Errors
/// In words, with the name of the first tensor that cannot be read.
pub(super) fn resolve<'a>(
    pickle: &Pickle<'_>,
    chosen: &Chosen,
    bytes: &'a [u8],
    storages: &dyn Storages,
) -> Result<StateDict<'a>, String> {
    let mut state = StateDict {
        tensors: Vec::with_capacity(chosen.tensors.len()),
        notes: chosen.notes.clone(),
    };
    for (name, tensor) in &chosen.tensors {
        let found = one(pickle, name, tensor, bytes, storages);
        let found = found.map_err(|problem| format!("the tensor {name:?}: {problem}"))?;
        state.tensors.push(found);
    }
    Ok(state)
}

fn one<'a>(
    pickle: &Pickle<'_>,
    name: &str,
    tensor: &TensorRef,
    bytes: &'a [u8],
    storages: &dyn Storages,
) -> Result<StoredTensor<'a>, String> {
    let storage = &tensor.storage;
    let element = tensor.element.as_ref().unwrap_or(&storage.element);
    let element = pickle.span(element);
    let Some(element) = element_of(element) else {
        return Err(format!(
            "its elements are of type {element}, which is not read"
        ));
    };
    let key = pickle.span(&storage.key);
    let Some((start, length)) = storages.place(key) else {
        return Err(format!("its storage {key:?} is not in the file"));
    };
    // An untyped storage counts bytes, a typed one elements: what the file has decides.
    let available = length / element.size();
    let (first, count) = match storage.part {
        Some([first, count]) => (first, count),
        None => (0, available),
    };
    if first.checked_add(count).is_none_or(|end| end > available) {
        return Err(format!(
            "its storage {key:?} has {available} values, {count} from number {first} are meant"
        ));
    }
    let start = start + first * element.size();
    let mut storage = Storage::new(Bytes::File(bytes), start, count, element)?;
    storage.big_endian = storages.big_endian();
    StoredTensor::strided(name, &tensor.shape, &tensor.strides, tensor.offset, storage)
}
