//! The processes that train together: those that a launcher such as `mpirun` has started, or others that Python brings
//! together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use stepnet::data::Dataset;
use stepnet::group::{Group, Relay, first_of_all};
use stepnet::train::Trainer;
use stepnet::train::run::check_members;
use stepnet::train::settings::Settings;
use stepnet::{Error, Number, Result};

use crate::convert::raised;
use crate::settings::in_python;

/// The group of MPI, from the first training by it to the end of the program: MPI cannot begin twice.
static JOINED: Mutex<Option<Arc<dyn Group>>> = Mutex::new(None);

fn now() -> MutexGuard<'static, Option<Arc<dyn Group>>> {
    JOINED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The group of MPI, which is joined the first time.
fn joined() -> PyResult<Arc<dyn Group>> {
    let mut joined = now();
    if let Some(group) = &*joined {
        return Ok(Arc::clone(group));
    }
    let group = connect().map_err(raised)?.ok_or_else(|| {
        PyValueError::new_err(
            "fit: group is 'mpi', but no launcher such as mpirun has started this program",
        )
    })?;
    *joined = Some(Arc::clone(&group));
    Ok(group)
}

/// This process as a member of a group.
#[pyclass(module = "stepnet._native", name = "Group", frozen)]
#[derive(Debug)]
pub(crate) struct Membership(Arc<dyn Group>);

impl Membership {
    pub(crate) fn group(&self) -> &Arc<dyn Group> {
        &self.0
    }
}

#[pymethods]
impl Membership {
    /// The processes that a launcher has started.
    #[staticmethod]
    fn mpi(py: Python<'_>) -> PyResult<Self> {
        py.detach(joined).map(Self)
    }

    /// Processes that reach each other through a function of Python's: it is given a piece of bytes for each member, and
    /// gives the pieces that the others have for this one.
    #[staticmethod]
    fn relay(rank: usize, size: usize, exchange: Py<PyAny>) -> PyResult<Self> {
        let relay = Relay::new(rank, size, move |pieces| {
            let taken = Python::attach(|py| swap(py, &exchange, pieces));
            taken.map_err(|error| {
                let problem = format!("rank {rank} of {size}: exchange raised {error}");
                Error::Group(problem)
            })
        });
        relay.map(|relay| Self(Arc::new(relay))).map_err(raised)
    }

    #[getter]
    fn rank(&self) -> usize {
        self.0.rank()
    }

    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    /// Whether any member says yes. All members ask at the same time.
    fn any(&self, py: Python<'_>, own: bool) -> PyResult<bool> {
        let said = py.detach(|| first_of_all(&*self.0, own.then_some("yes")));
        said.map(|said| said.is_some()).map_err(raised)
    }
}

/// Calls Python's function.
fn swap(py: Python<'_>, exchange: &Py<PyAny>, pieces: &[&[u8]]) -> PyResult<Vec<Vec<u8>>> {
    let given = PyList::empty(py);
    for piece in pieces {
        let bytes = PyBytes::new_with(py, piece.len(), |bytes| {
            bytes.copy_from_slice(piece);
            Ok(())
        });
        given.append(bytes?)?;
    }
    let taken: Vec<PyBackedBytes> = exchange.call1(py, (given,))?.extract(py)?;
    Ok(taken.iter().map(|piece| piece.to_vec()).collect())
}

/// A trainer that trains with the group, if there is one, once it is certain that all have the same.
pub(crate) fn trainer<T: Number>(
    group: Option<&Arc<dyn Group>>,
    settings: &Settings,
    data: &Dataset,
    begin: impl FnOnce(Option<Arc<dyn Group>>) -> Result<Trainer<T>>,
) -> Result<Trainer<T>> {
    let Some(group) = group else {
        return begin(None);
    };
    let trainer = begin(Some(Arc::clone(group)));
    let checked = check_members(&**group, settings, trainer, data);
    checked.map_err(|error| error.map_problem(|problem| in_python(&problem)))
}

/// What this member has, if all have theirs; otherwise the failure of the first that has none, on all.
pub(crate) fn all_have<R>(group: Option<&Arc<dyn Group>>, own: Result<R>) -> Result<R> {
    let Some(group) = group.filter(|group| group.size() > 1) else {
        return own;
    };
    if let Err(Error::Group(problem)) = own {
        // The others cannot be reached, or know it already.
        return Err(Error::Group(problem));
    }
    let problem = own.as_ref().err().map(ToString::to_string);
    match first_of_all(&**group, problem.as_deref())? {
        None => own,
        Some(_) if own.is_err() => own,
        Some((rank, problem)) => Err(Error::Training(format!("rank {rank}: {problem}"))),
    }
}

#[cfg(unix)]
fn connect() -> Result<Option<Arc<dyn Group>>> {
    Ok(stepnet::group::connect()?.map(|group| Arc::new(group) as _))
}

#[cfg(not(unix))]
fn connect() -> Result<Option<Arc<dyn Group>>> {
    Ok(None)
}

/// Leaves the group of MPI, at the end of the program.
#[pyfunction]
pub(crate) fn leave_group(py: Python<'_>) {
    py.detach(|| drop(now().take()));
}

/// Ends all processes of the group of MPI, where this one has failed and the others would wait for it.
#[pyfunction]
pub(crate) fn abort_group(code: i32) {
    // A training may hold the lock while it waits.
    let group = JOINED.try_lock().ok().and_then(|joined| joined.clone());
    if let Some(group) = group.filter(|group| group.size() > 1) {
        group.abort(code);
    }
}
