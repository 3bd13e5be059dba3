//! How a table is written: its separator, and whether its first line names the columns.

use csv::StringRecord;

use super::number::Numbers;

/// The names by which a label column is found; case does not matter.
pub(super) const LABEL_NAMES: [&str; 4] = ["label", "class", "target", "y"];

/// How many lines decide on the separator.
const LOOK: usize = 10;

/// The separator, and the text after a first line that only states it (`sep=;`, as Excel has it).
pub(super) fn delimiter(text: &str) -> (u8, &str) {
    if let Some(rest) = text.strip_prefix("sep=")
        && let [separator @ (b',' | b';' | b'\t'), ..] = rest.as_bytes()
        && let Some(rest) = rest[1..]
            .strip_prefix("\r\n")
            .or(rest[1..].strip_prefix('\n'))
    {
        return (*separator, rest);
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.take(LOOK).collect();
    let counts = |separator| lines.iter().map(move |line| count(line, separator));
    // A semicolon or a tab that each line has as often separates, whatever commas there are: those may
    // stand in decimal numbers.
    let steady = [b'\t', b';'].into_iter().find(|&separator| {
        let first = counts(separator).next().unwrap_or_default();
        first > 0 && counts(separator).all(|count| count == first)
    });
    let most = || {
        let first = |separator| counts(separator).next().unwrap_or_default();
        // Of equally frequent ones `max_by_key` takes the last: the comma.
        let all = [b'\t', b';', b','].into_iter();
        all.max_by_key(|&separator| first(separator))
    };
    (steady.or_else(most).unwrap_or(b','), text)
}

/// How often a separator stands in a line outside of quotes.
fn count(line: &str, separator: u8) -> usize {
    let mut quoted = false;
    let outside = line.bytes().filter(|&byte| {
        quoted ^= byte == b'"';
        !quoted && byte == separator
    });
    outside.count()
}

/// Whether the first line names the columns: a label's name is among its fields, most of them are not
/// numbers, or it counts the columns, as pandas names those that have no names.
pub(super) fn is_header(record: &StringRecord, delimiter: u8, label_column: Option<&str>) -> bool {
    let number = |field: &str| Numbers::new(delimiter).read(field, 1).is_some();
    let names_label = record.iter().map(str::trim).any(|field| {
        LABEL_NAMES
            .iter()
            .any(|name| field.eq_ignore_ascii_case(name))
            || label_column.is_some_and(|wanted| {
                let mut all = wanted.split(',').map(str::trim).chain([wanted]);
                all.any(|wanted| wanted == field && !number(field))
            })
    });
    let words = record.iter().filter(|field| !number(field)).count();
    names_label || 2 * words > record.len() || counts(record)
}

/// Whether the fields count from 0, after an empty one where an index comes first.
fn counts(record: &StringRecord) -> bool {
    let skip = usize::from(record.get(0).is_some_and(|first| first.trim().is_empty()));
    let mut fields = record.iter().skip(skip).zip(0_usize..);
    record.len() >= skip + 3 && fields.all(|(field, at)| field.trim().parse::<usize>() == Ok(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_apart() {
        let cases = [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\n1;0,5;0,25\n", b';'),
            ("1;0,5;0,25\n0;1,5;2,25\n", b';'),
            ("a\tb\n1,5\t2\n", b'\t'),
            ("\"a;b\",c\n\"x;y\",2\n", b','),
            ("label,a\nx;y,1\nz,2\n", b','),
            ("", b','),
        ];
        for (text, expected) in cases {
            assert_eq!(delimiter(text), (expected, text), "{text:?}");
        }
        assert_eq!(delimiter("sep=;\r\na;b\n"), (b';', "a;b\n"));
    }
}
