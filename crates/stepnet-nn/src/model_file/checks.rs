//! Checks of a model's description.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{FORMAT, Header};
use crate::Element;
use crate::error::Error;
use crate::notation::{self, NotationError};
use crate::shape::Shape;
use stepnet_base::Task;
use stepnet_files::tensors::ENTRY;

/// Reads a description, and refuses one that says what cannot be.
pub(super) fn read_header(json: &str) -> Result<Header, String> {
    let value: Value = serde_json::from_str(json)
        .map_err(|error| format!("its {ENTRY:?} metadata is not JSON: {error}"))?;
    // Versions first: a newer file may have other fields.
    for (name, known) in [("format", FORMAT), ("notation", notation::VERSION)] {
        match value.get(name).and_then(Value::as_u64) {
            Some(version) if version > u64::from(known) => {
                return Err(format!(
                    "its {name} is version {version}, made by a newer Stepnet; this one reads up to {known}"
                ));
            }
            Some(version) if version >= 1 => {}
            _ => {
                return Err(format!(
                    "its {ENTRY:?} metadata has no {name} version, expected {known}"
                ));
            }
        }
    }
    let header: Header = serde_json::from_value(value)
        .map_err(|error| format!("its {ENTRY:?} metadata: {error}"))?;
    check(&header)?;
    Ok(header)
}

fn check(header: &Header) -> Result<(), String> {
    if ![f32::NAME, f64::NAME].contains(&header.element.as_str()) {
        return Err(format!(
            "its element is {:?}, expected \"{}\" or \"{}\"",
            header.element,
            f32::NAME,
            f64::NAME
        ));
    }
    let mut seen = BTreeSet::new();
    if let Some(name) = header.classes.iter().find(|&name| !seen.insert(name)) {
        return Err(format!(
            "it names the class {name:?} twice, expected a name for each class"
        ));
    }
    let checked = match header.element == f64::NAME {
        true => header.preprocessing.check_for::<f64>(),
        false => header.preprocessing.check_for::<f32>(),
    };
    checked.map_err(|error| error.to_string())
}

/// Refuses a description that does not belong to a network from `input` to `output`.
pub(super) fn check_description(
    header: &Header,
    input: Shape,
    output: Shape,
) -> Result<(), String> {
    let shape = header.preprocessing.shape();
    let values = shape
        .iter()
        .try_fold(1_usize, |product, &extent| product.checked_mul(extent));
    let extents = input.extents();
    if values != Some(input.len()) || (extents.len() == shape.len() && extents[..] != shape) {
        return Err(format!(
            "its preprocessing makes images of {shape:?}, but its network takes {input}"
        ));
    }
    let (named, task) = (header.classes.len(), &header.preprocessing.task);
    let needed = task.names_needed(output.len());
    if named != 0 && named != needed {
        return Err(match task {
            Task::Classes => {
                format!("it names {named} classes, but its network tells {needed} apart")
            }
            Task::Labels | Task::Numbers(_) => {
                format!("it names {named} outputs, but its network has {needed}")
            }
        });
    }
    if let Some(scale) = task.scale().filter(|scale| !scale.is_none())
        && [scale.mean.len(), scale.deviation.len()] != [output.len(); 2]
    {
        return Err(format!(
            "its target scale is of {} means and {} deviations, but its network has {} outputs",
            scale.mean.len(),
            scale.deviation.len(),
            output.len()
        ));
    }
    Ok(())
}

/// Why the network of an undamaged file cannot be built. An unknown layer kind was known to the program that wrote the
/// file, so it is not taken for a misspelt one.
pub(super) fn build_problem(error: &Error) -> String {
    let notation = error.detail::<NotationError>();
    match notation.and_then(|error| Some((error.column, error.unknown_kind.as_ref()?))) {
        None => error.to_string(),
        Some((column, kind)) => format!(
            "its network: column {column}: unknown layer kind {kind:?}; the file may come from a newer Stepnet, or \
             from a program with its own layers, which only a registry with those layers can load"
        ),
    }
}
