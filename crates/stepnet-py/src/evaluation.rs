//! How good a network is on examples: the loss, and the measures of its kind of targets.

use pyo3::prelude::*;
use stepnet::data::TargetKind;
use stepnet::nn::{Model, Purpose, Scores, Targets};
use stepnet::train::metrics::{LabelTally, NumberTally, Ranking};

use crate::examples::Rows;
use crate::kept::Dtype;
use crate::passes::{is_long, passes};
use crate::signals::run_listening;
use crate::targets::Given;

/// Runs a model on examples and measures it.
pub(crate) fn measured<T: Dtype>(
    py: Python<'_>,
    model: &Model<T>,
    (rows, divisor): (&Rows<'_>, f64),
    given: &Given<'_>,
) -> PyResult<Measured> {
    let x = rows.slices(model.network.input().len())?;
    let outputs = model.network.output().len();
    let (labels, values) = (given.classes()?, given.rows()?);
    let kind = given.kind();
    run_listening(py, is_long(model, &x), |stop| {
        let mut measures = Measures::new(model, kind, x.examples)?;
        let mut scores = Scores::default();
        let mut learnt: Vec<T> = Vec::new();
        let purpose = Purpose::Score;
        passes(
            model,
            (&x, divisor),
            purpose,
            stop,
            |workspace, inputs, first| {
                let last = first + inputs.len() / model.network.input().len();
                let rows = values
                    .get(first * outputs..last * outputs)
                    .unwrap_or_default();
                let own = labels.get(first..last).unwrap_or_default();
                learnt.clear();
                let scaled = rows.iter().enumerate();
                learnt.extend(scaled.map(|(at, &value)| measures.scaled(value, at)));
                let targets = match kind {
                    TargetKind::Classes => Targets::Classes(own),
                    TargetKind::Labels | TargetKind::Numbers => Targets::Values(&learnt),
                };
                let (sums, z) = workspace.score(&model.network, inputs, &targets)?;
                scores.add(&sums);
                measures.add(z, own, rows);
                Ok(())
            },
        )?;
        Ok(measures.end(&scores))
    })
}

/// What measures are computed from, as it is collected.
struct Measures<'a, T> {
    model: &'a Model<T>,
    kind: TargetKind,
    marks: LabelTally,
    numbers: NumberTally,
    /// With two classes, how much each example looks like the second, and whether it is.
    preferences: Vec<(f64, bool)>,
}

impl<'a, T: Dtype> Measures<'a, T> {
    fn new(model: &'a Model<T>, kind: TargetKind, examples: usize) -> stepnet::Result<Self> {
        let outputs = model.network.output().len();
        let room = |of: TargetKind| if of == kind { examples } else { 0 };
        Ok(Self {
            model,
            kind,
            marks: LabelTally::new(room(TargetKind::Labels), outputs)?,
            numbers: NumberTally::new(room(TargetKind::Numbers), outputs)?,
            preferences: Vec::new(),
        })
    }

    /// What an output learns for the target at `place` of rows.
    fn scaled(&self, target: f64, place: usize) -> T {
        let outputs = self.model.network.output().len();
        let scale = self.model.preprocessing.task.scale();
        T::from_f64(scale.map_or(target, |scale| scale.scaled(target, place % outputs)))
    }

    /// Takes in what the network says, and what is true.
    fn add(&mut self, z: &[T], labels: &[u32], rows: &[f64]) {
        let outputs = self.model.network.output().len();
        let pairs = rows.iter().zip(z);
        match self.kind {
            TargetKind::Labels => self
                .marks
                .add(pairs.map(|(&mark, z)| (z.as_f64(), mark == 1.0))),
            TargetKind::Numbers => {
                let scale = self.model.preprocessing.task.scale();
                let restored = |(at, (&t, y)): (usize, (&f64, &T))| {
                    let y = y.as_f64();
                    (t, scale.map_or(y, |scale| scale.restored(y, at % outputs)))
                };
                self.numbers.add(pairs.enumerate().map(restored));
            }
            TargetKind::Classes if outputs <= 2 => {
                let preference = |row: &[T]| match row {
                    [first, second] => second.as_f64() - first.as_f64(),
                    _ => row.first().map_or(f64::NAN, |one| one.as_f64()),
                };
                let rows = z.chunks(outputs).zip(labels);
                let ranked = rows.map(|(row, &label)| (preference(row), label == 1));
                self.preferences.extend(ranked);
            }
            TargetKind::Classes => {}
        }
    }

    fn end(self, scores: &Scores) -> Measured {
        let loss = scores.mean_loss();
        match self.kind {
            TargetKind::Labels => of_labels(loss, &self.marks),
            TargetKind::Numbers => of_numbers(loss, &self.numbers),
            TargetKind::Classes => {
                let mut measures = vec![("accuracy", scores.accuracy())];
                measures.extend(of_ranking(&Ranking::new(self.preferences)));
                (loss, measures, Vec::new())
            }
        }
    }
}

/// What an evaluation ends with: the mean loss, measures by name, and those of each output.
pub(crate) type Measured = (f64, Vec<(&'static str, f64)>, Vec<(&'static str, Vec<f64>)>);

/// The measures of two classes, if there are examples of both.
fn of_ranking(ranking: &Ranking) -> Vec<(&'static str, f64)> {
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
fn of_labels(loss: f64, tally: &LabelTally) -> Measured {
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
fn of_numbers(loss: f64, tally: &NumberTally) -> Measured {
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
