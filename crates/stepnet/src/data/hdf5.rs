//! HDF5 files in the course's form: `train_set_x`, `train_set_y`, `test_set_x`, `test_set_y`,
//! `list_classes` at the root, or the other names of [`super::keys`].

use std::path::{Path, PathBuf};

use hdf5_pure::{DType, Dataset, File, VlenStringReadOptions};

use crate::{Error, Result};

use super::array::{ArrayValues, RawArray, byte_length, times};
use super::hdf5_source::Metered;
use super::idx::MAX_DEFLATE_RATIO;
use super::keys::{Arrays, Parts, find_parts};

/// The arrays of pictures and labels in the content of an HDF5 file; `name` is for messages.
///
/// # Errors
/// A damaged or cut-off file, or no pair of datasets with a known name.
pub(crate) fn parts_from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Parts> {
    find_parts(name, &mut Hdf5::open(name, bytes)?)
}

/// An opened HDF5 file.
pub(crate) struct Hdf5 {
    name: PathBuf,
    file: File,
    stored: usize,
}

impl Hdf5 {
    /// Opens the content of a file; `name` is for messages.
    ///
    /// # Errors
    /// Content that is not HDF5, or ends before the end its superblock states.
    pub(crate) fn open(name: &Path, bytes: Vec<u8>) -> Result<Self> {
        let stored = bytes.len();
        check_end(name, &bytes)?;
        let file = File::from_source(Metered::new(bytes))
            .map_err(|error| Error::file(name, format!("not a readable HDF5 file: {error}")))?;
        Ok(Self {
            name: name.to_path_buf(),
            file,
            stored,
        })
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
        let names = self.file.root().datasets();
        names.map_err(|error| Error::file(&self.name, format!("the list of datasets: {error}")))
    }

    fn read(&mut self, name: &str) -> Result<RawArray> {
        let broken = |error| self.broken(name, &error);
        let dataset = self.file.dataset(name).map_err(broken)?;
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
        let expected = shape.iter().product::<usize>();
        if values.len() != expected {
            let problem = format!(
                "dataset {name:?}: shape {} has {expected} values, {} found",
                times(&shape),
                values.len()
            );
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
/// The address stands behind the sizes of offsets and lengths: in versions 0 and 1 third of four
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
