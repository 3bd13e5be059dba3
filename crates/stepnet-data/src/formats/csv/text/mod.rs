//! Text in the encoding it was written in: UTF-8 unless a byte order mark or the user says otherwise.

use std::borrow::Cow;
use std::path::Path;

use crate::{Error, Result};

#[cfg(feature = "encodings")]
#[path = "every.rs"]
mod known;
#[cfg(not(feature = "encodings"))]
#[path = "unicode.rs"]
mod known;

use known::Encoding;

/// Fails unless the name is one of an encoding.
///
/// # Errors
/// A name that is none.
pub(crate) fn check_encoding(name: &str) -> Result<()> {
    encoding(name).map(drop)
}

/// The encoding of a name.
fn encoding(name: &str) -> Result<Encoding> {
    let plain = name.trim().to_ascii_lowercase().replace('_', "-");
    Encoding::named(&plain).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        Error::value(
            "data::open",
            "the encoding",
            format!("{shown:?}"),
            known::EXPECTED,
        )
    })
}

/// The text of a file, without its byte order mark; a mark decides over `asked`.
///
/// # Errors
/// Bytes that are none in the encoding, by line and byte, with the encoding that is likely.
pub(crate) fn decode<'a>(
    path: &Path,
    bytes: &'a [u8],
    asked: Option<&str>,
) -> Result<Cow<'a, str>> {
    let asked = asked.map(encoding).transpose()?;
    let (encoding, mark) = match Encoding::marked(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (asked.unwrap_or(Encoding::UTF_8), 0),
    };
    let body = bytes.get(mark..).unwrap_or_default();
    let marked = mark > 0 || asked.is_some();
    if !marked && body.contains(&0) {
        return Err(Error::file(path, wide(body)));
    }
    if encoding == Encoding::UTF_8
        && let Ok(text) = str::from_utf8(body)
    {
        return Ok(Cow::Borrowed(text));
    }
    match encoding.strictly(body) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(at) => {
            let at = mark + at;
            let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let start = bytes[..at].iter().rposition(|&byte| byte == b'\n');
            let column = at - start.map_or(0, |end| end + 1) + 1;
            let byte = bytes.get(at).copied().unwrap_or_default();
            let problem = format!(
                "line {line}, byte {column}: 0x{byte:02x} is not {}{}",
                encoding.name(),
                advice(body, encoding, asked.is_some()),
            );
            Err(Error::file(path, problem))
        }
    }
}

/// Advice about text that is not in the encoding it should be in.
fn advice(body: &[u8], encoding: Encoding, asked: bool) -> String {
    let Some((name, option)) = encoding.likelier(body) else {
        return known::UNKNOWN.into();
    };
    let or = if asked {
        "it may be"
    } else {
        "its encoding is likely"
    };
    format!(": {or} {name}; save it as UTF-8, or give `encoding` {option}")
}

/// The message about text with zero bytes in it: UTF-16 without its mark.
fn wide(bytes: &[u8]) -> String {
    let zeros = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let name = if zeros(1) >= zeros(0) {
        "utf-16le"
    } else {
        "utf-16be"
    };
    format!(
        "has zero bytes, which text in UTF-8 has not: its encoding is likely {name}; save it as UTF-8, or give `encoding` {name}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], asked: Option<&str>) -> std::result::Result<String, String> {
        let text = decode(Path::new("t.csv"), bytes, asked);
        text.map(Cow::into_owned).map_err(|error| error.to_string())
    }

    fn wide(text: &str, mark: bool, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        let units = mark.into_iter().chain(text.encode_utf16());
        units.flat_map(order).collect()
    }

    #[test]
    fn text_is_read_in_its_encoding() {
        let expected = "label,é\n1,ü𝄞\n";
        let cases: [(Vec<u8>, Option<&str>); 8] = [
            (expected.into(), None),
            (expected.into(), Some("UTF-8")),
            ([&b"\xef\xbb\xbf"[..], expected.as_bytes()].concat(), None),
            (expected.into(), Some("utf_8_sig")),
            (wide(expected, true, u16::to_le_bytes), None),
            (wide(expected, true, u16::to_be_bytes), Some("utf-16")),
            (wide(expected, false, u16::to_le_bytes), Some("utf-16")),
            (wide(expected, false, u16::to_be_bytes), Some("utf_16_be")),
        ];
        for (bytes, asked) in cases {
            assert_eq!(text(&bytes, asked).as_deref(), Ok(expected), "{asked:?}");
        }
    }

    #[cfg(feature = "encodings")]
    #[test]
    fn text_is_read_in_encodings_older_than_unicode() {
        let latin = b"label,\xe9\n1,\xfc\n";
        for asked in ["latin1", "cp1252", "ISO-8859-1"] {
            assert_eq!(text(latin, Some(asked)).as_deref(), Ok("label,é\n1,ü\n"));
        }
        assert_eq!(text(b"\x93\xfa", Some("cp932")).as_deref(), Ok("日"));
    }

    #[test]
    fn other_bytes_are_named_by_line_and_byte() {
        let fails = |bytes: &[u8], asked, parts: &[&str]| {
            let message = text(bytes, asked).unwrap_err();
            for part in parts {
                assert!(message.contains(part), "{part:?} is not in: {message}");
            }
        };
        let latin = b"label,a\ncaf\xe9,1\nth\xe9,2\n";
        let place = "line 2, byte 4: 0xe9 is not UTF-8";
        fails(latin, None, &["t.csv", place, "save it as UTF-8"]);
        fails(latin, Some("utf-8"), &["line 2, byte 4: 0xe9"]);
        fails(&wide("a,b\n", false, u16::to_le_bytes), None, &["utf-16le"]);
        fails(&wide("a,b\n", false, u16::to_be_bytes), None, &["utf-16be"]);
        let alone = b"a\0\n\0\0\xd8b\0";
        let place = "line 2, byte 2: 0x00 is not UTF-16LE";
        fails(alone, Some("utf-16le"), &[place]);
        fails(b"a\0b", Some("utf-16le"), &["line 1, byte 3: 0x62"]);
        fails(b"a", Some("klingon"), &["\"klingon\"", "utf-16"]);
    }

    #[cfg(feature = "encodings")]
    #[test]
    fn the_likely_encoding_is_named() {
        let latin = b"label,a\ncaf\xe9,1\nth\xe9,2\n";
        let message = text(latin, None).unwrap_err();
        assert!(message.contains("windows-1252 (Latin-1)"), "{message}");
        let message = text(b"a\n\x80", Some("euc-kr")).unwrap_err();
        let place = "line 2, byte 1: 0x80 is not EUC-KR";
        assert!(message.contains(place), "{message}");
    }
}
