//! The data of a page.

use std::path::PathBuf;

use serde_json::{Value, json};
use stepnet::data::Dataset;
use stepnet::nn::{Preprocessing, Resize};

use crate::answer::Failure;

/// The data that runs are parted from.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) name: String,
    pub(crate) all: Dataset,
    /// A test part of its own.
    pub(crate) test: Option<Dataset>,
    pub(crate) divisor: f64,
    /// Whether its values are 8-bit images, whatever range a model was trained on.
    pub(crate) pictures: bool,
    /// The path of files; `None` for the digits.
    pub(crate) place: Option<PathBuf>,
    pub(crate) resize: Resize,
    pub(crate) notes: Notes,
}

/// What was read and how.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) facts: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) skipped: Vec<String>,
}

impl Data {
    /// What the page is told of it.
    pub(crate) fn summary(&self) -> Value {
        let Notes {
            facts,
            notes,
            skipped,
        } = &self.notes;
        json!({
            "name": self.name,
            "examples": self.all.len(),
            "shape": self.all.images().shape(),
            "classes": self.all.classes(),
            "counts": self.all.class_counts(),
            "divisor": self.divisor,
            "ownTest": self.test.is_some(),
            "facts": facts,
            "notes": notes,
            "skipped": skipped,
        })
    }

    /// How its raw values become the input of a new network.
    pub(crate) fn preprocessing(&self) -> Preprocessing {
        let [height, width, channels] = self.all.images().shape();
        let scaled = Preprocessing::scaled(height, width, channels, self.divisor);
        scaled.resize(self.resize)
    }
}

/// The raw values of an example.
pub(crate) fn raw(part: &Dataset, index: usize) -> Result<Vec<f64>, Failure> {
    if index >= part.len() {
        let problem = format!("there is no example {index}: the part has {}", part.len());
        return Err(Failure::input(problem));
    }
    Ok(part.images().image(index)?)
}
