//! The encodings of Unicode alone: the tables of the others are 120 kB, compressed.

/// Advice about text in an encoding that is not known.
pub(super) const UNKNOWN: &str = ": the text is damaged, or in another encoding; save it as UTF-8";

/// What a name should be.
pub(super) const EXPECTED: &str =
    "utf-8, utf-16le or utf-16be (other encodings need the cargo feature `encodings`)";

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub(super) const UTF_8: Self = Self::Utf8;

    /// The encoding of a name, in lower case with hyphens, as the web or Python knows it.
    pub(super) fn named(plain: &str) -> Option<Self> {
        match plain {
            "utf-8" | "utf8" | "utf-8-sig" => Some(Self::Utf8),
            "utf-16" | "utf-16le" | "utf-16-le" => Some(Self::Utf16Le),
            "utf-16be" | "utf-16-be" => Some(Self::Utf16Be),
            _ => None,
        }
    }

    /// The encoding that a byte order mark tells, and the mark's length.
    pub(super) fn marked(bytes: &[u8]) -> Option<(Self, usize)> {
        match bytes {
            [0xef, 0xbb, 0xbf, ..] => Some((Self::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Self::Utf16Be, 2)),
            _ => None,
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    /// The text, or the byte at which what is none in this encoding begins.
    pub(super) fn strictly(self, body: &[u8]) -> Result<String, usize> {
        let unit = match self {
            Self::Utf8 => {
                let text = str::from_utf8(body).map_err(|error| error.valid_up_to())?;
                return Ok(text.to_owned());
            }
            Self::Utf16Le => u16::from_le_bytes,
            Self::Utf16Be => u16::from_be_bytes,
        };
        let mut text = String::new();
        // Two bytes of UTF-16 are at most three of UTF-8.
        let wanted = (body.len() / 2).saturating_mul(3);
        text.try_reserve_exact(wanted).map_err(|_| 0_usize)?;
        let (units, rest) = body.as_chunks::<2>();
        let mut at = 0;
        for read in char::decode_utf16(units.iter().map(|&two| unit(two))) {
            let read = read.map_err(|_| at)?;
            at += 2 * read.len_utf16();
            text.push(read);
        }
        match rest {
            [] => Ok(text),
            _ => Err(at),
        }
    }

    /// The encoding that text which is not in this one is likely in, which only the others' tables tell.
    pub(super) fn likelier(self, _body: &[u8]) -> Option<(&'static str, String)> {
        None
    }
}
