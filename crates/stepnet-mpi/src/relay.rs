//! Groups whose members reach each other through one function.

use std::fmt;
use std::ops::Add;

use bytemuck::{Pod, cast_slice, cast_slice_mut};

use crate::group::{Group, Values, check, starts};
use crate::shares::part;
use crate::{Error, Result};

/// Gives every other member its piece, in the order of the ranks, and takes from each the piece for this member. The pieces
/// at the own rank are empty.
type Exchange = dyn Fn(&[&[u8]]) -> Result<Vec<Vec<u8>>> + Send + Sync;

/// A piece for a member that gets none.
const NOTHING: &[u8] = &[];

/// A member of a group for which a program carries the bytes: for launchers that have no MPI, but have a way to pass a
/// message. All that members do is made of one function, in which all of them meet.
pub struct Relay {
    rank: usize,
    size: usize,
    exchange: Box<Exchange>,
}

impl Relay {
    /// Member `rank` of `size`. `exchange` gives every other member its piece and takes from each the piece for this one;
    /// it returns when all members have called it, or fails. It is called by one thread at a time, but not always the same.
    ///
    /// # Errors
    /// When there is no such member.
    pub fn new(
        rank: usize,
        size: usize,
        exchange: impl Fn(&[&[u8]]) -> Result<Vec<Vec<u8>>> + Send + Sync + 'static,
    ) -> Result<Self> {
        if rank >= size {
            let last = size.saturating_sub(1);
            return Err(Error::Group(format!(
                "rank {rank} of {size} members, expected one from 0 to {last}"
            )));
        }
        Ok(Self {
            rank,
            size,
            exchange: Box::new(exchange),
        })
    }

