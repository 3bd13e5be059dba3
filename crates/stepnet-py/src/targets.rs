//! Targets as they come from Python: classes, or rows of labels or numbers.

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use stepnet::data::{TargetKind, Targets};
use stepnet::train::metrics::{LabelTally, NumberTally, Ranking};

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

/// What an evaluation ends with: the mean loss, measures by name, and those of each output.
pub(crate) type Measured = (f64, Vec<(&'static str, f64)>, Vec<(&'static str, Vec<f64>)>);

/// The measures of two classes, if there are examples of both.
pub(crate) fn of_ranking(ranking: &Ranking) -> Vec<(&'static str, f64)> {
    let measures = [
        ("roc_auc", ranking.roc_auc()),
        ("average_precision", ranking.average_precision()),
    ];
    let known = measures.into_iter();
    known
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The measures of labels.
pub(crate) fn of_labels(loss: f64, tally: &LabelTally) -> Measured {
    let metrics = tally.metrics();
    let each = |of: &dyn Fn(&stepnet::train::metrics::LabelMetrics) -> Option<f64>| {
        let labels = metrics.labels.iter();
        labels.map(|label| of(label).unwrap_or(f64::NAN)).collect()
    };
    let all = vec![
        ("mean_average_precision", metrics.mean_average_precision),
        ("f1", metrics.macro_average.f1),
        ("subset_accuracy", metrics.subset_accuracy),
        ("label_accuracy", metrics.label_accuracy),
    ];
    let per_label = vec![
        ("average_precision", each(&|label| label.average_precision)),
        ("roc_auc", each(&|label| label.roc_auc)),
        ("f1", each(&|label| label.at_half.f1)),
    ];
    (loss, all, per_label)
}

/// The measures of numbers.
pub(crate) fn of_numbers(loss: f64, tally: &NumberTally) -> Measured {
    let metrics = tally.metrics();
    let each = |of: fn(&stepnet::train::metrics::NumberMetrics) -> f64| {
        metrics.outputs.iter().map(of).collect::<Vec<f64>>()
    };
    let mean = metrics.mean;
    let all = vec![("r2", mean.r2), ("mae", mean.mae), ("rmse", mean.rmse)];
    let per_output = vec![
        ("r2", each(|output| output.r2)),
        ("mae", each(|output| output.mae)),
        ("rmse", each(|output| output.rmse)),
    ];
    (loss, all, per_output)
}
