//! Names and numbers in messages: the nearest known name to a misspelt one, lists of names, counts; and texts from
//! outside, made safe to show.

use std::borrow::Cow;
use std::fmt::Display;

use crate::{Error, Result};

/// Longer words are not mistyped names.
const LONGEST: usize = 40;

/// The candidate nearest to `word`, if one is near enough to be meant.
///
/// Near enough: edits (swaps of neighbours count once) up to a third of the longer word and at
/// least one, or one word starting the other (`drop` for `dropout`), ignoring case.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let edits = strsim::damerau_levenshtein(&word, &other);
            let longer = length.max(other.chars().count());
            let starts = length >= 3 && (other.starts_with(&word) || word.starts_with(&other));
            let near = edits < longer && (edits <= (longer / 3).max(1) || starts);
            near.then_some((edits, candidate))
        })
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "conv"?` for the nearest candidate, or nothing.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// `a`, `a and b`, `a, b and c`.
pub fn and_list(names: &[&str]) -> String {
    joined(names, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub fn or_list(names: &[&str]) -> String {
    joined(names, "or")
}

fn joined(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// `1 epoch`, `2 epochs`.
pub fn count(number: impl Display, thing: &str) -> String {
    let number = number.to_string();
    let plural = match (number.as_str(), thing) {
        ("1", _) => "",
        (_, "class") => "es",
        _ => "s",
    };
    format!("{number} {thing}{plural}")
}

/// A whole number with commas between the thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether a character acts on the terminal or the page instead of being drawn: control characters, and those that
/// set the direction of writing or end a line.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line, with characters that would act on what shows it written as JSON writes them, so that a line of
/// JSON stays one.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_but(text, |_| false)
}

/// [`escaped`] for a text of several lines, whose line ends stay.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_but(text, |c| c == '\n')
}

fn escaped_but(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let shown = |c: char| keep(c) || !acts(c);
    if text.chars().all(shown) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            _ if shown(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    safe.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    Cow::Owned(safe)
}

/// A name from outside in at most `most` characters, its end replaced by `...` where it would take more; characters that
/// are not drawn are [`escaped`].
pub fn shown(name: &str, most: usize) -> String {
    // Nothing beyond can be shown, however long the name is.
    let begin = match name.char_indices().nth(most) {
        Some((at, _)) => &name[..at],
        None => name,
    };
    let safe = escaped(begin);
    if begin.len() == name.len() && safe.chars().nth(most).is_none() {
        return safe.into_owned();
    }
    let mut cut: String = safe.chars().take(most.saturating_sub(3)).collect();
    cut.push_str("...");
    cut
}

/// A message with the reader's names instead of the library's: each pair has the text in the message, an option in
/// backticks or a phrase with one, and its replacement. Earlier pairs come first.
pub fn replace_names(text: &str, names: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (of_library, of_reader) in names {
        if text.contains(of_library) {
            text = text.replace(of_library, of_reader);
        }
    }
    text
}

/// The most characters of a class's name.
pub const MAX_CLASS_NAME: usize = 1000;

/// Fails if a class has a name that is too long to be one: it is stored with every model.
pub fn check_class_names(classes: &[String]) -> Result<()> {
    let long = |name: &&String| name.chars().nth(MAX_CLASS_NAME).is_some();
    match classes.iter().find(long) {
        None => Ok(()),
        Some(name) => Err(Error::value(
            "Dataset",
            format!("the length of the class name {}", quoted(name)),
            format!("{} characters", name.chars().count()),
            format!("at most {MAX_CLASS_NAME}"),
        )),
    }
}

/// The most characters of a name in a message.
const SHOWN_OF_NAME: usize = 60;

/// The beginning of a name, and dots where there is more.
fn begin(name: &str) -> String {
    match name.char_indices().nth(SHOWN_OF_NAME) {
        Some((at, _)) => format!("{}...", &name[..at]),
        None => name.to_owned(),
    }
}

/// A name for a message: in quotes, what cannot be seen escaped, shortened where it is long.
pub fn quoted(name: &str) -> String {
    format!("{:?}", begin(name))
}

/// A list of names for a message, shortened where it or one of them is long.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN);
    let mut text: Vec<String> = shown.map(|name| begin(name.as_ref())).collect();
    if names.len() > SHOWN {
        text.push(format!("and {} more", names.len() - SHOWN));
    }
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{count, escaped, nearest, replace_names, shown, thousands};

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(count(1, "epoch"), "1 epoch");
        assert_eq!(count("1,000", "class"), "1,000 classes");
    }

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1310, "1,310"),
            (23_600_006, "23,600,006"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn names_from_outside_are_safe_and_short() {
        assert_eq!(escaped("a\u{1b}[2J\n"), "a\\u001b[2J\\n");
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcdefgh", 6), "abc...");
        assert_eq!(shown("ab\u{202e}cd", 6), "ab\\...");
    }

    const NAMES: [&str; 6] = ["conv", "maxpool", "dropout", "kernel", "tanh", "fc"];

    #[test]
    fn a_typing_error_finds_its_name() {
        for (typed, meant) in [
            ("cov", "conv"),
            ("CONV3", "conv"),
            ("mxapool", "maxpool"),
            ("drop", "dropout"),
            ("kernel_size", "kernel"),
            ("tan", "tanh"),
            ("cf", "fc"),
        ] {
            assert_eq!(nearest(typed, NAMES), Some(meant), "{typed}");
        }
    }

    #[test]
    fn an_unlike_word_finds_nothing() {
        for typed in ["transformer", "gru", "x", "é", &"conv".repeat(20)] {
            assert_eq!(nearest(typed, NAMES), None, "{typed}");
        }
    }

    #[test]
    fn names_are_replaced_everywhere_and_in_order() {
        let names = [("`encoding` ", "encoding="), ("`encoding`", "encoding")];
        assert_eq!(
            replace_names(
                "give `encoding` utf-16le (`encoding`); `other` stays",
                &names
            ),
            "give encoding=utf-16le (encoding); `other` stays"
        );
    }
}
