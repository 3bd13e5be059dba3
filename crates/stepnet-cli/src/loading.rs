//! Options of training that say which examples a step sees, and how they are altered on the way.

use clap::{Args, ValueEnum};
use stepnet::data::{Augmentation, Balance, Dataset};
use stepnet::train::TrainOptions;

use crate::display::name;
use crate::failure::{Failure, Outcome};
use crate::usage::whole;

/// Classes whose numbers of examples differ by this factor are worth a remark.
const UNEQUAL: usize = 3;

#[derive(Debug, Args)]
pub(crate) struct LoadingArgs {
    /// Alter training pictures at random, again in every epoch: some of flip, flip(vertical),
    /// crop(PIXELS) (after padding by as many), rotate(DEGREES) (up to that angle), jitter(STRENGTH)
    /// (brightness, contrast, saturation by up to a share), cutout(PIXELS) (a black square),
    /// mixup(ALPHA) (pairs of pictures blended). Training accuracy then counts altered pictures, with
    /// mixup by the first of their classes.
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true, value_parser = augmentation, help_heading = "Training")]
    pub(crate) augment: Augmentation,
    /// What is done where classes have unequal numbers of examples.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = BalanceArg::None, help_heading = "Training")]
    pub(crate) balance: BalanceArg,
    /// Threads that prepare the next batches while one trains [default: 1; as many as compute where
    /// pictures are decoded on the way]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = whole::<usize>(0, 64), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) workers: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BalanceArg {
    /// Nothing.
    None,
    /// Every class is drawn equally often in an epoch, which keeps its length.
    Sampling,
    /// The loss counts a class by n / (k n_c), with n examples of k classes and n_c of its own.
    Weights,
}

impl LoadingArgs {
    /// Fails where options contradict each other.
    pub(crate) fn check(&self, no_shuffle: bool, class_weights: bool) -> Outcome {
        if class_weights && self.balance == BalanceArg::Weights {
            return Err(Failure::usage(
                "--balance weights sets the class weights itself, so it does not go with --class-weights",
            ));
        }
        if no_shuffle && self.balance == BalanceArg::Sampling {
            return Err(Failure::usage(
                "--balance sampling draws examples in random order, so it does not go with --no-shuffle; --balance weights does",
            ));
        }
        Ok(())
    }

    /// Adds them to the options of a run.
    pub(crate) fn apply(&self, options: TrainOptions) -> TrainOptions {
        options
            .augmentation(self.augment.clone())
            .balance(match self.balance {
                BalanceArg::None | BalanceArg::Weights => Balance::None,
                BalanceArg::Sampling => Balance::Sampling,
            })
            .workers(self.workers)
    }

    /// The weights of the classes that balancing asks for.
    pub(crate) fn weights(&self, data: &Dataset) -> Option<Vec<f64>> {
        (self.balance == BalanceArg::Weights).then(|| data.balanced_weights())
    }

    /// A note on the numbers of examples, if they are very unequal and nothing is done about it.
    pub(crate) fn remark(&self, data: &Dataset) -> Option<String> {
        let counts = data.class_counts();
        let present = || {
            counts
                .iter()
                .zip(data.classes())
                .filter(|(count, _)| **count > 0)
        };
        let (most, common) = present().max_by_key(|(count, _)| **count)?;
        let (least, rare) = present().min_by_key(|(count, _)| **count)?;
        (self.balance == BalanceArg::None && most / least >= UNEQUAL).then(|| {
            format!(
                "classes are unequal: {most} examples of {}, {least} of {}; --balance sampling or --balance weights evens them out",
                name(common),
                name(rare)
            )
        })
    }
}

/// Reads an augmentation; what is wrong is named, as the list may be long.
fn augmentation(text: &str) -> Result<Augmentation, String> {
    text.parse().map_err(|error| match error {
        stepnet::Error::Value {
            found, expected, ..
        } => format!("{found}: expected {expected}"),
        other => other.to_string(),
    })
}
