//! Memory for decoding: the images that are decoded at one time, on whatever threads, take no more
//! together than is free.
//!
//! Decoders take their memory without asking and end the program where there is none. So it is asked
//! for before, by its size as the header gives it.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::{Error, Result};
use stepnet_base::memory::{ensure, free, readable};

/// Images that take no more than this are decoded without asking.
const FREE: u64 = 8 << 20;

/// Addresses that the C library may set aside for a thread's allocations, and what else is on the way.
const SLACK: u64 = 80 << 20;

/// The bytes in use now.
static TAKEN: Mutex<u64> = Mutex::new(0);

/// Some of it was given back.
static GIVEN_BACK: Condvar = Condvar::new();

/// Memory that an image may take until this is dropped.
#[derive(Debug)]
pub(crate) struct MemoryReservation {
    bytes: u64,
}

impl MemoryReservation {
    /// Waits until `bytes` are free for the image `name`.
    ///
    /// # Errors
    /// Where they are not even while no other image is decoded.
    pub(crate) fn take(name: &Path, bytes: u64) -> Result<Self> {
        if bytes <= FREE {
            return Ok(Self { bytes: 0 });
        }
        let mut taken = taken();
        // The memory of the others counts whether they have allocated it yet or not.
        while !fits(taken.saturating_add(bytes)) {
            if *taken == 0 {
                let bytes = readable(bytes.into());
                let problem = format!("decoding it takes {bytes} of memory, more than is free");
                return Err(Error::file_memory(name, problem));
            }
            taken = GIVEN_BACK
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Ok(Self { bytes })
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            *taken() -= self.bytes;
            GIVEN_BACK.notify_all();
        }
    }
}

fn taken() -> MutexGuard<'static, u64> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this many bytes are free.
fn fits(bytes: u64) -> bool {
    let asked = usize::try_from(bytes.saturating_add(SLACK));
    free().is_none_or(|free| bytes <= free)
        && asked.is_ok_and(|asked| ensure::<u8>("an image", asked).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_an_error_with_its_size() {
        let error = MemoryReservation::take(Path::new("big.png"), 1 << 60).unwrap_err();
        let message = error.to_string();
        let expected = "big.png: decoding it takes 1048576.0 TiB of memory, more than is free";
        assert_eq!(message, expected);
        assert!(error.is_memory());
    }

    #[test]
    fn memory_is_given_back() {
        for _ in 0..3 {
            let reservation = MemoryReservation::take(Path::new("p"), 64 << 20).unwrap();
            assert!(*taken() >= reservation.bytes && reservation.bytes == 64 << 20);
        }
        assert_eq!(
            MemoryReservation::take(Path::new("p"), FREE).unwrap().bytes,
            0
        );
    }
}
