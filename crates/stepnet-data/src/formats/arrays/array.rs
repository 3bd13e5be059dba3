//! Arrays as files store them, before they become images or labels.

use std::borrow::Cow;
use std::path::Path;

use crate::{Error, Result};

/// The values of an array, row-major, in the narrowest type that holds the stored one exactly.
#[derive(Debug, Clone, PartialEq)]
pub enum ArrayValues {
    /// Unsigned bytes, and booleans as 0 and 1.
    U8(Vec<u8>),
    /// Every other integer type but unsigned 64-bit.
    I64(Vec<i64>),
    /// Unsigned 64-bit integers.
    U64(Vec<u64>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Texts.
    Text(Vec<String>),
}

impl ArrayValues {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers as `f64`, rounded where an integer needs more than 53 bits; `None` for texts.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        Some(match self {
            Self::U8(values) => values.iter().map(|&v| f64::from(v)).collect(),
            Self::I64(values) => values.iter().map(|&v| v as f64).collect(),
            Self::U64(values) => values.iter().map(|&v| v as f64).collect(),
            Self::F32(values) => values.iter().map(|&v| f64::from(v)).collect(),
            Self::F64(values) => values.clone(),
            Self::Text(_) => return None,
        })
    }
}

/// An array of any number of dimensions, row-major (C order) whatever the file's order was.
#[derive(Debug, Clone, PartialEq)]
pub struct RawArray {
    /// The size of every dimension; empty for a single number.
    pub shape: Vec<usize>,
    /// The stored type as the file spells it, such as `>f8` or `u8`.
    pub dtype: String,
    /// The values.
    pub values: ArrayValues,
}

/// A number type and its size, as the array formats have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned integers of this many bytes.
    Unsigned(usize),
    /// Signed integers of this many bytes.
    Signed(usize),
    /// Floating point of this many bytes.
    Float(usize),
}

impl Number {
    /// The size of one value in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Unsigned(size) | Self::Signed(size) | Self::Float(size) => size,
        }
    }

    /// The memory that `length` stored bytes take while they are decoded: their own, and the values'.
    pub(crate) fn memory(self, length: usize) -> u128 {
        let length = length as u128;
        let value = match self {
            Self::Unsigned(1) => return length,
            Self::Bool => 1,
            Self::Float(size) => size,
            Self::Unsigned(_) | Self::Signed(_) => size_of::<i64>(),
        };
        length + length / self.size() as u128 * value as u128
    }

    /// The values stored in `bytes`, or `None` for a size that no file format here has. Bytes that are
    /// values already, and owned, are not copied.
    pub(crate) fn decode<'a>(
        self,
        bytes: impl Into<Cow<'a, [u8]>>,
        big_endian: bool,
    ) -> Option<ArrayValues> {
        let bytes = bytes.into();
        macro_rules! read {
            ($type:ty, $wide:ty) => {
                bytes
                    .as_chunks::<{ size_of::<$type>() }>()
                    .0
                    .iter()
                    .map(|&raw| {
                        let value = if big_endian {
                            <$type>::from_be_bytes(raw)
                        } else {
                            <$type>::from_le_bytes(raw)
                        };
                        <$wide>::from(value)
                    })
                    .collect()
            };
        }
        Some(match self {
            Self::Bool => ArrayValues::U8(bytes.iter().map(|&byte| u8::from(byte != 0)).collect()),
            Self::Unsigned(1) => ArrayValues::U8(bytes.into_owned()),
            Self::Unsigned(2) => ArrayValues::I64(read!(u16, i64)),
            Self::Unsigned(4) => ArrayValues::I64(read!(u32, i64)),
            Self::Unsigned(8) => ArrayValues::U64(read!(u64, u64)),
            Self::Signed(1) => ArrayValues::I64(read!(i8, i64)),
            Self::Signed(2) => ArrayValues::I64(read!(i16, i64)),
            Self::Signed(4) => ArrayValues::I64(read!(i32, i64)),
            Self::Signed(8) => ArrayValues::I64(read!(i64, i64)),
            Self::Float(4) => ArrayValues::F32(read!(f32, f32)),
            Self::Float(8) => ArrayValues::F64(read!(f64, f64)),
            _ => return None,
        })
    }
}

/// The bytes an array of this shape takes.
///
/// # Errors
/// A product past the address space, naming the shape.
pub(crate) fn byte_length(name: &Path, shape: &[usize], size: usize) -> Result<usize> {
    let product = shape
        .iter()
        .try_fold(size, |product, &n| product.checked_mul(n));
    // A dimension of zero makes the product zero whatever the others claim.
    let largest = shape
        .iter()
        .filter(|&&n| n > 0)
        .try_fold(size, |p, &n| p.checked_mul(n));
    match (product, largest) {
        (Some(bytes), Some(largest)) if isize::try_from(largest).is_ok() => Ok(bytes),
        _ => Err(Error::file(
            name,
            format!(
                "the dimensions {} are too large: their product overflows",
                times(shape)
            ),
        )),
    }
}

/// A shape for messages: `60000x28x28`.
pub(crate) fn times(shape: &[usize]) -> String {
    shape
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("x")
}
