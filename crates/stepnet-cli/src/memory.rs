//! How much memory this process has, and could still get.

/// Addresses that a thread takes: its stack, and what the C library sets aside for its allocations.
const THREAD: u64 = 72 << 20;

/// One part in so many is left free: arrays do not lie in memory without gaps, and other programs go on.
const SLACK: u64 = 16;

/// Bytes of memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// That this process holds.
    pub(crate) used: u64,
    /// That it could still get.
    pub(crate) room: u64,
}

impl Memory {
    pub(crate) fn now() -> Self {
        // What a thread takes, it takes with its first allocation. Those that compute have taken theirs
        // now, so that the answer does not hang on how far they have come.
        rayon::broadcast(|_| drop(std::hint::black_box(Box::new(0_u8))));
        let held = system::held();
        // Where nothing is known, nothing is refused.
        let unknown = u64::MAX;
        let room = [system::available(), system::group_room(), addresses(held)]
            .into_iter()
            .flatten()
            .fold(unknown, u64::min);
        Self {
            used: held.map_or(0, |held| held.resident),
            room: room - room / SLACK,
        }
    }
}

/// What a process holds, in bytes.
#[derive(Debug, Clone, Copy)]
struct Held {
    resident: u64,
    addresses: u64,
}

/// What is left of the addresses that the process may use, as `ulimit -v` sets them.
#[cfg(unix)]
fn addresses(held: Option<Held>) -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    // A thread that makes batches is yet to come.
    let held = held.map_or(0, |held| held.addresses).saturating_add(THREAD);
    let limit = getrlimit(Resource::As).current;
    limit.map(|limit| limit.saturating_sub(held))
}

#[cfg(not(unix))]
fn addresses(_held: Option<Held>) -> Option<u64> {
    None
}

/// Linux, from the files of `/proc` and `/sys`, which may be out of reach in a sandbox or without a free descriptor.
#[cfg(target_os = "linux")]
mod system {
    use std::fs::read_to_string;
    use std::path::{Path, PathBuf};

    use super::Held;

    const GROUPS: &str = "/sys/fs/cgroup";

    pub(super) fn available() -> Option<u64> {
        let text = read_to_string("/proc/meminfo").ok()?;
        Some(entry(&text, "MemAvailable:")?.saturating_mul(1024))
    }

    /// The first number after a word at the beginning of a line.
    pub(super) fn entry(text: &str, word: &str) -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(word))?;
        line.split_whitespace().next()?.parse().ok()
    }

    pub(super) fn held() -> Option<Held> {
        let text = read_to_string("/proc/self/statm").ok()?;
        let page = rustix::param::page_size() as u64;
        let mut pages = text.split(' ').map(str::parse::<u64>);
        let mut bytes = || Some(pages.next()?.ok()?.saturating_mul(page));
        let addresses = bytes()?;
        let resident = bytes()?;
        Some(Held {
            resident,
            addresses,
        })
    }

    /// What the groups of this process may still take, the tightest of them. What a group's files hold in caches can
    /// be given back.
    pub(super) fn group_room() -> Option<u64> {
        let of = |folder: &Path, limit: &str, taken: &str| {
            let limit = number(&folder.join(limit))?;
            let text = read_to_string(folder.join("memory.stat")).ok()?;
            Some(limit.saturating_sub(entry(&text, taken)?))
        };
        let second = own_groups()
            .into_iter()
            .map(|folder| of(&folder, "memory.max", "anon "));
        let first = Path::new(GROUPS).join("memory");
        let first = of(&first, "memory.limit_in_bytes", "total_rss ");
        second.chain([first]).flatten().min()
    }

    /// The folders of this process's groups of version 2, the innermost first. In a container its own is the root.
    fn own_groups() -> Vec<PathBuf> {
        let text = read_to_string("/proc/self/cgroup").unwrap_or_default();
        let path = text.lines().find_map(|line| line.strip_prefix("0::/"));
        let path = Path::new(path.unwrap_or_default());
        let root = Path::new(GROUPS);
        path.ancestors().map(|path| root.join(path)).collect()
    }

    /// The number in a file; none for `max`.
    fn number(file: &Path) -> Option<u64> {
        read_to_string(file).ok()?.trim().parse().ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

    use super::Held;

    pub(super) fn available() -> Option<u64> {
        let mut system = System::new();
        system.refresh_memory();
        Some(system.available_memory()).filter(|&bytes| bytes > 0)
    }

    pub(super) fn held() -> Option<Held> {
        let pid = get_current_pid().ok()?;
        let mut system = System::new();
        let kind = ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        let process = system.process(pid)?;
        Some(Held {
            resident: process.memory(),
            addresses: process.virtual_memory(),
        })
    }

    pub(super) fn group_room() -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_this_process_is_known() {
        let memory = Memory::now();
        assert!(memory.room > 1 << 20, "{memory:?}");
        if cfg!(target_os = "linux") {
            assert!(memory.used > 1 << 20, "{memory:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn entries_are_found_by_their_word() {
        let text = "MemFree: 12 kB\nMemAvailable:    345 kB\nanon 7\nanon_thp 8\n";
        assert_eq!(system::entry(text, "MemAvailable:"), Some(345));
        assert_eq!(system::entry(text, "anon "), Some(7));
        assert_eq!(system::entry(text, "rss "), None);
        assert_eq!(system::entry("MemAvailable: many", "MemAvailable:"), None);
    }
}
