//! What a process says when it is ended because another died: where the work can be taken up again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use stepnet::group::Group;

use crate::failure::Outcome;

/// Where the first member runs, and what it keeps.
struct Kept {
    rank: usize,
    /// The process of the first member, where it is on this machine.
    first: Option<u32>,
    /// What is to be resumed, in words, if there is anything.
    words: Option<fn(&Path) -> String>,
    folder: PathBuf,
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

/// Tells all members where the first one runs.
pub(super) fn exchange_places(group: &dyn Group) -> Outcome {
    let own = format!("{} {}", machine(), std::process::id());
    let first = stepnet::group::broadcast_all(group, 0, own.into_bytes(), 4096)?;
    let first = String::from_utf8_lossy(&first).into_owned();
    let here = first
        .rsplit_once(' ')
        .filter(|(name, _)| *name == machine());
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
        rank: group.rank(),
        first: here.and_then(|(_, process)| process.parse().ok()),
        words: None,
        folder: PathBuf::new(),
    });
    Ok(())
}

/// The name of this machine, as far as the system says it.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    format!("{}/{}", name.trim(), boot.trim())
}

/// From now on the last words name what `folder` keeps, as `words` says.
pub(crate) fn keep_safe(folder: &Path, words: fn(&Path) -> String) {
    if let Some(kept) = &mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner) {
        kept.words = Some(words);
        kept.folder = folder.to_owned();
    }
}

/// What this process is to say when the launcher ends it: the first member says it, or if that is gone the next; `None`
/// for the others, and without a group.
pub(crate) fn last_words() -> Option<String> {
    let kept = KEPT.try_lock().ok()?;
    let kept = kept.as_ref()?;
    let speaks = match kept.rank {
        0 => true,
        1 => !kept.first.is_some_and(is_alive),
        _ => false,
    };
    let words = kept.words.filter(|_| speaks)?;
    Some(format!("rank {}: {}", kept.rank, words(&kept.folder)))
}

/// Whether a process of this machine runs, and is no remainder that nobody has asked for yet.
fn is_alive(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}
