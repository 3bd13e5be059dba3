//! How fast this machine multiplies and adds: the roof that kernels are measured against.
//!
//! A thread holds some accumulators, each a vector, and takes `c = a c + b` on one after the other. No
//! step waits for the one before it, since that belongs to another chain, and nothing is
//! loaded or stored: what is left is the speed of the multiply-add units alone. A core with two
//! units of latency 4 needs 8 chains; more of them hide what the loop itself costs.
//!
//! A vector of the portable set may take more than one register, so several numbers of chains are
//! tried and the fastest is measured.

use std::hint::black_box;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::Duration;
use stepnet_base::clock::Instant;

use crate::Real;
use crate::simd::{InstructionSet, Isa, Kernel, MOST_LANES};
use crate::threads;

/// Rounds of a trial, and the fewest between two looks at the clock: some tens of microseconds,
/// unoptimised ones as well.
const TRIAL_ROUNDS: usize = if cfg!(debug_assertions) { 100 } else { 20_000 };

/// Windows that a measurement is cut into; the best one counts.
const WINDOWS: u32 = 24;

/// The name of the instruction set that kernels run on here, such as `AVX2`.
pub fn instruction_set() -> &'static str {
    InstructionSet::best().name()
}

/// The multiply-add peak of `threads` threads in GFLOP/s, measured for about `duration`: the most
/// that a kernel in `T`, on the instruction set in use, can reach. A multiply-add counts as two
/// operations, and as what two instructions take where the set does not fuse them.
///
/// The threads are its own and start together; of several short windows the best counts, so that
/// other work on the machine does little harm. `threads` is taken to lie between 1 and the number
/// of processors, beyond which the peak does not rise.
///
/// ```
/// use std::time::Duration;
/// use stepnet_kernels::peak;
///
/// let gflops = peak::<f32>(1, Duration::from_millis(20));
/// assert!(gflops > 0.0);
/// ```
pub fn peak<T: Real>(threads: usize, duration: Duration) -> f64 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    peak_of::<T>(
        InstructionSet::best(),
        threads.clamp(1, processors),
        duration,
    )
}

/// [`peak`] of a given set.
fn peak_of<T: Real>(set: InstructionSet, threads: usize, duration: Duration) -> f64 {
    // With one register each for `a` and `b`, twelve fit into the 16 of AVX2.
    let chains: [Work; 3] = [flops::<T, 4>, flops::<T, 8>, flops::<T, 12>];
    let (mut rate, mut work) = (0.0, chains[0]);
    for candidate in chains {
        let tried = trial(set, candidate);
        if tried > rate {
            (rate, work) = (tried, candidate);
        }
    }
    let per_window = duration.as_secs_f64() / f64::from(WINDOWS);
    let flops_of_a_round = work(set, 1) as f64;
    let rounds = ((rate * per_window / flops_of_a_round) as usize).max(TRIAL_ROUNDS);
    best_window(threads, || work(set, rounds)) / 1e9
}

/// Runs some rounds of the chains and answers how many operations those were.
type Work = fn(InstructionSet, usize) -> u64;

/// The best of a few short runs on this thread, in operations a second.
fn trial(set: InstructionSet, work: Work) -> f64 {
    let run = || {
        let start = Instant::now();
        let flops = work(set, TRIAL_ROUNDS);
        flops as f64 / seconds(start.elapsed())
    };
    (0..4).map(|_| run()).fold(0.0, f64::max)
}

/// The best rate, in operations a second, of all threads together over one window: from when the
/// first of them starts to when the last one is through.
fn best_window(wanted: usize, work: impl Fn() -> u64 + Sync) -> f64 {
    // Who takes part is known only when all are there that the system gives.
    let barrier = OnceLock::<Barrier>::new();
    let timed = || -> Vec<(Instant, Instant, u64)> {
        let window = |_| {
            barrier.wait().wait();
            let start = Instant::now();
            let flops = work();
            (start, Instant::now(), flops)
        };
        (0..WINDOWS).map(window).collect()
    };
    let of_threads: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..wanted)
            .map_while(|_| threads::spawn(scope, "peak", 0, timed).ok())
            .collect();
        barrier.get_or_init(|| Barrier::new(1 + others.len()));
        let own = timed();
        let others = others.into_iter().filter_map(|thread| thread.join().ok());
        others.chain([own]).collect()
    });
    let rate = |window: usize| {
        let parts = of_threads.iter().filter_map(|windows| windows.get(window));
        let start = parts.clone().map(|part| part.0).min();
        let end = parts.clone().map(|part| part.1).max();
        let flops: u64 = parts.map(|part| part.2).sum();
        match (start, end) {
            (Some(start), Some(end)) => flops as f64 / seconds(end - start),
            _ => 0.0,
        }
    };
    (0..WINDOWS as usize).map(rate).fold(0.0, f64::max)
}

