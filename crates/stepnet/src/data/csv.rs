//! Tables of pixels with a label column: CSV separated by commas, semicolons or tabs.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use crate::{Error, Result};

use super::array::{ArrayValues, RawArray};
use super::dataset::{MAX_CLASSES, listed};
use super::keys::Pair;

/// The names a label column may have when none is asked for; case does not matter.
const LABEL_NAMES: [&str; 4] = ["label", "class", "target", "y"];

/// Reads a table from the content of a file; `name` is for messages.
///
/// The first line is a header if a label's name is among its fields, or if most of them are not
/// numbers. The label column is the one named `label_column` (without a header: its number,
/// counted from 1), else the first named `label`, `class`, `target` or `y`, else, without a
/// header, the first. Every other field is a number. Labels are integers, or texts where any of
/// them is not a number.
///
/// # Errors
/// A line with more or fewer fields than the first, a field that is not a finite number, no label
/// column, or no example; the message has the line (as an editor counts) and the field.
pub(crate) fn from_bytes(name: &Path, bytes: &[u8], label_column: Option<&str>) -> Result<Pair> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let mut lines = Lines {
        text,
        counted: 0,
        line: 1,
    };
    let mut table: Option<Table> = None;
    loop {
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|error| Error::file(name, format!("not a CSV table: {error}")))? {
            break;
        }
        let line = lines.line_at(record.position().map_or(0, csv::Position::byte));
        match &mut table {
            Some(table) => table.push(name, line, &record)?,
            None => {
                let header = is_header(&record, label_column);
                let mut first = Table::new(name, &record, header, label_column)?;
                if !header {
                    first.push(name, line, &record)?;
                }
                table = Some(first);
            }
        }
    }
    let table = table.ok_or_else(|| Error::file(name, "no line in the CSV table"))?;
    table.finish(name)
}

/// Counts lines as an editor does. (The CSV reader's own count is one behind after `\r\n`.)
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record whose search began at a byte; line breaks before it are skipped.
    fn line_at(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte)
            .unwrap_or(usize::MAX)
            .min(self.text.len());
        let breaks = self.text[start..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let start = start + breaks.count();
        let passed = self.text.get(self.counted..start).unwrap_or_default();
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.counted = self.counted.max(start);
        self.line
    }
}

/// The separator: the most frequent of comma, semicolon and tab in the first line.
fn delimiter(text: &[u8]) -> u8 {
    let first = text
        .split(|&byte| byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty());
    let count = |byte: u8| first.map_or(0, |line| line.iter().filter(|&&b| b == byte).count());
    // Of equally frequent ones `max_by_key` takes the last: the comma.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&byte| count(byte))
        .unwrap_or(b',')
}

/// Whether the first line names the columns.
fn is_header(record: &ByteRecord, label_column: Option<&str>) -> bool {
    let names_label = record.iter().any(|field| {
        let field = text_of(field);
        LABEL_NAMES
            .iter()
            .any(|name| field.eq_ignore_ascii_case(name))
            || label_column.is_some_and(|wanted| wanted == field && field.parse::<f64>().is_err())
    });
    let words = record
        .iter()
        .filter(|field| text_of(field).parse::<f64>().is_err())
        .count();
    names_label || 2 * words > record.len()
}

/// A field as text, without space around it.
fn text_of(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim().to_owned()
}

/// A field for a message, shortened where it is long.
fn shown(field: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = text_of(field);
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        format!("{short:?}...")
    } else {
        format!("{short:?}")
    }
}

/// What has been read of a table.
struct Table {
    columns: usize,
    names: Vec<String>,
    label: usize,
    pixels: Pixels,
    labels: Vec<String>,
    lines: Vec<u64>,
}

impl Table {
    fn new(
        path: &Path,
        first: &ByteRecord,
        header: bool,
        label_column: Option<&str>,
    ) -> Result<Self> {
        let names: Vec<String> = if header {
            first.iter().map(text_of).collect()
        } else {
            Vec::new()
        };
        if first.len() < 2 {
            let problem = "line 1: 1 field found, expected a label and at least one value";
            return Err(Error::file(path, problem));
        }
        let label = label_position(path, &names, first.len(), label_column)?;
        let (pixels, labels, lines) = (Pixels::Bytes(Vec::new()), Vec::new(), Vec::new());
        Ok(Self {
            columns: first.len(),
            names,
            label,
            pixels,
            labels,
            lines,
        })
    }

