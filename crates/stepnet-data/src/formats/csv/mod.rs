//! Tables of pixels with a label column: CSV separated by commas, semicolons or tabs.

mod columns;
mod dialect;
mod number;
mod table;
pub(crate) mod text;

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use crate::{Error, Result};
use stepnet_base::memory;

use super::{Choice, Format, Source};
use crate::formats::arrays::assemble::{Certain, assemble, fuzz_parts};
use crate::formats::arrays::keys::{Pair, Parts};
use crate::opened::Opened;
use crate::options::OpenOptions;
use stepnet_files::{Kind, read_filled};
use table::Table;

pub(crate) static FORMAT: Format = Format {
    name: "CSV",
    content: "a CSV table",
    read: "values and a label column, separated by commas, semicolons or tabs",
    pictures: false,
    takes: &[Choice::LabelColumn, Choice::Encoding],
    recognises: |source| Ok(source.is_text || source.is_any(&[Kind::Text])),
    open,
    fuzz: Some(("csv", fuzz)),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let wanted = CsvOptions {
        label_column: options.label_column.as_deref(),
        encoding: options.encoding.as_deref(),
    };
    let table = from_bytes(path, &read_filled(path)?, wanted);
    let (pair, notes) = table.map_err(|error| named_otherwise(path, error))?;
    let parts = Parts {
        train: Some(pair),
        notes,
        ..Parts::default()
    };
    assemble(path, parts, Certain::Never, options)
}

fn fuzz(bytes: &[u8]) {
    let pair = from_bytes(Path::new("fuzz"), bytes, CsvOptions::default());
    fuzz_parts(pair.map(|(pair, notes)| Parts {
        train: Some(pair),
        notes,
        ..Parts::default()
    }));
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
        "png" | "jpg" | "jpeg" | "bmp" | "gif" => "a picture",
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
    /// The column of the labels.
    pub(crate) label_column: Option<&'a str>,
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
/// number.
///
/// # Errors
/// Text that is not in its encoding, a line with more or fewer fields than the first, a field that is not
/// a finite number, no label column, or no example; the message has the line (as an editor counts) and the
/// field.
pub(crate) fn from_bytes(
    name: &Path,
    bytes: &[u8],
    wanted: CsvOptions<'_>,
) -> Result<(Pair, Vec<String>)> {
    let whole = text::decode(name, bytes, wanted.encoding)?;
    let (delimiter, text) = dialect::delimiter(&whole);
    check_lines(name, text, delimiter)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut lines = Lines {
        text: text.as_bytes(),
        counted: 0,
        line: if text.len() < whole.len() { 2 } else { 1 },
    };
    let mut table: Option<Table> = None;
    loop {
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| Error::file(name, format!("not a CSV table: {error}")))? {
            break;
        }
        let line = lines.line_at(record.position().map_or(0, csv::Position::byte));
        match &mut table {
            Some(table) => table.push(name, line, &record)?,
            None if record.iter().all(|field| field.trim().is_empty()) => {}
            None => {
                let header = dialect::is_header(&record, delimiter, wanted.label_column);
                let label = wanted.label_column;
                let mut first = Table::new(name, (&record, line), delimiter, header, label)?;
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

/// Fails where there is not the memory for the longest line: the reader takes it without asking, and would end the
/// program.
fn check_lines(name: &Path, text: &str, delimiter: u8) -> Result<()> {
    /// Where a field ends, in arrays that double as they fill, and the name of its column, with the memory that it takes
    /// apart from its characters.
    const FIELD: usize = 6 * size_of::<usize>() + 4 * size_of::<String>();
    let longest = records(text.as_bytes(), delimiter)
        .max_by_key(|record| record.len())
        .unwrap_or_default();
    let fields = longest.iter().filter(|&&byte| byte == delimiter).count() + 1;
    let bytes = 4 * longest.len() + fields.saturating_mul(FIELD);
    memory::ensure::<u8>("its longest line", bytes)
        .map_err(|error| Error::file_memory(name, error.to_string()))
}

/// The lines of a table: an end of a line between quotes is part of a field, and a quote that is never closed takes all
/// that follows.
fn records(text: &[u8], delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut begins) = (false, true);
    text.split(move |&byte| {
        let (within, quote, end) = (quoted, byte == b'"', byte == b'\n');
        // A quote opens where a field begins; elsewhere it is a letter. Two of them in a quoted field close it and open
        // it again.
        quoted = if quote { !within && begins } else { within };
        begins = !quoted && (end || byte == delimiter || quote && within);
        end && !quoted
    })
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

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn lines_end_outside_of_quotes() {
        for (text, lines) in [
            ("a,b\n1,2", vec!["a,b", "1,2"]),
            ("\"a\nb\",c\n1,2", vec!["\"a\nb\",c", "1,2"]),
            ("\"a\"\"\nb\"\n1", vec!["\"a\"\"\nb\"", "1"]),
            ("5\" disk,7\n1,2", vec!["5\" disk,7", "1,2"]),
            ("5\"\"\n1\n2", vec!["5\"\"", "1", "2"]),
            ("1,\"2\n3", vec!["1,\"2\n3"]),
        ] {
            let found = records(text.as_bytes(), b',').map(|line| str::from_utf8(line).unwrap());
            assert_eq!(found.collect::<Vec<_>>(), lines);
        }
    }
}
