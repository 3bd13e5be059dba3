//! Ctrl-C while the interpreter's lock is released.
//!
//! Handlers of signals run on Python's main thread alone, when it asks for them. So long work is done by another
//! thread, and this one asks meanwhile. Where no thread can be started, this one does the work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use stepnet_base::memory;

use crate::convert::{Done, finished, guarded, run};

/// The stack of a thread that works in the place of Python's, as large as that of a main thread.
const STACK: usize = 8 << 20;

/// Memory that must be left for what is small in any work: where there is less, to begin it would end the process.
const LEAST: usize = 1 << 20;

/// How long a signal may wait.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs `work` while this thread listens to signals. When a handler raises something, the flag is set, `work` is
/// waited for, which is to end soon then, and the exception is raised. Work that is not `long` is done here.
///
/// # Errors
///
/// Those of `work`, and what a handler raises: `KeyboardInterrupt`.
pub(crate) fn run_listening<R: Send>(
    py: Python<'_>,
    long: bool,
    work: impl FnOnce(&Arc<AtomicBool>) -> stepnet::Result<R> + Send,
) -> PyResult<R> {
    if !long {
        let stop = Arc::new(AtomicBool::new(false));
        return run(py, || roomy(|| work(&stop)));
    }
    run_ticking(py, |_| Ok(()), work)
}

/// [`run_listening`] that also calls `tick` whenever it listens: what that raises counts as a handler's.
///
/// # Errors
///
/// As [`run_listening`].
pub(crate) fn run_ticking<R: Send>(
    py: Python<'_>,
    tick: impl Fn(Python<'_>) -> PyResult<()> + Send,
    work: impl FnOnce(&Arc<AtomicBool>) -> stepnet::Result<R> + Send,
) -> PyResult<R> {
    let stop = Arc::new(AtomicBool::new(false));
    let work = Mutex::new(Some(|| guarded(|| roomy(|| work(&stop)))));
    let (done, raised) = py.detach(|| {
        thread::scope(|scope| {
            let (send, receive) = channel();
            let work = &work;
            let job = move || {
                let work = take(work);
                send.send(work.map(|work| work())).ok();
            };
            match Builder::new().stack_size(STACK).spawn_scoped(scope, job) {
                Ok(_) => listen(receive, &stop, true, tick),
                Err(_) => (take(work).map(|work| work()), None),
            }
        })
    });
    answer(done, raised)
}

/// [`run_listening`] for work that cannot be asked to end, or takes long to: after an exception it is left alone.
///
/// # Errors
///
/// As [`run_listening`].
pub(crate) fn run_apart<R: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&Arc<AtomicBool>) -> stepnet::Result<R> + Send + 'static,
) -> PyResult<R> {
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&stop);
    let work = Arc::new(Mutex::new(Some(move || {
        guarded(|| roomy(|| work(&theirs)))
    })));
    let same = Arc::clone(&work);
    let (send, receive) = channel();
    let job = move || {
        let work = take(&same);
        send.send(work.map(|work| work())).ok();
    };
    let (done, raised) = match Builder::new().stack_size(STACK).spawn(job) {
        Ok(_) => py.detach(move || listen(receive, &stop, false, |_| Ok(()))),
        Err(_) => (py.detach(|| take(&work).map(|work| work())), None),
    };
    answer(done, raised)
}

/// Does `work` where there is memory for what is small in it.
///
/// # Errors
///
/// Those of `work`, and that there is none.
fn roomy<R>(work: impl FnOnce() -> stepnet::Result<R>) -> stepnet::Result<R> {
    memory::ensure::<u8>("the call", LEAST)?;
    work()
}

/// # Errors
///
/// The exception that a handler raised, or the failure of the work.
fn answer<R>(done: Option<Done<R>>, raised: Option<PyErr>) -> PyResult<R> {
    match (raised, done) {
        (Some(raised), _) => Err(raised),
        (None, Some(done)) => finished(done),
        (None, None) => {
            let problem = "stepnet's thread ended without an answer";
            Err(PyRuntimeError::new_err(problem))
        }
    }
}

fn take<W>(work: &Mutex<Option<W>>) -> Option<W> {
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits for the answer, asking for signals now and then, without the interpreter's lock; after an exception no
/// longer, unless `patient`.
fn listen<R>(
    receive: Receiver<Option<Done<R>>>,
    stop: &AtomicBool,
    patient: bool,
    tick: impl Fn(Python<'_>) -> PyResult<()>,
) -> (Option<Done<R>>, Option<PyErr>) {
    let mut raised = None;
    loop {
        match receive.recv_timeout(PAUSE) {
            Ok(done) => return (done, raised),
            Err(RecvTimeoutError::Disconnected) => return (None, raised),
            Err(RecvTimeoutError::Timeout) if raised.is_none() => {
                raised = Python::attach(|py| py.check_signals().and_then(|()| tick(py))).err();
                stop.store(raised.is_some(), Ordering::Relaxed);
                if raised.is_some() && !patient {
                    return (None, raised);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
