//! Sums over the shares of a batch, whose bits do not depend on the number of members.
//!
//! The shares are the leaves of a binary tree that is complete, as their number is a power of two. Every sum adds the two
//! halves below it, the earlier one first, so that the result is one of `shares` alone. A member has consecutive shares;
//! it adds what is below it, and keeps a sum for each of the largest subtrees that are its own. Of these, each member
//! gets a part of all values from all others, adds what is left of the tree, and gives the sums to all. Where the number
//! of members is a power of two, each has one subtree, and the traffic is that of the best known algorithms: twice the
//! values, less a part for each member's own. Of other numbers, a member may have several, at most two for each level.

use std::ops::Range;

use bytemuck::{cast_slice, cast_slice_mut};
use stepnet_base::Element;

use crate::group::{Group, Values};
use crate::{Error, Result};

/// How many shares a batch has, and which of them are a member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    count: usize,
    members: usize,
}

impl Shares {
    /// `count` shares for `members` members.
    ///
    /// # Errors
    /// When the number of shares is no power of two, or there are more members than shares.
    pub fn new(count: usize, members: usize) -> Result<Self> {
        let refuse = |expected: &str| {
            Err(Error::Group(format!(
                "a batch of {count} shares for {members} ranks, expected {expected}"
            )))
        };
        if !count.is_power_of_two() {
            return refuse("a power of two as the number of shares");
        }
        if members == 0 || members > count {
            return refuse("no more ranks than shares");
        }
        Ok(Self { count, members })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many members there are.
    pub fn members(&self) -> usize {
        self.members
    }

    /// Those of a member: consecutive ones, as many as of any other or one more.
    pub fn of(&self, rank: usize) -> Range<usize> {
        part(self.count, self.members, rank)
    }

    /// The examples of a share, of a batch of `examples`; none if there are fewer examples than shares.
    pub fn examples(&self, share: usize, examples: usize) -> Range<usize> {
        part(examples, self.count, share)
    }

    /// The examples of a member's shares, of a batch of `examples`: consecutive ones.
    pub fn own_examples(&self, rank: usize, examples: usize) -> Range<usize> {
        let own = self.of(rank);
        let start = self.examples(own.start, examples).start;
        start..self.examples(own.end - 1, examples).end
    }

    /// The largest subtrees within a member's shares, in their order.
    pub(crate) fn subtrees(&self, rank: usize) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for share in self.of(rank) {
            let mut subtree = share..share + 1;
            while let Some(before) = found.pop_if(|before| are_halves(before, &subtree)) {
                subtree.start = before.start;
            }
            found.push(subtree);
        }
        found
    }
}

/// Part number `at` of `parts` of 0 to `len`.
pub(crate) fn part(len: usize, parts: usize, at: usize) -> Range<usize> {
    let start = |at: usize| (len as u128 * at as u128 / parts as u128) as usize;
    start(at)..start(at + 1)
}

/// Whether two subtrees are the halves of one.
fn are_halves(first: &Range<usize>, second: &Range<usize>) -> bool {
    first.end == second.start
        && first.len() == second.len()
        && first.start.is_multiple_of(2 * first.len())
}

/// The sums of a member's shares before its last one, and memory for the exchange.
#[derive(Debug, Clone)]
pub struct ShareSum<T> {
    shares: Shares,
    rank: usize,
    len: usize,
    /// The subtrees of the shares so far, and their sums.
    before: Vec<(Range<usize>, Vec<T>)>,
    spare: Vec<Vec<T>>,
    send: Vec<T>,
    received: Vec<T>,
}

impl<T: Element> ShareSum<T> {
    /// Sums of `len` values.
    pub fn new(shares: Shares, rank: usize, len: usize) -> Self {
        Self {
            shares,
            rank,
            len,
            before: Vec::new(),
            spare: Vec::new(),
            send: Vec::new(),
            received: Vec::new(),
        }
    }

    /// Forgets what was added: the next batch begins.
    pub fn clear(&mut self) {
        let before = self.before.drain(..).map(|(_, values)| values);
        self.spare.extend(before);
    }

    /// Adds the values of the member's next share. Those of its last one are given to [`ShareSum::finish`] instead,
    /// which they may reach part by part.
    ///
    /// # Panics
    /// When it is not the next share, or not of the length.
    pub fn add(&mut self, share: usize, values: &[T]) {
        assert_eq!(values.len(), self.len, "the values of a share");
        assert_eq!(share, self.next(), "the next share");
        let mut sum = self.spare.pop().unwrap_or_default();
        sum.clear();
        sum.extend_from_slice(values);
        let mut subtree = share..share + 1;
        while let Some((before, mut first)) = self
            .before
            .pop_if(|(before, _)| are_halves(before, &subtree))
        {
            for (first, &second) in first.iter_mut().zip(&sum) {
                *first += second;
            }
            self.spare.push(std::mem::replace(&mut sum, first));
            subtree.start = before.start;
        }
        self.before.push((subtree, sum));
    }

