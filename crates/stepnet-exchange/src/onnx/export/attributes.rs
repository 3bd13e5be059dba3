//! Settings of nodes, and types of values.

use crate::onnx::proto::{
    AttributeProto, Dimension, DimensionValue, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto, attribute_type, data_type,
};

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        i: Some(value),
        r#type: attribute_type::INT,
        ..AttributeProto::default()
    }
}

pub(super) fn ints(name: &str, values: impl IntoIterator<Item = usize>) -> AttributeProto {
    let ints = values.into_iter().map(whole).collect();
    AttributeProto {
        name: name.to_owned(),
        ints,
        r#type: attribute_type::INTS,
        ..AttributeProto::default()
    }
}

pub(super) fn float(name: &str, value: f64) -> AttributeProto {
    let f = Some(value as f32);
    AttributeProto {
        name: name.to_owned(),
        f,
        r#type: attribute_type::FLOAT,
        ..AttributeProto::default()
    }
}

pub(super) fn string(name: &str, value: &str) -> AttributeProto {
    let s = Some(value.as_bytes().to_vec());
    AttributeProto {
        name: name.to_owned(),
        s,
        r#type: attribute_type::STRING,
        ..AttributeProto::default()
    }
}

/// A size as ONNX has it. Shapes are bounded far below.
pub(super) fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A dimension: a number, or a name for one that the caller chooses.
pub(super) enum Extent {
    Size(usize),
    Any(&'static str),
}

/// A named array of a type and a shape.
pub(super) fn info(name: &str, elem_type: i32, shape: Vec<Extent>) -> ValueInfoProto {
    let dim = shape.into_iter().map(|extent| Dimension {
        value: Some(match extent {
            Extent::Size(size) => DimensionValue::Size(whole(size)),
            Extent::Any(name) => DimensionValue::Name(name.to_owned()),
        }),
        ..Dimension::default()
    });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor_type = Some(TensorTypeProto { elem_type, shape });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type,
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// `images: uint8 (batch, 28, 28, 1)`.
pub(super) fn described(info: &ValueInfoProto) -> String {
    let tensor = info
        .r#type
        .as_ref()
        .and_then(|kind| kind.tensor_type.as_ref());
    let word = match tensor.map(|tensor| tensor.elem_type) {
        Some(data_type::UINT8) => "uint8",
        _ => "float32",
    };
    let dims = tensor
        .and_then(|tensor| tensor.shape.as_ref())
        .map_or(&[][..], |shape| &shape.dim);
    let dims = dims.iter().map(|dim| match &dim.value {
        Some(DimensionValue::Size(size)) => size.to_string(),
        Some(DimensionValue::Name(name)) => name.clone(),
        None => "?".to_owned(),
    });
    format!(
        "{}: {word} ({})",
        info.name,
        dims.collect::<Vec<_>>().join(", ")
    )
}
