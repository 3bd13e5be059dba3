//! How much memory is free, as far as the system says.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes that this process can still get; `None` where the system does not say.
///
/// On Linux the least of what the machine has free, what the process's control groups leave it, and what
/// is left of its address space (`ulimit -v`). Nothing is known elsewhere. Threads that are still to start are not
/// counted: they start only where there are addresses for them ([`crate::threads`]), and fewer threads do the same work.
#[must_use]
pub fn free() -> Option<u64> {
    let of_machine = kilobytes("/proc/meminfo", "MemAvailable:");
    [of_machine, group(), address_space()]
        .into_iter()
        .flatten()
        .min()
}

/// The number after a name in one of the system's lists, in bytes.
fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(number.saturating_mul(1024))
}

/// The unused part of the address space that the process may use.
fn address_space() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    // The word `unlimited` is not a number.
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(kilobytes("/proc/self/status", "VmSize:")?))
}

/// The memory that the process's control groups, one inside the other, leave it.
fn group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let left = groups.lines().filter_map(|line| {
        // Number, controllers, place: version 2 has no controllers in its one line.
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, place) = (fields.next()?, fields.next()?);
        let (root, limit, used) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            _ if controllers.split(',').any(|name| name == "memory") => (
                "/sys/fs/cgroup/memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            ),
            _ => return None,
        };
        let place = PathBuf::from(root).join(place.trim_start_matches('/'));
        let around = place.ancestors().take_while(|at| at.starts_with(root));
        around.filter_map(|at| left_in(at, limit, used)).min()
    });
    left.min()
}

/// The memory that one control group leaves its processes. Cached files can be given back.
fn left_in(group: &Path, limit: &str, used: &str) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        fs::read_to_string(group.join(name))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    let (limit, used) = (number(limit)?, number(used)?);
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let cached = ["total_inactive_file ", "inactive_file "]
        .into_iter()
        .find_map(|name| stat.lines().find_map(|line| line.strip_prefix(name)))
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_of_this_machine_is_known() {
        let total = kilobytes("/proc/meminfo", "MemTotal:").unwrap();
        let free = free().unwrap();
        assert!(free > 1 << 20 && free <= total, "{free} of {total}");
        assert_eq!(kilobytes("/proc/meminfo", "NoSuchLine:"), None);
        assert_eq!(kilobytes("/proc/none", "MemTotal:"), None);
    }

    #[test]
    fn a_group_leaves_its_limit_less_what_it_holds_beside_caches() {
        let folder = tempfile::tempdir().unwrap();
        let group = folder.path();
        assert_eq!(left_in(group, "memory.max", "memory.current"), None);
        fs::write(group.join("memory.max"), "max\n").unwrap();
        fs::write(group.join("memory.current"), "700\n").unwrap();
        assert_eq!(left_in(group, "memory.max", "memory.current"), None);
        fs::write(group.join("memory.max"), "1000\n").unwrap();
        assert_eq!(left_in(group, "memory.max", "memory.current"), Some(300));
        fs::write(group.join("memory.stat"), "anon 5\ninactive_file 200\n").unwrap();
        assert_eq!(left_in(group, "memory.max", "memory.current"), Some(500));
    }
}
