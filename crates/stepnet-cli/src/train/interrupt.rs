//! Ctrl-C: once ends the run at its next step, twice ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::{Failure, Outcome};

/// How often Ctrl-C was pressed.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Counts from now on.
    pub(super) fn watch() -> Outcome<Self> {
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
        Ok(Self(pressed))
    }

    /// Whether the run is to end.
    pub(super) fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}
