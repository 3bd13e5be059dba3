//! Ending long passes from another thread.
//!
//! A pass over a large batch takes as long as it takes, and a program that is asked to end must not wait for
//! it. After [`request`] every pass of this process returns [`Error::Stopped`](crate::Error::Stopped) at its next layer; a training
//! step that is stopped so has changed nothing, so that training goes on later from where it was.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Asks all passes of this process to end, those to come included, until [`withdraw`].
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Lets passes run again.
pub fn withdraw() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// Whether passes are to end.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
