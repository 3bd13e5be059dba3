//! Text on a terminal: control characters of names shown escaped, long names cut, widths counted in
//! cells, sentences wrapped.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anstyle::{AnsiColor, Style};
pub(crate) use stepnet_base::text::{escaped, escaped_lines};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::quiet;

/// The most cells that a name takes in a table or a sentence.
pub(crate) const NAME: usize = 40;

/// The width of a terminal where nothing says another.
pub(crate) const COLUMNS: usize = 80;

/// Characters for each cell of a name: marks that combine take no cell, and a name may hold any number.
const CHARACTERS_A_CELL: usize = 4;

/// Errors.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Notes and warnings.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default().bold();

/// The best so far.
pub(crate) const BEST: Style = AnsiColor::Green.on_default().bold();

/// The cells that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A name as it may be shown: escaped, and in at most `cells` cells, its end replaced by `...` where it
/// would take more.
pub(crate) fn clean(name: &str, cells: usize) -> String {
    const CUT: &str = "...";
    // Nothing beyond can be shown, however long the name is.
    let most = name.char_indices().nth(CHARACTERS_A_CELL * cells);
    let begin = most.map_or(name, |(at, _)| &name[..at]);
    let begin = escaped(begin);
    if most.is_none() && width(&begin) <= cells {
        return begin.into_owned();
    }
    let mut taken = 0;
    let room = cells.saturating_sub(CUT.len());
    let mut kept: String = begin
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken <= room
        })
        .collect();
    kept.push_str(CUT);
    kept
}

/// A name in a sentence or a table.
pub(crate) fn name(name: &str) -> String {
    clean(name, NAME)
}

/// The bytes of a path that is no UTF-8 and is shown with `\u{fffd}` for what is none, percent-encoded as in URLs;
/// `None` where the path is shown as it is.
pub(crate) fn encoded_bytes(path: &Path) -> Option<String> {
    if path.to_str().is_some() {
        return None;
    }
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let encoded = bytes.map(|&byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    Some(encoded.collect())
}

/// The width of the terminal that the standard output is; `None` where it is none, or a launcher's.
pub(crate) fn columns() -> Option<usize> {
    let out = stdout();
    if !out.is_terminal() || quiet::is_launched() {
        return None;
    }
    let size = terminal_size::terminal_size_of(&out);
    Some(
        size.map_or(COLUMNS, |(width, _)| usize::from(width.0))
            .max(20),
    )
}

/// A text in lines of at most `columns` cells, parted at spaces; lines after the first begin with
/// `indent` spaces more than it. A word that is longer has a line for itself.
pub(crate) fn wrap(text: &str, columns: usize, indent: usize) -> Vec<String> {
    let body = text.trim_start_matches(' ');
    let before = text.len() - body.len();
    let mut lines = Vec::new();
    let mut line = " ".repeat(before);
    for (at, word) in body.split(' ').enumerate() {
        if !line.trim().is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(line.trim_end().to_owned());
            line = " ".repeat(before + indent);
        } else if at > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_the_rest_stays() {
        assert_eq!(escaped("a\u{1b}[2Jb\nc\r\t"), "a\\u001b[2Jb\\nc\\r\\t");
        assert_eq!(escaped("\u{202e}gnp.exe\u{9b}"), "\\u202egnp.exe\\u009b");
        assert_eq!(escaped_lines("a\nb\u{7}"), "a\nb\\u0007");
        for plain in ["größe", "数字", "e\u{301}", "שלום", "👩‍🔬"] {
            assert!(matches!(escaped(plain), Cow::Borrowed(same) if same == plain));
        }
        // A line of JSON means the same afterwards.
        let json = serde_json::json!({"class": "a\n\u{9b}\u{202e}\u{e0001}"});
        let line = escaped(&json.to_string()).into_owned();
        assert!(line.is_ascii(), "{line}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            json
        );
    }

    #[test]
    fn names_are_cut_by_their_cells() {
        assert_eq!(clean("sunflower", 9), "sunflower");
        assert_eq!(clean("sunflowers", 9), "sunflo...");
        // Each takes two cells.
        assert_eq!(clean("数字数字数字", 9), "数字数...");
        assert_eq!(width(&clean("数字数字数字", 8)), 7);
        let marks = format!("e{}", "\u{301}".repeat(66_000));
        assert!(clean(&marks, 40).chars().count() <= 4 * 40 + 3);
        let long = clean(&"x".repeat(66_000), 40);
        assert_eq!((width(&long), &long[36..]), (40, "x..."));
        assert!(width(&clean(&"\u{1b}".repeat(99), 40)) <= 40);
    }

    #[test]
    fn sentences_are_parted_at_spaces() {
        assert_eq!(wrap("one two three", 9, 2), ["one two", "  three"]);
        assert_eq!(wrap("abcdefghijkl mn", 5, 0), ["abcdefghijkl", "mn"]);
        assert_eq!(wrap("数字 数字", 8, 0), ["数字", "数字"]);
        assert_eq!(wrap("", 8, 0), [""]);
        assert_eq!(wrap("  a  b c d", 8, 2), ["  a  b c", "    d"]);
        assert_eq!(wrap("a:      bcdefg", 8, 2), ["a:", "  bcdefg"]);
    }
}
