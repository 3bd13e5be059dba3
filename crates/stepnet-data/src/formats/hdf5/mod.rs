//! HDF5 files in the course's form: `train_set_x`, `train_set_y`, `test_set_x`, `test_set_y`,
//! `list_classes` at the root, or the other names of [`super::arrays::keys`], also in groups.

mod links;
mod source;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_pure::{DType, Dataset, Datatype, DatatypeByteOrder, File, VlenStringReadOptions};

use crate::{Error, Result};

use crate::formats::arrays::array::{ArrayValues, Number, RawArray, byte_length, times};
use crate::formats::arrays::assemble::{Certain, assemble, fuzz_parts, named_inside};
use crate::formats::arrays::keys::{Arrays, Parts, find_parts};
use crate::formats::format::{Choice, Format, Source};
use crate::formats::idx::MAX_DEFLATE_RATIO;
use crate::opened::Opened;
use crate::options::OpenOptions;
use source::{Meter, MeteredFile};
use stepnet_base::memory;
use stepnet_files::{Kind, read_filled};
use walk::LinkTarget;

pub(crate) static FORMAT: Format = Format {
    name: "HDF5",
    content: "an HDF5 file",
    read: "images and labels under their usual names, train and test",
    images: false,
    takes: &[Choice::Targets],
    recognises: |source| Ok(source.is_any(&[Kind::Hdf5])),
    open,
    fuzz: Some(("hdf5", |bytes| {
        fuzz_parts(parts_from_bytes(Path::new("fuzz"), bytes.to_vec()));
    })),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let parts = parts_from_bytes(path, read_filled(path)?);
    // The reader has taken the bytes, and errors are rare: they are read again.
    let parts = parts.map_err(|error| match read_filled(path) {
        Ok(bytes) => named_inside(path, &bytes, error),
        Err(_) => error,
    })?;
    assemble(path, parts, Certain::Bytes, options)
}

/// The arrays of images and labels in the content of an HDF5 file; `name` is for messages.
///
/// # Errors
/// A damaged or cut-off file, or no pair of datasets with a known name.
pub(crate) fn parts_from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Parts> {
    find_parts(name, &mut Hdf5::open(name, bytes)?)
}

/// An opened HDF5 file. Public for readers of models, which are in another crate.
pub struct Hdf5 {
    name: PathBuf,
    file: File,
    bytes: Arc<Vec<u8>>,
    stored: usize,
    meter: Arc<Meter>,
    /// Its arrays by their paths, once they have been looked for.
    arrays: Option<Vec<(String, LinkTarget)>>,
}

impl Hdf5 {
    /// Opens the content of a file; `name` is for messages.
    ///
    /// # Errors
    /// Content that is not HDF5, or ends before the end its superblock states.
    pub fn open(name: &Path, bytes: Vec<u8>) -> Result<Self> {
        let stored = bytes.len();
        check_end(name, &bytes)?;
        let source = MeteredFile::new(bytes);
        let (meter, bytes) = (source.meter(), source.bytes());
        let file = File::from_source(source)
            .map_err(|error| Error::file(name, format!("not a readable HDF5 file: {error}")))?;
        Ok(Self {
            name: name.to_path_buf(),
            file,
            bytes,
            stored,
            meter,
            arrays: None,
        })
    }

    /// The paths of all arrays.
    ///
    /// # Errors
    /// A damaged list.
    pub fn paths(&mut self) -> Result<Vec<String>> {
        Arrays::names(self)
    }

