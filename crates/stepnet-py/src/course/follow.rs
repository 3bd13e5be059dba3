//! Models in training: what they print, and Ctrl-C.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use stepnet::course::Observe;

use crate::signals::run_ticking;

/// Every how many steps, and whether after the last one, which function is called with the step and its cost.
pub(crate) type Follow = (usize, bool, Option<Py<PyAny>>);

/// Trains in another thread, while this one prints and listens to Ctrl-C.
///
/// # Errors
///
/// Those of the training, of the function that prints, and `KeyboardInterrupt`.
pub(super) fn trained<R: Send>(
    py: Python<'_>,
    (every, at_last, shows): Follow,
    steps: usize,
    work: impl FnOnce(Observe<'_>) -> stepnet::Result<R> + Send,
) -> PyResult<R> {
    let waiting = Mutex::new(Vec::new());
    let show = |py: Python<'_>| -> PyResult<()> {
        let lines = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for (step, cost) in lines {
            if let Some(shows) = &shows {
                shows.call1(py, (step, cost))?;
            }
        }
        Ok(())
    };
    let done = run_ticking(py, show, |stop| {
        work(&mut |step: usize, cost: f64| {
            let due = every > 0 && step.is_multiple_of(every) || at_last && step + 1 == steps;
            if due && shows.is_some() {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push((step, cost));
            }
            match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    })?;
    show(py)?;
    Ok(done)
}
