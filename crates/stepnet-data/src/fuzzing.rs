//! One function for each parser of bytes, for the fuzz targets.

#[cfg(feature = "pictures")]
pub use crate::decoding::fuzzing::*;
#[cfg(feature = "files")]
pub use crate::tables::fuzzing::*;
