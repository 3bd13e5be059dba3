//! What a training over several ranks would take: time, memory and traffic, for any number of ranks, from what one
//! machine measures.
//!
//! The model, for one step of `K` shares over `n` ranks, each on a machine of its own:
//!
//! - The slowest rank computes `ceil(K / n)` shares, one after the other. A share has the same examples for every
//!   `n`, so the time of one, measured, serves all rows. This is also the limit: with `n = K` a rank has one share,
//!   and more ranks than shares do not exist.
//! - It adds the gradients of its shares, copies what it sends, and adds what it receives, at the measured speed of
//!   an addition.
//! - The exchange of [`ShareSum`](stepnet_mpi::ShareSum) has two phases, of `n - 1` messages each. Their bytes are
//!   counted by [`Shares::traffic`]; a phase takes its messages times the latency plus its bytes by the bandwidth. All
//!   links are used at once, and the network in between carries the sum of them.
//! - The gradients are sent in pieces of one or several layers. While the backward passes of the last share compute, the
//!   pieces that are ready are sent, one after the other: only what is left after the passes costs time. A piece is ready
//!   when the part of the work that its layers and those after them have is done.
//! - Every rank makes the whole update.
//!
//! Not in it: ranks that wait for a slower machine, other traffic on the network, and reading data from a disk that
//! ranks share.

mod calibrate;
mod link;

pub use calibrate::Calibration;
pub use link::{Bandwidth, Latency, Link};

use std::ops::Range;

use stepnet_mpi::{Shares, Traffic};

use super::learner::{gradient_pieces, summed, values_for_sums};
use crate::error::Result;
use crate::nn::{Network, Node, Number};

/// What is trained, and how its sums are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Examples of an epoch.
    pub examples: usize,
    /// Examples of a step, of all ranks together.
    pub batch: usize,
    /// Shares of a batch.
    pub shares: usize,
    /// What is summed over the ranks in a step, in this order.
    pub pieces: Vec<Piece>,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Whether the sums are made in the group's own order, by a ring, instead of by the tree of the shares.
    pub fast: bool,
    /// Exchanges of a few bytes in a step in addition, each of one message to every other rank.
    pub small_exchanges: usize,
}

/// Values that are summed at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// How many there are.
    pub values: usize,
    /// The part of the backward passes after which they are ready to be sent.
    pub ready: f64,
}

/// The forecast for one number of ranks. All times are seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RankForecast {
    /// The number of ranks.
    pub ranks: usize,
    /// Shares of the rank that has most.
    pub most_shares: usize,
    /// Time of a step in which that rank computes: passes, additions, update.
    pub computing: f64,
    /// Time of a step in which it waits for the network.
    pub waiting: f64,
    /// Time of a step in which the network works while the rank computes.
    pub hidden: f64,
    /// Bytes that the busiest rank sends or receives in a step.
    pub step_bytes: usize,
    /// Time of an epoch's steps.
    pub epoch: f64,
    /// Bytes of the arrays of one rank for sums, in addition to those of a training with a batch of one share.
    pub sum_bytes: usize,
}

impl RankForecast {
    /// The share of communication: of a step's time, that in which the rank waits for the network.
    pub fn waiting_share(&self) -> f64 {
        self.waiting / (self.computing + self.waiting).max(f64::MIN_POSITIVE)
    }
}

/// Multiply-adds that take as long as one output of a layer, such as a ReLU.
const OUTPUT: f64 = 16.0;

impl Workload {
    /// What an epoch of `examples` examples computes and sends for a network, in batches of `batch` examples in `shares`
    /// shares.
    pub fn of<T: Number>(
        network: &Network<T>,
        examples: usize,
        batch: usize,
        shares: usize,
    ) -> Self {
        let mut pieces = pieces(network);
        // Running statistics are a piece of their own, after the passes.
        let running: usize = summed(network).iter().skip(pieces.len()).sum();
        if running > 0 {
            pieces.push(Piece {
                values: running,
                ready: 1.0,
            });
        }
        Self {
            examples,
            batch,
            shares,
            pieces,
            value_bytes: size_of::<T>(),
            fast: false,
            // The losses of the shares, and whether all ranks go on.
            small_exchanges: 1,
        }
    }

