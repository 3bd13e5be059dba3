//! Whether this process prints: of several that share the work of a command, the first does.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

static QUIET: AtomicBool = AtomicBool::new(false);

/// The rank of this process, once it is certain; 0 before.
static RANK: AtomicUsize = AtomicUsize::new(0);

/// Whether nothing is to be printed, as another process does.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::SeqCst)
}

/// From now on prints, or does not.
pub(crate) fn set(quiet: bool) {
    QUIET.store(quiet, Ordering::SeqCst);
}

/// This process is the one of this rank, and knows the others.
pub(crate) fn joined(rank: usize) {
    RANK.store(rank, Ordering::SeqCst);
    set(rank > 0);
}

/// The rank to name in a failure, if this process is not the first; `None` for the first, and before the others are
/// known, when the first has the same failure.
pub(crate) fn rank() -> Option<usize> {
    Some(RANK.load(Ordering::SeqCst)).filter(|&rank| rank > 0)
}
