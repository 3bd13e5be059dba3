//! Text in the encoding it was written in: UTF-8 unless a byte order mark or the user says otherwise.

use std::borrow::Cow;
use std::path::Path;

use chardetng::EncodingDetector;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::{Error, Result};

/// The encoding of a name, as the web knows it (`latin1`, `windows-1252`, `shift_jis`) or Python
/// (`cp1252`, `utf_16_le`). `latin1` is read as its superset windows-1252, as the web does.
///
/// # Errors
/// A name that is none.
pub(crate) fn encoding(name: &str) -> Result<&'static Encoding> {
    let plain = name.trim().to_ascii_lowercase().replace('_', "-");
    let known = match plain.as_str() {
        "utf-8-sig" => Some(UTF_8),
        "utf-16-le" => Some(UTF_16LE),
        "utf-16-be" => Some(UTF_16BE),
        "latin-1" => Encoding::for_label(b"latin1"),
        "cp932" => Encoding::for_label(b"shift_jis"),
        "cp936" => Encoding::for_label(b"gbk"),
        "cp949" => Encoding::for_label(b"euc-kr"),
        "cp950" => Encoding::for_label(b"big5"),
        "mac-roman" => Encoding::for_label(b"macintosh"),
        _ => Encoding::for_label(plain.as_bytes())
            .or_else(|| Encoding::for_label(plain.replace('-', "_").as_bytes()))
            .or_else(|| {
                let number = plain.strip_prefix("cp")?;
                Encoding::for_label(format!("windows-{number}").as_bytes())
            }),
    };
    // `replacement` stands for encodings that must not be decoded.
    known
        .filter(|found| *found != encoding_rs::REPLACEMENT)
        .ok_or_else(|| {
            let shown: String = name.chars().take(40).collect();
            let expected = "an encoding's name, such as utf-8, latin1, windows-1252 or utf-16";
            Error::value("data::open", "the encoding", format!("{shown:?}"), expected)
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
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (asked.unwrap_or(UTF_8), 0),
    };
    let body = bytes.get(mark..).unwrap_or_default();
    let marked = mark > 0 || asked.is_some();
    if !marked && body.contains(&0) {
        return Err(Error::file(path, wide(body)));
    }
    if encoding == UTF_8
        && let Ok(text) = str::from_utf8(body)
    {
        return Ok(Cow::Borrowed(text));
    }
    match strictly(body, encoding) {
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

/// The text, or the byte at which what is none in this encoding begins.
fn strictly(body: &[u8], encoding: &'static Encoding) -> std::result::Result<String, usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let wanted = decoder.max_utf8_buffer_length_without_replacement(body.len());
    let reserved = wanted.and_then(|wanted| text.try_reserve_exact(wanted).ok());
    if reserved.is_none() {
        return Err(0);
    }
    let (result, read) = decoder.decode_to_string_without_replacement(body, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        // The bad bytes, and those after them that were looked at, have been read as well.
        DecoderResult::Malformed(bad, looked) => {
            Err(read.saturating_sub(usize::from(bad) + usize::from(looked)))
        }
        DecoderResult::OutputFull => Err(read),
    }
}

/// Advice about text that is not in the encoding it should be in.
fn advice(body: &[u8], encoding: &'static Encoding, asked: bool) -> String {
    let mut detector = EncodingDetector::new();
    detector.feed(body, true);
    let likely = detector.guess(None, false);
    if likely == encoding || likely == UTF_8 {
        return ": the text is damaged, or in another encoding (`encoding`)".into();
    }
    let or = if asked {
        "it may be"
    } else {
        "its encoding is likely"
    };
    let name = match likely.name() {
        "windows-1252" => "windows-1252 (Latin-1)",
        name => name,
    };
    let option = likely.name().to_ascii_lowercase();
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
        let expected = "label,é\n1,ü\n";
        let latin = b"label,\xe9\n1,\xfc\n";
        let cases: [(Vec<u8>, Option<&str>); 10] = [
            (expected.into(), None),
            (expected.into(), Some("UTF-8")),
            ([&b"\xef\xbb\xbf"[..], expected.as_bytes()].concat(), None),
            (latin.to_vec(), Some("latin1")),
            (latin.to_vec(), Some("cp1252")),
            (latin.to_vec(), Some("ISO-8859-1")),
            (wide(expected, true, u16::to_le_bytes), None),
            (wide(expected, true, u16::to_be_bytes), Some("utf-16")),
            (wide(expected, false, u16::to_le_bytes), Some("utf-16")),
            (wide(expected, false, u16::to_be_bytes), Some("utf_16_be")),
        ];
        for (bytes, asked) in cases {
            assert_eq!(text(&bytes, asked).as_deref(), Ok(expected), "{asked:?}");
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
        let said = [
            "t.csv",
            "line 2, byte 4: 0xe9 is not UTF-8",
            "windows-1252",
            "`encoding`",
        ];
        fails(latin, None, &said);
        fails(latin, Some("utf-8"), &["line 2, byte 4: 0xe9"]);
        fails(
            b"a\n\x80",
            Some("euc-kr"),
            &["line 2, byte 1: 0x80 is not EUC-KR"],
        );
        fails(&wide("a,b\n", false, u16::to_le_bytes), None, &["utf-16le"]);
        fails(&wide("a,b\n", false, u16::to_be_bytes), None, &["utf-16be"]);
        fails(b"a", Some("klingon"), &["\"klingon\"", "windows-1252"]);
    }
}
