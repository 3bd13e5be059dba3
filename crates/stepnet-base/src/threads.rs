//! Threads where the system may give few: limits on processes, on addresses, or of a container.
//!
//! Rayon's own start panics where a thread cannot be had, and once it has failed it cannot be tried again. So the
//! threads are started first, as many as there are, and then become the pool. A thread whose stack could be mapped,
//! but nothing more, aborts the program inside the standard library: so the addresses that it will take are asked for
//! before.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};
use crate::memory;

/// Addresses that a thread takes: its stack, and what the C library sets aside for its allocations.
const ADDRESSES: usize = 72 << 20;

/// Bytes that threads that compute leave, where there is more than one: to what they compute, and to a thread that waits.
const LEFT: usize = 2 * ADDRESSES;

/// Threads that are left for other uses, such as making batches and signals, where not all that were wanted are there.
const SPARE: usize = 2;

/// How many threads compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// As many as could be started.
    pub threads: usize,
    /// As many as were wanted.
    pub wanted: usize,
}

/// Starts the threads that compute, `wanted` or one for each processor (or as the environment variable
/// `RAYON_NUM_THREADS` says), or as many as the system gives. Results do not depend on their number. Where they are
/// running already, nothing changes.
///
/// A program need not call this: without it the threads start with the first large computation, and that panics where
/// the system does not give them all.
///
/// # Errors
/// When not even one thread can be started.
pub fn start(wanted: Option<usize>) -> Result<Started> {
    let (threads, wanted) = waiting(wanted);
    if threads.is_empty() {
        return Err(none());
    }
    let (builder, mut threads) = (ThreadPoolBuilder::new(), threads.into_iter());
    let builder = builder.num_threads(threads.len());
    // An error says that there is a pool already: all of these threads are there.
    builder
        .spawn_handler(|work| give(&mut threads, work))
        .build_global()
        .ok();
    Ok(started(wanted))
}

/// [`start`] for a program whose calling thread is the only one that computes: where no other can be started, that one
/// does the work.
pub fn start_or_stay(wanted: Option<usize>) -> Started {
    start(wanted).unwrap_or_else(|_| {
        let alone = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
        alone.build_global().ok();
        started(wanted_threads(wanted))
    })
}

/// A pool apart from the one of [`start`].
///
/// # Errors
/// When not even one thread can be started.
pub fn pool(wanted: Option<usize>) -> Result<ThreadPool> {
    let (threads, _) = waiting(wanted);
    if threads.is_empty() {
        return Err(none());
    }
    let (builder, mut threads) = (ThreadPoolBuilder::new(), threads.into_iter());
    let builder = builder.num_threads(threads.len());
    let built = builder
        .spawn_handler(|work| give(&mut threads, work))
        .build();
    built.map_err(|error| Error::Training(format!("cannot start threads: {error}")))
}

/// A thread of a scope, where `left` bytes can be had as well.
///
/// # Errors
/// When the system gives none, or not that much memory with it.
pub fn spawn<'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    left: usize,
    work: impl FnOnce() -> R + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, R>> {
    has_room(1, left)?;
    thread::Builder::new()
        .name(name.into())
        .spawn_scoped(scope, work)
}

/// A thread that waits alongside all others, with a small stack.
///
/// # Errors
/// When the system gives none.
pub fn spawn_waiting(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    has_room(1, 0)?;
    let builder = thread::Builder::new().name(name.into());
    builder.stack_size(1 << 18).spawn(work).map(drop)
}

fn none() -> Error {
    Error::Training(
        "the system gives no thread to compute with: the limit on processes or on memory is reached".into(),
    )
}

fn started(wanted: usize) -> Started {
    let threads = crate::parallel::current_num_threads();
    Started { threads, wanted }
}

fn wanted_threads(wanted: Option<usize>) -> usize {
    let asked = || {
        let text = std::env::var("RAYON_NUM_THREADS").ok()?;
        text.parse().ok().filter(|&threads: &usize| threads > 0)
    };
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    wanted.or_else(asked).unwrap_or_else(processors)
}

/// Fails unless there are addresses for as many threads, and for `left` bytes more.
fn has_room(threads: usize, left: usize) -> io::Result<()> {
    let wanted = threads.saturating_mul(ADDRESSES).saturating_add(left);
    memory::ensure::<u8>("threads", wanted)
        .map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error.to_string()))
}

/// Threads that wait for the work that they are given, and how many were wanted.
fn waiting(wanted: Option<usize>) -> (Vec<Sender<ThreadBuilder>>, usize) {
    let wanted = wanted_threads(wanted);
    let start = || {
        let (sender, receiver) = channel::<ThreadBuilder>();
        let work = move || {
            if let Ok(work) = receiver.recv() {
                work.run();
            }
        };
        let builder = thread::Builder::new().name("compute".into());
        builder.spawn(work).ok().map(|_| sender)
    };
    // All at once: those that run already take no more addresses until they compute.
    let left = |threads| if threads > 1 { LEFT } else { 0 };
    let room = (0..=wanted)
        .rev()
        .find(|&threads| has_room(threads, left(threads)).is_ok());
    let mut threads: Vec<_> = (0..room.unwrap_or(0)).map_while(|_| start()).collect();
    if threads.len() < wanted {
        threads.truncate(threads.len().saturating_sub(SPARE).max(1));
    }
    (threads, wanted)
}

/// Gives a thread that waits its work.
fn give(
    threads: &mut impl Iterator<Item = Sender<ThreadBuilder>>,
    work: ThreadBuilder,
) -> io::Result<()> {
    let sent = threads.next().and_then(|thread| thread.send(work).ok());
    sent.ok_or_else(|| io::Error::other("a thread has ended"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_the_threads_that_were_asked_for() {
        for threads in [1, 2, 5] {
            let pool = pool(Some(threads)).unwrap();
            assert_eq!(pool.current_num_threads(), threads);
            assert_eq!(pool.broadcast(|_| 1).len(), threads);
        }
    }

    #[test]
    fn more_threads_than_addresses_are_fewer_threads() {
        // 2^40 threads would take 2^66 bytes.
        assert!(has_room(1, 0).is_ok());
        for (threads, left) in [(1 << 40, 0), (1, usize::MAX / 2)] {
            let refused = has_room(threads, left).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
        }
    }

    #[test]
    fn a_pool_that_runs_already_stays() {
        let before = crate::parallel::current_num_threads();
        rayon::broadcast(|_| ());
        let started = start(Some(before + 3)).unwrap();
        assert_eq!((started.threads, started.wanted), (before, before + 3));
    }
}
