//! Tables of pixels with a label column: CSV separated by commas, semicolons or tabs.

mod columns;
mod dialect;
#[cfg(feature = "pictures")]
pub(crate) mod list;
mod number;
pub(crate) mod pixels;
mod rows;
mod table;
pub(crate) mod text;

use std::path::Path;

use crate::{Error, Result, TargetKind};

use crate::formats::arrays::assemble::{Certain, assemble, fuzz_parts};
use crate::formats::arrays::keys::Parts;
use crate::formats::format::{Choice, Format, Source};
use crate::opened::Opened;
use crate::options::OpenOptions;
use columns::known_columns;
use stepnet_files::{Kind, read_filled};
use table::Table;

pub(crate) static FORMAT: Format = Format {
    name: "CSV",
    content: "a CSV table",
    read: "values and a column of labels, or several of numbers or labels, separated by commas, semicolons or tabs",
    images: false,
    takes: &[Choice::Targets, Choice::LabelColumn, Choice::Encoding],
    recognises: |source| Ok(source.is_text || source.is_any(&[Kind::Text])),
    open,
    fuzz: Some(("csv", fuzz)),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let wanted = CsvOptions {
        targets: options.targets,
        label_column: options.label_column.as_deref(),
        known: &options.target_names,
        encoding: options.encoding.as_deref(),
    };
    let table = from_bytes(path, &read_filled(path)?, wanted);
    let parts = table.map_err(|error| named_otherwise(path, error))?;
    assemble(path, parts, Certain::Never, options)
}

fn fuzz(bytes: &[u8]) {
    for targets in [TargetKind::Classes, TargetKind::Numbers, TargetKind::Labels] {
        let wanted = CsvOptions {
            targets,
            ..CsvOptions::default()
        };
        fuzz_parts(from_bytes(Path::new("fuzz"), bytes, wanted));
    }
}

/// Says that a name promised something else, where text was found under it.
fn named_otherwise(path: &Path, error: Error) -> Error {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let promised = match extension.to_ascii_lowercase().as_str() {
        "npz" => "a zip (npz) archive",
        "npy" => "an npy file",
        "h5" | "hdf5" => "an HDF5 file",
        "gz" => "a gzip file",
        "png" | "jpg" | "jpeg" | "bmp" | "gif" => "an image",
        _ => return error,
    };
    match error {
        Error::File { path, problem } => Error::file(
            path,
            format!("not {promised} but text, and as a CSV table: {problem}"),
        ),
        other => other,
    }
}

/// How a table is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CsvOptions<'a> {
    /// What the examples teach.
    pub(crate) targets: TargetKind,
    /// The column of the labels, or of several numbers or labels their columns.
    pub(crate) label_column: Option<&'a str>,
    /// The names of targets that are not classes, where they are known.
    pub(crate) known: &'a [String],
    /// The encoding, where it is not UTF-8.
    pub(crate) encoding: Option<&'a str>,
}

/// Reads a table from the content of a file, with lines for the user about what was left out; `name` is
/// for messages.
///
/// The first line is a header if a label's name is among its fields, if most of them are not numbers, or
/// if they count the columns. The label column is the requested one (without a header: its number,
/// counted from 1), else the first named `label`, `class`, `target` or `y`, else, without a
/// header, the first. Columns that number the lines are left out. Every other field is a number, with a
/// decimal comma where commas do not separate. Labels are integers, or texts where any of them is not a
/// number. Targets that are not classes are one column or several.
///
/// # Errors
/// Text that is not in its encoding, a line with more or fewer fields than the first, a field that is not
/// a finite number, no label column, or no example; the message has the line (as an editor counts) and the
/// field.
pub(crate) fn from_bytes(name: &Path, bytes: &[u8], wanted: CsvOptions<'_>) -> Result<Parts> {
    let whole = text::decode(name, bytes, wanted.encoding)?;
    let (delimiter, text) = dialect::delimiter(&whole);
    let mut table: Option<Table> = None;
    rows::each(name, &whole, text, delimiter, |line, record| {
        match &mut table {
            Some(table) => table.push(name, line, record)?,
            None if record.iter().all(|field| field.trim().is_empty()) => {}
            None => {
                let header = dialect::is_header(record, delimiter, wanted.label_column);
                let fields: Vec<&str> = record.iter().map(str::trim).collect();
                let known = known_columns(&fields, wanted.targets, wanted.known);
                let label = (wanted.targets, wanted.label_column.or(known.as_deref()));
                let mut first = Table::new(name, (record, line), delimiter, header, label)?;
                if !header {
                    first.push(name, line, record)?;
                }
                table = Some(first);
            }
        }
        Ok(())
    })?;
    let table = table.ok_or_else(|| Error::file(name, "no line in the CSV table"))?;
    table.finish(name)
}
