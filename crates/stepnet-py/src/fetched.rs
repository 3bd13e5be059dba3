//! Examples that Python fetches one by one: nothing of them is kept.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use stepnet::data::{Dataset, Examples, Targets, ValueRange};
use stepnet::{Error, Result};

use crate::training::Extremes;

/// What a data set of Python's is like, and the function that fetches an example.
#[derive(FromPyObject)]
pub(crate) struct Fetched {
    fetch: Py<PyAny>,
    /// Whether all values are bytes.
    bytes: bool,
    least: f64,
    largest: f64,
    /// Whether all are of types of whole numbers.
    whole: bool,
}

/// What `fetch` has raised.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    /// What was raised where that made an error, or the error.
    pub(crate) fn or(&self, error: PyErr) -> PyErr {
        let mut raised = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.take().unwrap_or(error)
    }
}

impl Fetched {
    /// The extremes of its values.
    pub(crate) fn extremes(&self) -> Extremes {
        let Self { least, largest, .. } = *self;
        let range = ValueRange {
            least,
            largest,
            whole: self.whole,
        };
        match self.bytes {
            true => ((255.0, false), Some(range)),
            false => ((f64::max(-least, largest), least < 0.0), Some(range)),
        }
    }

    /// A data set of the examples, and where exceptions go.
    ///
    /// # Errors
    /// As [`Dataset::of`].
    pub(crate) fn data(self, shape: [usize; 3], targets: Targets) -> Result<(Dataset, Raised)> {
        let raised = Raised::default();
        let rows = FetchedRows {
            fetch: self.fetch,
            shape,
            targets,
            raised: raised.clone(),
        };
        Ok((Dataset::of(rows)?, raised))
    }
}

struct FetchedRows {
    fetch: Py<PyAny>,
    shape: [usize; 3],
    targets: Targets,
    raised: Raised,
}

impl fmt::Debug for FetchedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedRows").finish_non_exhaustive()
    }
}

impl Examples for FetchedRows {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn targets(&self) -> Targets {
        self.targets.clone()
    }

    fn fill(&self, index: usize, values: &mut [f32]) -> Result<()> {
        let fetched = Python::attach(|py| {
            let row = self.fetch.call1(py, (index,))?;
            let row: PyReadonlyArray1<'_, f32> = row.extract(py)?;
            let row = row.as_slice()?;
            if row.len() != values.len() {
                let (found, expected) = (row.len(), values.len());
                let problem = format!("X[{index}] has {found} values, expected {expected}");
                return Err(PyValueError::new_err(problem));
            }
            values.copy_from_slice(row);
            Ok(())
        });
        fetched.map_err(|error: PyErr| {
            let problem = format!("fit: X[{index}] cannot be fetched: {error}");
            let mut raised = self.raised.0.lock().unwrap_or_else(PoisonError::into_inner);
            // The first is the cause.
            raised.get_or_insert(error);
            Error::Training(problem)
        })
    }
}
