//! The processes that share the work of a command, where a launcher such as `mpirun` has started several.
//!
//! All run the same command. The first, rank 0, prints and writes; the others are quiet, unless one alone has failed.
//! A failure that all have learnt of ([`together`]) is told once, by the first, and all end; one that no other knows of
//! ends the others, who would wait.

pub(crate) mod messages;
mod survivor;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use stepnet::group::{Group, first_of_all};
use stepnet_base::text::count;

use crate::failure::{Failure, Outcome};
use crate::progress::print_sentence;
use crate::quiet;

pub(crate) use crate::quiet::is_quiet;
pub(crate) use survivor::{keep_safe, last_words};

/// The group of this process, from [`join`] to [`leave`].
static JOINED: Mutex<Option<Arc<dyn Group>>> = Mutex::new(None);

/// Whether no member waits for another: all have failed, or all have done their work.
static SETTLED: AtomicBool = AtomicBool::new(false);

/// Takes heed of a launcher before anything is printed: of several processes, the first prints, and without colours. Open
/// MPI gives it a terminal of its own, wherever `mpirun` writes what is printed there.
pub(crate) fn notice() {
    #[cfg(unix)]
    if let Some(launch) = stepnet::group::launch() {
        quiet::launched();
        if std::env::var_os("CLICOLOR_FORCE").is_none() {
            anstream::ColorChoice::Never.write_global();
        }
        let several = launch.size.is_none_or(|size| size > 1);
        quiet::set(several && launch.rank.is_some_and(|rank| rank > 0));
    }
}

/// How many threads this process computes with where a launcher started several.
pub(crate) fn threads() -> Option<usize> {
    #[cfg(unix)]
    {
        stepnet::group::threads_of_process()
    }
    #[cfg(not(unix))]
    None
}

/// Joins the processes that a launcher started with this one; `None` where none did. A command that shares its work calls
/// it before it reads or writes anything, and then does so by [`together`].
pub(crate) fn join() -> Outcome<Option<Arc<dyn Group>>> {
    join_and(print_sentence)
}

/// [`join`] for a command whose standard output is for its results: `tell` is given the line on the group.
pub(crate) fn join_and(tell: fn(&str)) -> Outcome<Option<Arc<dyn Group>>> {
    #[cfg(unix)]
    {
        let mpi = stepnet::group::connect().map_err(|error| Failure::running(error.to_string()))?;
        let Some(mpi) = mpi else {
            return Ok(None);
        };
        let about = format!("{}, {} ABI", mpi.version(), mpi.abi());
        let group: Arc<dyn Group> = Arc::new(mpi);
        quiet::joined(group.rank());
        survivor::exchange_places(&*group)?;
        if group.size() > 1 {
            tell(&format!(
                "{} work together ({about}), {} each",
                count(group.size(), "rank"),
                count(rayon::current_num_threads(), "thread")
            ));
        }
        *joined_now() = Some(Arc::clone(&group));
        Ok(Some(group))
    }
    #[cfg(not(unix))]
    {
        let _ = tell;
        Ok(None)
    }
}

/// The group that was joined.
pub(crate) fn joined() -> Option<Arc<dyn Group>> {
    joined_now().clone()
}

fn joined_now() -> std::sync::MutexGuard<'static, Option<Arc<dyn Group>>> {
    JOINED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` on all members; if it fails on one, it fails on all, with the failure of the first member that has one. All
/// members call it at the same places. `work` itself must not wait for other members.
pub(crate) fn together<R>(work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
    let done = work();
    agreed(joined().as_deref(), done)
}

/// The outcome of something that all members of a group have done: if it has failed for one, it has for all. Without a
/// group, the outcome itself.
pub(crate) fn agreed<R>(group: Option<&dyn Group>, done: Outcome<R>) -> Outcome<R> {
    let Some(group) = group else {
        return done;
    };
    let own = done.as_ref().err();
    let line = own.map(|failure| {
        format!(
            "{}{}",
            char::from(b'0' + failure.code().min(9)),
            failure.line()
        )
    });
    let Some((rank, told)) = first_of_all(group, line.as_deref())? else {
        return done;
    };
    SETTLED.store(true, Ordering::SeqCst);
    let (code, line) = told.split_at_checked(1).unwrap_or(("1", &told));
    let code = code.parse().unwrap_or(1);
    match (group.rank(), own) {
        (0, Some(own)) => Err(own.clone()),
        (0, None) => Err(Failure::coded(
            code,
            format!("rank {rank} of {}: {line}", group.size()),
        )),
        _ => Err(Failure::said(code)),
    }
}

/// Says that all members have done their work, so that none is waited for.
pub(crate) fn settle() {
    SETTLED.store(true, Ordering::SeqCst);
}

/// The end of the command, after its outcome was told, unless another member tells it. Members that would wait for this
/// one are ended with it.
pub(crate) fn leave(code: u8, told: bool) {
    let Some(group) = joined_now().take() else {
        return;
    };
    if group.size() > 1 {
        #[cfg(unix)]
        if code != 0 {
            // A launcher that ends all reads no more of what one has said.
            quiet::let_it_be_read();
        }
        let alone = told || group.rank() == 0;
        if code != 0 && alone && !SETTLED.load(Ordering::SeqCst) {
            group.abort(code.into());
        }
        // A launcher ends all when one ends: the first is to have told why.
        group.barrier().ok();
    }
}
