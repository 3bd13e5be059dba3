//! Lists of image files and their labels, as CSV, TSV, or lines of a name, a space and a label.

use std::path::Path;

use super::columns::{known_columns, target_names};
use super::number::Numbers;
use super::{dialect, rows, text};
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
use stepnet_base::text::{listed, quoted};
use stepnet_files::{Kind, read_filled};

mod columns;
mod places;

use columns::{Columns, FileColumn};
use places::Places;

pub(crate) static FORMAT: Format = Format {
    name: "a CSV list of image files",
    content: "a CSV or TSV table of file names and labels",
    read: "the images, looked for next to the table and in the folders there; parts by a column `split`",
    images: true,
    takes: &[Choice::Targets, Choice::LabelColumn, Choice::Encoding],
    recognises,
    open,
    fuzz: Some(("list", fuzz)),
};

fn recognises(source: &Source<'_>) -> Result<bool> {
    if !source.is_text && !source.is_any(&[Kind::Text]) {
        return Ok(false);
    }
    let first = rows::first_of(source.path, source.encoding);
    let first: Vec<Vec<String>> = first.into_iter().map(split_at_space).collect();
    Ok(FileColumn::find(&first, &mut Places::around(source.path)).is_some())
}

/// A line without separators is a name, a space and a label.
fn split_at_space(fields: Vec<String>) -> Vec<String> {
    match &fields[..] {
        [line] => match line.rsplit_once(char::is_whitespace) {
            Some((name, label)) => vec![name.trim().to_owned(), label.to_owned()],
            None => fields,
        },
        _ => fields,
    }
}

/// A line of the list.
struct Entry {
    line: u64,
    file: String,
    label: String,
    /// Targets that are not classes.
    values: Vec<f64>,
    split: String,
}

/// The lines of the list, and what the targets are called.
fn entries(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<(Vec<Entry>, Vec<String>)> {
    let whole = text::decode(path, bytes, options.encoding.as_deref())?;
    let (delimiter, text) = dialect::delimiter(&whole);
    let mut all: Vec<(u64, Vec<String>)> = Vec::new();
    rows::each(path, &whole, text, delimiter, |line, record| {
        let fields: Vec<String> = record.iter().map(|field| field.trim().to_owned()).collect();
        if fields.iter().any(|field| !field.is_empty()) {
            all.push((line, split_at_space(fields)));
        }
        Ok(())
    })?;
    let first: Vec<Vec<String>> = all.iter().take(8).map(|(_, row)| row.clone()).collect();
    let found = FileColumn::find(&first, &mut Places::around(path));
    let (Some(found), Some((_, head))) = (found, all.first()) else {
        return Err(Error::file(path, "no column of image files"));
    };
    let kind = options.targets;
    let known = known_columns(head, kind, &options.target_names);
    let wanted = (kind, options.label_column.as_deref().or(known.as_deref()));
    let columns = Columns::new(path, found, head, wanted)?;
    let names = found
        .header
        .then(|| target_names(head, &columns.targets))
        .flatten();
    let names = names.unwrap_or_else(|| numbered(columns.targets.len()));
    let mut numbers = Numbers::new(delimiter);
    let rows = all.into_iter().skip(usize::from(found.header));
    let entry = |(line, mut fields): (u64, Vec<String>)| {
        let wrong = |problem: String| Error::file(path, format!("line {line}: {problem}"));
        if fields.len() != columns.count {
            let (found, expected) = (fields.len(), columns.count);
            return Err(wrong(format!("{found} fields found, expected {expected}")));
        }
        let mut values = Vec::new();
        if kind != TargetKind::Classes {
            for (&at, name) in columns.targets.iter().zip(&names) {
                let field = &fields[at];
                let value = target_value(numbers.read(field, line), kind).map_err(|expected| {
                    wrong(format!(
                        "{} is {}, expected {expected}",
                        quoted(name),
                        quoted(field)
                    ))
                })?;
                values.push(value);
            }
        }
        let mut take = |at: usize| std::mem::take(&mut fields[at]);
        let split = columns.split.map(&mut take).unwrap_or_default();
        let file = take(columns.file);
        let label = match columns.targets[..] {
            [at] => take(at),
            _ => "several".to_owned(),
        };
        match (file.is_empty(), label.is_empty()) {
            (true, _) => Err(wrong("the file name is missing".to_owned())),
            (_, true) => Err(wrong("the label is missing".to_owned())),
            _ => Ok(Entry {
                line,
                file,
                label,
                values,
                split,
            }),
        }
    };
    let entries: Vec<Entry> = rows.map(entry).collect::<Result<_>>()?;
    let commas = numbers.decimal_commas();
    commas.map_err(|problem| Error::file(path, problem))?;
    Ok((entries, names))
}

/// The targets of some lines that are not classes.
fn rows_of(kind: TargetKind, names: &[String], entries: &[&Entry]) -> Result<Option<Targets>> {
    let values = entries.iter().flat_map(|entry| &entry.values).copied();
    let (values, names): (Vec<f64>, _) = (values.collect(), names.to_vec());
    Ok(match kind {
        TargetKind::Classes => None,
        TargetKind::Labels => Some(Targets::labels(&values, names)?),
        TargetKind::Numbers => Some(Targets::Numbers { values, names }),
    })
}

/// The names of the classes: the labels, sorted, or `0` to the largest where all are whole numbers.
fn classes(path: &Path, entries: &[Entry]) -> Result<Vec<String>> {
    let number = |entry: &Entry| {
        entry
            .label
            .parse()
            .ok()
            .filter(|&n: &usize| n < MAX_CLASSES)
    };
    let numbers: Option<Vec<usize>> = entries.iter().map(number).collect();
    if let Some(numbers) = numbers {
        return Ok(numbered(
            numbers.into_iter().max().map_or(0, |most| most + 1),
        ));
    }
    let mut names: Vec<String> = entries.iter().map(|entry| entry.label.clone()).collect();
    names.sort();
    names.dedup();
    match names.len() > MAX_CLASSES {
        true => {
            let problem = format!("{} different labels, at most {MAX_CLASSES}", names.len());
            Err(Error::file(path, problem))
        }
        false => Ok(names),
    }
}

/// The images of some lines.
fn part<'a>(
    path: &Path,
    entries: impl Iterator<Item = &'a Entry>,
    (kind, names): (TargetKind, &[String]),
    places: &mut Places,
) -> Result<Part> {
    let entries: Vec<&Entry> = entries.collect();
    let classes = match kind {
        TargetKind::Classes => names,
        TargetKind::Labels | TargetKind::Numbers => &[],
    };
    let labels: std::collections::HashMap<String, u32> = classes.iter().cloned().zip(0..).collect();
    let mut part = Part {
        classes: classes.to_vec(),
        rows: rows_of(kind, names, &entries)?,
        ..Part::default()
    };
    for (row, entry) in (0..).zip(entries) {
        // Whole numbers may be written with zeros in front.
        let number = || {
            entry
                .label
                .parse()
                .ok()
                .filter(|&n: &u32| (n as usize) < classes.len())
        };
        let label = labels
            .get(&entry.label)
            .copied()
            .or_else(number)
            .unwrap_or_default();
        let label = match part.rows {
            Some(_) => row,
            None => label,
        };
        match places.find(&entry.file)? {
            Some(file) => part.files.push(Item::file(file, label)),
            None => {
                let (line, name) = (entry.line, quoted(&entry.file));
                let problem = format!(
                    "line {line}: there is no image {name} next to it, nor in the folders there"
                );
                part.lost.push(Error::file(path, problem));
            }
        }
    }
    Ok(part)
}