    /// Values of all pieces.
    pub fn values(&self) -> usize {
        self.pieces.iter().map(|piece| piece.values).sum()
    }

    /// Examples of the largest share.
    pub fn share_examples(&self) -> usize {
        self.batch.div_ceil(self.shares.max(1)).max(1)
    }

    /// The forecast for `ranks` ranks with the times of `calibration`, over links like `link`.
    ///
    /// # Errors
    /// When there are more ranks than shares, none, or the number of shares is no power of two.
    pub fn forecast(
        &self,
        calibration: &Calibration,
        link: Link,
        ranks: usize,
    ) -> Result<RankForecast> {
        let shares = Shares::new(self.shares, ranks)?;
        let traffic = match self.fast {
            true => Traffic::of_ring(ranks, self.values()),
            false => shares.traffic(self.values()),
        };
        let most_shares = self.shares.div_ceil(ranks);
        // Copies to send and additions of what is received: of all values the first, of a part the second, which has
        // at most as many sums as the rank with most of them sends.
        let passes = match ranks {
            1 => most_shares - 1,
            _ => most_shares - 1 + 2 * traffic.subtrees,
        };
        let step = most_shares as f64 * calibration.share;
        let fixed = passes as f64 * calibration.addition + calibration.update;
        let step_bytes =
            (traffic.exchanged.saturating_add(traffic.gathered)).saturating_mul(self.value_bytes);
        let small = link.seconds(self.small_exchanges * (ranks - 1), 0.0);
        let (sending, waiting) = self.exchange(traffic, step_bytes, calibration.backward, link);
        let steps = self.examples.div_ceil(self.batch.max(1)) as f64;
        let whole = self.examples as f64 / self.batch.max(1) as f64;
        Ok(RankForecast {
            ranks,
            most_shares,
            computing: step + fixed,
            waiting: waiting + small,
            hidden: sending - waiting,
            step_bytes,
            epoch: whole * step + steps * (fixed + waiting + small),
            sum_bytes: self.sum_bytes(most_shares, traffic.subtrees),
        })
    }

    /// Seconds in which the pieces of a step are sent, and of these, those after the backward passes.
    fn exchange(&self, traffic: Traffic, bytes: usize, backward: f64, link: Link) -> (f64, f64) {
        if traffic.messages == 0 {
            return (0.0, 0.0);
        }
        let all = self.values().max(1) as f64;
        let (mut sending, mut end) = (0.0, 0.0);
        for piece in &self.pieces {
            let seconds = link.seconds(traffic.messages, bytes as f64 * piece.values as f64 / all);
            sending += seconds;
            end = f64::max(end, piece.ready * backward) + seconds;
        }
        (sending, (end - backward).max(0.0))
    }

    /// Bytes of the sums of a rank.
    fn sum_bytes(&self, most_shares: usize, subtrees: usize) -> usize {
        let lengths: Vec<usize> = self.pieces.iter().map(|piece| piece.values).collect();
        let values = values_for_sums(&lengths, most_shares, subtrees);
        values.saturating_mul(self.value_bytes)
    }
}

