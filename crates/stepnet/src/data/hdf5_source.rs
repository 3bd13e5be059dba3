//! The bytes of an HDF5 file, handed out within a budget.

use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_pure::{FormatError, Source};

/// What one read costs beside its bytes: a loop of empty reads ends too.
const COST_OF_A_READ: u64 = 64;

/// How often the whole file may be read. Indexes, headers and chunks of a sound file are read a
/// few times each.
const READINGS: u64 = 32;

/// What any file may read, so that small files are not held to a handful of reads.
const ALLOWANCE: u64 = 16 << 20;

/// The content of a file that can be read about [`READINGS`] times over and not more.
///
/// The trees of an HDF5 file name their children by address. In a damaged file several may share
/// one child, on every level, and a walk of such a tree takes time exponential in its depth.
pub(super) struct Metered {
    bytes: Vec<u8>,
    left: AtomicU64,
}

impl Metered {
    /// A file's content with its whole budget.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let budget = (bytes.len() as u64)
            .saturating_mul(READINGS)
            .saturating_add(ALLOWANCE);
        Self {
            bytes,
            left: AtomicU64::new(budget),
        }
    }
}

impl Source for Metered {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let cost = (buffer.len() as u64).saturating_add(COST_OF_A_READ);
        let paid = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(cost)
            });
        if paid.is_err() {
            return Err(FormatError::Source(
                "the same parts are read again and again: an index of it is damaged".into(),
            ));
        }
        let stored = usize::try_from(offset)
            .ok()
            .and_then(|from| self.bytes.get(from..from.checked_add(buffer.len())?));
        let Some(stored) = stored else {
            return Err(FormatError::UnexpectedEof {
                expected: usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .saturating_add(buffer.len()),
                available: self.bytes.len(),
            });
        };
        buffer.copy_from_slice(stored);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_served_until_the_budget_is_spent() {
        let source = Metered::new(vec![7; 100]);
        let mut buffer = [0; 10];
        source.read_at(90, &mut buffer).unwrap();
        assert_eq!(buffer, [7; 10]);
        assert!(source.read_at(91, &mut buffer).is_err());
        assert!(source.read_at(u64::MAX, &mut buffer).is_err());
        let reads = std::iter::repeat_with(|| source.read_at(0, &mut []))
            .take_while(Result::is_ok)
            .count() as u64;
        assert!(
            reads > READINGS && reads <= (ALLOWANCE + 3200) / COST_OF_A_READ,
            "{reads}"
        );
    }
}