/// Opens a list.
///
/// # Errors
/// A table without a clear column of files or labels, a line without one, and as for folders of images.
fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    load(found(path, &read_filled(path)?, options)?, options)
}

fn found(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<SourceParts> {
    let (entries, targets) = entries(path, bytes, options)?;
    let kind = options.targets;
    let names = match kind {
        TargetKind::Classes => classes(path, &entries)?,
        TargetKind::Labels | TargetKind::Numbers => targets,
    };
    let mut splits: Vec<String> = entries.iter().map(|entry| entry.split.clone()).collect();
    splits.sort();
    splits.dedup();
    let mut notes = Vec::new();
    let mut places = Places::around(path);
    let mut of = |split: Option<&String>| {
        let chosen = entries
            .iter()
            .filter(|entry| split.is_none_or(|split| entry.split == *split));
        part(path, chosen, (kind, &names), &mut places)
    };
    let Some(parts) = Parts::among(&splits, |_| true) else {
        let main = of(None)?;
        return checked(path, (main, None), notes);
    };
    let left = parts.others(&splits);
    if !left.is_empty() {
        notes.push(format!(
            "left out, as other parts are used: {}",
            listed(&left)
        ));
    }
    let (train, test) = (
        parts.train.map(|at| &splits[at]),
        parts.test.map(|at| &splits[at]),
    );
    let (main, other) = match (options.role, train, test) {
        (Role::Train, Some(train), test) => (train, test),
        (Role::Test, Some(part), None) | (Role::Test, _, Some(part)) => (part, None),
        (Role::Train | Role::Test, None, _) => {
            let problem =
                "no line of a training part; with a test part alone it serves for evaluation";
            return Err(Error::file(path, problem));
        }
    };
    let other = other.map(|split| of(Some(split))).transpose()?;
    checked(path, (of(Some(main))?, other), notes)
}

/// The parts as a source, if there are images.
fn checked(
    path: &Path,
    (main, other): (Part, Option<Part>),
    notes: Vec<String>,
) -> Result<SourceParts> {
    if main.files.is_empty() && main.lost.is_empty() {
        return Err(Error::file(path, "no image in the list"));
    }
    Ok(SourceParts {
        main: (path.to_owned(), main),
        other: other.map(|part| (path.to_owned(), part)),
        notes,
    })
}

/// Reads bytes as a list, of images that are not there.
fn fuzz(bytes: &[u8]) {
    for targets in [TargetKind::Classes, TargetKind::Numbers, TargetKind::Labels] {
        let options = OpenOptions {
            skip_bad: true,
            targets,
            ..OpenOptions::default()
        };
        drop(found(Path::new("/nowhere/fuzz.csv"), bytes, &options));
    }
}
