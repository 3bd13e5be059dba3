//! IDX, the format of the MNIST files: big-endian, plain or packed with gzip.
//!
//! Two zero bytes, a type code, the number of dimensions, a 32-bit size for each, then the values
//! (Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits").

pub(crate) mod folder;

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};
use stepnet_base::memory;
use stepnet_files::read_filled;

use crate::formats::arrays::array::{Number, RawArray, byte_length, times};
use crate::formats::arrays::assemble::{Certain, assemble};
use crate::formats::arrays::keys::Parts;
use crate::formats::format::{Choice, Format, Source};
use crate::opened::Opened;
use crate::options::OpenOptions;
use stepnet_files::{Kind, refused};

pub(crate) static FORMAT: Format = Format {
    name: "IDX",
    content: "an IDX file, plain or gzip",
    read: "images; labels from `labels`, or the file next to it with a matching name",
    images: false,
    takes: &[Choice::Labels],
    recognises: |source| Ok(source.is_any(&[Kind::Idx, Kind::Gzip])),
    open,
    fuzz: Some(("idx", |bytes| drop(from_bytes(Path::new("fuzz"), bytes)))),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let labels = options.labels.clone();
    let Some(labels) = labels.or_else(|| folder::labels_next_to(path)) else {
        folder::read_images(path)?;
        let problem =
            "a file of images without its labels: none is given, and there is none next to it";
        return Err(Error::file(path, problem));
    };
    let parts = Parts {
        train: Some(folder::read_pair(path, &labels)?),
        ..Parts::default()
    };
    assemble(path, parts, Certain::Bytes, options)
}

/// The most dimensions an array may have here.
const MAX_DIMENSIONS: usize = 8;

/// Deflate never packs better than about 1032 to 1: a header that claims more is lying.
pub(crate) const MAX_DEFLATE_RATIO: usize = 1040;

/// Reads an IDX file, plain or gzip.
///
/// # Errors
/// Anything but a whole, undamaged IDX file; the message has the place and both numbers.
pub fn read(path: &Path) -> Result<RawArray> {
    from_bytes(path, &read_filled(path)?)
}

/// Reads an IDX array from the content of a file; `name` is for messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<RawArray> {
    match Kind::of(bytes) {
        Kind::Gzip => {
            from_reader(name, MultiGzDecoder::new(bytes), bytes.len(), true).map_err(|error| {
                match refused(bytes) {
                    Some(problem) => Error::file(name, problem),
                    None => error,
                }
            })
        }
        Kind::Idx => from_reader(name, bytes, bytes.len(), false),
        Kind::Empty => Err(Error::file(name, "the file is empty")),
        other => Err(Error::file(
            name,
            format!("not an IDX file: it is {}", other.name()),
        )),
    }
}

/// Reads an array of exactly the length its header promises.
pub(crate) fn from_reader(
    name: &Path,
    mut reader: impl Read,
    stored: usize,
    packed: bool,
) -> Result<RawArray> {
    let broken = |error: std::io::Error| Error::file(name, gzip_problem(&error));
    let mut start = [0; 4];
    if read_up_to(&mut reader, &mut start).map_err(broken)? < 4 {
        return Err(Error::file(
            name,
            "the file ends early, inside the 4 bytes of the IDX magic",
        ));
    }
    let (number, rank) = magic(name, start)?;
    let mut sizes = vec![0; 4 * rank];
    let got = read_up_to(&mut reader, &mut sizes).map_err(broken)?;
    if got < sizes.len() {
        let problem = format!(
            "the file ends early, inside the sizes of the {rank} dimensions: {} bytes found, {} expected",
            got + 4,
            sizes.len() + 4
        );
        return Err(Error::file(name, problem));
    }
    let sizes = sizes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&raw| u32::from_be_bytes(raw));
    let shape = sizes
        .map(|size| usize::try_from(size).unwrap_or(usize::MAX))
        .collect::<Vec<_>>();
    let length = byte_length(name, &shape, number.size())?;
    let most = if packed {
        stored.saturating_mul(MAX_DEFLATE_RATIO)
    } else {
        stored
    };
    let array = format!("{} values of {} bytes", times(&shape), number.size());
    let promised = format!("the header promises {array}");
    if length > most && packed {
        let problem =
            format!("{promised} ({length} bytes), more than {stored} packed bytes can hold");
        return Err(Error::file(name, problem));
    }
    if length <= most {
        let what = format!("an array of {array}");
        memory::check_free(name, &what, number.memory(length))?;
    }
    let mut values = Vec::new();
    // One byte more than promised shows a surplus, and makes gzip check its sum at the end.
    let limit = (length.min(most) as u64).saturating_add(1);
    reader
        .take(limit)
        .read_to_end(&mut values)
        .map_err(broken)?;
    if values.len() < length {
        let problem = format!(
            "{promised}: {length} bytes expected, {} found",
            values.len()
        );
        return Err(Error::file(name, problem));
    }
    if values.len() > length {
        return Err(Error::file(
            name,
            format!("{promised}: bytes are left over after {length}"),
        ));
    }
    let values = number
        .decode(values, true)
        .ok_or_else(|| Error::file(name, "unknown type"))?;
    Ok(RawArray {
        shape,
        dtype: dtype(number),
        values,
    })
}

/// The type and the number of dimensions of the first four bytes.
fn magic(name: &Path, start: [u8; 4]) -> Result<(Number, usize)> {
    let [0, 0, code, rank] = start else {
        let problem = format!("not an IDX file: it begins with {start:02x?}, not with 00 00");
        return Err(Error::file(name, problem));
    };
    let number = match code {
        0x08 => Number::Unsigned(1),
        0x09 => Number::Signed(1),
        0x0b => Number::Signed(2),
        0x0c => Number::Signed(4),
        0x0d => Number::Float(4),
        0x0e => Number::Float(8),
        _ => {
            let problem = format!(
                "not an IDX file: unknown type code 0x{code:02x} in byte 2, expected 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e"
            );
            return Err(Error::file(name, problem));
        }
    };
    let rank = usize::from(rank);
    if rank == 0 || rank > MAX_DIMENSIONS {
        let problem = format!("{rank} dimensions found, expected 1 to {MAX_DIMENSIONS}");
        return Err(Error::file(name, problem));
    }
    Ok((number, rank))
}

/// The name of a type as messages spell it.
fn dtype(number: Number) -> String {
    let letter = match number {
        Number::Bool => 'b',
        Number::Unsigned(_) => 'u',
        Number::Signed(_) => 'i',
        Number::Float(_) => 'f',
    };
    format!(">{letter}{}", number.size())
}

/// Fills `out` as far as the reader goes.
fn read_up_to(reader: &mut impl Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match reader.read(&mut out[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// The fault of a gzip stream, in the file's terms.
fn gzip_problem(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the compressed stream ends early".into(),
        _ => format!("the compressed stream is damaged (checksum or content): {error}"),
    }
}