    /// Adds one line.
    fn push(&mut self, path: &Path, line: u64, record: &ByteRecord) -> Result<()> {
        if record.len() != self.columns {
            let (found, expected) = (record.len(), self.columns);
            let problem = format!("line {line}: {found} fields found, {expected} expected");
            return Err(Error::file(path, problem));
        }
        for (at, field) in record.iter().enumerate() {
            if at == self.label {
                self.labels.push(text_of(field));
                self.lines.push(line);
                continue;
            }
            let value = std::str::from_utf8(field)
                .ok()
                .and_then(|text| text.trim().parse().ok());
            match value {
                Some(value) if f64::is_finite(value) => self.pixels.push(value),
                Some(_) => return Err(self.bad_field(path, line, at, field, "a finite number")),
                None => return Err(self.bad_field(path, line, at, field, "a number")),
            }
        }
        Ok(())
    }

    fn bad_field(&self, path: &Path, line: u64, at: usize, field: &[u8], wanted: &str) -> Error {
        let column = self
            .names
            .get(at)
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let field_number = at + 1;
        let text = shown(field);
        Error::file(
            path,
            format!("line {line}, field {field_number}{column}: {text} is not {wanted}"),
        )
    }

    /// Pixels and labels as arrays.
    fn finish(self, path: &Path) -> Result<Pair> {
        let count = self.labels.len();
        if count == 0 {
            return Err(Error::file(path, "a header, but no line with an example"));
        }
        let labels = self.label_values(path)?;
        let (dtype, values) = match self.pixels {
            Pixels::Bytes(values) => ("text of 8-bit integers", ArrayValues::U8(values)),
            Pixels::Numbers(values) => ("text of numbers", ArrayValues::F64(values)),
        };
        let shape = vec![count, self.columns - 1];
        let images = RawArray {
            shape,
            dtype: dtype.into(),
            values,
        };
        let labels = RawArray {
            shape: vec![count],
            dtype: "text".into(),
            values: labels,
        };
        Ok(Pair { images, labels })
    }

    /// Integer labels if every label is a number, else texts.
    fn label_values(&self, path: &Path) -> Result<ArrayValues> {
        let numbers: Vec<f64> = self
            .labels
            .iter()
            .map_while(|text| text.parse().ok())
            .collect();
        let all_numbers = numbers.len() == self.labels.len();
        for (at, (text, line)) in self.labels.iter().zip(&self.lines).enumerate() {
            let integer = |&value: &f64| value >= 0.0 && value.fract() == 0.0;
            let fits = numbers.get(at).is_some_and(integer);
            let wanted = match (text.is_empty(), all_numbers && !fits) {
                (true, _) => "empty, expected a label".to_owned(),
                (_, true) => format!("{text:?}, expected an integer from 0 or a class name"),
                _ if all_numbers && numbers[at] >= MAX_CLASSES as f64 => {
                    format!("{text}, expected less than {MAX_CLASSES}")
                }
                _ => continue,
            };
            let field = self.label + 1;
            return Err(Error::file(
                path,
                format!("line {line}, field {field}: the label is {wanted}"),
            ));
        }
        Ok(if all_numbers {
            ArrayValues::I64(numbers.iter().map(|&value| value as i64).collect())
        } else {
            ArrayValues::Text(self.labels.clone())
        })
    }
}

/// Which column holds the labels.
fn label_position(
    path: &Path,
    names: &[String],
    columns: usize,
    wanted: Option<&str>,
) -> Result<usize> {
    let find = |wanted: &str| {
        names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wanted))
    };
    let exact = |wanted: &str| names.iter().position(|name| name == wanted);
    match wanted {
        Some(wanted) if names.is_empty() => {
            let number = wanted
                .parse()
                .ok()
                .filter(|number| (1..=columns).contains(number));
            number.map(|number| number - 1).ok_or_else(|| {
                let problem = format!(
                    "no column {wanted:?}: the table has no header, give a number from 1 to {columns}"
                );
                Error::file(path, problem)
            })
        }
        Some(wanted) => exact(wanted).or_else(|| find(wanted)).ok_or_else(|| {
            Error::file(
                path,
                format!("no column {wanted:?}; the header has {}", listed(names)),
            )
        }),
        None if names.is_empty() => Ok(0),
        None => LABEL_NAMES
            .iter()
            .find_map(|name| find(name))
            .ok_or_else(|| {
                let problem = format!(
                    "no column named {}; name the label column among {}",
                    LABEL_NAMES.join(", "),
                    listed(names)
                );
                Error::file(path, problem)
            }),
    }
}

/// Pixels, kept as bytes while they are.
enum Pixels {
    Bytes(Vec<u8>),
    Numbers(Vec<f64>),
}

impl Pixels {
    fn push(&mut self, value: f64) {
        match self {
            Self::Bytes(bytes) => {
                if value.fract() == 0.0 && (0.0..=255.0).contains(&value) {
                    bytes.push(value as u8);
                } else {
                    let mut numbers: Vec<f64> = bytes.iter().map(|&v| f64::from(v)).collect();
                    numbers.push(value);
                    *self = Self::Numbers(numbers);
                }
            }
            Self::Numbers(numbers) => numbers.push(value),
        }
    }
}