    /// The array at a path.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn array(&mut self, path: &str) -> Result<RawArray> {
        Arrays::read(self, path)
    }

    /// The texts of an attribute of the group at `path`, which is empty for the root; `None` if there is no such group
    /// or attribute, or it is no text.
    ///
    /// # Errors
    /// A damaged group.
    pub fn texts_of(&self, path: &str, attribute: &str) -> Result<Option<Vec<String>>> {
        self.meter.refill();
        let broken = |error: hdf5_pure::Error| {
            Error::file(&self.name, format!("attribute {attribute:?}: {error}"))
        };
        let group = match path {
            "" => self.file.root(),
            path => match self.file.group(path) {
                Ok(group) => group,
                Err(_) => return Ok(None),
            },
        };
        let attributes = group.attrs().map_err(broken)?;
        let Some(value) = attributes.get(attribute) else {
            return Ok(None);
        };
        let one = value.as_str().map(|text| vec![text.to_owned()]);
        Ok(one.or_else(|| value.as_strings().map(<[String]>::to_vec)))
    }

    /// The arrays by their paths.
    fn arrays(&mut self) -> Result<&[(String, LinkTarget)]> {
        if self.arrays.is_none() {
            self.meter.refill();
            let found = walk::arrays(&self.file, &self.meter, &self.bytes[..self.stored]);
            let found = found.map_err(|error| {
                Error::file(&self.name, format!("the list of datasets: {error}"))
            })?;
            self.arrays = Some(found);
        }
        Ok(self.arrays.as_deref().unwrap_or_default())
    }

    /// The values of an enumeration: those of h5py's booleans, or the numbers that its names stand for.
    fn enumeration(&self, name: &str, dataset: &Dataset) -> Result<ArrayValues> {
        let broken = |error| self.broken(name, &error);
        let refused = || {
            let problem = format!("dataset {name:?}: its enumeration is not of whole numbers");
            Error::file(&self.name, problem)
        };
        let Datatype::Enumeration { base_type, .. } = dataset.datatype().map_err(broken)? else {
            return Err(refused());
        };
        let Datatype::FixedPoint {
            size,
            byte_order,
            layout,
        } = *base_type
        else {
            return Err(refused());
        };
        let size = size as usize;
        let number = match layout.signed {
            true => Number::Signed(size),
            false => Number::Unsigned(size),
        };
        let big_endian = byte_order == DatatypeByteOrder::BigEndian;
        let raw = dataset.read_raw().map_err(broken)?;
        number.decode(raw, big_endian).ok_or_else(refused)
    }

    /// An error of the reader, with the dataset's name.
    fn broken(&self, dataset: &str, error: &hdf5_pure::Error) -> Error {
        Error::file(&self.name, format!("dataset {dataset:?}: {error}"))
    }

    /// The shape of a dataset, once its bytes are known to be possible in a file of this length.
    fn checked_shape(&self, name: &str, dataset: &Dataset) -> Result<Vec<usize>> {
        let broken = |error| self.broken(name, &error);
        let shape = dataset.shape().map_err(broken)?;
        let shape: Vec<usize> = shape
            .iter()
            .map(|&n| usize::try_from(n).unwrap_or(usize::MAX))
            .collect();
        let size = usize::try_from(dataset.element_size().map_err(broken)?).unwrap_or(usize::MAX);
        let length = byte_length(&self.name, &shape, size)?;
        let packed = dataset.is_chunked() || !dataset.filters().is_empty();
        let most = self
            .stored
            .saturating_mul(if packed { MAX_DEFLATE_RATIO } else { 1 });
        if length > most {
            let problem = format!(
                "dataset {name:?}: shape {} takes {length} bytes, more than a file of {} bytes can hold",
                times(&shape),
                self.stored
            );
            return Err(Error::file(&self.name, problem));
        }
        let what = format!("dataset {name:?} of shape {}", times(&shape));
        memory::check_free(&self.name, &what, length as u128)?;
        if dataset.is_chunked() {
            self.check_chunks(name, dataset, &shape, size, most)?;
        }
        Ok(shape)
    }

    /// Refuses chunks that a file of this length cannot hold: the reader of chunks takes time and
    /// memory by what their index says, not by what is stored.
    fn check_chunks(
        &self,
        name: &str,
        dataset: &Dataset,
        shape: &[usize],
        size: usize,
        most: usize,
    ) -> Result<()> {
        let broken = |error| self.broken(name, &error);
        let Some(chunk) = dataset.chunk_shape().map_err(broken)? else {
            return Ok(());
        };
        let chunk: Vec<usize> = chunk
            .iter()
            .map(|&n| usize::try_from(n).unwrap_or(usize::MAX))
            .collect();
        let impossible = |count: usize| {
            let problem = format!(
                "dataset {name:?}: {count} chunks of shape {}, more than a file of {} bytes can hold",
                times(&chunk),
                self.stored
            );
            Error::file(&self.name, problem)
        };
        // A stored chunk takes at least a byte.
        let grid = shape.iter().zip(&chunk).fold(1usize, |all, (&n, &edge)| {
            all.saturating_mul(n.div_ceil(edge.max(1)))
        });
        if grid > self.stored {
            return Err(impossible(grid));
        }
        // Chunks are stored whole, those across the edge of the array as well.
        let bytes = chunk.iter().fold(size, |all, &n| all.saturating_mul(n));
        let chunks = dataset.chunks().map_err(broken)?;
        let stored = chunks
            .iter()
            .fold(0u64, |all, chunk| all.saturating_add(chunk.storage_size));
        if stored > self.stored as u64 || bytes.saturating_mul(chunks.len()) > most {
            return Err(impossible(chunks.len()));
        }
        Ok(())
    }
}

