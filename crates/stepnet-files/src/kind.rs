//! The kind of a file's content, recognised by its first bytes.

mod foreign;
#[cfg(feature = "containers")]
mod inside;

use std::path::Path;

use foreign::{Mark, has};

pub use foreign::Foreign;
#[cfg(feature = "containers")]
pub use inside::{known_zip, refused};

use crate::Result;
use crate::input::read_start;

/// The kinds of content Stepnet knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// No byte at all.
    Empty,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// A GIF image.
    Gif,
    /// A BMP image.
    Bmp,
    /// A WebP image.
    Webp,
    /// A TIFF image.
    Tiff,
    /// A gzip stream: an IDX file or a tar archive inside is expected.
    Gzip,
    /// A zip archive: an npz file, or images by class.
    Zip,
    /// A numpy array.
    Npy,
    /// An HDF5 file.
    Hdf5,
    /// A tar archive: images by class are expected.
    Tar,
    /// An IDX array, or what begins like one.
    Idx,
    /// Weights, or other tensors.
    Safetensors,
    /// A Parquet table.
    Parquet,
    /// Text: a CSV table is expected.
    Text,
    /// A known format that is not read.
    Foreign(&'static Foreign),
    /// None of these.
    Unknown,
}

/// How many bytes [`Kind::of`] wants to see.
pub const LOOK: usize = 1024;

/// A kind that is read: its name for messages, whether it is an image, and its marks, one of which must be there.
struct Row {
    kind: Kind,
    name: &'static str,
    image: bool,
    marks: &'static [&'static [Mark]],
}

const fn image(kind: Kind, name: &'static str, marks: &'static [&'static [Mark]]) -> Row {
    Row {
        kind,
        name,
        image: true,
        marks,
    }
}

const fn data(kind: Kind, name: &'static str, marks: &'static [&'static [Mark]]) -> Row {
    Row {
        kind,
        name,
        image: false,
        marks,
    }
}

/// The kinds that are read. Those without marks here are recognised by [`Kind::of`] itself.
static ROWS: &[Row] = &[
    image(Kind::Png, "a PNG image", &[&[(0, b"\x89PNG\r\n\x1a\n")]]),
    image(Kind::Jpeg, "a JPEG image", &[&[(0, b"\xff\xd8\xff")]]),
    image(
        Kind::Gif,
        "a GIF image",
        &[&[(0, b"GIF87a")], &[(0, b"GIF89a")]],
    ),
    image(Kind::Bmp, "a BMP image", &[]),
    image(Kind::Webp, "a WebP image", &[&[(0, b"RIFF"), (8, b"WEBP")]]),
    image(
        Kind::Tiff,
        "a TIFF image",
        &[
            &[(0, b"II*\0")],
            &[(0, b"MM\0*")],
            &[(0, b"II+\0")],
            &[(0, b"MM\0+")],
        ],
    ),
    data(Kind::Gzip, "a gzip file", &[&[(0, b"\x1f\x8b")]]),
    data(
        Kind::Zip,
        "a zip archive",
        &[&[(0, b"PK\x03\x04")], &[(0, b"PK\x05\x06")]],
    ),
    data(Kind::Npy, "a numpy array", &[&[(0, b"\x93NUMPY")]]),
    data(Kind::Hdf5, "an HDF5 file", &[&[(0, b"\x89HDF\r\n\x1a\n")]]),
    data(Kind::Parquet, "a Parquet table", &[&[(0, b"PAR1")]]),
    data(
        Kind::Text,
        "text",
        // UTF-16 in either order, and UTF-8 with its mark.
        &[
            &[(0, b"\xff\xfe")],
            &[(0, b"\xfe\xff")],
            &[(0, b"\xef\xbb\xbf")],
        ],
    ),
    data(Kind::Tar, "a tar archive", &[]),
    data(Kind::Idx, "an IDX file", &[]),
    data(Kind::Safetensors, "a .safetensors file", &[]),
];

impl Kind {
    /// The kind of a file that begins with `bytes`; the first 1024 bytes decide.
    ///
    /// HDF5 files may begin with a block of the user's own; only those without are recognised.
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(LOOK)];
        if bytes.is_empty() {
            return Self::Empty;
        }
        // The length of a header, far below 2^32, then the header: its length may look like a mark below.
        if bytes.get(4..9) == Some(b"\0\0\0\0{") {
            return Self::Safetensors;
        }
        let marked = |row: &&Row| {
            // A table whose first column is called PAR1 is one all the same.
            let is_text = row.kind == Self::Parquet && is_text(bytes);
            !is_text && row.marks.iter().any(|marks| has(bytes, marks))
        };
        if let Some(row) = ROWS.iter().find(marked) {
            return row.kind;
        }
        if let Some(format) = foreign::of(bytes) {
            return Self::Foreign(format);
        }
        match bytes {
            // A bitmap's two letters could begin a text; its reserved words are zero.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Self::Bmp,
            _ if is_tar(bytes) => Self::Tar,
            // Two zero bytes, a type code, the number of dimensions.
            [0, 0, code, 1..=8, ..] if *code != 0 => Self::Idx,
            _ if is_text(bytes) || is_wide_text(bytes) => Self::Text,
            _ => Self::Unknown,
        }
    }

    /// The kind of the file at `path`, from its beginning.
    ///
    /// # Errors
    /// No such file, a folder or a device in its place, or a refusal by the system.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::of(&read_start(path.as_ref(), LOOK)?))
    }

    /// The kinds that are read.
    pub fn all_read() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.kind == self)
    }

    /// Whether it is an image.
    pub fn is_image(self) -> bool {
        self.row().is_some_and(|row| row.image)
    }

    /// Whether it is an image in a format that is not read.
    pub fn is_foreign_image(self) -> bool {
        matches!(self, Self::Foreign(format) if format.image)
    }

    /// The kind in words, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "an empty file",
            Self::Foreign(format) => format.name,
            kind => kind.row().map_or("of no known kind", |row| row.name),
        }
    }
}

