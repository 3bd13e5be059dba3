//! Times sums over the members of a group, with the same values on all: `mpirun -n 2 bandwidth [VALUES ...]`.
//!
//! For each number of values of 4 bytes the first rank prints a line of JSON with seconds: `exact`, the sum of fixed order over
//! one share for each member (or the next power of two), `fast`, the same in the library's own order, and `mpi`, its
//! all-reduce alone. Medians of the slowest member's times. Without a launcher two threads of this process do it.

use std::error::Error;
use std::thread;
use std::time::Instant;

use stepnet_mpi::{Group, ShareSum, Shares, Values};

/// How long each sum is timed, and how often at least.
const SECONDS: f64 = 1.0;
const FEWEST: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<usize> = std::env::args()
        .skip(1)
        .map(|number| number.parse())
        .collect::<Result<_, _>>()?;
    let sizes = match given.is_empty() {
        true => vec![1_000, 10_000, 100_000, 1_000_000, 10_000_000],
        false => given,
    };
    #[cfg(unix)]
    if let Some(group) = stepnet_mpi::connect()? {
        return Ok(run(&group, &sizes)?);
    }
    thread::scope(|scope| {
        let members = stepnet_mpi::in_process(2).into_iter();
        let threads: Vec<_> = members
            .map(|member| scope.spawn(|| run(&{ member }, &sizes)))
            .collect();
        let ends = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(Ok(())));
        ends.collect::<Result<(), _>>()
    })?;
    Ok(())
}

fn run(group: &dyn Group, sizes: &[usize]) -> Result<(), stepnet_base::Error> {
    let members = group.size();
    let shares = Shares::new(members.next_power_of_two(), members)?;
    let own = shares.of(group.rank());
    for &len in sizes {
        let mut values = vec![1.0_f32; len];
        let mut sum = ShareSum::new(shares, group.rank(), len);
        let mut of_shares = |fast: bool| {
            sum.clear();
            values.fill(1.0);
            (own.start..own.end - 1).for_each(|share| sum.add(share, &values));
            let start = Instant::now();
            match fast {
                true => sum.finish_fast(group, 0..len, &mut values)?,
                false => sum.finish(group, 0..len, &mut values)?,
            }
            let took = start.elapsed().as_secs_f64();
            assert!(values.iter().all(|&value| value == shares.count() as f32));
            Ok(took)
        };
        let exact = median(group, || of_shares(false))?;
        let fast = median(group, || of_shares(true))?;
        let mut values = vec![1.0_f32; len];
        let mpi = median(group, || {
            values.fill(1.0);
            let start = Instant::now();
            group.add_all(Values::new(&mut values))?;
            Ok(start.elapsed().as_secs_f64())
        })?;
        if group.rank() == 0 {
            println!(
                r#"{{"ranks": {members}, "values": {len}, "exact": {exact}, "fast": {fast}, "mpi": {mpi}}}"#
            );
        }
    }
    Ok(())
}

/// The median of what `act` gives, which all members call as often: of each call the time of the slowest.
fn median(
    group: &dyn Group,
    mut act: impl FnMut() -> Result<f64, stepnet_base::Error>,
) -> Result<f64, stepnet_base::Error> {
    act()?;
    let mut times: Vec<f64> = Vec::new();
    while times.len() < FEWEST || times.iter().sum::<f64>() < SECONDS {
        group.barrier()?;
        let own = act()?.to_le_bytes();
        let mut all = vec![0; 8 * group.size()];
        group.gather_all(&own, &mut all, &vec![8; group.size()])?;
        let all = all.as_chunks().0.iter();
        times.push(
            all.map(|&time| f64::from_le_bytes(time))
                .fold(0.0, f64::max),
        );
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