    /// Gives each other member a piece of bytes, and takes from each as many as `received` says.
    fn swap(&self, mut pieces: Vec<&[u8]>, receive: &mut [u8], received: &[usize]) -> Result<()> {
        let own = std::mem::take(&mut pieces[self.rank]);
        let found = (self.exchange)(&pieces)?;
        if found.len() != self.size {
            return Err(self.wrong(&format!("{} pieces, expected {}", found.len(), self.size)));
        }
        let places = starts(received).zip(received).enumerate();
        for (from, (start, &len)) in places {
            let piece = if from == self.rank { own } else { &found[from] };
            if piece.len() != len {
                return Err(self.wrong(&format!(
                    "{} bytes from rank {from}, expected {len}; do all members do the same?",
                    piece.len()
                )));
            }
            receive[start..][..len].copy_from_slice(piece);
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Error {
        Error::Group(format!(
            "rank {} of {}: the exchange gave {what}",
            self.rank, self.size
        ))
    }

    /// Every member adds a part of the values, in the order of the ranks, and gives it to all.
    fn add<T: Pod + Add<Output = T>>(&self, values: &mut [T]) -> Result<()> {
        let len_of = |rank| part(values.len(), self.size, rank).len();
        let lengths: Vec<usize> = (0..self.size)
            .map(|rank| len_of(rank) * size_of::<T>())
            .collect();
        let own = len_of(self.rank);
        let mut received = vec![T::zeroed(); own * self.size];
        let from_each = vec![lengths[self.rank]; self.size];
        let bytes = cast_slice_mut(&mut received);
        self.exchange(cast_slice(values), &lengths, bytes, &from_each)?;
        let (sum, others) = received.split_at_mut(own);
        for other in others.chunks_exact(own.max(1)) {
            for (sum, &other) in sum.iter_mut().zip(other) {
                *sum = *sum + other;
            }
        }
        self.gather_all(cast_slice(sum), cast_slice_mut(values), &lengths)
    }
}

impl Group for Relay {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn broadcast(&self, root: usize, bytes: &mut [u8]) -> Result<()> {
        let mut received = vec![0; self.size];
        if root == self.rank {
            let bytes: &[u8] = bytes;
            return self.swap(vec![bytes; self.size], &mut [], &received[..0]);
        }
        received[root] = bytes.len();
        self.swap(vec![NOTHING; self.size], bytes, &received)
    }

    fn exchange(
        &self,
        send: &[u8],
        sent: &[usize],
        receive: &mut [u8],
        received: &[usize],
    ) -> Result<()> {
        check(self.size, sent, send.len(), "what is sent");
        check(self.size, received, receive.len(), "what is received");
        let pieces = starts(sent).zip(sent);
        let pieces = pieces.map(|(start, &len)| &send[start..][..len]).collect();
        self.swap(pieces, receive, received)
    }

    fn gather_all(&self, own: &[u8], all: &mut [u8], lengths: &[usize]) -> Result<()> {
        check(self.size, lengths, all.len(), "what is gathered");
        assert_eq!(lengths[self.rank], own.len(), "the length of the own part");
        self.swap(vec![own; self.size], all, lengths)
    }

    fn add_all(&self, values: Values<'_>) -> Result<()> {
        match values {
            Values::F32(values) => self.add(values),
            Values::F64(values) => self.add(values),
        }
    }

    fn barrier(&self) -> Result<()> {
        self.swap(vec![NOTHING; self.size], &mut [], &vec![0; self.size])
    }

    /// Ends this process; whatever started the others has to end them.
    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("rank", &self.rank)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use super::*;
    use crate::{ShareSum, Shares, in_process};

    /// Members with a channel from each to each.
    fn relays(size: usize) -> Vec<Relay> {
        let mut to: Vec<Vec<Sender<Vec<u8>>>> = (0..size).map(|_| Vec::new()).collect();
        let mut from: Vec<Vec<Receiver<Vec<u8>>>> = (0..size).map(|_| Vec::new()).collect();
        for sender in &mut to {
            for receiver in &mut from {
                let (send, receive) = channel();
                sender.push(send);
                receiver.push(receive);
            }
        }
        let members = to.into_iter().zip(from).enumerate();
        let member = |(rank, (to, from)): (usize, (Vec<Sender<_>>, Vec<Receiver<_>>))| {
            let from = Mutex::new(from);
            let exchange = move |pieces: &[&[u8]]| {
                for (to, piece) in to.iter().zip(pieces) {
                    to.send(piece.to_vec()).ok();
                }
                let from = from.lock().unwrap();
                let gone = || Error::Group("a member is gone".to_owned());
                from.iter()
                    .map(|from| from.recv().map_err(|_| gone()))
                    .collect()
            };
            Relay::new(rank, size, exchange).unwrap()
        };
        members.map(member).collect()
    }

    fn each<G: Group, R: Send>(members: Vec<G>, work: impl Fn(&G) -> R + Sync) -> Vec<R> {
        thread::scope(|scope| {
            let work = &work;
            let start = |member| scope.spawn(move || work(&member));
            let threads: Vec<_> = members.into_iter().map(start).collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.collect()
        })
    }

    /// All that members do, with different lengths for each.
    fn everything(group: &impl Group) -> (Vec<Vec<u8>>, Vec<f32>, Vec<f64>) {
        let (rank, size) = (group.rank(), group.size());
        let mut word = vec![rank as u8; 5];
        group.broadcast(size - 1, &mut word).unwrap();
        let sent: Vec<usize> = (0..size).collect();
        let mut pieces = vec![99; size * rank];
        let send = vec![rank as u8; sent.iter().sum()];
        group
            .exchange(&send, &sent, &mut pieces, &vec![rank; size])
            .unwrap();
        let mut all = vec![99; sent.iter().sum()];
        group
            .gather_all(&vec![rank as u8; rank], &mut all, &sent)
            .unwrap();
        group.barrier().unwrap();
        let mut single: Vec<f32> = (0..7).map(|at| (rank * 7 + at) as f32).collect();
        group.add_all(Values::new(&mut single)).unwrap();
        // Fewer values than members.
        let mut double = vec![0.5 * rank as f64];
        group.add_all(Values::new(&mut double)).unwrap();
        (vec![word, pieces, all], single, double)
    }

    #[test]
    fn a_relay_does_what_other_groups_do() {
        for size in [1, 2, 3, 5] {
            let expected = each(in_process(size), everything);
            assert_eq!(each(relays(size), everything), expected, "{size} members");
        }
    }

    #[test]
    fn sums_over_shares_have_the_bits_of_one_member() {
        let values = |share: usize| -> Vec<f32> {
            let value = |at: usize| ((share * 7919 + at * 104_729) % 1009) as f32 / 7.0;
            (0..10).map(value).collect()
        };
        let sum = |group: &Relay| {
            let shares = Shares::new(8, group.size()).unwrap();
            let own = shares.of(group.rank());
            let mut sum = ShareSum::new(shares, group.rank(), 10);
            (own.start..own.end - 1).for_each(|share| sum.add(share, &values(share)));
            let mut last = values(own.end - 1);
            sum.finish(group, 0..10, &mut last).unwrap();
            last
        };
        let alone = each(relays(1), sum).remove(0);
        for size in [2, 3, 4] {
            assert!(each(relays(size), sum).into_iter().all(|sum| sum == alone));
        }
    }

    #[test]
    fn what_a_wrong_exchange_gives_is_an_error() {
        let wrong = |found: Vec<Vec<u8>>| {
            let relay = Relay::new(0, 2, move |_| Ok(found.clone())).unwrap();
            let mut all = [0; 4];
            let error = relay.gather_all(&[1, 2], &mut all, &[2, 2]).unwrap_err();
            error.to_string()
        };
        let few = wrong(vec![Vec::new()]);
        assert!(few.contains("gave 1 pieces, expected 2"), "{few}");
        let short = wrong(vec![Vec::new(), vec![7]]);
        assert!(
            short.contains("gave 1 bytes from rank 1, expected 2"),
            "{short}"
        );
        let nobody = Relay::new(2, 2, |_| Ok(Vec::new())).unwrap_err();
        assert!(
            nobody.to_string().contains("expected one from 0 to 1"),
            "{nobody}"
        );
    }
}
