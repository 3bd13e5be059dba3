//! Labels that may be wrong, by confident learning (C. Northcutt, L. Jiang, I. Chuang, 2021).
//!
//! A small network is trained several times, each time on all examples but those of one fold, and predicts the classes of
//! that fold: so each prediction is by a network that has not seen the example's label. The examples are those of the
//! training part; the mean of the networks predicts the classes of the test part.

mod confident;
mod fit;
mod folds;
mod material;
#[cfg(test)]
mod tests;

use stepnet::Result;
use stepnet_base::text::count;

use crate::examination::Examination;
use crate::finding::{Finding, FindingKind};
use crate::source::Source;
use crate::survey::Survey;
use crate::table;

pub use confident::{Suspect, suspects};
pub use fit::FoldProgress;

/// Up to this probability of its label the list has an example left out.
const UNLIKELY: f64 = 0.01;

/// The features of a trained model, to be used in place of the images.
#[derive(Debug, Clone, Default)]
pub struct Features {
    /// Those of the training part, then those of the test part.
    pub values: Vec<f32>,
    /// How many there are of each example.
    pub each: usize,
}

/// How labels are checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LabelOptions {
    /// The number of folds.
    pub folds: usize,
    /// Passes over the data; chosen by the number of examples unless given.
    pub epochs: Option<usize>,
    /// Draws the folds, the initial weights and the order of the examples.
    pub seed: u32,
    /// The features of a model that was trained on other data; one `linear` layer is then trained on them.
    pub features: Option<Features>,
}

impl Default for LabelOptions {
    fn default() -> Self {
        Self {
            folds: 4,
            epochs: None,
            seed: 0,
            features: None,
        }
    }
}

stepnet_base::setters! { LabelOptions {
    folds: usize,
    epochs: Option<usize>,
    seed: u32,
    features: Option<Features>,
} }

/// The outcome of a check of labels.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LabelCheck {
    /// The probability of each class for each example, those of the training part first: `(examples, classes)`,
    /// row-major.
    pub probabilities: Vec<f32>,
    /// The share of the training examples whose predicted class is their label.
    pub accuracy: f64,
    /// The network that was trained.
    pub network: String,
    /// Passes over the data in each fold.
    pub epochs: usize,
    /// The examples whose label may be wrong, the most suspicious first; those of the test part are counted on.
    pub suspects: Vec<Suspect>,
}

/// Checks the labels of a data set, or says in words why they cannot be checked. `observe` follows the training.
///
/// # Errors
/// An image that cannot be read, or a training that fails.
pub fn check_labels(
    source: &Source<'_>,
    survey: &Survey,
    options: &LabelOptions,
    observe: impl FnMut(&FoldProgress),
) -> Result<std::result::Result<LabelCheck, String>> {
    if !source.has_classes() {
        return Ok(Err("the targets are not classes".to_owned()));
    }
    let folds = match folds::folds(source.train.labels(), options.folds, options.seed) {
        Ok(folds) => folds,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(material) = material::material(source, survey, options)? else {
        return Ok(Err("the examples are not images".to_owned()));
    };
    let predicted = fit::out_of_fold(&material, &folds, options, observe)?;
    let classes = source.train.classes().len();
    let mut labels = source.train.labels().to_vec();
    labels.extend(source.test.iter().flat_map(|test| test.labels()));
    let suspects = suspects(&predicted.probabilities, &labels, classes);
    let rows = predicted.probabilities.chunks_exact(classes);
    let right = rows
        .zip(source.train.labels())
        .filter(|(row, label)| confident::best(row) == **label as usize);
    Ok(Ok(LabelCheck {
        accuracy: right.count() as f64 / source.train.len() as f64,
        probabilities: predicted.probabilities,
        network: material.network,
        epochs: predicted.epochs,
        suspects,
    }))
}

impl LabelCheck {
    /// What was done, in a line.
    pub fn line(&self) -> String {
        format!(
            "labels: compared with predictions of networks that have not seen them ({}, {} each), which agree with {:.1} % of the labels",
            self.network,
            count(self.epochs, "epoch"),
            100.0 * self.accuracy
        )
    }
}

impl LabelCheck {
    /// The probabilities as a CSV table: part, file (or the example's number), class, and the probability of each class.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self, source: &Source<'_>) -> Result<String> {
        let classes = source.train.classes();
        let mut head = vec!["part".to_owned(), "file".to_owned(), "class".to_owned()];
        head.extend(classes.iter().cloned());
        let rows = self.probabilities.chunks_exact(classes.len());
        let row = |(at, row): (usize, &[f32])| {
            let place = source.place(at);
            let class = source.class(place).unwrap_or_default();
            let mut fields = vec![
                place.part.word().to_owned(),
                source.name(place),
                class.to_owned(),
            ];
            fields.extend(row.iter().map(ToString::to_string));
            fields
        };
        table::csv(std::iter::once(head).chain(rows.enumerate().map(row)))
    }
}

impl Examination {
    /// Adds the labels that may be wrong to the findings.
    pub fn add_labels(&mut self, source: &Source<'_>, check: &LabelCheck) {
        self.remarks.push(check.line());
        let finding = |suspect: &Suspect| {
            let place = source.place(suspect.example);
            let class = source.train.classes().get(suspect.suggested);
            let detail = format!(
                "probably {} ({:.1} % against {:.1} %)",
                class.map_or("another class", String::as_str),
                100.0 * suspect.probability,
                100.0 * suspect.given
            );
            Finding {
                score: suspect.score,
                leave_out: suspect.given <= UNLIKELY,
                ..Finding::of(source, FindingKind::Label, place, detail)
            }
        };
        self.findings.extend(check.suspects.iter().map(finding));
        self.sort();
    }
}
