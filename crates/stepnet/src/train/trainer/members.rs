//! The shares of a trainer's batches, and the group whose members train them.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::group::{Group, Shares, in_process};
use crate::nn::{Network, Number, Plan, PlanOptions};
use crate::train::learner::{summed, values_for_sums};
use crate::train::options::AllReduce;
use crate::train::{Learner, TrainOptions, Transfer};

/// The shares of a batch and who trains them, unless a batch is one share of a trainer alone.
pub(super) struct Members(Option<(Shares, Arc<dyn Group>)>);

impl Members {
    /// Those of a training of up to `largest` examples.
    pub(super) fn new(
        options: &TrainOptions,
        largest: usize,
        group: Option<Arc<dyn Group>>,
    ) -> Result<Self> {
        let count = options.shares_of_step(largest, group.is_some());
        // Where only the last layer is fitted there are no steps: each member does all of it.
        if options.transfer == Transfer::Head || (count == 1 && group.is_none()) {
            return Ok(Self(None));
        }
        let alone = || in_process(1).pop().map(|member| Arc::new(member) as _);
        let group = group.or_else(alone);
        let group = group.ok_or_else(|| Error::Group("a group has no member".to_owned()))?;
        let shares = Shares::new(count, group.size()).map_err(|error| {
            error.and("`shares` sets how many there are, and with them what the weights become")
        })?;
        Ok(Self(Some((shares, group))))
    }

    /// How many examples of a batch are this member's.
    pub(super) fn own_examples(&self, batch: usize) -> usize {
        match &self.0 {
            Some((shares, group)) => shares.own_examples(group.rank(), batch).len(),
            None => batch,
        }
    }

    /// A learner of the member's shares.
    pub(super) fn learner<T: Number>(
        self,
        network: Network<T>,
        options: &TrainOptions,
        batch: usize,
    ) -> Result<Learner<T>> {
        match self.0 {
            Some((shares, group)) => {
                let learner = options.learner(network, batch.div_ceil(shares.count()))?;
                let learner = learner.with_shares(shares, group, options.all_reduce);
                Ok(match options.sync_bn {
                    true => learner.with_shared_statistics(),
                    false => learner,
                })
            }
            None => options.learner(network, batch),
        }
    }
}

/// Bytes of the trainer of that of `members` which has most shares.
pub(super) fn bytes_of_member<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    largest: usize,
    members: usize,
) -> Result<usize> {
    let batch = options.step_examples(largest);
    let averaged = options.average.is_some();
    let of_learner = |examples| Learner::bytes(network, options.rule, examples, averaged);
    let count = options.shares_of_step(largest, members > 1);
    let (own, mut bytes) = match options.transfer == Transfer::Head || (count, members) == (1, 1) {
        true => (batch, of_learner(batch)?),
        false => {
            let shares = Shares::new(count, members)?;
            let share = batch.div_ceil(count);
            let most = count.div_ceil(members);
            let mut bytes = of_learner(share)?;
            if options.sync_bn {
                // All shares of a member are trained at the same time.
                let of_share = Plan::new(network, share, PlanOptions::TRAINING)?.bytes::<T>();
                bytes = bytes.saturating_add(of_share.saturating_mul(most));
            }
            let lengths = summed(network);
            let subtrees = match options.all_reduce {
                AllReduce::Exact => shares.traffic(0).subtrees,
                AllReduce::Fast => 1,
            };
            let values = values_for_sums(&lengths, most, subtrees.max(1));
            bytes = bytes.saturating_add(values.saturating_mul(size_of::<T>()));
            (batch.min(most.saturating_mul(share)), bytes)
        }
    };
    // Images that are blended with the own ones may be another member's.
    let blended = match options.augmentation.mixup() {
        Some(_) => own.min(batch - own),
        None => 0,
    };
    let pictures = (own + blended).saturating_mul(network.input().len());
    // A batch that trains, and one for each worker.
    let pictures = pictures.saturating_mul(1 + options.workers.unwrap_or(1));
    bytes = bytes.saturating_add(pictures.saturating_mul(size_of::<T>()));
    Ok(bytes)
}

/// Tells the other members if steps ended here in a way that they do not know of: with an error that is not `agreed`, or
/// because no further is wanted, so that they come to one that is `left` undone.
pub(super) fn end_together<T: Number>(
    learner: &mut Learner<T>,
    ended: Result<Duration>,
    agreed: bool,
    left: bool,
) -> Result<Duration> {
    match ended {
        Err(error) if !agreed => Err(learner.fail(error)),
        Ok(waited) if left => match learner.fail(Error::Stopped) {
            Error::Stopped => Ok(waited),
            error => Err(error),
        },
        ended => ended,
    }
}
