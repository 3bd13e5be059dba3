//! Processes that were made by a fork, as `multiprocessing` makes them. Rayon's threads stay behind in the
//! parent, and whoever hands them work in the child waits for ever: there the library runs in a pool of the
//! child's own. Results are the same bits for any pool.
//!
//! Python tells of a fork. To ask for the process's number before each call would take longer than a small call.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::ThreadPool;
use stepnet_base::threads;

/// Whether anything has run that can have started rayon's threads.
static STARTED: AtomicBool = AtomicBool::new(false);

/// The number of this process if it was made by a fork after that; else 0, and rayon's own pool will do.
static FORKED: AtomicU32 = AtomicU32::new(0);

/// The pool of the process of this number.
static POOL: RwLock<Option<(u32, Arc<ThreadPool>)>> = RwLock::new(None);

/// Has Python call [`forked`] in every process that it makes by a fork.
///
/// # Errors
///
/// Python's.
pub(crate) fn watch(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let os = module.py().import("os")?;
    // Where there are no forks, this is not there either.
    if os.hasattr("register_at_fork")? {
        let hooks = PyDict::new(module.py());
        hooks.set_item("after_in_child", wrap_pyfunction!(forked, module)?)?;
        os.call_method("register_at_fork", (), Some(&hooks))?;
    }
    Ok(())
}

#[pyfunction]
fn forked() {
    if STARTED.load(Ordering::Relaxed) {
        FORKED.store(std::process::id(), Ordering::Relaxed);
    }
}

/// How many threads this process computes with, where a launcher has started several on this machine and nobody says.
fn own_threads() -> Option<usize> {
    #[cfg(unix)]
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        return stepnet::group::threads_of_process();
    }
    None
}

/// Runs `work` where the threads that it may use are there.
///
/// # Errors
///
/// When the system gives no threads.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> stepnet::Result<R> {
    if !STARTED.load(Ordering::Relaxed) {
        threads::start(own_threads())?;
        STARTED.store(true, Ordering::Relaxed);
    }
    match FORKED.load(Ordering::Relaxed) {
        0 => Ok(work()),
        process => Ok(pool(process)?.install(work)),
    }
}

/// The pool of this process. No lock is waited for: one that was held at the time of the fork stays held, and
/// then each call has a pool to itself.
fn pool(process: u32) -> stepnet::Result<Arc<ThreadPool>> {
    if let Ok(kept) = POOL.try_read()
        && let Some((owner, pool)) = &*kept
        && *owner == process
    {
        return Ok(Arc::clone(pool));
    }
    let made = Arc::new(threads::pool(None)?);
    if let Ok(mut kept) = POOL.try_write() {
        match &*kept {
            Some((owner, pool)) if *owner == process => return Ok(Arc::clone(pool)),
            // Another process's pool would be dropped by waking threads that are not there.
            _ => mem::forget(kept.replace((process, Arc::clone(&made)))),
        }
    }
    Ok(made)
}
