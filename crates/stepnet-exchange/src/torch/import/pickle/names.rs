//! The names that a pickle may call, and what each makes.

use std::ops::Range;

use super::machine::Pickle;
use super::value::{Object, StorageRef, TensorRef, Value};

/// What a call gives.
pub(super) enum Made {
    Value(Value),
    Object(Object),
}

/// How a known name makes what it makes; the arguments are those of the call.
type Make = fn(&Pickle<'_>, &[Value]) -> Result<Made, String>;

/// The names that do something, with what they do; of every other name an object is kept that nothing is done with.
const KNOWN: &[(&str, Make)] = &[
    ("collections.OrderedDict", ordered_dict),
    ("builtins.dict", ordered_dict),
    ("__builtin__.dict", ordered_dict),
    ("torch.Size", first),
    ("torch._utils._rebuild_parameter", first),
    ("torch._utils._rebuild_parameter_with_state", first),
    ("torch._utils._rebuild_tensor", tensor),
    ("torch._utils._rebuild_tensor_v2", tensor),
    ("torch._utils._rebuild_tensor_v3", tensor_v3),
    ("torch._tensor._rebuild_from_type_v2", of_type),
];

/// Calls a global.
pub(super) fn call(pickle: &Pickle<'_>, class: usize, arguments: &Value) -> Result<Made, String> {
    let name = pickle.global(class);
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    match (known, pickle.sequence(arguments)) {
        (Some((_, make)), Some(arguments)) => make(pickle, arguments),
        (Some(_), None) => Err(format!("{name} is called without a list of arguments")),
        (None, _) => Ok(Made::Object(Object::Instance {
            class,
            state: Value::None,
            items: Vec::new(),
        })),
    }
}

/// A dictionary, empty or of pairs.
fn ordered_dict(pickle: &Pickle<'_>, arguments: &[Value]) -> Result<Made, String> {
    let pairs = arguments.first().and_then(|pairs| pickle.sequence(pairs));
    let mut items = Vec::new();
    for pair in pairs.unwrap_or_default() {
        if let Some([key, value]) = pickle.sequence(pair) {
            items.push((key.clone(), value.clone()));
        }
    }
    Ok(Made::Object(Object::Dict(items)))
}

/// The first argument as it is: a parameter is its tensor, a size its tuple.
fn first(_: &Pickle<'_>, arguments: &[Value]) -> Result<Made, String> {
    let first = arguments.first().cloned();
    first
        .map(Made::Value)
        .ok_or_else(|| "a call without arguments".to_owned())
}

/// `(function, type, arguments, state)`: a tensor of a class derived from PyTorch's.
fn of_type(pickle: &Pickle<'_>, arguments: &[Value]) -> Result<Made, String> {
    match arguments {
        // Not by `call`: a chain of these in these would be a recursion as deep as the file is long.
        [Value::Object(function), _, inner, ..] => {
            let arguments = pickle.sequence(inner).unwrap_or_default();
            match pickle.global(*function).as_str() {
                "torch._utils._rebuild_tensor_v2" => tensor(pickle, arguments),
                "torch._utils._rebuild_tensor_v3" => tensor_v3(pickle, arguments),
                other => Err(format!("a tensor made by {other}, which is not known")),
            }
        }
        _ => Err("a tensor of another type without its arguments".to_owned()),
    }
}

/// `(storage, offset, shape, strides, ...)`.
fn tensor(pickle: &Pickle<'_>, arguments: &[Value]) -> Result<Made, String> {
    let found = tensor_of(pickle, arguments, None);
    let expected = "a tensor's storage, offset, shape and strides were expected";
    let tensor = found.ok_or_else(|| expected.to_owned())?;
    Ok(Made::Object(Object::Tensor(tensor)))
}

/// `(storage, offset, shape, strides, requires_grad, hooks, dtype, ...)`.
fn tensor_v3(pickle: &Pickle<'_>, arguments: &[Value]) -> Result<Made, String> {
    let element = arguments.get(6).and_then(|element| pickle.object(element));
    let Some(Object::Global { name, .. }) = element else {
        return Err("a tensor without its element type".to_owned());
    };
    let found = tensor_of(pickle, arguments, Some(name.clone()));
    let expected = "a tensor's storage, offset, shape and strides were expected";
    let tensor = found.ok_or_else(|| expected.to_owned())?;
    Ok(Made::Object(Object::Tensor(tensor)))
}

fn tensor_of(
    pickle: &Pickle<'_>,
    arguments: &[Value],
    element: Option<Range<usize>>,
) -> Option<TensorRef> {
    let [storage, offset, shape, strides, ..] = arguments else {
        return None;
    };
    let Some(Object::Storage(storage)) = pickle.object(storage) else {
        return None;
    };
    Some(TensorRef {
        storage: storage.clone(),
        element,
        offset: size(offset)?,
        shape: sizes(pickle, shape)?,
        strides: sizes(pickle, strides)?,
    })
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Int(number) => usize::try_from(*number).ok(),
        _ => None,
    }
}

/// The most axes of a tensor that any layer has, and more.
const MOST_AXES: usize = 8;

fn sizes(pickle: &Pickle<'_>, value: &Value) -> Option<Vec<usize>> {
    let values = pickle.sequence(value)?;
    match values.len() <= MOST_AXES {
        true => values.iter().map(size).collect(),
        false => None,
    }
}

/// What a persistent identifier stands for: `("storage", type, key, location, count, part)`, or the class of a
/// module with its source, `("module", class, file, source)`.
pub(super) fn persistent(pickle: &Pickle<'_>, id: &Value) -> Result<Made, String> {
    let parts = pickle.sequence(id).unwrap_or_default();
    let kind = parts.first().and_then(|kind| pickle.text(kind));
    match (kind, parts) {
        (Some("module"), [_, class, ..]) => Ok(Made::Value(class.clone())),
        (Some("storage"), [_, element, key, _, count, rest @ ..]) => {
            let Some(Object::Global { name, .. }) = pickle.object(element) else {
                return Err("a storage without its type".to_owned());
            };
            let (Value::Text(key), Some(count)) = (key, size(count)) else {
                return Err("a storage without its key and its length".to_owned());
            };
            let part = rest.first().and_then(|part| pickle.sequence(part));
            let part = match part {
                Some([_, offset, length]) => size(offset).zip(size(length)),
                _ => None,
            };
            Ok(Made::Object(Object::Storage(StorageRef {
                element: name.clone(),
                key: key.clone(),
                count,
                part: part.map(|(offset, length)| [offset, length]),
            })))
        }
        _ => Err("an identifier that is not of a storage".to_owned()),
    }
}
