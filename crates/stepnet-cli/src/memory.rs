//! How much memory this process has, and could still get.

/// One part in this many is left free: arrays are not packed without gaps, and other programs need memory too.
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
        // A thread reserves its memory with its first allocation. The threads that compute make theirs
        // now, so that the answer does not hang on how far they have come.
        rayon::broadcast(|_| drop(std::hint::black_box(Box::new(0_u8))));
        // Where nothing is known, nothing is refused.
        let room = system::free().unwrap_or(u64::MAX);
        Self {
            used: system::resident().unwrap_or(0),
            room: room - room / SLACK,
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    pub(super) use stepnet_base::memory::free;

    /// From a file that may be out of reach in a sandbox or without a free descriptor.
    pub(super) fn resident() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages.saturating_mul(rustix::param::page_size() as u64))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

    pub(super) fn free() -> Option<u64> {
        let mut system = System::new();
        system.refresh_memory();
        Some(system.available_memory()).filter(|&bytes| bytes > 0)
    }

    pub(super) fn resident() -> Option<u64> {
        let pid = get_current_pid().ok()?;
        let mut system = System::new();
        let kind = ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        Some(system.process(pid)?.memory())
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
}
