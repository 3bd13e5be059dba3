//! The lines of a text table, one after the other.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::{dialect, text};
use crate::{Error, Result};
use stepnet_base::memory;
use stepnet_files::read_start;

/// How much of a table is looked at to see what it holds.
const LOOK: usize = 1 << 16;

/// How many lines of it.
const FEW: usize = 8;

/// Hands over each line of `text`, the end of the `whole` of a file, with its number as an editor counts.
///
/// # Errors
/// Text that is not a table, a line that does not fit into memory, and what `see` says.
pub(super) fn each(
    name: &Path,
    whole: &str,
    text: &str,
    delimiter: u8,
    mut see: impl FnMut(u64, &StringRecord) -> Result<()>,
) -> Result<()> {
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
    loop {
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| Error::file(name, format!("not a CSV table: {error}")))? {
            return Ok(());
        }
        let line = lines.line_at(record.position().map_or(0, csv::Position::byte));
        see(line, &record)?;
    }
}

/// The first lines of a table that are not blank, their fields without the space around them; none where it cannot be
/// read.
pub(super) fn first_of(path: &Path, encoding: Option<&str>) -> Vec<Vec<String>> {
    let Ok(bytes) = read_start(path, LOOK) else {
        return Vec::new();
    };
    // The last line is hardly whole, and neither is its last character.
    let end = match bytes.len() {
        LOOK => bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .unwrap_or(LOOK),
        all => all,
    };
    let whole = text::decode(path, &bytes[..end], encoding).or_else(|_| {
        // Half a character of two bytes.
        let even = end & !1;
        text::decode(path, &bytes[..even], encoding)
    });
    let Ok(whole) = whole else {
        return Vec::new();
    };
    let (delimiter, text) = dialect::delimiter(&whole);
    let mut first = Vec::new();
    let read = each(path, &whole, text, delimiter, |_, record| {
        let fields: Vec<String> = record.iter().map(|field| field.trim().to_owned()).collect();
        if first.len() < FEW && fields.iter().any(|field| !field.is_empty()) {
            first.push(fields);
        }
        Ok(())
    });
    match read {
        Ok(()) => first,
        Err(_) => Vec::new(),
    }
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
