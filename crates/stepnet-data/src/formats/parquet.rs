//! Parquet tables with an image column, as the Hugging Face hub has them: `image` or `img` with the bytes of a file, and
//! a label, whose names are in the file's metadata.

mod columns;
mod pages;

use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::formats::format::{Choice, Format, Source};
use crate::formats::labelled::load::{SourceParts, load};
use crate::formats::labelled::part::Part;
use crate::formats::labelled::parts::Parts;
use crate::images::item::Item;
use crate::limits::MAX_CLASSES;
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use crate::set::dataset::numbered;
use crate::set::targets::target_value;
use crate::{Error, Result, TargetKind, Targets};
use columns::Columns;
use pages::BoundedFile;
use stepnet_base::guard::guarded;
use stepnet_base::memory;
use stepnet_base::text::listed;
use stepnet_files::disk::{self, File};
use stepnet_files::{Kind, open_input};

pub(crate) static FORMAT: Format = Format {
    name: "a Parquet table with a column of images",
    content: "a Parquet table with a column of images",
    read: "the image files in it and their labels, as the Hugging Face hub has them",
    images: true,
    takes: &[Choice::Targets, Choice::LabelColumn],
    recognises: |source| Ok(source.is_any(&[Kind::Parquet])),
    open: |source, options| {
        let whole = (source.path.to_owned(), vec![source.path.to_owned()]);
        let main = read(&whole.0, &whole.1, options)?;
        let parts = Tables::new(whole.0, main, None)?;
        load(parts.labelled(options.targets, Vec::new())?, options)
    },
    // The reader panics, which is caught, and a fuzzer ends at every panic. A test damages each byte of a file.
    fuzz: None,
};

pub(crate) static FOLDER: Format = Format {
    name: "a folder of Parquet tables",
    content: "a folder of Parquet tables",
    read: "the same of several files, in it or in `data/` in it: `train-00000-of-00002.parquet`, ..., `test-...`",
    images: true,
    takes: &[Choice::Targets, Choice::LabelColumn],
    recognises: |source| Ok(source.kind.is_none() && !files_in(source.path)?.is_empty()),
    open: open_folder,
    fuzz: None,
};

/// The Parquet files of a folder, or of the folder `data` in it, by their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    for folder in [folder.to_owned(), folder.join("data")] {
        if !disk::is_dir(&folder) {
            continue;
        }
        let entries = disk::read_dir(&folder);
        let entries = entries.map_err(|source| Error::io(&folder, "read", source))?;
        let paths = entries.flatten().map(|entry| entry.path());
        let named = |path: &PathBuf| {
            let ending = path.extension();
            ending.is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
                && disk::is_file(path)
        };
        let mut files: Vec<PathBuf> = paths.filter(named).collect();
        files.sort();
        if !files.is_empty() {
            return Ok(files);
        }
    }
    Ok(Vec::new())
}

fn open_folder(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let folder = source.path;
    let files = files_in(folder)?;
    // `train-00000-of-00002` is a piece of `train`.
    let part_of = |path: &PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        stem.split_once('-')
            .map_or(stem.to_string(), |(part, _)| part.to_owned())
    };
    let mut names: Vec<String> = files.iter().map(part_of).collect();
    names.dedup();
    let pieces = |at: usize| -> Vec<PathBuf> {
        let of = files.iter().filter(|path| part_of(path) == names[at]);
        of.cloned().collect()
    };
    let mut notes = Vec::new();
    let (main, other) = match Parts::among(&names, |_| true) {
        None => (files.clone(), None),
        Some(parts) => {
            let left = parts.others(&names);
            if !left.is_empty() {
                let left = listed(&left);
                notes.push(format!("left out, as other parts are used: {left}"));
            }
            match (options.role, parts.train, parts.test) {
                (Role::Train, Some(train), test) => (pieces(train), test.map(pieces)),
                (Role::Test, Some(part), None) | (Role::Test, _, Some(part)) => {
                    (pieces(part), None)
                }
                (Role::Train | Role::Test, None, _) => {
                    let problem = "no table of a training part; with a test part alone it serves for evaluation";
                    return Err(Error::file(folder, problem));
                }
            }
        }
    };
    let main = read(folder, &main, options)?;
    let other = other
        .map(|files| read(folder, &files, options))
        .transpose()?;
    load(
        Tables::new(folder.to_owned(), main, other)?.labelled(options.targets, notes)?,
        options,
    )
}

