//! The lines of a table, made into arrays.

use std::path::Path;

use csv::StringRecord;

use crate::formats::arrays::array::{ArrayValues, RawArray};
use crate::formats::arrays::keys::{Pair, Parts};
use crate::limits::MAX_CLASSES;
use crate::set::targets::target_value;
use crate::{Error, Result, TargetKind};
use stepnet_base::memory;

use super::columns::{Candidate, check_first, target_names, target_positions};
use super::number::Numbers;

/// With fewer columns than this one that is the same in every line is worth a note; images have many.
const FEW_COLUMNS: usize = 32;

/// The part of a table read so far.
pub(super) struct Table {
    /// The first line, where it is a header.
    header: Option<StringRecord>,
    names: Vec<String>,
    columns: usize,
    /// The columns of the labels, or of several numbers or labels.
    targets: Vec<usize>,
    kind: TargetKind,
    numbers: Numbers,
    candidates: Vec<Candidate>,
    pixels: Pixels,
    labels: Vec<String>,
    /// Targets that are not classes, row by row.
    values: Vec<f64>,
    lines: Vec<u64>,
    left: SkippedLines,
}

/// How many lines were skipped.
#[derive(Default)]
struct SkippedLines {
    blank: usize,
    headers: usize,
    ends: usize,
}

impl Table {
    /// A table that begins with this line.
    pub(super) fn new(
        path: &Path,
        (first, line): (&StringRecord, u64),
        delimiter: u8,
        header: bool,
        (kind, label_column): (TargetKind, Option<&str>),
    ) -> Result<Self> {
        let empty = first
            .iter()
            .rev()
            .take_while(|field| field.trim().is_empty());
        let columns = first.len() - empty.count();
        if columns < 2 {
            let s = if first.len() == 1 { "" } else { "s" };
            let problem = format!(
                "line {line}: {} field{s} found, expected a label and at least one value, with commas, semicolons or tabs between them",
                first.len()
            );
            return Err(Error::file(path, problem));
        }
        let names: Vec<String> = match header {
            true => first
                .iter()
                .take(columns)
                .map(|name| name.trim().to_owned())
                .collect(),
            false => Vec::new(),
        };
        let targets = target_positions(path, &names, columns, label_column, kind)?;
        Ok(Self {
            header: header.then(|| first.clone()),
            candidates: Candidate::among(&names, &targets),
            names,
            columns,
            targets,
            kind,
            numbers: Numbers::new(delimiter),
            pixels: Pixels::Bytes(Vec::new()),
            labels: Vec::new(),
            values: Vec::new(),
            lines: Vec::new(),
            left: SkippedLines::default(),
        })
    }

    /// Adds one line.
    pub(super) fn push(&mut self, path: &Path, line: u64, record: &StringRecord) -> Result<()> {
        let wrong = |problem: String| Err(Error::file(path, format!("line {line}{problem}")));
        if record.iter().all(|field| field.trim().is_empty()) {
            self.left.blank += 1;
            return Ok(());
        }
        if self.header.as_ref().is_some_and(|header| header == record) {
            self.left.headers += 1;
            return Ok(());
        }
        // A separator at the end of each line makes an empty field after the last.
        let beyond = record.iter().skip(self.columns);
        if record.len() < self.columns || beyond.clone().any(|field| !field.trim().is_empty()) {
            let (found, expected) = (record.len(), self.columns);
            return wrong(format!(": {found} fields found, {expected} expected"));
        }
        self.left.ends += usize::from(record.len() > self.columns);
        for (at, field) in record.iter().take(self.columns).enumerate() {
            if field.contains(['\n', '\r']) {
                let field = at + 1;
                return wrong(format!(
                    ", field {field}: the quotes go on over several lines; a closing one is missing"
                ));
            }
            if self.targets.contains(&at) {
                match self.kind {
                    TargetKind::Classes => self.labels.push(field.trim().to_owned()),
                    kind => match target_value(self.numbers.read(field, line), kind) {
                        Ok(value) => self.values.push(value),
                        Err(expected) => return wrong(self.not_a(at, field, expected)),
                    },
                }
                continue;
            }
            let candidate = self.candidates.iter_mut().find(|column| column.at == at);
            if candidate.as_ref().is_some_and(|column| column.unread) {
                continue;
            }
            match self.numbers.read(field, line) {
                Some(value) if !value.is_finite() => {
                    return wrong(self.not_a(at, field, "a finite number"));
                }
                None if field.trim().is_empty() => {
                    return wrong(self.not_a(at, field, "a number: a value is missing"));
                }
                None => return wrong(self.not_a(at, field, "a number")),
                Some(value) => match candidate {
                    Some(column) => column.values.push(value),
                    None => self.pixels.push(path, value)?,
                },
            }
        }
        self.lines.push(line);
        Ok(())
    }

