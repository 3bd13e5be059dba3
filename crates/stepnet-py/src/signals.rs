//! Ctrl-C while the interpreter's lock is released.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long a signal may wait.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks Python for signals now and then. Handlers run on Python's main thread alone; on others there are none.
pub(crate) struct Signals {
    asked: Instant,
    raised: Option<PyErr>,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self {
            asked: Instant::now(),
            raised: None,
        }
    }

    /// Whether to go on.
    pub(crate) fn go_on(&mut self) -> ControlFlow<()> {
        if self.asked.elapsed() >= PAUSE {
            self.raised = Python::attach(|py| py.check_signals()).err();
            self.asked = Instant::now();
        }
        match self.raised {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    /// # Errors
    ///
    /// What a handler raised: `KeyboardInterrupt`.
    pub(crate) fn raised(self) -> PyResult<()> {
        self.raised.map_or(Ok(()), Err)
    }
}
