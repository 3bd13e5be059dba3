//! The encodings of the web: those older than Unicode, too.

use chardetng::EncodingDetector;
use encoding_rs::{DecoderResult, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// Advice about text in an encoding that is not known.
pub(super) const UNKNOWN: &str = ": the text is damaged, or in another encoding (`encoding`)";

/// What a name should be.
pub(super) const EXPECTED: &str =
    "an encoding's name, such as utf-8, latin1, windows-1252 or utf-16";

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    pub(super) const UTF_8: Self = Self(UTF_8);

    /// The encoding of a name, in lower case with hyphens, as the web knows it (`latin1`, `windows-1252`, `shift-jis`) or
    /// Python (`cp1252`, `utf-16-le`). `latin1` is read as its superset windows-1252, as the web does.
    pub(super) fn named(plain: &str) -> Option<Self> {
        let label = |label: &str| encoding_rs::Encoding::for_label(label.as_bytes());
        let known = match plain {
            "utf-8-sig" => Some(UTF_8),
            "utf-16-le" => Some(UTF_16LE),
            "utf-16-be" => Some(UTF_16BE),
            "latin-1" => label("latin1"),
            "cp932" => label("shift_jis"),
            "cp936" => label("gbk"),
            "cp949" => label("euc-kr"),
            "cp950" => label("big5"),
            "mac-roman" => label("macintosh"),
            _ => label(plain)
                .or_else(|| label(&plain.replace('-', "_")))
                .or_else(|| label(&format!("windows-{}", plain.strip_prefix("cp")?))),
        };
        // It stands for encodings that must not be decoded.
        known.filter(|found| *found != REPLACEMENT).map(Self)
    }

    /// The encoding that a byte order mark tells, and the mark's length.
    pub(super) fn marked(bytes: &[u8]) -> Option<(Self, usize)> {
        let (encoding, length) = encoding_rs::Encoding::for_bom(bytes)?;
        Some((Self(encoding), length))
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        self.0.name()
    }

    /// The text, or the byte at which what is none in this encoding begins.
    pub(super) fn strictly(self, body: &[u8]) -> Result<String, usize> {
        let mut decoder = self.0.new_decoder_without_bom_handling();
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

    /// The encoding that text which is not in this one is likely in: its name for people, and as an option.
    pub(super) fn likelier(self, body: &[u8]) -> Option<(&'static str, String)> {
        let mut detector = EncodingDetector::new();
        detector.feed(body, true);
        let likely = detector.guess(None, false);
        if likely == self.0 || likely == UTF_8 {
            return None;
        }
        let name = match likely.name() {
            "windows-1252" => "windows-1252 (Latin-1)",
            name => name,
        };
        Some((name, likely.name().to_ascii_lowercase()))
    }
}