/// A label as it is stored.
#[derive(Debug, Clone, PartialEq)]
enum Label {
    Number(i64),
    Text(String),
    /// Several labels or numbers: the row of the table's values.
    Row,
}

/// The rows of one or several tables.
struct Table {
    rows: Vec<(Item, Label)>,
    /// The names of the classes, where the metadata has them.
    classes: Option<Vec<String>>,
    /// Targets that are not classes, row after row, and what they are called.
    values: Vec<f64>,
    names: Vec<String>,
}

/// Reads the rows of tables, one after the other.
fn read(place: &Path, files: &[PathBuf], options: &OpenOptions) -> Result<Table> {
    let mut table = Table {
        rows: Vec::new(),
        classes: None,
        values: Vec::new(),
        names: Vec::new(),
    };
    for path in files {
        let file = open_input(path)?;
        // The reader panics where numbers in a damaged file contradict each other.
        let read = guarded(|| append(path, &reader(path, file)?, options, &mut table));
        read.unwrap_or_else(|| {
            let problem = "a Parquet table that is damaged: its sizes contradict each other";
            Err(Error::file(path, problem))
        })?;
    }
    match table.rows.is_empty() {
        true => Err(Error::file(place, "no row in the table")),
        false => Ok(table),
    }
}

fn damaged(path: &Path, error: &parquet::errors::ParquetError) -> Error {
    let said = error.to_string().replace('\n', " ");
    let problem = match said.contains("Disabled feature") {
        true => "a Parquet table in a compression that is not read: save it with snappy or without",
        false => return Error::file(path, format!("a Parquet table that cannot be read: {said}")),
    };
    Error::file(path, problem)
}

fn reader(path: &Path, file: File) -> Result<SerializedFileReader<BoundedFile>> {
    SerializedFileReader::new(BoundedFile::new(file)).map_err(|error| damaged(path, &error))
}

fn append<R: FileReader>(
    path: &Path,
    reader: &R,
    options: &OpenOptions,
    table: &mut Table,
) -> Result<()> {
    let metadata = reader.metadata();
    let columns = Columns::of(path, metadata.file_metadata(), options)?;
    let groups = metadata.row_groups().iter();
    let bytes: i64 = groups
        .map(|group| group.total_byte_size().max(0))
        .fold(0, i64::saturating_add);
    memory::check_free(path, "what is in it", bytes.unsigned_abs().into())?;
    if let Some(names) = &columns.names {
        let before = table.classes.get_or_insert_with(|| names.clone());
        if before != names {
            let problem = "the names of its classes are not those of the tables before it";
            return Err(Error::file(path, problem));
        }
    }
    if options.targets != TargetKind::Classes {
        let first = table.rows.is_empty();
        if !first && table.names != columns.targets {
            let problem = "the columns of its targets are not those of the tables before it";
            return Err(Error::file(path, problem));
        }
        table.names.clone_from(&columns.targets);
    }
    let rows = reader.get_row_iter(Some(columns.projection.clone()));
    let rows = rows.map_err(|error| damaged(path, &error))?;
    for (number, row) in rows.enumerate() {
        let row = row.map_err(|error| damaged(path, &error))?;
        let name = PathBuf::from(format!("{}[{number}]", path.display()));
        let item = match image_bytes(&row, &columns.image) {
            Some(bytes) => Item::in_memory(name.clone(), bytes),
            None => Item::broken(name.clone(), "has no image".to_owned()),
        };
        let label = match options.targets {
            TargetKind::Classes => {
                let column = &columns.targets[0];
                label(&row, column).ok_or_else(|| {
                    let problem = format!(
                        "no label in its column {column:?}, expected a whole number or a text"
                    );
                    Error::file(&name, problem)
                })?
            }
            kind => {
                for column in &columns.targets {
                    let value = target_value(number_in(&row, column), kind);
                    table.values.push(value.map_err(|expected| {
                        let problem = format!("its column {column:?} has not {expected}");
                        Error::file(&name, problem)
                    })?);
                }
                Label::Row
            }
        };
        table.rows.push((item, label));
    }
    Ok(())
}

fn field<'a>(row: &'a Row, name: &str) -> Option<&'a Field> {
    let mut columns = row.get_column_iter();
    columns
        .find(|(own, _)| *own == name)
        .map(|(_, field)| field)
}

