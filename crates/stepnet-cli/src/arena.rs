//! The arenas of the C library's allocator. Not in the library, which must not restart the program that calls it.

/// Restarts the program with one arena of the C library for all threads, where its addresses are limited (`ulimit -v`).
///
/// Each thread that allocates has glibc set 64 MiB of addresses aside for it where they are free, which may be most of what
/// is left. How many arenas there are is decided when a program starts, by this variable (mallopt(3)).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn share_one() {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const ARENAS: &str = "MALLOC_ARENA_MAX";
    let limit = rustix::process::getrlimit(rustix::process::Resource::As);
    if limit.current.is_none() || env::var_os(ARENAS).is_some() {
        return;
    }
    let mut words = env::args_os();
    if let (Ok(program), Some(name)) = (env::current_exe(), words.next()) {
        // It only comes back where it fails, and then the program goes on as it is.
        let _ = Command::new(program)
            .arg0(name)
            .args(words)
            .env(ARENAS, "1")
            .exec();
    }
}

/// Only glibc has arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn share_one() {}
