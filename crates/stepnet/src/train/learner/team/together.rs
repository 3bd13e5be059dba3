//! Shares that are trained at the same time, so that layers can take the statistics of all of them.
//!
//! Each share of a member has a thread. At a layer with statistics all of them meet; the last one to come exchanges what
//! they have with the other members. A member that has no more threads there takes part in the exchanges of the others
//! until all are done.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Computed, Team};
use crate::error::{Error, Result};
use crate::group::Group;
use crate::nn::layer::OtherShares;
use crate::nn::{Batch, Network, Number, Scores, WholeBatch, Workspace};

/// What a member says that has no more passes.
const DONE: u64 = u64::MAX;

/// Where the passes of a member's shares meet, and its group.
#[derive(Debug)]
struct Meeting {
    group: Arc<dyn Group>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Passes that are still to come to the next layer.
    present: usize,
    /// What those that are there have brought, by share.
    brought: BTreeMap<usize, Vec<f64>>,
    round: u64,
    all: Arc<Vec<f64>>,
    failed: Option<Error>,
}

impl Meeting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gather(&self, share: usize, own: &[f64]) -> Arc<Vec<f64>> {
        let mut state = self.lock();
        let round = state.round;
        state.brought.insert(share, own.to_vec());
        self.exchange_if_all_are_there(&mut state);
        while state.round == round {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        match state.all.len() {
            // The group has failed, or a share has: nobody will use what comes of it.
            0 => Arc::new(own.to_vec()),
            _ => Arc::clone(&state.all),
        }
    }

    /// A pass has ended, or was ended early.
    fn leave(&self) {
        let mut state = self.lock();
        state.present -= 1;
        self.exchange_if_all_are_there(&mut state);
    }

    fn exchange_if_all_are_there(&self, state: &mut State) {
        if state.brought.is_empty() || state.brought.len() < state.present {
            return;
        }
        let brought: Vec<f64> = std::mem::take(&mut state.brought)
            .into_values()
            .flatten()
            .collect();
        let all = self.exchange(Some(&brought)).unwrap_or_else(|error| {
            state.failed.get_or_insert(error);
            None
        });
        state.all = Arc::new(all.unwrap_or_default());
        state.round += 1;
        self.changed.notify_all();
    }

    /// The values of all members; nothing once all are done.
    fn exchange(&self, own: Option<&[f64]>) -> Result<Option<Vec<f64>>> {
        let (group, values) = (&*self.group, own.unwrap_or_default());
        if group.size() == 1 {
            return Ok(own.map(<[f64]>::to_vec));
        }
        let len = own.map_or(DONE, |own| own.len() as u64);
        let mut lengths = vec![0; 8 * group.size()];
        group.gather_all(&len.to_le_bytes(), &mut lengths, &vec![8; group.size()])?;
        let lengths = lengths.as_chunks().0.iter();
        let lengths: Vec<u64> = lengths.map(|&len| u64::from_le_bytes(len)).collect();
        if lengths.iter().all(|&len| len == DONE) {
            return Ok(None);
        }
        let bytes = |&len: &u64| if len == DONE { 0 } else { 8 * len as usize };
        let lengths: Vec<usize> = lengths.iter().map(bytes).collect();
        let mut all = vec![0_u8; lengths.iter().sum()];
        group.gather_all(bytemuck::cast_slice(values), &mut all, &lengths)?;
        let all = all.as_chunks().0.iter();
        Ok(Some(all.map(|&value| f64::from_ne_bytes(value)).collect()))
    }

    /// Takes part in the exchanges of members whose passes go on.
    fn finish(&self) -> Result<()> {
        if let Some(error) = self.lock().failed.take() {
            return Err(error);
        }
        while self.group.size() > 1 && self.exchange(None)?.is_some() {}
        Ok(())
    }
}

/// A share at the meeting.
#[derive(Debug)]
struct OfShare {
    meeting: Arc<Meeting>,
    share: usize,
    /// Examples of the whole batch.
    examples: usize,
}

impl OtherShares for OfShare {
    fn gather(&self, own: &[f64]) -> Arc<Vec<f64>> {
        self.meeting.gather(self.share, own)
    }