/// The bytes of the image of a row: the column's own, or those in its field `bytes`.
fn image_bytes(row: &Row, column: &str) -> Option<Vec<u8>> {
    match field(row, column)? {
        Field::Bytes(bytes) => Some(bytes.data().to_vec()),
        Field::Group(inner) => match field(inner, "bytes")? {
            Field::Bytes(bytes) => Some(bytes.data().to_vec()),
            _ => None,
        },
        _ => None,
    }
}

fn label(row: &Row, column: &str) -> Option<Label> {
    Some(match field(row, column)? {
        Field::Bool(value) => Label::Number((*value).into()),
        Field::Byte(value) => Label::Number((*value).into()),
        Field::Short(value) => Label::Number((*value).into()),
        Field::Int(value) => Label::Number((*value).into()),
        Field::Long(value) => Label::Number(*value),
        Field::UByte(value) => Label::Number((*value).into()),
        Field::UShort(value) => Label::Number((*value).into()),
        Field::UInt(value) => Label::Number((*value).into()),
        Field::ULong(value) => Label::Number((*value).try_into().ok()?),
        Field::Str(text) => Label::Text(text.clone()),
        _ => return None,
    })
}

/// The number in a column.
fn number_in(row: &Row, column: &str) -> Option<f64> {
    Some(match field(row, column)? {
        Field::Float(value) => (*value).into(),
        Field::Double(value) => *value,
        // Larger ones than a double holds exactly are rounded.
        _ => match label(row, column)? {
            Label::Number(number) => number as f64,
            Label::Text(_) | Label::Row => return None,
        },
    })
}

/// The parts of a data set.
struct Tables {
    place: PathBuf,
    main: Table,
    other: Option<Table>,
    classes: Vec<String>,
}

impl Tables {
    /// # Errors
    /// Labels of both kinds, or too many classes.
    fn new(place: PathBuf, main: Table, other: Option<Table>) -> Result<Self> {
        let labels = || {
            let others = other.iter().flat_map(|table| &table.rows);
            main.rows.iter().chain(others).map(|(_, label)| label)
        };
        let mut names = Vec::new();
        let mut most = 0;
        for label in labels() {
            match label {
                Label::Number(number) => most = most.max(*number),
                Label::Text(text) => names.push(text.clone()),
                Label::Row => {}
            }
        }
        names.sort();
        names.dedup();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let classes = match main.classes.clone() {
            Some(classes) => classes,
            None if names.is_empty() && most < MAX_CLASSES => numbered(most + 1),
            None => names,
        };
        if main.names.is_empty() && (classes.len() > MAX_CLASSES || classes.is_empty()) {
            let problem = format!("{} classes, expected 1 to {MAX_CLASSES}", classes.len());
            return Err(Error::file(&place, problem));
        }
        Ok(Self {
            place,
            main,
            other,
            classes,
        })
    }

    /// The images with their labels.
    ///
    /// # Errors
    /// A label that is none of the classes.
    fn labelled(self, kind: TargetKind, notes: Vec<String>) -> Result<SourceParts> {
        let Self {
            place,
            main,
            other,
            classes,
        } = self;
        let part = |table: Table| {
            let mut part = Part {
                classes: classes.clone(),
                ..Part::default()
            };
            let (values, names) = (table.values, table.names);
            part.rows = match kind {
                TargetKind::Classes => None,
                TargetKind::Labels => Some(Targets::labels(&values, names)?),
                TargetKind::Numbers => Some(Targets::Numbers { values, names }),
            };
            if kind != TargetKind::Classes {
                part.classes.clear();
                let items = table.rows.into_iter().map(|(item, _)| item);
                part.files = (0..)
                    .zip(items)
                    .map(|(row, item)| item.labelled(row))
                    .collect();
                return Ok(part);
            }
            for (item, label) in table.rows {
                let at = match &label {
                    Label::Number(number) => usize::try_from(*number).ok(),
                    Label::Text(text) => classes.binary_search(text).ok(),
                    Label::Row => None,
                };
                let at = at.filter(|&at| at < classes.len()).ok_or_else(|| {
                    let count = classes.len();
                    Error::file(
                        &item.name,
                        format!("its label is {label:?}, expected one of {count} classes"),
                    )
                })?;
                part.files.push(item.labelled(at as u32));
            }
            Ok::<Part, Error>(part)
        };
        Ok(SourceParts {
            main: (place.clone(), part(main)?),
            other: other.map(part).transpose()?.map(|part| (place, part)),
            notes,
        })
    }
}
