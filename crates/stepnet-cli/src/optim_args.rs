//! How a network learns: what can be asked about its loss and its updates.

use clap::Args;
use stepnet::optim::{Clipping, Rule};
use stepnet::train::ClassWeights;
use stepnet_base::limits;

use crate::failure::{Failure, Outcome};
use crate::usage::{any, number, within};

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

/// What is done to gradients and weights beside the update rule itself.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Weight decay, not on biases: decoupled for adamw [default there: 0.01], in the gradient for
    /// classic-momentum.
    #[arg(long, value_name = "DECAY", value_parser = within(limits::DECAY), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) weight_decay: Option<f64>,
    /// Let classic-momentum look ahead (Nesterov).
    #[arg(long, help_heading = "Training")]
    pub(crate) nesterov: bool,
    /// Scale the gradients down where the norm of all of them together is larger, such as 1.0.
    #[arg(long, value_name = "NORM", conflicts_with = "clip_value", value_parser = within(limits::CLIPPING), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Bring each gradient into -VALUE to VALUE.
    #[arg(long, value_name = "VALUE", value_parser = within(limits::CLIPPING), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,
    /// Keep an exponential moving average of the weights, such as 0.999 of the old and the rest of the
    /// new at each update: it is what is tested and saved.
    #[arg(long, value_name = "DECAY", value_parser = number(|decay| (0.0..1.0).contains(&decay), "a share from 0 to less than 1"), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) ema: Option<f64>,
}

impl UpdateArgs {
    /// `rule` with the weight decay and the look ahead that were asked for.
    pub(crate) fn rule(&self, mut rule: Rule) -> Outcome<Rule> {
        if let Some(decay) = self.weight_decay {
            rule = rule
                .with_weight_decay(decay)
                .map_err(|error| Failure::from(error).context("--weight-decay"))?;
        }
        if self.nesterov {
            rule = rule
                .with_nesterov()
                .map_err(|error| Failure::from(error).context("--nesterov"))?;
        }
        Ok(rule)
    }

    /// How gradients are clipped.
    pub(crate) fn clipping(&self) -> Option<Clipping> {
        let norm = self.clip_norm.map(Clipping::Norm);
        norm.or(self.clip_value.map(Clipping::Value))
    }
}