/// The pieces in which a learner sums gradients, with the work of the layers that are done by then: each layer's
/// multiply-adds, and some for each of its outputs.
fn pieces<T: Number>(network: &Network<T>) -> Vec<Piece> {
    let work = |node: &Node<T>| {
        let multiply_adds = node.layer().cost().multiply_adds(node.input());
        multiply_adds as f64 + OUTPUT * node.output().len() as f64
    };
    let all: f64 = network.nodes().iter().map(work).sum();
    let ranges = gradient_pieces(network);
    let piece = |range: &Range<usize>| {
        let mut nodes = network.nodes().iter();
        let first = nodes.position(|node| node.range().contains(&range.start));
        let done: f64 = network.nodes()[first.unwrap_or(0)..].iter().map(work).sum();
        // A single piece is sent after the passes.
        let ready = if ranges.len() > 1 {
            done / all.max(1.0)
        } else {
            1.0
        };
        Piece {
            values: range.len(),
            ready,
        }
    };
    ranges.iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    use stepnet_mpi::{Group, ShareSum, in_process};

    use super::*;
    use crate::data;
    use crate::nn::{Init, Preprocessing};
    use crate::rng::RandomState;
    use crate::train::{BatchSize, TrainOptions, Trainer};

    /// A million values in one piece.
    fn workload() -> Workload {
        Workload {
            examples: 10_000,
            batch: 100,
            shares: 16,
            pieces: equal_pieces(1, 1_000_000),
            value_bytes: 4,
            fast: false,
            small_exchanges: 0,
        }
    }

    /// Pieces of the same size, which are ready one after the other.
    fn equal_pieces(pieces: usize, values: usize) -> Vec<Piece> {
        let piece = |at: usize| Piece {
            values: values / pieces,
            ready: (at + 1) as f64 / pieces as f64,
        };
        (0..pieces).map(piece).collect()
    }

    const TIMES: Calibration = Calibration {
        share: 0.01,
        backward: 0.006,
        addition: 0.0005,
        update: 0.001,
        share_examples: 7,
    };

    fn link(bandwidth: &str, latency: &str) -> Link {
        Link {
            bandwidth: bandwidth.parse().unwrap(),
            latency: latency.parse().unwrap(),
        }
    }

    fn forecast(workload: &Workload, link: Link, ranks: usize) -> RankForecast {
        workload.forecast(&TIMES, link, ranks).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-9 * expected.abs().max(1e-9),
            "{found}, {expected}"
        );
    }

    #[test]
    fn one_rank_computes_all_and_waits_for_nothing() {
        let one = forecast(&workload(), link("1Mbit", "1s"), 1);
        // 16 shares, 15 additions, an update.
        near(one.computing, 0.16 + 0.0075 + 0.001);
        assert_eq!((one.waiting, one.step_bytes), (0.0, 0));
        near(one.epoch, 100.0 * one.computing);
        assert_eq!(one.waiting_share(), 0.0);
    }

    #[test]
    fn two_ranks_halve_the_passes_and_wait_for_the_exchange() {
        let two = forecast(&workload(), link("1Gbit", "50us"), 2);
        assert_eq!(two.most_shares, 8);
        // Half of the values in each phase.
        assert_eq!(two.step_bytes, 4_000_000);
        near(two.waiting, 4e6 / 125e6 + 2.0 * 50e-6);
        near(two.computing, 0.08 + 9.0 * 0.0005 + 0.001);
        near(two.epoch, 100.0 * (two.computing + two.waiting));
        near(
            two.waiting_share(),
            two.waiting / (two.waiting + two.computing),
        );
    }

    #[test]
    fn what_is_sent_during_the_backward_passes_costs_no_time_up_to_their_end() {
        let pieces = |number| Workload {
            pieces: equal_pieces(number, 1_000_000),
            ..workload()
        };
        // 3.2 ms of an exchange, of which the last eighth waits.
        let fast = forecast(&pieces(8), link("10Gbit", "0s"), 2);
        near(fast.hidden, 0.0028);
        near(fast.waiting, 0.0004);
        // 32 ms: the first piece is ready after an eighth of the passes, and the rest follows without a gap.
        let slow = forecast(&pieces(8), link("1Gbit", "0s"), 2);
        near(slow.hidden, TIMES.backward * 7.0 / 8.0);
        near(slow.waiting, 0.032 - slow.hidden);
        // A network of one piece waits for its end.
        near(
            forecast(&pieces(1), link("10Gbit", "0s"), 2).waiting,
            0.0032,
        );
    }

    #[test]
    fn the_order_of_the_group_sends_less_for_three_ranks() {
        let fast = Workload {
            fast: true,
            ..workload()
        };
        let bytes =
            |workload: &Workload, ranks| forecast(workload, Link::default(), ranks).step_bytes;
        assert!(bytes(&workload(), 3) > bytes(&fast, 3));
        assert_eq!(bytes(&workload(), 4), bytes(&fast, 4));
        assert_eq!(bytes(&fast, 1), 0);
    }

    #[test]
    fn latency_and_small_exchanges_grow_with_the_ranks() {
        let small = Workload {
            pieces: equal_pieces(1, 16),
            small_exchanges: 1,
            ..workload()
        };
        let waiting = |ranks| forecast(&small, link("1TB", "1ms"), ranks).waiting;
        for (ranks, messages) in [(2, 3.0), (4, 9.0), (16, 45.0)] {
            assert!(
                (waiting(ranks) - messages * 1e-3).abs() < 1e-6,
                "{}",
                waiting(ranks)
            );
        }
    }

    #[test]
    fn a_last_batch_that_is_short_computes_less_and_sends_as_much() {
        let rest = Workload {
            examples: 150,
            ..workload()
        };
        let two = forecast(&rest, link("1Gbit", "0s"), 2);
        let fixed = two.computing - 0.08 + two.waiting;
        near(two.epoch, 1.5 * 0.08 + 2.0 * fixed);
    }

    #[test]
    fn memory_for_sums_follows_the_tree_and_the_pieces() {
        let array = 4_000_000;
        // 8 shares: sums of 4, 2 and 1 of them, one that is added, one spare; send, receive and sum.
        assert_eq!(
            forecast(&workload(), Link::default(), 2).sum_bytes,
            (5 + 3) * array
        );
        assert_eq!(
            forecast(&workload(), Link::default(), 16).sum_bytes,
            3 * array
        );
        let pieces = Workload {
            pieces: equal_pieces(1000, 1_000_000),
            ..workload()
        };
        assert_eq!(
            forecast(&pieces, Link::default(), 16).sum_bytes,
            array + 3 * 4000
        );
    }

    /// The sum of real members over links that are slow on purpose: of two with latency, and of more without, as a
    /// group within a process waits once for all messages of a call.
    #[test]
    fn an_exchange_takes_the_time_that_is_forecast() {
        for (members, latency) in [(2, 5), (3, 0), (4, 0)] {
            let values = 100_000;
            let workload = Workload {
                shares: 8,
                pieces: equal_pieces(1, values),
                ..workload()
            };
            let slow = link("4MB", &format!("{latency}ms"));
            let forecast = forecast(&workload, slow, members).waiting;
            let shares = Shares::new(8, members).unwrap();
            let measured = thread::scope(|scope| {
                let times = in_process(members).into_iter().map(|member| {
                    let wait = Duration::from_millis(latency);
                    let member = member.with_link(slow.bandwidth.bytes(), wait);
                    scope.spawn(move || {
                        let own = shares.of(member.rank());
                        let mut sum = ShareSum::<f32>::new(shares, member.rank(), values);
                        let mut values = vec![1.0; values];
                        for share in own.start..own.end - 1 {
                            sum.add(share, &values);
                        }
                        member.barrier().unwrap();
                        let began = Instant::now();
                        sum.finish(&member, 0..values.len(), &mut values).unwrap();
                        began.elapsed().as_secs_f64()
                    })
                });
                let times: Vec<_> = times.collect();
                let times = times.into_iter().map(|time| time.join().unwrap());
                times.fold(0.0, f64::max)
            });
            // The links of a process never take less than they should; a busy machine takes more.
            assert!(
                measured > 0.9 * forecast,
                "{members}: {measured} s, forecast {forecast} s"
            );
            assert!(
                measured < 1.6 * forecast,
                "{members}: {measured} s, forecast {forecast} s"
            );
        }
    }

    /// A training of two threads that send as slowly as over a slow network.
    #[test]
    fn a_training_takes_the_time_that_is_forecast() {
        let mut network =
            Network::<f32>::new("linear(512) -> relu -> linear(10) -> softmax", [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        let some = data::digits()
            .subset(&(0..256).collect::<Vec<_>>())
            .unwrap();
        let options = TrainOptions::default()
            .epochs(1)
            .batch(BatchSize::Examples(64))
            .shares(Some(4));
        let slow = link("4MB", "5ms");
        let budget = Duration::from_millis(100);
        let times =
            Calibration::measure(&network, &preprocessing, &options, &some, 16, budget).unwrap();
        let workload = Workload::of(&network, some.len(), 64, 4);
        let forecast = workload.forecast(&times, slow, 2).unwrap();
        // Four steps, each with three messages and 77 kB in each direction and phase.
        assert!(forecast.waiting_share() > 0.8, "{forecast:?}");
        let measured = thread::scope(|scope| {
            let members = in_process(2).into_iter().map(|member| {
                let group = member.with_link(slow.bandwidth.bytes(), Duration::from_millis(5));
                let start = (network.clone(), preprocessing.clone(), options.clone());
                let some = &some;
                scope.spawn(move || {
                    let (network, preprocessing, options) = start;
                    let group: Option<Arc<dyn Group>> = Some(Arc::new(group));
                    let mut trainer =
                        Trainer::in_group(network, preprocessing, options, some.len(), group)
                            .unwrap();
                    let began = Instant::now();
                    trainer.fit(some, |_| {}).unwrap();
                    began.elapsed().as_secs_f64()
                })
            });
            let members: Vec<_> = members.collect();
            let times = members.into_iter().map(|member| member.join().unwrap());
            times.fold(0.0, f64::max)
        });
        let forecast = forecast.epoch;
        assert!(
            measured > 0.8 * forecast,
            "{measured} s, forecast {forecast} s"
        );
        assert!(
            measured < 1.6 * forecast,
            "{measured} s, forecast {forecast} s"
        );
    }

    #[test]
    fn frozen_layers_are_not_sent_and_running_statistics_are() {
        let text = "conv(4, 3) -> bn -> relu -> linear(10) -> softmax";
        let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
        let of = |network: &Network<f32>| Workload::of(network, 100, 10, 1);
        // With the means and variances of 4 channels.
        let all = network.parameters().len() + 8;
        assert_eq!((of(&network).values(), of(&network).pieces.len()), (all, 2));
        // 3x3 kernels of 4 filters, with a bias each.
        network.set_frozen(|node| node == 0);
        assert_eq!(of(&network).values(), all - 40);
        network.set_frozen(|node| node < 2);
        assert_eq!(of(&network).pieces.len(), 1);
    }

    #[test]
    fn a_piece_is_ready_when_its_layers_and_those_after_them_are_done() {
        // Nearly all work in the first layer, nearly all parameters in the others, of 1 MB and 0.4 MB.
        let text =
            "conv(16, 5) -> relu -> globalavgpool -> linear(16384) -> relu -> linear(6) -> softmax";
        let network = Network::<f32>::new(text, [64, 64, 3]).unwrap();
        let pieces = Workload::of(&network, 100, 10, 1).pieces;
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        let ready: Vec<f64> = pieces.iter().map(|piece| piece.ready).collect();
        assert!(ready[0] < ready[1] && ready[1] < 0.2, "{pieces:?}");
        assert_eq!(ready[2], 1.0, "{pieces:?}");
    }

    #[test]
    fn more_ranks_than_shares_are_refused() {
        let refused = workload()
            .forecast(&TIMES, Link::default(), 17)
            .unwrap_err();
        assert!(
            refused.to_string().contains("no more ranks than shares"),
            "{refused}"
        );
        assert!(workload().forecast(&TIMES, Link::default(), 0).is_err());
    }
}
