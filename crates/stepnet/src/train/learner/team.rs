//! Batches that are cut into shares, and trained by the members of a group.
//!
//! A step of a member: its shares one after the other, the sum of all members' gradients, the same for running statistics,
//! and what there is to know of all shares, their losses and whether a member failed. Whatever happens to a member within
//! a step, it takes part in all that the others wait for, and says so at the end: the step has then changed nothing.

mod overlap;
mod together;

use std::ops::Range;
use std::sync::Arc;

use super::pieces::{pieces, running};
use crate::error::{Error, Result};
use crate::group::{Group, ShareSum, Shares, first_of_all};
use crate::nn::{Batch, Network, Number, Scores, WholeBatch, Workspace};
use crate::train::agreement::gather_from_all;
use crate::train::options::AllReduce;

/// Bytes that are said of a share: the sum of its losses, and how many answers were right.
const OF_SHARE: usize = 16;

/// The losses and right answers of a member's shares, and the last share, if its backward pass is still to be done.
type Computed<'a, T> = (Vec<[f64; 2]>, Option<Batch<'a, T>>);

/// The shares of a batch, and the group that trains them.
#[derive(Debug, Clone)]
pub(super) struct Team<T> {
    group: Arc<dyn Group>,
    shares: Shares,
    sum: AllReduce,
    gradients: ShareSum<T>,
    statistics: ShareSum<T>,
    /// What is summed of the gradients, in this order.
    pieces: Vec<Range<usize>>,
    /// Where running statistics lie among the parameters.
    running: Vec<Range<usize>>,
    /// Those of a share, by its part of the examples; after the step their sum.
    moved: Vec<T>,
    /// The examples of the first share of this member whose loss is not finite.
    bad: Option<Range<usize>>,
    /// Where statistics are those of all shares: a workspace for each of this member's.
    together: Option<Vec<Workspace<T>>>,
}

impl<T: Number> Team<T> {
    pub(super) fn new(
        network: &Network<T>,
        shares: Shares,
        group: Arc<dyn Group>,
        sum: AllReduce,
    ) -> Self {
        let rank = group.rank();
        let mut team = Self {
            gradients: ShareSum::new(shares, rank, network.parameters().len()),
            statistics: ShareSum::new(shares, rank, 0),
            pieces: Vec::new(),
            running: Vec::new(),
            moved: Vec::new(),
            bad: None,
            together: None,
            group,
            shares,
            sum,
        };
        team.follow(network);
        team
    }

    /// From now on statistics are those of all shares.
    pub(super) fn share_statistics(&mut self) {
        self.together = Some(Vec::new());
    }

    /// Copies the workspace again before the next step, as it is then.
    pub(super) fn renew(&mut self) {
        if let Some(workspaces) = &mut self.together {
            workspaces.clear();
        }
    }

    /// Takes in which layers of the network are frozen.
    pub(super) fn follow(&mut self, network: &Network<T>) {
        self.renew();
        self.pieces = pieces(network);
        self.running = running(network);
        let values = self.running.iter().map(Range::len).sum();
        self.moved = vec![T::zero(); values];
        self.statistics = ShareSum::new(self.shares, self.group.rank(), values);
    }

    pub(super) fn group(&self) -> &Arc<dyn Group> {
        &self.group
    }

    pub(super) fn shares(&self) -> (Shares, usize) {
        (self.shares, self.group.rank())
    }

    /// The scores of a batch over all shares, and into the workspace the gradients of its mean. The targets and keys of
    /// `batch` are those of all examples; its values may be those of the member's own.
    pub(super) fn train(
        &mut self,
        network: &mut Network<T>,
        workspace: &mut Workspace<T>,
        batch: &Batch<'_, T>,
    ) -> Result<Scores> {
        self.bad = None;
        let computed = match self.together.is_some() {
            true => self.compute_together(network, workspace, batch)?,
            false => self.compute(network, workspace, batch),
        };
        let computed = match computed {
            Ok((scores, last)) => {
                let done = self.finish(network, workspace, last.as_ref())?;
                done.map(|()| scores)
            }
            Err(error) => {
                self.fill(workspace.gradients_mut());
                self.sum_up(workspace.gradients_mut())?;
                Err(error)
            }
        };
        self.sum_statistics()?;
        let all = self.agree(computed)?;
        let mut scores = Scores::default();
        scores.examples = batch.examples();
        for [loss, correct] in all {
            scores.loss += loss;
            scores.correct += correct as usize;
        }
        Ok(scores)
    }

    fn sum_statistics(&mut self) -> Result<()> {
        let (group, values) = (&*self.group, self.moved.len());
        match values {
            0 => Ok(()),
            _ => self.statistics.finish(group, 0..values, &mut self.moved),
        }
    }

