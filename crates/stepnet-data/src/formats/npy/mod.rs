//! The `.npy` format of numpy, versions 1 to 3 (NEP 1): a magic, a header that is a Python
//! dictionary with `descr`, `fortran_order` and `shape`, then the values.
//!
//! Nothing is ever unpickled: arrays of Python objects are rejected.

mod header;

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use crate::{Error, Result};
use stepnet_base::memory;
use stepnet_files::read_filled;

use crate::formats::arrays::array::{ArrayValues, Number, RawArray, byte_length, times};
use crate::formats::arrays::assemble::{Certain, assemble};
use crate::formats::arrays::keys::{Pair, Parts};
use crate::formats::format::{Choice, Format, Source};
use crate::opened::Opened;
use crate::options::OpenOptions;
use header::Header;
use stepnet_files::Kind;

pub(crate) static FORMAT: Format = Format {
    name: "npy",
    content: "an npy file",
    read: "images; labels or other targets from the npy file `labels`",
    images: false,
    takes: &[Choice::Targets, Choice::Labels],
    recognises: |source| Ok(source.is_any(&[Kind::Npy])),
    open,
    fuzz: Some(("npy", |bytes| drop(from_bytes(Path::new("fuzz"), bytes)))),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let images = read(source.path)?;
    let Some(labels) = &options.labels else {
        let problem =
            "an npy file holds the images alone: give the npy file of the labels with `labels`";
        return Err(Error::file(source.path, problem));
    };
    let labels = read(labels)?;
    let parts = Parts {
        train: Some(Pair { images, labels }),
        ..Parts::default()
    };
    assemble(source.path, parts, Certain::Never, options)
}

/// The longest header read; numpy itself refuses to trust more than 10,000 bytes.
const MAX_HEADER: usize = 64 * 1024;

/// Reads an array from an `.npy` file.
///
/// Types: `b1`, `u1` to `u8`, `i1` to `i8`, `f4`, `f8`, `S`, `U`, in both byte orders; C and
/// Fortran order (the result is always in C order).
///
/// # Errors
/// Anything but one whole array of these types; the message has the place and both numbers.
pub fn read(path: &Path) -> Result<RawArray> {
    from_bytes(path, &read_filled(path)?)
}

/// Reads an array from the content of an `.npy` file; `name` is for messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<RawArray> {
    from_reader(name, bytes, bytes.len())
}

/// Reads an array from a stream that cannot give more than `most` bytes: a header that claims
/// more is rejected before memory is taken, and what follows the array is an error.
pub(crate) fn from_reader(name: &Path, mut reader: impl Read, most: usize) -> Result<RawArray> {
    let header = read_header(name, &mut reader)?;
    let stored = StoredType::parse(name, &header.descr)?;
    let length = byte_length(name, &header.shape, stored.size())?;
    let array = format!("shape {} of {}", times(&header.shape), header.descr);
    let promised = || format!("{array} takes {length} bytes");
    if length <= most {
        let turned = if header.fortran_order { length } else { 0 };
        let memory = stored.memory(length) + turned as u128;
        memory::check_free(name, &array, memory)?;
    }
    let limit = (length.min(most) as u64).saturating_add(1);
    let mut body = Vec::new();
    let read = reader.take(limit).read_to_end(&mut body);
    read.map_err(|error| Error::file(name, format!("the data cannot be read: {error}")))?;
    if body.len() < length {
        return Err(Error::file(
            name,
            format!("{}, {} found", promised(), body.len()),
        ));
    }
    if body.len() > length {
        return Err(Error::file(
            name,
            format!("{}, and more bytes follow them", promised()),
        ));
    }
    if header.fortran_order && header.shape.len() > 1 && length > 0 {
        body = to_c_order(&body, &header.shape, stored.size());
    }
    let values = stored.decode(name, body.into())?;
    Ok(RawArray {
        shape: header.shape,
        dtype: header.descr,
        values,
    })
}

/// Reads magic, version and header text.
fn read_header(name: &Path, reader: &mut impl Read) -> Result<Header> {
    let early = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            Error::file(name, "the file ends early, inside the npy header")
        }
        _ => Error::file(name, format!("the npy header cannot be read: {error}")),
    };
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(early)?;
    let [0x93, b'N', b'U', b'M', b'P', b'Y', version, _] = start else {
        return Err(Error::file(
            name,
            "not an npy file: it does not begin with \\x93NUMPY",
        ));
    };
    let length = match version {
        1 => {
            let mut raw = [0; 2];
            reader.read_exact(&mut raw).map_err(early)?;
            usize::from(u16::from_le_bytes(raw))
        }
        2 | 3 => {
            let mut raw = [0; 4];
            reader.read_exact(&mut raw).map_err(early)?;
            usize::try_from(u32::from_le_bytes(raw)).unwrap_or(usize::MAX)
        }
        _ => {
            let problem = format!("npy version {version} is not known, expected 1, 2 or 3");
            return Err(Error::file(name, problem));
        }
    };
    if length > MAX_HEADER {
        let problem = format!("an npy header of {length} bytes, at most {MAX_HEADER} are read");
        return Err(Error::file(name, problem));
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(early)?;
    header::parse(&text).map_err(|problem| {
        Error::file(
            name,
            format!("the npy header is not as expected: {problem}"),
        )
    })
}

