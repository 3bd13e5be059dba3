//! Memory that requests share: whoever finds none is asked to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be in use at a time.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// Bytes of a budget, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(bytes),
        })
    }

    /// Some of it, if there is as much. Nobody waits here: those who hold a part could then wait for each other.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Lease> {
        let mut lease = Lease {
            budget: Arc::clone(self),
            bytes: 0,
        };
        lease.grow(bytes).then_some(lease)
    }
}

impl Lease {
    /// Takes more; whether there was as much.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let taken = self
            .budget
            .left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                left.checked_sub(bytes)
            });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        let budget = Budget::new(100);
        let mut lease = budget.take(60).unwrap();
        assert!(budget.take(41).is_none() && lease.grow(30) && !lease.grow(11));
        let rest = budget.take(10).unwrap();
        drop((lease, rest));
        assert!(budget.take(100).is_some());
    }
}