    fn not_a(&self, at: usize, field: &str, wanted: &str) -> String {
        let column = self.names.get(at).map(|name| format!(" ({name})"));
        let column = column.unwrap_or_default();
        format!(
            ", field {}{column}: {} is not {wanted}",
            at + 1,
            shown(field)
        )
    }

    /// Pixels and labels as arrays, and lines for the user about what was left out.
    pub(super) fn finish(mut self, path: &Path) -> Result<Parts> {
        let count = self.lines.len();
        if count == 0 {
            return Err(Error::file(path, "a header, but no line with an example"));
        }
        let mut notes = self.notes(path)?;
        let width = self.targets.len();
        let (labels, shape) = match self.kind {
            TargetKind::Classes => (self.label_values(path, &mut notes)?, vec![count]),
            _ => (
                ArrayValues::F64(self.values.split_off(0)),
                vec![count, width],
            ),
        };
        let mut left_out = self.targets.clone();
        self.candidates.retain(|column| match column.left_out() {
            None => true,
            Some(note) => {
                notes.push(note);
                left_out.push(column.at);
                false
            }
        });
        let width = self.columns - left_out.len();
        if width == 0 {
            let problem = "no column with values in addition to the labels";
            return Err(Error::file(path, problem));
        }
        if !self.candidates.is_empty() {
            self.pixels = self.merged(path, &left_out)?;
        }
        notes.extend(self.pixels.constant(width, count));
        let (dtype, values) = match self.pixels {
            Pixels::Bytes(values) => ("text of 8-bit integers", ArrayValues::U8(values)),
            Pixels::Numbers(values) => ("text of numbers", ArrayValues::F64(values)),
        };
        let images = RawArray {
            shape: vec![count, width],
            dtype: dtype.into(),
            values,
        };
        let labels = RawArray {
            shape,
            dtype: "text".into(),
            values: labels,
        };
        Ok(Parts {
            train: Some(Pair { images, labels }),
            target_names: target_names(&self.names, &self.targets),
            notes,
            ..Parts::default()
        })
    }

