//! Signals: Ctrl-C or the system's request to end stops the run at its next step, Ctrl-C twice the
//! program; a file that may not grow is an error of writing instead of the program's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::failure::{Failure, Outcome};

/// Who has asked for the run's end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicUsize>,
    terminated: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn watch() -> Outcome<Self> {
        let pressed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&pressed);
        let handler = move || {
            if counter.fetch_add(1, Ordering::Relaxed) > 0 {
                // 128 + SIGINT, as shells count.
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler)
            .map_err(|error| Failure::running(format!("cannot watch for Ctrl-C: {error}")))?;
        let terminated = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        listen(&terminated)
            .map_err(|error| Failure::running(format!("cannot watch for signals: {error}")))?;
        Ok(Self {
            pressed,
            terminated,
        })
    }

    /// What asked for the run's end, if anything did.
    pub(crate) fn by(&self) -> Option<&'static str> {
        if self.pressed.load(Ordering::Relaxed) > 0 {
            Some("Ctrl-C")
        } else if self.terminated.load(Ordering::Relaxed) {
            Some("SIGTERM")
        } else {
            None
        }
    }

    /// The exit code of a program that was asked to end, as shells count: 128 and the signal's number.
    pub(crate) fn code(&self) -> u8 {
        match self.by() {
            Some("SIGTERM") => 143,
            _ => 130,
        }
    }

    /// Whether the run is to end.
    pub(crate) fn pressed(&self) -> bool {
        self.by().is_some()
    }
}

#[cfg(unix)]
fn listen(terminated: &Arc<AtomicBool>) -> std::io::Result<()> {
    use signal_hook::consts::SIGTERM;
    use signal_hook::flag::register;
    // Unheard, it would end the program where a limit on file sizes is reached.
    register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    register(SIGTERM, Arc::clone(terminated))?;
    Ok(())
}