/// A stored element type.
enum StoredType {
    Number {
        number: Number,
        big_endian: bool,
    },
    /// Byte strings of this many bytes.
    Bytes(usize),
    /// Texts of this many UTF-32 characters.
    Unicode {
        length: usize,
        big_endian: bool,
    },
}

impl StoredType {
    fn parse(name: &Path, descr: &str) -> Result<Self> {
        let refused = || {
            let what = if descr.contains('O') || descr == "object" {
                "arrays of Python objects are not supported: nothing is unpickled"
            } else {
                "this type is not supported"
            };
            let problem = format!(
                "dtype {descr:?}: {what}; save numbers, such as uint8, int64, float32 or float64"
            );
            Error::file(name, problem)
        };
        let mut letters = descr.chars();
        let big_endian = match letters.next() {
            Some('>') => true,
            Some('<' | '|' | '=') => false,
            _ => return Err(refused()),
        };
        let kind = letters.next().ok_or_else(refused)?;
        let digits = letters.as_str();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let size: usize = digits.parse().map_err(|_| refused())?;
        let number = match (kind, size) {
            ('b', 1) => Number::Bool,
            ('u', 1 | 2 | 4 | 8) => Number::Unsigned(size),
            ('i', 1 | 2 | 4 | 8) => Number::Signed(size),
            ('f', 4 | 8) => Number::Float(size),
            ('S', 1..=4096) => return Ok(Self::Bytes(size)),
            ('U', 1..=4096) => {
                return Ok(Self::Unicode {
                    length: size,
                    big_endian,
                });
            }
            _ => return Err(refused()),
        };
        Ok(Self::Number { number, big_endian })
    }

    /// The size of one element in bytes.
    fn size(&self) -> usize {
        match self {
            Self::Number { number, .. } => number.size(),
            Self::Bytes(size) => *size,
            Self::Unicode { length, .. } => 4 * length,
        }
    }

    /// The memory that `length` bytes take while they are decoded.
    fn memory(&self, length: usize) -> u128 {
        match self {
            Self::Number { number, .. } => number.memory(length),
            Self::Bytes(_) | Self::Unicode { .. } => {
                let texts = length / self.size().max(1);
                (2 * length + texts * size_of::<String>()) as u128
            }
        }
    }

    fn decode(&self, name: &Path, body: Cow<'_, [u8]>) -> Result<ArrayValues> {
        let not_text = |at| Error::file(name, format!("text {at} of the array is not valid text"));
        let texts = body.chunks_exact(self.size()).enumerate();
        match self {
            Self::Number { number, big_endian } => number
                .decode(body, *big_endian)
                .ok_or_else(|| Error::file(name, "this type is not supported")),
            Self::Bytes(_) => texts
                .map(|(at, text)| {
                    let end = text
                        .iter()
                        .rposition(|&byte| byte != 0)
                        .map_or(0, |last| last + 1);
                    String::from_utf8(text[..end].to_vec()).map_err(|_| not_text(at))
                })
                .collect::<Result<_>>()
                .map(ArrayValues::Text),
            Self::Unicode { big_endian, .. } => texts
                .map(|(at, text)| {
                    let codes = text.as_chunks::<4>().0.iter().map(|&raw| {
                        if *big_endian {
                            u32::from_be_bytes(raw)
                        } else {
                            u32::from_le_bytes(raw)
                        }
                    });
                    let text: Option<String> = codes.map(char::from_u32).collect();
                    let text = text.ok_or_else(|| not_text(at))?;
                    Ok(text.trim_end_matches('\0').to_owned())
                })
                .collect::<Result<_>>()
                .map(ArrayValues::Text),
        }
    }
}

/// Column-major elements of `size` bytes in row-major order.
///
/// `shape` has at least two dimensions, none of them zero, and `body` is exactly as long.
fn to_c_order(body: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    // The element at (i0, i1, ...) lies at i0 + n0 * (i1 + n1 * ...) in the file.
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut out = Vec::with_capacity(body.len());
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    for _ in 0..body.len() / size {
        out.extend_from_slice(&body[at * size..(at + 1) * size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}
