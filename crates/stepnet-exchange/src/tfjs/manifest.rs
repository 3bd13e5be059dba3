//! The list of weights: groups of tensors, each group in one or more files, one tensor after the other.

use std::collections::HashSet;
use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::problem::Checked;
use crate::weights::{Bytes, StateDict, Storage, StoredElement, StoredTensor};
use stepnet_files as files;

/// Gives the content of a file of weights.
pub(super) type Load<'a> = dyn Fn(&str) -> Checked<Vec<u8>> + 'a;

/// The tensors of a list, whose files `load` gives.
///
/// # Errors
/// A file that is missing or ends early, or a type that is not read.
pub(super) fn read(json: &Json, load: &Load<'_>) -> Checked<StateDict<'static>> {
    let Some(groups) = json.as_array() else {
        return Err("the file has no list of weights".into());
    };
    let mut state = StateDict::default();
    let mut read = HashSet::new();
    for group in groups {
        let paths = group.get("paths").and_then(Json::as_array);
        let weights = group.get("weights").and_then(Json::as_array);
        let (Some(paths), Some(weights)) = (paths, weights) else {
            return Err("a group of weights without its paths and its weights".into());
        };
        let mut bytes = Vec::new();
        for name in paths {
            let name = name.as_str().unwrap_or_default();
            // Once each: a short list could ask for a large file again and again.
            if !read.insert(name) {
                return Err(format!("the file of weights {name:?} is listed twice").into());
            }
            bytes.extend(load(name)?);
        }
        add_group(&mut state, weights, bytes)?;
    }
    Ok(state)
}

/// The content of a file that a list names: in the folder of `path`, which is the list's, or in one below.
pub(super) fn beside(path: &Path, name: &str) -> Checked<Vec<u8>> {
    let name = Path::new(name);
    let inside = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    match inside && name.components().next().is_some() {
        true => Ok(files::read(
            &path.parent().unwrap_or(Path::new("")).join(name),
        )?),
        false => Err(format!(
            "the file of weights {:?} is not in the folder of the model",
            name.display().to_string()
        )
        .into()),
    }
}

/// Adds the tensors that lie one after the other in `bytes`.
pub(super) fn add_group(
    state: &mut StateDict<'static>,
    weights: &[Json],
    bytes: Vec<u8>,
) -> Checked<()> {
    let bytes = Arc::new(bytes);
    let mut at = 0_usize;
    for weight in weights {
        let name = weight
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let refused = |problem: String| format!("the tensor {name:?}: {problem}");
        let quantisation = weight
            .get("quantization")
            .filter(|quantisation| !quantisation.is_null());
        let dtype = quantisation
            .unwrap_or(weight)
            .get("dtype")
            .and_then(Json::as_str);
        let dtype = dtype.unwrap_or_default();
        let Some(element) = element(dtype) else {
            return Err(refused(format!(
                "its elements are of type {dtype:?}, which is not read"
            ))
            .into());
        };
        let shape = weight.get("shape").and_then(Json::as_array);
        let shape = shape.map(Vec::as_slice).unwrap_or_default().iter();
        let shape: Option<Vec<usize>> = shape
            .map(|extent| {
                extent
                    .as_u64()
                    .and_then(|extent| usize::try_from(extent).ok())
            })
            .collect();
        let count =
            (shape.iter().flatten()).try_fold(1_usize, |all, &extent| all.checked_mul(extent));
        let (Some(shape), Some(count)) = (shape, count) else {
            return Err(refused("its shape is not one of whole numbers".to_owned()).into());
        };
        let storage = Storage::new(Bytes::Unpacked(Arc::clone(&bytes)), at, count, element);
        let mut storage = storage.map_err(refused)?;
        let number =
            |name: &str| quantisation.and_then(|quantisation| quantisation.get(name)?.as_f64());
        storage.quantised = number("scale").map(|scale| [scale, number("min").unwrap_or(0.0)]);
        at += count * element.size();
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let name = match name.rsplit_once('/') {
            Some((layer, part)) => format!("{layer}.{part}"),
            None => name.to_owned(),
        };
        state
            .tensors
            .push(StoredTensor::contiguous(name, &shape, storage).map_err(refused)?);
    }
    match at == bytes.len() {
        true => Ok(()),
        false => Err(format!(
            "the tensors of a group take {at} bytes, but its files have {}",
            bytes.len()
        )
        .into()),
    }
}

fn element(dtype: &str) -> Option<StoredElement> {
    Some(match dtype {
        "float32" => StoredElement::F32,
        "float16" => StoredElement::F16,
        "int32" => StoredElement::I32,
        "uint8" | "bool" => StoredElement::U8,
        "uint16" => StoredElement::U16,
        _ => return None,
    })
}