    fn next(&self) -> usize {
        let first = self.shares.of(self.rank).start;
        self.before.last().map_or(first, |(before, _)| before.end)
    }

    /// The sum of a range of the values over all shares of all members. `values` has those of the range in the
    /// member's last share, and gets the sum.
    ///
    /// # Errors
    /// When a member cannot be reached.
    ///
    /// # Panics
    /// When shares are missing, or the range is not one of the values.
    pub fn finish(
        &mut self,
        group: &dyn Group,
        range: Range<usize>,
        values: &mut [T],
    ) -> Result<()> {
        let left = self.complete(&range, values);
        let members = group.size();
        if members == 1 {
            return Ok(());
        }
        let parts = |rank| part(range.len(), members, rank);
        // For each member its part of every subtree.
        self.send.clear();
        let mut sent = Vec::with_capacity(members);
        for rank in 0..members {
            let part = parts(rank);
            for (_, sum) in &self.before[..left] {
                self.send
                    .extend_from_slice(&sum[range.clone()][part.clone()]);
            }
            self.send.extend_from_slice(&values[part.clone()]);
            sent.push((left + 1) * part.len() * size_of::<T>());
        }
        let own_part = parts(self.rank);
        let subtrees: Vec<Vec<Range<usize>>> = (0..members)
            .map(|rank| self.shares.subtrees(rank))
            .collect();
        let lengths: Vec<usize> = subtrees
            .iter()
            .map(|subtrees| subtrees.len() * own_part.len() * size_of::<T>())
            .collect();
        let all: usize = subtrees.iter().map(Vec::len).sum();
        self.received.clear();
        self.received.resize(all * own_part.len(), T::zero());
        group.exchange(
            cast_slice(&self.send),
            &sent,
            cast_slice_mut(&mut self.received),
            &lengths,
        )?;
        let sum = self.rest_of_tree(subtrees.concat(), own_part.len());
        let lengths: Vec<usize> = (0..members)
            .map(|rank| parts(rank).len() * size_of::<T>())
            .collect();
        group.gather_all(cast_slice(&sum), cast_slice_mut(values), &lengths)?;
        self.spare.push(sum);
        Ok(())
    }

    /// [`finish`](Self::finish) in the order of the group's own sum instead of the tree's: with the last digits of each
    /// number of members.
    ///
    /// # Errors
    /// When a member cannot be reached.
    ///
    /// # Panics
    /// As [`finish`](Self::finish).
    pub fn finish_fast(
        &mut self,
        group: &dyn Group,
        range: Range<usize>,
        values: &mut [T],
    ) -> Result<()> {
        let left = self.complete(&range, values);
        for (_, sum) in self.before[..left].iter().rev() {
            for (value, &first) in values.iter_mut().zip(&sum[range.clone()]) {
                *value = first + *value;
            }
        }
        match group.size() {
            1 => Ok(()),
            _ => group.add_all(Values::new(values)),
        }
    }

    /// Adds to the values of the last share those of the subtrees that it completes; how many sums are left before it.
    fn complete(&self, range: &Range<usize>, values: &mut [T]) -> usize {
        let own = self.shares.of(self.rank);
        assert_eq!(self.next() + 1, own.end, "all shares but the last one");
        assert_eq!(values.len(), range.len(), "the values of the range");
        let mut subtree = own.end - 1..own.end;
        let mut left = self.before.len();
        while let Some((before, sum)) = self.before[..left]
            .last()
            .filter(|(before, _)| are_halves(before, &subtree))
        {
            for (value, &first) in values.iter_mut().zip(&sum[range.clone()]) {
                *value = first + *value;
            }
            subtree.start = before.start;
            left -= 1;
        }
        left
    }

    /// The sum of the received subtrees, each of `len` values, by the tree.
    fn rest_of_tree(&mut self, subtrees: Vec<Range<usize>>, len: usize) -> Vec<T> {
        let mut sums: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, mut subtree) in subtrees.into_iter().enumerate() {
            let mut place = at;
            while let Some((before, first)) =
                sums.pop_if(|(before, _)| are_halves(before, &subtree))
            {
                let (head, tail) = self.received.split_at_mut(place * len);
                let second = &tail[..len];
                for (first, &second) in head[first * len..][..len].iter_mut().zip(second) {
                    *first += second;
                }
                place = first;
                subtree.start = before.start;
            }
            sums.push((subtree, place));
        }
        // The shares of all members are the whole tree: one sum is left, in the first place.
        let mut sum = self.spare.pop().unwrap_or_default();
        sum.clear();
        sum.extend_from_slice(&self.received[..len]);
        sum
    }
}

#[cfg(test)]
mod tests;
