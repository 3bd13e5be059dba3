//! The examples of a run, and what they become before the network sees them.

use serde_json::Value;

use crate::data::{Dataset, ValueRange};
use crate::nn::Preprocessing;

/// The examples that a run trains and tests on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunData {
    /// The examples to train on.
    pub train: Dataset,
    /// Those that every epoch is tested on.
    pub test: Option<Dataset>,
    /// The name of the test examples in messages and reports.
    pub test_name: &'static str,
    /// How raw values become the network's input.
    pub preprocessing: Preprocessing,
    /// The raw values of the training, for the model file: predictions warn of values outside of them.
    pub range: Option<ValueRange>,
    /// Where the examples are from, for the model file.
    pub origin: Value,
}

stepnet_base::setters! { RunData {
    test_name: &'static str,
    range: Option<ValueRange>,
    origin: Value,
} }

impl RunData {
    /// Examples from anywhere.
    pub fn new(train: Dataset, test: Option<Dataset>, preprocessing: Preprocessing) -> Self {
        Self {
            train,
            test,
            test_name: "test",
            preprocessing,
            range: None,
            origin: Value::Null,
        }
    }
}
