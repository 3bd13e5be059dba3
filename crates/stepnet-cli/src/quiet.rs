//! Whether this process prints: of several that share the work of a command, the first does.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(unix)]
use std::time::{Duration, Instant};

static QUIET: AtomicBool = AtomicBool::new(false);

/// The rank of this process, once it is certain; 0 before.
static RANK: AtomicUsize = AtomicUsize::new(0);

/// Whether a launcher started this process.
static LAUNCHED: AtomicBool = AtomicBool::new(false);

/// A launcher started this process: its standard output goes to the launcher, whatever it looks like.
#[cfg(unix)]
pub(crate) fn launched() {
    LAUNCHED.store(true, Ordering::SeqCst);
}

/// Whether a launcher started this process.
pub(crate) fn is_launched() -> bool {
    LAUNCHED.load(Ordering::SeqCst)
}

/// Waits until what was said has been read from the pipes that it went to, for a second at most.
#[cfg(unix)]
pub(crate) fn let_it_be_read() {
    const MOST: Duration = Duration::from_secs(1);
    /// What has been read has yet to be passed on.
    const PASSED_ON: Duration = Duration::from_millis(50);
    let start = Instant::now();
    let waiting = || {
        let streams = [
            rustix::io::ioctl_fionread(std::io::stdout()),
            rustix::io::ioctl_fionread(std::io::stderr()),
        ];
        // An error says that there is no pipe.
        streams.iter().any(|unread| matches!(unread, Ok(1..)))
    };
    while waiting() && start.elapsed() < MOST {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(PASSED_ON);
}

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