/// Whether the bytes begin with a header of a tar archive: one whose checksum is right.
fn is_tar(bytes: &[u8]) -> bool {
    let Some((header, _)) = bytes.split_first_chunk::<512>() else {
        return false;
    };
    // Octal, between spaces and zeros; the checksum itself counts as eight spaces.
    let digits = header[148..156].iter().skip_while(|&&byte| byte == b' ');
    let digits = digits.take_while(|byte| (b'0'..=b'7').contains(byte));
    let (count, said) = digits.fold((0, 0_u32), |(count, sum), &byte| {
        (count + 1, sum * 8 + u32::from(byte - b'0'))
    });
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    header[0] != 0 && count > 0 && said == sum(&header[..148]) + 8 * 32 + sum(&header[156..])
}

/// Whether the bytes look like text in UTF-8 or an 8-bit encoding: no control characters.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|&byte| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// Whether the bytes look like UTF-16 without its mark: every other one is zero, and the rest is text.
fn is_wide_text(bytes: &[u8]) -> bool {
    let pairs = bytes.as_chunks::<2>().0;
    let zero = |at: usize| pairs.iter().all(|pair| pair[at] == 0);
    let text = |at: usize| pairs.iter().all(|pair| is_text(&pair[at..=at]));
    pairs.len() > 2 && (zero(1) && text(0) || zero(0) && text(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_told_apart() {
        let cases: [(&[u8], Kind); 27] = [
            (b"", Kind::Empty),
            (b"\x89PNG\r\n\x1a\nxxxx", Kind::Png),
            (b"\xff\xd8\xff\xe0", Kind::Jpeg),
            (b"GIF89a..", Kind::Gif),
            (b"BM\x10\x00\x00\x00\0\0\0\0\x36", Kind::Bmp),
            (b"BMI,age,label\n", Kind::Text),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
            (b"II*\0\x08\0\0\0", Kind::Tiff),
            (b"MM\0+\0\x08", Kind::Tiff),
            (b"PAR1\x15\x04", Kind::Parquet),
            (b"\x1f\x8b\x08", Kind::Gzip),
            (b"PK\x03\x04", Kind::Zip),
            (b"PK,label\n1,2\n", Kind::Text),
            (b"\x93NUMPY\x01\x00", Kind::Npy),
            (b"\x89HDF\r\n\x1a\n\0", Kind::Hdf5),
            (b"\0\0\x08\x03", Kind::Idx),
            (b"\0\0\x0a\x03", Kind::Idx),
            (b"\0\0\0\0\0\0", Kind::Unknown),
            (b"PAR1,label\n1,2\n", Kind::Text),
            (b"label,p0\r\n1,2\n", Kind::Text),
            (b"\xff\xfea\0,\0", Kind::Text),
            (b"a\0,\0b\0\n\0", Kind::Text),
            (b"\0a\0,\0b\0\n", Kind::Text),
            // Headers of 0x028b1f and of 0x8002 bytes, which begin as gzip and pickles do.
            (b"\x1f\x8b\x02\0\0\0\0\0{\"", Kind::Safetensors),
            (b"\x80\x02\0\0\0\0\0\0{\"", Kind::Safetensors),
            (b"\x1f\x8b\x08\0\0\0\0\0\x02\xff", Kind::Gzip),
            (b"\x01\x02\x03\x04", Kind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
    }
}
