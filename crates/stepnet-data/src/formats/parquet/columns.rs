//! Which columns of a Parquet table hold the images and the labels.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::metadata::FileMetaData;
use parquet::schema::types::Type;

use crate::options::OpenOptions;
use crate::{Error, Result, TargetKind};
use stepnet_base::text::listed;

/// Names of label columns; case does not matter.
const LABEL_NAMES: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// The columns that are read.
pub(super) struct Columns {
    pub(super) image: String,
    /// The column of the labels; of targets that are not classes, those of each.
    pub(super) targets: Vec<String>,
    /// The schema of these alone.
    pub(super) projection: Type,
    /// The names of the classes, as the Hugging Face library stores them.
    pub(super) names: Option<Vec<String>>,
}

impl Columns {
    /// # Errors
    /// No column of images, or no clear one of labels: the message lists those there are.
    pub(super) fn of(path: &Path, metadata: &FileMetaData, options: &OpenOptions) -> Result<Self> {
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
        let targets = target_columns(path, fields, image, options)?;
        let chosen = [image].into_iter().chain(targets.iter().copied());
        let chosen = chosen.map(Arc::clone).collect();
        let projection = Type::group_type_builder(schema.name())
            .with_fields(chosen)
            .build();
        let projection = projection.map_err(|error| Error::file(path, error.to_string()))?;
        Ok(Self {
            image: image.name().to_owned(),
            projection,
            names: match &targets[..] {
                [label] => class_names(metadata, label.name()),
                _ => None,
            },
            targets: targets
                .iter()
                .map(|field| field.name().to_owned())
                .collect(),
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

/// Whether a column may hold targets: whole numbers or texts that name classes, and else numbers.
fn may_be_target(field: &Type, kind: TargetKind) -> bool {
    field.is_primitive()
        && match field.get_physical_type() {
            Physical::BOOLEAN | Physical::INT32 | Physical::INT64 => true,
            Physical::BYTE_ARRAY => kind == TargetKind::Classes && is_text(field),
            Physical::FLOAT | Physical::DOUBLE => kind == TargetKind::Numbers,
            _ => false,
        }
}

/// The columns of the targets: those that are asked for, those of the names that a model has, or the only one there is.
fn target_columns<'a>(
    path: &Path,
    fields: &'a [Arc<Type>],
    image: &Type,
    options: &OpenOptions,
) -> Result<Vec<&'a Arc<Type>>> {
    let (kind, wanted) = (options.targets, options.label_column.as_deref());
    let has = |name: &str| fields.iter().any(|field| field.name() == name);
    let column = |wanted| label_column(path, fields, (image, kind), wanted);
    let known = &options.target_names;
    match wanted {
        _ if kind == TargetKind::Classes => Ok(vec![column(wanted)?]),
        Some(wanted) if !has(wanted) => {
            let parts = wanted.split(',').map(str::trim);
            parts.map(|part| column(Some(part))).collect()
        }
        None if !known.is_empty() && known.iter().all(|name| has(name)) => {
            known.iter().map(|name| column(Some(name))).collect()
        }
        wanted => Ok(vec![column(wanted)?]),
    }
}

fn label_column<'a>(
    path: &Path,
    fields: &'a [Arc<Type>],
    (image, kind): (&Type, TargetKind),
    wanted: Option<&str>,
) -> Result<&'a Arc<Type>> {
    let others = fields.iter().filter(|field| field.name() != image.name());
    let possible: Vec<&Arc<Type>> = others.filter(|field| may_be_target(field, kind)).collect();
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
            (_, true) => match kind {
                TargetKind::Classes => "no column of labels: whole numbers or texts".to_owned(),
                TargetKind::Labels => "no column of labels: 0 or 1".to_owned(),
                TargetKind::Numbers => "no column of numbers".to_owned(),
            },
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