impl Arrays for Hdf5 {
    fn names(&mut self) -> Result<Vec<String>> {
        let arrays = self.arrays()?;
        Ok(arrays.iter().map(|(name, _)| name.clone()).collect())
    }

    fn read(&mut self, name: &str) -> Result<RawArray> {
        let listed = self.arrays()?.iter().find(|(known, _)| known == name);
        let listed = listed.map(|(_, found)| found.clone());
        self.meter.refill();
        let broken = |error| self.broken(name, &error);
        // A path by way of another link is none of the list.
        let dataset = match listed {
            Some(LinkTarget::Here(dataset)) => dataset,
            Some(LinkTarget::Elsewhere(file)) => {
                let problem = format!(
                    "dataset {name:?} lies in another file ({file:?}): links to other files are not followed; copy it into this one"
                );
                return Err(Error::file(&self.name, problem));
            }
            None => Arc::new(self.file.dataset(name).map_err(broken)?),
        };
        let shape = self.checked_shape(name, &dataset)?;
        let dtype = dataset.dtype().map_err(broken)?;
        let values = match &dtype {
            DType::U8 => ArrayValues::U8(dataset.read_u8().map_err(broken)?),
            DType::U64 => ArrayValues::U64(dataset.read_u64().map_err(broken)?),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U16 | DType::U32 => {
                ArrayValues::I64(dataset.read_i64().map_err(broken)?)
            }
            DType::F32 => ArrayValues::F32(dataset.read_f32().map_err(broken)?),
            DType::F64 => ArrayValues::F64(dataset.read_f64().map_err(broken)?),
            DType::Enum(_) => self.enumeration(name, &dataset)?,
            DType::String => ArrayValues::Text(dataset.read_string().map_err(broken)?),
            DType::VariableLengthString => {
                let limits = VlenStringReadOptions::new().with_max_payload_bytes(self.stored);
                ArrayValues::Text(dataset.read_vlen_strings(limits).map_err(broken)?)
            }
            other => {
                let problem = format!(
                    "dataset {name:?} is of type {other}, expected integers, floating point or strings"
                );
                return Err(Error::file(&self.name, problem));
            }
        };
        if let ArrayValues::Text(texts) = &values
            && let Some(at) = texts
                .iter()
                .position(|text| text.contains(char::REPLACEMENT_CHARACTER))
        {
            // The reader puts this character in the place of bytes that it cannot read: two names could
            // become one.
            let problem = format!("dataset {name:?}: text {at} is not in UTF-8");
            return Err(Error::file(&self.name, problem));
        }
        let expected = shape.iter().product::<usize>();
        if values.len() != expected {
            let problem = match values.is_empty() && shape.is_empty() {
                true => format!("dataset {name:?} is empty: it has a type, but no value"),
                false => format!(
                    "dataset {name:?}: shape {} has {expected} values, {} found",
                    times(&shape),
                    values.len()
                ),
            };
            return Err(Error::file(&self.name, problem));
        }
        Ok(RawArray {
            shape,
            dtype: dtype.to_string(),
            values,
        })
    }
}

/// Compares the end of file that the superblock states with the real one.
///
/// The address comes after the sizes of offsets and lengths: in versions 0 and 1 third of four
/// addresses after 24 or 28 bytes, in versions 2 and 3 third of four after 12 bytes ("HDF5 File
/// Format Specification", II.A).
fn check_end(name: &Path, bytes: &[u8]) -> Result<()> {
    let (size_at, first) = match bytes.get(8) {
        Some(0) => (13, 24),
        Some(1) => (13, 28),
        Some(2 | 3) => (9, 12),
        Some(version) => {
            let problem =
                format!("HDF5 superblock version {version} is not known, expected 0 to 3");
            return Err(Error::file(name, problem));
        }
        None => {
            return Err(Error::file(
                name,
                "the file ends early, inside the HDF5 superblock",
            ));
        }
    };
    let size = usize::from(bytes.get(size_at).copied().unwrap_or_default());
    if !matches!(size, 2 | 4 | 8) {
        return Err(Error::file(
            name,
            format!("HDF5 offsets of {size} bytes, expected 2, 4 or 8"),
        ));
    }
    let at = first + 2 * size;
    let Some(raw) = bytes.get(at..at + size) else {
        return Err(Error::file(
            name,
            "the file ends early, inside the HDF5 superblock",
        ));
    };
    let end = raw
        .iter()
        .rev()
        .fold(0u64, |end, &byte| end << 8 | u64::from(byte));
    if end > bytes.len() as u64 {
        let problem = format!(
            "the file ends early: {} bytes found, the HDF5 superblock says {end}",
            bytes.len()
        );
        return Err(Error::file(name, problem));
    }
    Ok(())
}
