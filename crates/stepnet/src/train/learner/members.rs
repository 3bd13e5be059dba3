//! Learners that train shares of a batch, alone or as members of a group.

use std::sync::Arc;

use super::Learner;
use super::team::Team;
use crate::error::{Error, Result};
use crate::group::{Group, Shares};
use crate::nn::{Batch, Number, Scores};
use crate::train::options::AllReduce;

impl<T: Number> Learner<T> {
    /// The same learner, whose batches are cut into `shares`, each trained as a batch, and their gradients added in an
    /// order that depends on nothing but the number of shares: so that the members of `group`, each with a learner like
    /// this one and some of the shares, get the weights that one learner with all shares gets, bit for bit, unless `sum` is
    /// [`AllReduce::Fast`]. Batch normalisation takes its statistics over a share. The learner's largest batch need be no
    /// larger than a share.
    ///
    /// Members that are threads of one process each need threads to compute with (a pool of rayon) of their own.
    #[must_use]
    pub fn with_shares(mut self, shares: Shares, group: Arc<dyn Group>, sum: AllReduce) -> Self {
        self.team = Some(Box::new(Team::new(&self.network, shares, group, sum)));
        self
    }

    /// The same learner with [shares](Self::with_shares), in which batch normalisation takes its statistics over the whole
    /// batch. All shares of this learner are trained at the same time, each with a workspace.
    #[must_use]
    pub fn with_shared_statistics(mut self) -> Self {
        if let Some(team) = &mut self.team {
            team.share_statistics();
        }
        self
    }

    /// The group that it trains with.
    pub fn group(&self) -> Option<&Arc<dyn Group>> {
        self.team.as_ref().map(|team| team.group())
    }

    /// The shares of its batches, and which member's it trains.
    pub(in crate::train) fn shares(&self) -> Option<(Shares, usize)> {
        self.team.as_ref().map(|team| team.shares())
    }

    /// Takes part in a step that this member cannot do: it fails on all, or where this one wants to stop is done by none.
    pub(in crate::train) fn fail(&mut self, error: Error) -> Error {
        match &mut self.team {
            Some(team) => team.fail(self.workspace.gradients_mut(), error),
            None => error,
        }
    }

    /// The scores of a batch and its gradients.
    pub(super) fn passes(&mut self, batch: &Batch<'_, T>) -> Result<Scores> {
        match &mut self.team {
            Some(team) => team.train(&mut self.network, &mut self.workspace, batch),
            None => self.workspace.train(&self.network, batch),
        }
    }

    /// The error for a loss that is not finite, the same for all members.
    pub(super) fn loss_error(&self, batch: &Batch<'_, T>, learning_rate: f64, loss: f64) -> Error {
        match &self.team {
            Some(team) => team.loss_error(&self.network, batch, |part| {
                self.moment(part, learning_rate).of_loss(loss)
            }),
            None => self.moment(batch, learning_rate).of_loss(loss),
        }
    }
}