    /// The note about the skipped lines.
    fn notes(&self, path: &Path) -> Result<Vec<String>> {
        let commas = self.numbers.decimal_commas();
        let commas = commas.map_err(|problem| Error::file(path, problem))?;
        let lines = |count: usize, what: &str| {
            let lines = if count == 1 { "line" } else { "lines" };
            format!("{count} {lines} {what}")
        };
        let said = [
            (commas, "numbers have decimal commas".to_owned()),
            (
                self.left.blank > 0,
                lines(self.left.blank, "without any value left out"),
            ),
            (
                self.left.headers > 0,
                lines(self.left.headers, "that repeat the header left out"),
            ),
            (
                self.left.ends > 0,
                lines(
                    self.left.ends,
                    "end with a separator: the empty field after it is left out",
                ),
            ),
        ];
        Ok(said
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, note)| note)
            .collect())
    }

    /// The values with those of the candidates that hold values after all, each in its column.
    fn merged(&self, path: &Path, left_out: &[usize]) -> Result<Pixels> {
        let mut all = Pixels::Bytes(Vec::new());
        let mut rest = 0;
        for row in 0..self.lines.len() {
            for at in (0..self.columns).filter(|at| !left_out.contains(at)) {
                let column = self.candidates.iter().find(|column| column.at == at);
                match column.and_then(|column| column.values.get(row)) {
                    Some(&value) => all.push(path, value)?,
                    None => {
                        all.push(path, self.pixels.get(rest))?;
                        rest += 1;
                    }
                }
            }
        }
        Ok(all)
    }

    /// The column of the labels, where the targets are classes.
    fn label(&self) -> usize {
        self.targets.first().copied().unwrap_or_default()
    }

    /// Integer labels if every label is a number, else texts.
    fn label_values(&self, path: &Path, notes: &mut Vec<String>) -> Result<ArrayValues> {
        let numbers: Vec<f64> = self
            .labels
            .iter()
            .map_while(|text| text.parse().ok())
            .collect();
        let all_numbers = numbers.len() == self.labels.len();
        for (at, (text, line)) in self.labels.iter().zip(&self.lines).enumerate() {
            let integer = |&value: &f64| value >= 0.0 && value.fract() == 0.0;
            let number = numbers.get(at).filter(|_| all_numbers);
            let wanted = match number {
                _ if text.is_empty() => "empty, expected a label".to_owned(),
                _ if text.eq_ignore_ascii_case("nan") => {
                    format!("{text:?}: a label is missing")
                }
                Some(value) if !integer(value) => {
                    format!("{text:?}, expected an integer from 0 or a class name")
                }
                Some(&value) if value >= MAX_CLASSES as f64 => {
                    format!("{text}, expected less than {MAX_CLASSES}")
                }
                _ => continue,
            };
            let field = self.label() + 1;
            return Err(Error::file(
                path,
                format!("line {line}, field {field}: the label is {wanted}"),
            ));
        }
        if !all_numbers {
            return Ok(ArrayValues::Text(self.labels.clone()));
        }
        if self.names.is_empty() && self.label() == 0 {
            notes.extend(check_first(path, &numbers, self.columns)?);
        }
        Ok(ArrayValues::I64(
            numbers.iter().map(|&value| value as i64).collect(),
        ))
    }
}

/// A field for a message, shortened where it is long.
fn shown(field: &str) -> String {
    const LONGEST: usize = 40;
    let text = field.trim();
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        format!("{short:?}...")
    } else {
        format!("{short:?}")
    }
}

/// Pixels, kept as bytes while they are.
enum Pixels {
    Bytes(Vec<u8>),
    Numbers(Vec<f64>),
}

impl Pixels {
    fn push(&mut self, path: &Path, value: f64) -> Result<()> {
        let lacking = |len: usize| {
            let bytes = memory::readable(len as u128);
            Error::file_memory(
                path,
                format!("its values take more memory than there is after {bytes}"),
            )
        };
        if let Self::Bytes(bytes) = self {
            if value.fract() == 0.0 && (0.0..=255.0).contains(&value) {
                bytes.try_reserve(1).map_err(|_| lacking(bytes.len()))?;
                bytes.push(value as u8);
                return Ok(());
            }
            let mut numbers = Vec::new();
            let granted = numbers.try_reserve(bytes.len() + 1);
            granted.map_err(|_| lacking(bytes.len()))?;
            numbers.extend(bytes.iter().map(|&byte| f64::from(byte)));
            *self = Self::Numbers(numbers);
        }
        if let Self::Numbers(numbers) = self {
            let len = numbers.len();
            numbers
                .try_reserve(1)
                .map_err(|_| lacking(size_of::<f64>() * len))?;
            numbers.push(value);
        }
        Ok(())
    }

    fn get(&self, index: usize) -> f64 {
        let value = match self {
            Self::Bytes(bytes) => bytes.get(index).map(|&byte| f64::from(byte)),
            Self::Numbers(numbers) => numbers.get(index).copied(),
        };
        value.unwrap_or(f64::NAN)
    }

    /// A line about columns of a small table that are constant and so carry no information.
    fn constant(&self, width: usize, count: usize) -> Option<String> {
        if !(2..FEW_COLUMNS).contains(&width) || count < 3 {
            return None;
        }
        let same = |&column: &usize| {
            (1..count).all(|row| self.get(row * width + column) == self.get(column))
        };
        let columns: Vec<String> = (0..width)
            .filter(same)
            .map(|column| (column + 1).to_string())
            .collect();
        let (s, are) = if columns.len() == 1 {
            ("", "is")
        } else {
            ("s", "are")
        };
        (!columns.is_empty()).then(|| {
            format!(
                "value{s} {} {are} the same in every line",
                columns.join(", ")
            )
        })
    }
}
