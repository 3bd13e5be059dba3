//! How many threads a process computes with where several share a machine.

use std::thread;

use crate::launch;

/// The threads that each process should compute with: the processors of the machine over the processes on it, or those that
/// the launcher has bound this one to. `None` where no launcher started several.
pub fn threads_of_process() -> Option<usize> {
    let launch = launch()?;
    let here = launch.on_this_machine.or(launch.size)?;
    let own = thread::available_parallelism().map_or(1, usize::from);
    Some(share(own, here, is_bound()))
}

/// A process that is bound to processors has them for itself.
fn share(processors: usize, processes: usize, bound: bool) -> usize {
    match bound {
        true => processors,
        false => (processors / processes.max(1)).max(1),
    }
}

/// Whether the launcher has bound this process to some of its own processors.
fn is_bound() -> bool {
    let parent = std::os::unix::process::parent_id();
    let allowed = |process: &str| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix("Cpus_allowed:").map(str::to_owned))
    };
    match (allowed("self"), allowed(&parent.to_string())) {
        (Some(own), Some(launcher)) => own != launcher,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_share_the_processors_of_their_machine() {
        assert_eq!(share(8, 2, false), 4);
        assert_eq!(share(8, 3, false), 2);
        assert_eq!(share(2, 4, false), 1);
        // Bound by the launcher: these are its own.
        assert_eq!(share(4, 2, true), 4);
    }
}