/// A clock's answer as a divisor.
fn seconds(time: Duration) -> f64 {
    time.as_secs_f64().max(1e-9)
}

fn flops<T: Real, const CHAINS: usize>(set: InstructionSet, rounds: usize) -> u64 {
    // The values tend to b / (1 - a) = 2: never infinite, never subnormal.
    let chains = Chains::<T, CHAINS> {
        a: black_box(T::from_f64(0.5)),
        b: black_box(T::one()),
        start: black_box(T::one()),
        rounds,
    };
    black_box(set.run(chains));
    2 * (CHAINS * set.lanes::<T>()) as u64 * rounds as u64
}

/// `CHAINS` accumulators that start as vectors of `start`, and how often each is multiplied and added to.
struct Chains<T, const CHAINS: usize> {
    a: T,
    b: T,
    start: T,
    rounds: usize,
}

impl<T: Real, const CHAINS: usize> Kernel for Chains<T, CHAINS> {
    type Output = [[T; MOST_LANES]; CHAINS];
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Self::Output {
        let (a, b) = (isa.splat(self.a), isa.splat(self.b));
        let mut chains = [isa.splat(self.start); CHAINS];
        for _ in 0..self.rounds {
            for chain in &mut chains {
                *chain = isa.vector_mul_add(a, *chain, b);
            }
        }
        let mut ends = [[T::zero(); MOST_LANES]; CHAINS];
        for (end, chain) in ends.iter_mut().zip(chains) {
            isa.store(end, chain);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Tests share the machine with others, and run unoptimised as well: what is held is that the
    /// figure is a rate, counts every thread, and follows the instruction set.
    const SHORT: Duration = Duration::from_millis(30);

    #[test]
    fn chains_take_their_steps() {
        for set in InstructionSet::all() {
            for rounds in [0, 1, 2, 5] {
                let end = set.run(Chains::<f64, 4> {
                    a: 0.5,
                    b: 1.0,
                    start: 1.0,
                    rounds,
                });
                let exact = 2.0 - 0.5_f64.powi(i32::try_from(rounds).unwrap());
                let lanes = set.lanes::<f64>();
                let used = end.iter().flat_map(|chain| &chain[..lanes]);
                assert!(used.copied().all(|c| c == exact), "{end:?}");
            }
            let counted = 2 * 8 * set.lanes::<f32>() as u64 * 3;
            assert_eq!(flops::<f32, 8>(set, 3), counted);
        }
    }

    #[test]
    fn a_window_counts_every_thread_and_the_slowest_one() {
        let pause = Duration::from_millis(4);
        for threads in [1, 3] {
            let calls = AtomicUsize::new(0);
            let work = || {
                // One of the threads is the slow one, in every window.
                let slow = calls
                    .fetch_add(1, Ordering::Relaxed)
                    .is_multiple_of(threads);
                thread::sleep(if slow { pause } else { pause / 4 });
                1_000_000
            };
            let most = threads as f64 * 1e6 / pause.as_secs_f64();
            let rate = best_window(threads, work);
            assert!(rate <= most, "{threads} threads: {rate} of at most {most}");
            assert!(rate > 0.5 * most, "{threads} threads: {rate} of {most}");
        }
    }

    #[test]
    fn there_is_a_peak_for_any_number_of_threads_and_any_time() {
        for threads in [0, 1, 2, usize::MAX] {
            let [f32, f64] = [peak::<f32>(threads, SHORT), peak::<f64>(threads, SHORT)];
            assert!(f32.is_finite() && f32 > 0.0, "{f32}");
            assert!(f64.is_finite() && f64 > 0.0, "{f64}");
        }
        assert!(peak::<f32>(1, Duration::ZERO) > 0.0);
        assert!(!instruction_set().is_empty());
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "says something of optimised code only")]
    fn vectors_are_used() {
        // A vector holds twice as many values in f32; one by one they would be equally fast.
        for set in InstructionSet::all() {
            let ratio = || {
                let [f32, f64] = [peak_of::<f32>(set, 1, SHORT), peak_of::<f64>(set, 1, SHORT)];
                eprintln!("{}: {f32:.1} GFLOP/s in f32, {f64:.1} in f64", set.name());
                f32 / f64
            };
            // Other work on the machine may spoil some tries, not all.
            assert!((0..5).any(|_| ratio() > 1.4), "{}", set.name());
        }
    }
}
