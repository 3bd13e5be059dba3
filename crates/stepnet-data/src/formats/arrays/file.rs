//! Files of arrays, whatever they are for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata};

use super::array::{Number, RawArray};
use super::keys::Arrays;
use crate::formats::hdf5::Hdf5;
use crate::formats::npz::Npz;
use crate::formats::{idx, npy};
use crate::{Error, Result};
use stepnet_base::text::listed;
use stepnet_files::read_filled;
use stepnet_files::tensors::{damage, refusal};
use stepnet_files::{Kind, refused};

/// A file of one or several arrays: npy, npz, IDX (plain or gzip), HDF5 or safetensors, detected
/// from its content.
pub struct ArrayFile {
    path: PathBuf,
    content: Content,
    /// The names as they are in the file, and to look one up.
    names: Vec<String>,
    known: HashSet<String>,
}

enum Content {
    /// One array without a name.
    One(RawArray),
    Npz(Npz<Vec<u8>>),
    Hdf5(Hdf5),
    Safetensors(Tensors),
}

impl ArrayFile {
    /// Opens a file.
    ///
    /// # Errors
    /// A file that cannot be read, is of another kind, or is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_bytes(path, read_filled(path)?)
    }

    /// The arrays in the content of a file; `path` is for messages.
    ///
    /// # Errors
    /// As [`ArrayFile::open`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::file(path, "the file is empty"));
        }
        let content = match Kind::of(&bytes) {
            kind if kind == Kind::Safetensors || is_named_safetensors(path) => {
                let refused = |error| Error::file(path, refusal(&bytes, &error));
                let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(refused)?;
                let tensors = SafeTensors::deserialize(&bytes).map_err(refused)?;
                if let Some(problem) = damage(&tensors, &metadata) {
                    return Err(Error::file(path, problem));
                }
                // The values follow the header, which follows its length.
                let start = size_of::<u64>() + header;
                Content::Safetensors(Tensors {
                    bytes,
                    start,
                    metadata,
                })
            }
            Kind::Npy => Content::One(npy::from_bytes(path, &bytes)?),
            Kind::Idx | Kind::Gzip => Content::One(idx::from_bytes(path, &bytes)?),
            Kind::Zip => match refused(&bytes) {
                Some(problem) => return Err(Error::file(path, problem)),
                None => Content::Npz(Npz::open(path, bytes)?),
            },
            Kind::Hdf5 => Content::Hdf5(Hdf5::open(path, bytes)?),
            Kind::Foreign(format) => return Err(Error::file(path, format.refusal())),
            other => {
                let problem = format!(
                    "is {}, expected an array file: npy, npz, IDX (plain or gzip), HDF5 or safetensors",
                    other.name()
                );
                return Err(Error::file(path, problem));
            }
        };
        let mut file = Self {
            path: path.to_owned(),
            content,
            names: Vec::new(),
            known: HashSet::new(),
        };
        file.names = file.listed_names()?;
        file.known = file.names.iter().cloned().collect();
        Ok(file)
    }

    fn listed_names(&mut self) -> Result<Vec<String>> {
        let names = match &mut self.content {
            Content::One(_) => vec![String::new()],
            Content::Npz(file) => file.names()?,
            Content::Hdf5(file) => file.names()?,
            Content::Safetensors(file) => file.metadata.offset_keys(),
        };
        if names.is_empty() {
            return Err(Error::file(&self.path, "there is no array in it"));
        }
        Ok(names)
    }

    /// The names of its arrays; one empty name for a file that is a single array.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The array of a name.
    ///
    /// # Errors
    /// When there is none of this name, or it is damaged or of a type that is not read.
    pub fn read(&mut self, name: &str) -> Result<RawArray> {
        // Paths from the root, as h5py prints them.
        let name = match (&self.content, name.strip_prefix('/')) {
            (Content::Hdf5(_), Some(name)) => name,
            _ => name,
        };
        if !self.known.contains(name) {
            let problem = match &self.content {
                Content::One(_) => format!("is a single array, without one called {name:?} in it"),
                _ => format!("has no array {name:?}, but {}", listed(&self.names)),
            };
            return Err(Error::file(&self.path, problem));
        }
        match &mut self.content {
            Content::One(array) => Ok(array.clone()),
            Content::Npz(file) => file.read(name),
            Content::Hdf5(file) => file.read(name),
            Content::Safetensors(file) => file.read(&self.path, name),
        }
    }
}

/// The content of a safetensors file, its header read once.
struct Tensors {
    bytes: Vec<u8>,
    /// Where the values begin.
    start: usize,
    metadata: Metadata,
}

/// Whether the name says that it is one, so that damage in one is named as such.
fn is_named_safetensors(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "safetensors")
}

impl Tensors {
    fn read(&self, path: &Path, name: &str) -> Result<RawArray> {
        let wrong = |problem: String| Error::file(path, problem);
        let missing = || wrong(format!("the tensor {name:?} is not in it"));
        let info = self.metadata.info(name).ok_or_else(missing)?;
        let (from, to) = info.data_offsets;
        let place = self.start.saturating_add(from)..self.start.saturating_add(to);
        let values = self.bytes.get(place).ok_or_else(missing)?;
        let (number, dtype) = number_of(info.dtype).ok_or_else(|| {
            wrong(format!(
                "the tensor {name:?} is of type {:?}, expected whole numbers, F32 or F64",
                info.dtype
            ))
        })?;
        let values = number.decode(values, false);
        Ok(RawArray {
            shape: info.shape.clone(),
            dtype: dtype.to_owned(),
            values: values.ok_or_else(|| wrong("this type is not supported".into()))?,
        })
    }
}

/// A type as numpy has it.
fn number_of(dtype: Dtype) -> Option<(Number, &'static str)> {
    Some(match dtype {
        Dtype::BOOL => (Number::Bool, "|b1"),
        Dtype::U8 => (Number::Unsigned(1), "|u1"),
        Dtype::I8 => (Number::Signed(1), "|i1"),
        Dtype::U16 => (Number::Unsigned(2), "<u2"),
        Dtype::I16 => (Number::Signed(2), "<i2"),
        Dtype::U32 => (Number::Unsigned(4), "<u4"),
        Dtype::I32 => (Number::Signed(4), "<i4"),
        Dtype::U64 => (Number::Unsigned(8), "<u8"),
        Dtype::I64 => (Number::Signed(8), "<i8"),
        Dtype::F32 => (Number::Float(4), "<f4"),
        Dtype::F64 => (Number::Float(8), "<f8"),
        _ => return None,
    })
}
