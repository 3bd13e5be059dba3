//! Which columns of a Parquet table hold the images and the labels.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::metadata::FileMetaData;
use parquet::schema::types::Type;

use crate::{Error, Result};
use stepnet_base::text::listed;

/// Names of label columns; case does not matter.
const LABEL_NAMES: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// The columns that are read.
pub(super) struct Columns {
    pub(super) image: String,
    pub(super) label: String,
    /// The schema of these two alone.
    pub(super) projection: Type,
    /// The names of the classes, as the Hugging Face library stores them.
    pub(super) names: Option<Vec<String>>,
}

impl Columns {
    /// # Errors
    /// No column of images, or no clear one of labels: the message lists those there are.
    pub(super) fn of(path: &Path, metadata: &FileMetaData, label: Option<&str>) -> Result<Self> {
        let schema = metadata.schema();
        let fields = schema.get_fields();
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let image = fields.iter().find(|field| holds_images(field)).ok_or_else(|| {
            let problem = format!(
                "no column of images, which has the bytes of an image file in each row; its columns are {}",
                listed(&names)
            );
            Error::file(path, problem)
        })?;
        let label = label_column(path, fields, image, label)?;
        let chosen = vec![Arc::clone(image), Arc::clone(label)];
        let projection = Type::group_type_builder(schema.name())
            .with_fields(chosen)
            .build();
        let projection = projection.map_err(|error| Error::file(path, error.to_string()))?;
        Ok(Self {
            image: image.name().to_owned(),
            label: label.name().to_owned(),
            projection,
            names: class_names(metadata, label.name()),
        })
    }
}

/// Whether a column has bytes, or a group of fields with bytes.
fn holds_images(field: &Type) -> bool {
    match field {
        Type::PrimitiveType { physical_type, .. } => {
            *physical_type == Physical::BYTE_ARRAY && !is_text(field)
        }
        Type::GroupType { fields, .. } => fields
            .iter()
            .any(|inner| inner.name() == "bytes" && inner.is_primitive() && holds_images(inner)),
    }
}

fn is_text(field: &Type) -> bool {
    let info = field.get_basic_info();
    let logical = info.logical_type_ref();
    matches!(logical, Some(LogicalType::String)) || info.converted_type() == ConvertedType::UTF8
}

/// Whether a column has whole numbers or texts.
fn may_be_label(field: &Type) -> bool {
    field.is_primitive()
        && match field.get_physical_type() {
            Physical::BOOLEAN | Physical::INT32 | Physical::INT64 => true,
            Physical::BYTE_ARRAY => is_text(field),
            _ => false,
        }
}

fn label_column<'a>(
    path: &Path,
    fields: &'a [Arc<Type>],
    image: &Type,
    wanted: Option<&str>,
) -> Result<&'a Arc<Type>> {
    let others = fields.iter().filter(|field| field.name() != image.name());
    let possible: Vec<&Arc<Type>> = others.filter(|field| may_be_label(field)).collect();
    let named = |name: &str| {
        possible
            .iter()
            .find(|field| field.name().eq_ignore_ascii_case(name))
    };
    let found = match wanted {
        Some(wanted) => named(wanted),
        None => LABEL_NAMES
            .iter()
            .find_map(|name| named(name))
            .or(match &possible[..] {
                [_only] => possible.first(),
                _ => None,
            }),
    };
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = possible.iter().map(|field| field.name()).collect();
        let problem = match (wanted, names.is_empty()) {
            (_, true) => "no column of labels: whole numbers or texts".to_owned(),
            (Some(wanted), _) => {
                format!("no label column {wanted:?}; it could be {}", listed(&names))
            }
            (None, _) => format!(
                "the columns {} could all hold the labels: choose one with `label_column`",
                listed(&names)
            ),
        };
        Error::file(path, problem)
    })
}

/// The names in the metadata under `huggingface`: `{"info": {"features": {"label": {"names": [...]}}}}`.
fn class_names(metadata: &FileMetaData, label: &str) -> Option<Vec<String>> {
    let entries = metadata.key_value_metadata()?.iter();
    let mut texts = entries.filter(|entry| entry.key == "huggingface");
    let text = texts.find_map(|entry| entry.value.as_deref())?;
    let parsed: serde_json::Value = serde_json::from_str(text).ok()?;
    let names = parsed
        .get("info")?
        .get("features")?
        .get(label)?
        .get("names")?;
    let names = names.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}
