//! The sum of the members' gradients, which goes on while the layers before are still computing theirs.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::channel;
use std::thread;

use super::Team;
use crate::error::{Error, Result};
use crate::group::{Group, ShareSum};
use crate::nn::{Batch, Network, Number, Workspace};
use crate::train::options::AllReduce;

impl<T: Number> Team<T> {
    /// Adds to the gradients of this member's last share those of all others.
    pub(super) fn sum_up(&mut self, gradients: &mut [T]) -> Result<()> {
        for piece in &self.pieces {
            let values = &mut gradients[piece.clone()];
            add(
                self.sum,
                &mut self.gradients,
                &*self.group,
                piece.clone(),
                values,
            )?;
        }
        Ok(())
    }

    /// The backward pass of the last share, and the sum of all gradients: piece by piece, as the pass makes them. The
    /// outer error is that of the group.
    pub(super) fn finish(
        &mut self,
        network: &Network<T>,
        workspace: &mut Workspace<T>,
        last: Option<&Batch<'_, T>>,
    ) -> Result<Result<()>> {
        let Some(last) = last else {
            self.sum_up(workspace.gradients_mut())?;
            return Ok(Ok(()));
        };
        if self.group.size() == 1 || self.pieces.len() < 2 {
            let done = workspace.train_backward(network, last, &mut |_, _| {});
            self.sum_up(workspace.gradients_mut())?;
            return Ok(done);
        }
        let Self {
            gradients: sums,
            group,
            pieces,
            sum,
            ..
        } = self;
        let (sender, receiver) = channel::<(Range<usize>, Vec<T>)>();
        let summing = || -> Result<Vec<(Range<usize>, Vec<T>)>> {
            let mut done = Vec::with_capacity(pieces.len());
            for (piece, mut values) in receiver {
                add(*sum, sums, &**group, piece.clone(), &mut values)?;
                done.push((piece, values));
            }
            Ok(done)
        };
        let (done, summed) = thread::scope(|scope| {
            let summing = thread::Builder::new()
                .name("gradients".to_owned())
                .spawn_scoped(scope, summing);
            let mut left = pieces.iter();
            let mut send = |start: usize, gradients: &[T]| {
                while let Some(piece) = left.as_slice().first().filter(|piece| piece.start >= start)
                {
                    left.next();
                    // Nobody receives where the group has failed: that error is told.
                    sender
                        .send((piece.clone(), gradients[piece.clone()].to_vec()))
                        .ok();
                }
            };
            let done = workspace.train_backward(network, last, &mut send);
            send(0, workspace.gradients());
            drop(sender);
            let summed = match summing {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(error) => Err(Error::Group(format!(
                    "there is no thread to send gradients by: {error}"
                ))),
            };
            (done, summed)
        });
        for (piece, values) in summed? {
            workspace.gradients_mut()[piece].copy_from_slice(&values);
        }
        Ok(done)
    }
}

/// Adds what the other members have of a piece.
fn add<T: Number>(
    how: AllReduce,
    sums: &mut ShareSum<T>,
    group: &dyn Group,
    piece: Range<usize>,
    values: &mut [T],
) -> Result<()> {
    match how {
        AllReduce::Exact => sums.finish(group, piece, values),
        AllReduce::Fast => sums.finish_fast(group, piece, values),
    }
}
