//! Signals: Ctrl-C, or the system's request to end.
//!
//! A command that has nothing to lose says so in a line and ends at once. A run that trains ends at its next step and keeps what it
//! has learnt; passes that take longer than [`PATIENCE`] are stopped. A second signal ends the program. The exit
//! code is the one that shells give: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
//!
//! A file that may not grow (a limit on file sizes) is an error of writing in place of the program's end.

use std::io::{IsTerminal as _, stderr};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use stepnet::stop;
use stepnet_base::threads;
use stepnet_files as files;

use crate::failure::{Failure, Outcome, say, speak};
use crate::group;

/// How long a run may continue its current work after it was asked to end.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long a process of a group may wait for the others after it was asked to end.
const GROUP_PATIENCE: Duration = Duration::from_secs(20);

/// How long the line that names the signal may take: a pipe that nobody reads may not hold the program.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Their numbers everywhere.
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// The first signal that came; 0 for none.
static CAME: AtomicI32 = AtomicI32::new(0);

/// Whether the program ends by itself after a signal, since it has something to keep first.
static HELD: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn watch() -> Outcome {
    listen().map_err(|error| Failure::running(format!("cannot watch for signals: {error}")))
}

#[cfg(unix)]
fn listen() -> std::io::Result<()> {
    use signal_hook::consts::SIGXFSZ;
    use signal_hook::iterator::Signals;
    // Unheard, it would end the program where a limit on file sizes is reached.
    signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default())?;
    let mut wanted = vec![SIGINT, SIGTERM];
    // `nohup` has it ignored, so that a run outlives its terminal.
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    // The thread first: without one, signals end the program as they always do.
    let (sender, listening) = channel();
    let work = move || match Signals::new(wanted) {
        Ok(mut signals) => {
            sender.send(Ok(())).ok();
            signals.forever().for_each(heed);
        }
        Err(error) => {
            sender.send(Err(error)).ok();
        }
    };
    match threads::spawn_waiting("signals", work) {
        Ok(()) => listening.recv().unwrap_or(Ok(())),
        Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn listen() -> std::io::Result<()> {
    ctrlc::set_handler(|| heed(SIGINT)).map_err(std::io::Error::other)
}

/// Whether this process was started with a signal ignored, as far as the system says.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn heed(signal: i32) {
    let first = CAME.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    if first.is_err() || !HELD.load(Ordering::SeqCst) {
        end(signal);
    }
    // The launcher may be ending all because another process died: the step will never be done then.
    if group::joined().is_some() {
        if let Some(words) = group::last_words() {
            speak(&format!("asked to end by {}: {words}", name(signal)));
        }
        end_later(signal);
    }
    let wait = || {
        thread::sleep(PATIENCE);
        stop::request();
    };
    if threads::spawn_waiting("patience", wait).is_err() {
        stop::request();
    }
}

/// Ends the program if it does not end by itself in time.
fn end_later(signal: i32) {
    let wait = move || {
        thread::sleep(GROUP_PATIENCE);
        end(signal);
    };
    threads::spawn_waiting("group patience", wait).ok();
}

/// Ends the program, says what ended it, and leaves no file half written under a name that nobody knows.
fn end(signal: i32) -> ! {
    files::remove_pending();
    let (sender, said) = channel();
    let work = move || {
        // On a terminal a bar or `^C` may stand in the line.
        let start = if stderr().is_terminal() { "\n" } else { "" };
        say(&format!("{start}stopped by {}", name(signal)));
        sender.send(()).ok();
    };
    if threads::spawn_waiting("last words", work).is_ok() {
        said.recv_timeout(LAST_WORDS).ok();
    }
    std::process::exit(128 + signal);
}

/// The name of a signal for users.
fn name(signal: i32) -> &'static str {
    match signal {
        SIGINT => "Ctrl-C",
        SIGHUP => "SIGHUP",
        _ => "SIGTERM",
    }
}

/// From here on to its end a signal does not end the program.
#[derive(Debug)]
pub(crate) struct Interrupt(());

impl Interrupt {
    /// Takes over from the listener: whoever has this ends by itself, soon.
    pub(crate) fn hold() -> Self {
        HELD.store(true, Ordering::SeqCst);
        Self(())
    }

    /// The signal that asked for the end, if any.
    pub(crate) fn by(&self) -> Option<&'static str> {
        match CAME.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(name(signal)),
        }
    }

    /// Whether the end was asked for.
    pub(crate) fn pressed(&self) -> bool {
        self.by().is_some()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        HELD.store(false, Ordering::SeqCst);
    }
}

/// The failure that ends a command after a signal, once its results are saved.
pub(crate) fn outcome() -> Outcome {
    outcome_of(None)
}

/// [`outcome`] for a command that may also have been ended by a signal to another process of its group, such as
/// "SIGTERM on rank 1".
pub(crate) fn outcome_of(elsewhere: Option<&str>) -> Outcome {
    let came = CAME.load(Ordering::SeqCst);
    let signals = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let theirs = elsewhere.map(|by| {
        let mut named = signals.filter(|&signal| by.starts_with(name(signal)));
        named.next().map_or(1, |signal| 128 + signal)
    });
    match (came, theirs) {
        (0, None) => Ok(()),
        (0, Some(code)) => Err(Failure::said(u8::try_from(code).unwrap_or(1))),
        (signal, _) => Err(Failure::said(u8::try_from(128 + signal).unwrap_or(1))),
    }
}
