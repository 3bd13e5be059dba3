//! Weights of others in `.safetensors` files.

use safetensors::{Dtype, SafeTensors};

use crate::problem::Checked;
use crate::weights::{Bytes, StateDict, Storage, StoredElement, StoredTensor};

/// Whether bytes are a `.safetensors` file, of whichever program.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    SafeTensors::read_metadata(bytes).is_ok()
}

/// Whether bytes are a model of Stepnet.
pub(crate) fn is_own(bytes: &[u8]) -> bool {
    SafeTensors::read_metadata(bytes).is_ok_and(|(_, metadata)| {
        let entries = metadata.metadata().as_ref();
        entries.is_some_and(|entries| entries.contains_key(stepnet_files::tensors::ENTRY))
    })
}

/// The tensors of a file that is no model of Stepnet's.
///
/// # Errors
/// A damaged file, or elements of a type that is not read.
pub(crate) fn read(bytes: &[u8]) -> Checked<StateDict<'_>> {
    let header = SafeTensors::read_metadata(bytes);
    let (header, metadata) =
        header.map_err(|error| stepnet_files::tensors::refusal(bytes, &error))?;
    let data = header + size_of::<u64>();
    let mut state = StateDict::default();
    // In the order of the bytes: the nearest to the order in which the network was built.
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else {
            continue;
        };
        let refused = |problem: String| format!("the tensor {name:?}: {problem}");
        let Some(element) = element(info.dtype) else {
            return Err(refused(format!(
                "its elements are of type {:?}, which is not read",
                info.dtype
            ))
            .into());
        };
        let (from, to) = info.data_offsets;
        let count = to.saturating_sub(from) / element.size();
        let storage = Storage::new(
            Bytes::File(bytes),
            data.saturating_add(from),
            count,
            element,
        );
        let tensor =
            storage.and_then(|storage| StoredTensor::contiguous(&name, &info.shape, storage));
        state.tensors.push(tensor.map_err(refused)?);
    }
    Ok(state.without_wrapping())
}

fn element(dtype: Dtype) -> Option<StoredElement> {
    Some(match dtype {
        Dtype::F16 => StoredElement::F16,
        Dtype::BF16 => StoredElement::Bf16,
        Dtype::F32 => StoredElement::F32,
        Dtype::F64 => StoredElement::F64,
        Dtype::I8 => StoredElement::I8,
        Dtype::I16 => StoredElement::I16,
        Dtype::I32 => StoredElement::I32,
        Dtype::I64 => StoredElement::I64,
        Dtype::U8 | Dtype::BOOL => StoredElement::U8,
        Dtype::U16 => StoredElement::U16,
        Dtype::U32 => StoredElement::U32,
        Dtype::U64 => StoredElement::U64,
        _ => return None,
    })
}
