//! Arrays whose length comes from a user: too much memory is an error, never an abort.

mod free;

use std::hint::black_box;
use std::path::Path;

use num_traits::Zero;

use crate::error::{Error, Result};

pub use free::free;

/// A copy of values that may be many, for `what` in the error.
///
/// # Errors
/// When the system has not that much memory to give.
pub fn copy<T: Copy>(what: &str, values: &[T]) -> Result<Vec<T>> {
    let mut copy = with_capacity(what, values.len())?;
    copy.extend_from_slice(values);
    Ok(copy)
}

/// An empty vector with room for `len` values, for `what` in the error.
///
/// # Errors
/// When the system has not that much memory to give.
pub fn with_capacity<T>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut empty = Vec::new();
    let granted = empty.try_reserve_exact(len);
    granted.map_err(|_| lacking::<T>(what, len))?;
    Ok(empty)
}

/// `len` zeros, for `what` in the error.
///
/// # Errors
/// When the system has not that much memory to give.
pub fn zeros<T: Zero + Clone>(what: &str, len: usize) -> Result<Vec<T>> {
    // `vec![0; len]` takes untouched pages of zeros, but aborts where there are none, and no safe
    // call does the first without the second: so the system is asked before.
    ensure::<T>(what, len)?;
    Ok(vec![T::zero(); len])
}

/// Fails unless the system would give memory for `len` values.
///
/// # Errors
/// For `what` that is, and how many bytes it would be.
pub fn ensure<T>(what: &str, len: usize) -> Result<()> {
    let mut probe = Vec::<T>::new();
    let granted = probe.try_reserve_exact(len);
    // An allocation that is never used is optimised away, and then always succeeds.
    drop(black_box(probe));
    granted.map_err(|_| lacking::<T>(what, len))
}

fn lacking<T>(what: &str, len: usize) -> Error {
    Error::Memory {
        what: what.to_owned(),
        bytes: len as u128 * size_of::<T>() as u128,
    }
}

/// Up to this much is simply allocated: no machine that runs networks has less.
const UNASKED: u128 = 64 << 20;

/// Fails if `bytes` that are to be read of a file are more than is free: a system that promises memory it
/// has not would end the process in the middle of reading.
///
/// # Errors
/// For `what` of the file that is, how much it takes, and how much is free.
pub fn check_free(path: &Path, what: &str, bytes: u128) -> Result<()> {
    if bytes <= UNASKED {
        return Ok(());
    }
    match free() {
        Some(free) if bytes > free.into() => Err(Error::file_memory(
            path,
            format!(
                "{what} takes {} of memory, but only {} are free",
                readable(bytes),
                readable(free.into())
            ),
        )),
        _ => Ok(()),
    }
}

/// A number of bytes for people.
pub fn readable(bytes: u128) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|&(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << bits) as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_zeros() {
        assert_eq!(zeros::<f32>("x", 3).unwrap(), [0.0; 3]);
        assert!(zeros::<f32>("x", 0).unwrap().is_empty());
    }

    #[test]
    fn too_much_memory_is_an_error_with_its_size() {
        for (len, size) in [
            (1_usize << 58, "2097152.0 TiB"),
            (usize::MAX, "134217728.0 TiB"),
        ] {
            let message = zeros::<f64>("the weights", len).unwrap_err().to_string();
            assert!(
                message.contains("the weights") && message.contains(size),
                "{message}"
            );
        }
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(readable(1000), "1000 bytes");
        assert_eq!(readable(1536), "1.5 KiB");
        assert_eq!(readable(3 << 30), "3.0 GiB");
    }
}
