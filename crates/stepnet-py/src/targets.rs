//! Targets as they come from Python: classes, or rows of labels or numbers.

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use stepnet::data::{TargetKind, Targets};

/// The kind with this name; the Python side knows no other.
pub(crate) fn kind_of(name: &str) -> PyResult<TargetKind> {
    match name {
        "classes" => Ok(TargetKind::Classes),
        "labels" => Ok(TargetKind::Labels),
        "numbers" => Ok(TargetKind::Numbers),
        _ => Err(PyValueError::new_err(format!(
            "targets is {name:?}, expected \"classes\", \"labels\" or \"numbers\""
        ))),
    }
}

/// An array of targets, of one of the types that are taken.
pub(crate) enum Given<'py> {
    Classes(PyReadonlyArray1<'py, u32>),
    Labels(PyReadonlyArray2<'py, f64>),
    Numbers(PyReadonlyArray2<'py, f64>),
}

impl<'py> Given<'py> {
    /// # Errors
    /// Another type or number of dimensions: the Python side brings arrays to these.
    pub(crate) fn of((kind, array): &(String, Bound<'py, PyAny>)) -> PyResult<Self> {
        Ok(match kind_of(kind)? {
            TargetKind::Classes => Self::Classes(array.extract()?),
            TargetKind::Labels => Self::Labels(array.extract()?),
            TargetKind::Numbers => Self::Numbers(array.extract()?),
        })
    }

    /// Their kind.
    pub(crate) fn kind(&self) -> TargetKind {
        match self {
            Self::Classes(_) => TargetKind::Classes,
            Self::Labels(_) => TargetKind::Labels,
            Self::Numbers(_) => TargetKind::Numbers,
        }
    }

    /// The class of each example; none where the targets are not classes.
    pub(crate) fn classes(&self) -> PyResult<&[u32]> {
        match self {
            Self::Classes(labels) => Ok(labels.as_slice()?),
            Self::Labels(_) | Self::Numbers(_) => Ok(&[]),
        }
    }

    /// Labels or numbers, row by row; none where the targets are classes.
    pub(crate) fn rows(&self) -> PyResult<&[f64]> {
        match self {
            Self::Classes(_) => Ok(&[]),
            Self::Labels(rows) | Self::Numbers(rows) => Ok(rows.as_slice()?),
        }
    }

    /// The targets of a data set, under these names.
    pub(crate) fn targets(&self, names: Vec<String>) -> PyResult<stepnet::Result<Targets>> {
        Ok(match self {
            Self::Classes(_) => Ok(Targets::Classes {
                labels: self.classes()?.to_vec(),
                names,
            }),
            Self::Labels(_) => Targets::labels(self.rows()?, names),
            Self::Numbers(_) => Ok(Targets::Numbers {
                values: self.rows()?.to_vec(),
                names,
            }),
        })
    }
}