    /// Trains the member's shares, but for the backward pass of the last, which is given back unless it is empty: the losses
    /// and right answers of all.
    fn compute<'a>(
        &mut self,
        network: &mut Network<T>,
        workspace: &mut Workspace<T>,
        batch: &Batch<'a, T>,
    ) -> Result<Computed<'a, T>> {
        self.gradients.clear();
        self.statistics.clear();
        let examples = batch.examples();
        let whole = workspace.whole_batch(network, &batch.targets, examples)?;
        let shares = self.shares.of(self.group.rank());
        let (mut scores, mut last) = (Vec::with_capacity(shares.len()), None);
        for share in shares.clone() {
            let range = self.shares.examples(share, examples);
            let part = self.part(network, batch, range.clone())?;
            let of_share = match part.examples() {
                0 => {
                    workspace.gradients_mut().fill(T::zero());
                    self.moved.fill(T::zero());
                    Scores::default()
                }
                _ => workspace.train_forward(network, &part, whole)?,
            };
            if !of_share.loss.is_finite() {
                self.bad.get_or_insert(range);
            }
            scores.push([of_share.loss, of_share.correct as f64]);
            last = (part.examples() > 0).then_some(part);
            if let Some(part) = &last {
                self.move_statistics(network, workspace, part, whole);
            }
            if share + 1 == shares.end {
                break;
            }
            if let Some(part) = &last {
                workspace.train_backward(network, part, &mut |_, _| {})?;
            }
            self.gradients.add(share, workspace.gradients());
            self.statistics.add(share, &self.moved);
        }
        Ok((scores, last))
    }

    /// What running statistics would be after this share alone, times its part of the examples: their sum over all shares
    /// is the mean. The network keeps those that it has.
    fn move_statistics(
        &mut self,
        network: &mut Network<T>,
        workspace: &Workspace<T>,
        part: &Batch<'_, T>,
        whole: WholeBatch,
    ) {
        if self.running.is_empty() {
            return;
        }
        let weight = T::from_f64(part.examples() as f64 / whole.examples as f64);
        let before = self.read(network);
        workspace.after_step(network, part);
        self.moved = self.read(network);
        self.write(network, &before);
        self.moved.iter_mut().for_each(|value| *value *= weight);
    }

    fn read(&self, network: &Network<T>) -> Vec<T> {
        let parameters = network.parameters();
        let values = self
            .running
            .iter()
            .flat_map(|range| &parameters[range.clone()]);
        values.copied().collect()
    }

    fn write(&self, network: &mut Network<T>, values: &[T]) {
        if self.running.is_empty() {
            return;
        }
        let parameters = network.parameters_mut();
        let mut rest = values;
        for range in &self.running {
            let (values, after) = rest.split_at(range.len());
            parameters[range.clone()].copy_from_slice(values);
            rest = after;
        }
    }

    /// Puts the running statistics of the step into the network.
    pub(super) fn after_step(&self, network: &mut Network<T>) {
        self.write(network, &self.moved);
    }

    /// The part of a batch with the examples `range`, which are this member's.
    fn part<'a>(
        &self,
        network: &Network<T>,
        batch: &Batch<'a, T>,
        range: Range<usize>,
    ) -> Result<Batch<'a, T>> {
        let (examples, len) = (batch.examples(), network.input().len());
        let own = self.shares.own_examples(self.group.rank(), examples);
        let values = batch.x.len();
        let first = match values {
            all if all == examples * len => 0,
            some if some == own.len() * len => own.start,
            _ => {
                let expected = format!("{} of {} values each", own.len(), network.input());
                return Err(Error::value(
                    "training step",
                    "the inputs",
                    format!("{values} values"),
                    format!(
                        "those of the batch's {examples} examples or of the member's {expected}"
                    ),
                ));
            }
        };
        let mut noise = batch.noise;
        noise.examples = &noise.examples[range.clone()];
        Ok(Batch {
            x: &batch.x[(range.start - first) * len..(range.end - first) * len],
            targets: batch.targets.part(range, network.output().len()),
            noise,
        })
    }

    /// Gives the sums something for the shares that were not trained: nobody will use it.
    fn fill(&mut self, gradients: &mut [T]) {
        self.gradients.clear();
        self.statistics.clear();
        let shares = self.shares.of(self.group.rank());
        for share in shares.start..shares.end - 1 {
            self.gradients.add(share, gradients);
            self.statistics.add(share, &self.moved);
        }
    }

    /// Takes part in a step that cannot be done here, because of `error`.
    pub(super) fn fail(&mut self, gradients: &mut [T], error: Error) -> Error {
        if self.group.size() == 1 {
            return error;
        }
        self.fill(gradients);
        let summed = self.sum_up(gradients).and_then(|()| self.sum_statistics());
        let agreed = summed.and_then(|()| self.agree(Err(error)).map(drop));
        // This member has failed, so that the others cannot but agree.
        agreed.err().unwrap_or(Error::Stopped)
    }

    /// The losses and right answers of all shares, in their order. If a member failed, all fail, and so they do if one
    /// was stopped.
    fn agree(&self, own: Result<Vec<[f64; 2]>>) -> Result<Vec<[f64; 2]>> {
        let own = own.map(|scores| {
            let values = scores.as_flattened().iter();
            values.flat_map(|value| value.to_le_bytes()).collect()
        });
        let of_member = |rank| OF_SHARE * self.shares.of(rank).len();
        let lengths: Vec<usize> = (0..self.group.size()).map(of_member).collect();
        let all = gather_from_all(&*self.group, own, &lengths)?;
        let values = all.as_chunks().0.iter();
        let values: Vec<f64> = values.map(|&value| f64::from_le_bytes(value)).collect();
        Ok(values.as_chunks().0.to_vec())
    }

    /// The error for a loss that is not finite: that of the first member with such a share, `of_part` of it.
    pub(super) fn loss_error(
        &self,
        network: &Network<T>,
        batch: &Batch<'_, T>,
        of_part: impl Fn(&Batch<'_, T>) -> Error,
    ) -> Error {
        let error = |range: Range<usize>| match self.part(network, batch, range) {
            Ok(part) => of_part(&part),
            Err(error) => error,
        };
        let own = self.bad.clone().map(|range| error(range).to_string());
        match first_of_all(&*self.group, own.as_deref()) {
            Ok(Some((_, text))) => Error::Training(text),
            // The losses are finite, their sum is not.
            Ok(None) => Error::Training("the sum of the losses is not finite".to_owned()),
            Err(error) => error,
        }
    }
}
