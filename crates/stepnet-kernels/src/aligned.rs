//! Arrays that start where a line of the cache does.

use std::fmt::{Debug, Formatter};
use std::ops::{Deref, DerefMut};

use crate::Real;
use crate::error::Result;
use crate::memory;

/// Bytes of a line of the cache; no vector register is longer.
pub(super) const LINE: usize = 64;

/// Starts at a line of the cache, wherever the compiler puts it. A kernel's small arrays on the stack lie in this: else
/// the layout of a function decides whether their vectors cross lines, or even pages, and a change elsewhere in the
/// kernel makes it slower (a dense layer's forward pass of one example took twice the time).
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct OnLine<T>(pub(super) T);

/// Values in an array that starts at a line of the cache.
///
/// Kernels take any slice. On arrays that start at a line no vector lies across two of them, which is
/// worth up to a tenth of the time with vectors of 512 bits. An array from elsewhere, a `Vec` say,
/// most often starts 16 bytes after the start of one.
pub struct AlignedVec<T> {
    /// As many values as a line holds are to spare, so that one of the first starts one.
    values: Vec<T>,
    first: usize,
    len: usize,
}

impl<T: Real> AlignedVec<T> {
    /// `len` zeros, for `what` in the error.
    ///
    /// # Errors
    /// When there is not enough memory for them.
    pub fn zeros(what: &str, len: usize) -> Result<Self> {
        if len == 0 {
            return Ok(Self::default());
        }
        let values = memory::zeros(what, len.saturating_add(LINE / size_of::<T>()))?;
        let first = first_of_line(&values).min(LINE / size_of::<T>());
        Ok(Self { values, first, len })
    }
}

/// The first value that starts a line, or the length of `values` if none does.
pub(super) fn first_of_line<T>(values: &[T]) -> usize {
    values.as_ptr().align_offset(LINE).min(values.len())
}

impl<T> Default for AlignedVec<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            first: 0,
            len: 0,
        }
    }
}

impl<T> Deref for AlignedVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.first..][..self.len]
    }
}

impl<T> DerefMut for AlignedVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.first..][..self.len]
    }
}

impl<T: Clone> Clone for AlignedVec<T> {
    fn clone(&self) -> Self {
        let Some(any) = self.first() else {
            return Self::default();
        };
        // The copy's memory starts elsewhere in its line.
        let mut values = Vec::<T>::with_capacity(self.values.len());
        let first = values.as_ptr().align_offset(LINE);
        let first = first.min(self.values.len() - self.len);
        values.resize(first, any.clone());
        values.extend_from_slice(self);
        Self {
            values,
            first,
            len: self.len,
        }
    }
}

impl<T: Debug> Debug for AlignedVec<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_their_copies_start_at_a_line() {
        for len in [0, 1, 15, 16, 1000, 100_000] {
            let mut array = AlignedVec::<f32>::zeros("x", len).unwrap();
            assert_eq!(array.len(), len);
            assert!(array.iter().all(|&value| value == 0.0));
            for (value, number) in array.iter_mut().zip(0..) {
                *value = number as f32;
            }
            let copy = array.clone();
            assert_eq!(*copy, *array);
            for array in [&array, &copy]
                .into_iter()
                .filter(|array| !array.is_empty())
            {
                assert_eq!(array.as_ptr().addr() % LINE, 0, "{len}");
            }
        }
    }

    #[test]
    fn too_much_memory_is_an_error() {
        for len in [usize::MAX, usize::MAX / 16 + 1] {
            let error = AlignedVec::<f64>::zeros("values", len).unwrap_err();
            assert!(error.to_string().contains("values"), "{error}");
        }
    }
}
