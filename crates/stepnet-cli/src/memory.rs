//! How much memory this process has, and could still get.

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

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
        let mut system = System::new();
        system.refresh_memory();
        let pid = get_current_pid().ok();
        let kind = ProcessRefreshKind::nothing().with_memory();
        let pids: Vec<_> = pid.into_iter().collect();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, kind);
        let process = pid.and_then(|pid| system.process(pid));
        // Where nothing is known, nothing is refused.
        let mut room = match system.available_memory() {
            0 => u64::MAX,
            available => available,
        };
        if let Some(limits) = system.cgroup_limits()
            && limits.total_memory < system.total_memory()
        {
            // What the group's files hold in caches can be given back.
            room = room.min(limits.total_memory.saturating_sub(limits.rss));
        }
        let room = room.min(address_space(process));
        Self {
            used: process.map_or(0, Process::memory),
            room: room - room / SLACK,
        }
    }
}

/// What is left of the addresses that the process may use, as `ulimit -v` sets them.
#[cfg(unix)]
fn address_space(process: Option<&Process>) -> u64 {
    use rustix::process::{Resource, getrlimit};
    // One that makes batches is yet to come.
    let held = process
        .map_or(0, Process::virtual_memory)
        .saturating_add(THREAD);
    let limit = getrlimit(Resource::As).current;
    limit.map_or(u64::MAX, |limit| limit.saturating_sub(held))
}

#[cfg(not(unix))]
fn address_space(_process: Option<&Process>) -> u64 {
    u64::MAX
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
}
