//! How much the members of a group send for a sum over shares.

use crate::shares::{Shares, part};

/// What the busiest members send or receive in one call of [`ShareSum::finish`](crate::ShareSum::finish). A network link
/// sends and receives at the same time, so the larger of both counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Traffic {
    /// Values in the first phase, in which every member gets its part of the sums of all others.
    pub exchanged: usize,
    /// Values in the second phase, in which every member gets the finished parts of all others.
    pub gathered: usize,
    /// Messages of a member to others in both phases.
    pub messages: usize,
    /// The largest number of sums that a member sends for one value: 1 where the number of members is a power of two.
    pub subtrees: usize,
}

impl Traffic {
    /// What a sum of `len` values takes in a ring, an order that depends on the number of members.
    pub fn of_ring(members: usize, len: usize) -> Self {
        let part = len / members.max(1);
        Self {
            exchanged: len - part,
            gathered: len - part,
            messages: 2 * members.saturating_sub(1),
            subtrees: 1,
        }
    }
}

impl Shares {
    /// The traffic of a sum of `len` values.
    pub fn traffic(&self, len: usize) -> Traffic {
        let members = self.members();
        if members == 1 {
            return Traffic::of_ring(1, len);
        }
        let subtrees: Vec<usize> = (0..members).map(|rank| self.subtrees(rank).len()).collect();
        let all: usize = subtrees.iter().sum();
        let mut traffic = Traffic {
            messages: 2 * (members - 1),
            ..Traffic::default()
        };
        for (rank, &own) in subtrees.iter().enumerate() {
            let part = part(len, members, rank).len();
            let sent = own.saturating_mul(len - part);
            let received = (all - own).saturating_mul(part);
            traffic.exchanged = traffic.exchanged.max(sent).max(received);
            traffic.gathered = traffic.gathered.max(len - part);
            traffic.subtrees = traffic.subtrees.max(own);
        }
        traffic
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::thread;

    use super::*;
    use crate::{Group, Member, Result, ShareSum, Values, in_process};

    /// A member that counts the bytes that go to others and come from them.
    #[derive(Debug)]
    struct Counted {
        member: Member,
        exchanged: AtomicUsize,
        gathered: AtomicUsize,
    }

    impl Group for Counted {
        fn rank(&self) -> usize {
            self.member.rank()
        }

        fn size(&self) -> usize {
            self.member.size()
        }

        fn broadcast(&self, root: usize, bytes: &mut [u8]) -> Result<()> {
            self.member.broadcast(root, bytes)
        }

        fn exchange(
            &self,
            send: &[u8],
            sent: &[usize],
            receive: &mut [u8],
            received: &[usize],
        ) -> Result<()> {
            let own = self.rank();
            let busier = (send.len() - sent[own]).max(receive.len() - received[own]);
            self.exchanged.fetch_add(busier, Relaxed);
            self.member.exchange(send, sent, receive, received)
        }

        fn gather_all(&self, own: &[u8], all: &mut [u8], lengths: &[usize]) -> Result<()> {
            self.gathered.fetch_add(all.len() - own.len(), Relaxed);
            self.member.gather_all(own, all, lengths)
        }

        fn add_all(&self, values: Values<'_>) -> Result<()> {
            self.member.add_all(values)
        }

        fn barrier(&self) -> Result<()> {
            self.member.barrier()
        }

        fn abort(&self, code: i32) -> ! {
            self.member.abort(code)
        }
    }

    /// The most bytes that a member of a real sum sent or received, in both phases.
    fn counted(shares: Shares, len: usize) -> (usize, usize) {
        thread::scope(|scope| {
            let members = in_process(shares.members()).into_iter().map(|member| {
                scope.spawn(move || {
                    let group = Counted {
                        member,
                        exchanged: AtomicUsize::new(0),
                        gathered: AtomicUsize::new(0),
                    };
                    let own = shares.of(group.rank());
                    let mut sum = ShareSum::<f32>::new(shares, group.rank(), len);
                    for share in own.start..own.end - 1 {
                        sum.add(share, &vec![1.0; len]);
                    }
                    sum.finish(&group, 0..len, &mut vec![1.0; len]).unwrap();
                    (group.exchanged.into_inner(), group.gathered.into_inner())
                })
            });
            let members: Vec<_> = members.collect();
            let counts = members.into_iter().map(|member| member.join().unwrap());
            counts.fold((0, 0), |most, count| {
                (most.0.max(count.0), most.1.max(count.1))
            })
        })
    }

    #[test]
    fn the_traffic_is_that_of_a_sum() {
        for (count, members) in [(1, 1), (8, 2), (8, 3), (16, 4), (16, 5), (16, 16), (32, 7)] {
            for len in [1, 10, 1000] {
                let shares = Shares::new(count, members).unwrap();
                let traffic = shares.traffic(len);
                let expected = (4 * traffic.exchanged, 4 * traffic.gathered);
                let found = counted(shares, len);
                assert_eq!(found, expected, "{count} shares, {members} members, {len}");
            }
        }
    }

    #[test]
    fn powers_of_two_send_the_least() {
        let traffic = |members| Shares::new(64, members).unwrap().traffic(64_000);
        assert_eq!(traffic(1).messages, 0);
        for members in [2, 4, 8, 64] {
            let traffic = traffic(members);
            let least = 64_000 / members * (members - 1);
            assert_eq!((traffic.exchanged, traffic.gathered), (least, least));
            assert_eq!(traffic, Traffic::of_ring(members, 64_000));
        }
        assert!(traffic(3).exchanged > 2 * traffic(4).exchanged);
        assert!(traffic(3).subtrees > 1);
    }

    /// Times the values of 64 shares that a member sends, for numbers of members: the table of docs/several-machines.md.
    #[test]
    fn the_book_says_what_is_sent() {
        for (members, times) in [
            (2, 1.0),
            (3, 4.0),
            (4, 1.5),
            (5, 4.8),
            (6, 4.17),
            (7, 4.29),
            (8, 1.75),
            (12, 3.67),
            (16, 1.88),
            (64, 1.97),
        ] {
            let traffic = Shares::new(64, members).unwrap().traffic(1_000_000);
            let found = (traffic.exchanged + traffic.gathered) as f64 / 1e6;
            assert!((found - times).abs() < 0.01, "{members}: {found}");
        }
    }
}
