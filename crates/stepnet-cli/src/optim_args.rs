//! How a network learns: what can be asked about its loss.

use clap::Args;
use stepnet::train::ClassWeights;

use crate::failure::{Failure, Outcome};
use crate::usage::{any, number};

/// What training changes about the loss.
#[derive(Debug, Args)]
pub(crate) struct LossArgs {
    /// The share of each target that is spread over all classes, such as 0.1. Training then reports the
    /// loss by these targets; the loss on test data stays the plain one.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = number(|share| (0.0..1.0).contains(&share), "a share from 0 to less than 1"), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) label_smoothing: f64,
    /// What each class counts for in the loss of training: 1,2,0.5 in the order of the classes, or
    /// cat=2,dog=3 by name (others 1). The loss of a batch is the weighted mean.
    #[arg(long, value_name = "WEIGHTS", value_parser = any::<ClassWeights>, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) class_weights: Option<ClassWeights>,
}

impl LossArgs {
    /// The weights of `classes`, in their order.
    pub(crate) fn class_weights(&self, classes: &[String]) -> Outcome<Option<Vec<f64>>> {
        let of = |weights: &ClassWeights| weights.of(classes);
        let weights = self.class_weights.as_ref().map(of).transpose();
        weights.map_err(|error| Failure::from(error).context("--class-weights"))
    }
}