    fn examples(&self) -> usize {
        self.examples
    }
}

/// However a pass ends, the others do not wait for it.
struct LeaveOnDrop<'a>(&'a Meeting);

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl<T: Number> Team<T> {
    /// [`compute`](Self::compute) of all shares at the same time, with the backward pass of the last one. The outer error is
    /// that of the group.
    pub(super) fn compute_together<'a>(
        &mut self,
        network: &mut Network<T>,
        workspace: &mut Workspace<T>,
        batch: &Batch<'a, T>,
    ) -> Result<Result<Computed<'a, T>>> {
        self.gradients.clear();
        self.statistics.clear();
        let shares = self.shares.of(self.group.rank());
        let meeting = Arc::new(Meeting {
            group: Arc::clone(&self.group),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let mut workspaces = self.together.take().unwrap_or_default();
        while workspaces.len() < shares.len() {
            workspaces.push(workspace.clone());
        }
        let passed = self.pass(network, workspace, batch, &meeting, &mut workspaces);
        let scores = meeting.finish().map(|()| {
            let (whole, scores) = passed?;
            let examples = batch.examples();
            for ((share, own), scores) in shares.clone().zip(&mut workspaces).zip(&scores) {
                let range = self.shares.examples(share, examples);
                let part = self.part(network, batch, range.clone())?;
                self.moved.fill(T::zero());
                match part.examples() {
                    0 => own.gradients_mut().fill(T::zero()),
                    _ => self.move_statistics(network, own, &part, whole),
                }
                if !scores.loss.is_finite() {
                    self.bad.get_or_insert(range);
                }
                if share + 1 < shares.end {
                    self.gradients.add(share, own.gradients());
                    self.statistics.add(share, &self.moved);
                } else {
                    workspace.gradients_mut().copy_from_slice(own.gradients());
                }
            }
            let scores = scores
                .iter()
                .map(|scores| [scores.loss, scores.correct as f64]);
            Ok((scores.collect(), None))
        });
        self.together = Some(workspaces);
        scores
    }

    /// Forward and backward passes of all shares of this member, each on a thread.
    fn pass(
        &self,
        network: &Network<T>,
        workspace: &Workspace<T>,
        batch: &Batch<'_, T>,
        meeting: &Arc<Meeting>,
        workspaces: &mut [Workspace<T>],
    ) -> Result<(WholeBatch, Vec<Scores>)> {
        let examples = batch.examples();
        let whole = workspace.whole_batch(network, &batch.targets, examples)?;
        let shares = self.shares.of(self.group.rank());
        let parts = shares.map(|share| {
            let range = self.shares.examples(share, examples);
            Ok((share, self.part(network, batch, range)?))
        });
        let parts: Vec<(usize, Batch<'_, T>)> = parts.collect::<Result<_>>()?;
        let filled = parts.iter().filter(|(_, part)| part.examples() > 0).count();
        meeting.lock().present = filled;
        let train = |share: usize, part: &Batch<'_, T>, own: &mut Workspace<T>| {
            let _leaves = LeaveOnDrop(meeting);
            own.set_others(Some(Arc::new(OfShare {
                meeting: Arc::clone(meeting),
                share,
                examples,
            })));
            let scores = own.train_forward(network, part, whole)?;
            own.train_backward(network, part, &mut |_, _| {})?;
            Ok(scores)
        };
        let results: Vec<Result<Scores>> = thread::scope(|scope| {
            let train = &train;
            let start = |((share, part), own)| {
                let (share, part): (usize, &Batch<'_, T>) = (share, part);
                let own: &mut Workspace<T> = own;
                (part.examples() > 0).then(|| scope.spawn(move || train(share, part, own)))
            };
            let parts = parts.iter().map(|(share, part)| (*share, part));
            let threads: Vec<_> = parts.zip(workspaces).map(start).collect();
            let end = |thread: Option<thread::ScopedJoinHandle<'_, Result<Scores>>>| match thread {
                Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                None => Ok(Scores::default()),
            };
            threads.into_iter().map(end).collect()
        });
        let scores = results.into_iter().collect::<Result<_>>()?;
        Ok((whole, scores))
    }
}
