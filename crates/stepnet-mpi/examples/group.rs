//! Does every operation of a group and prints a line for each rank: `mpirun -n 3 group`.
//!
//! Without a launcher, three threads of this process do the same. `group die` lets the last rank end in the middle,
//! `group abort` lets it end all.

use std::error::Error;
use std::thread;

use stepnet_mpi::{Group, Values};

fn main() -> Result<(), Box<dyn Error>> {
    let how = std::env::args().nth(1).unwrap_or_default();
    #[cfg(unix)]
    if let Some(group) = stepnet_mpi::connect()? {
        println!("{} ({} ABI)", group.version(), group.abi());
        return Ok(run(&group, &how)?);
    }
    thread::scope(|scope| {
        for member in stepnet_mpi::in_process(3) {
            let how = &how;
            scope.spawn(move || {
                if let Err(error) = run(&member, how) {
                    println!("rank {}: {error}", member.rank());
                }
            });
        }
    });
    Ok(())
}

fn run(group: &dyn Group, how: &str) -> Result<(), stepnet_base::Error> {
    let (rank, size) = (group.rank(), group.size());
    group.barrier()?;
    if rank + 1 == size {
        match how {
            "die" => std::process::exit(7),
            "abort" => group.abort(9),
            _ => {}
        }
    }

    let mut word = if rank == 1 % size { *b"hello" } else { [0; 5] };
    group.broadcast(1 % size, &mut word)?;
    assert_eq!(&word, b"hello", "broadcast");

    // To rank r, r + 1 bytes that tell from whom.
    let sent: Vec<usize> = (1..=size).collect();
    let send = vec![rank as u8; sent.iter().sum()];
    let received = vec![rank + 1; size];
    let mut pieces = vec![99; size * (rank + 1)];
    group.exchange(&send, &sent, &mut pieces, &received)?;
    for (from, piece) in pieces.chunks(rank + 1).enumerate() {
        assert!(
            piece.iter().all(|&byte| usize::from(byte) == from),
            "exchange: {pieces:?}"
        );
    }

    let mut all = vec![99; sent.iter().sum()];
    group.gather_all(&vec![rank as u8; rank + 1], &mut all, &sent)?;
    let expected: Vec<u8> = (0..size)
        .flat_map(|from| vec![from as u8; from + 1])
        .collect();
    assert_eq!(all, expected, "gather_all");

    // From the first rank alone to the last one alone: most send and receive nothing.
    let only = |at: usize, here: usize| usize::from(at == here) * 3;
    let to: Vec<usize> = (0..size)
        .map(|to| only(to, size - 1) * usize::from(rank == 0))
        .collect();
    let from: Vec<usize> = (0..size)
        .map(|from| only(from, 0) * usize::from(rank + 1 == size))
        .collect();
    let mut got = vec![0; from.iter().sum()];
    group.exchange(&vec![7; to.iter().sum()], &to, &mut got, &from)?;
    assert!(got.iter().all(|&byte| byte == 7), "exchange of little");
    let mut got = [0; 3];
    let own: &[u8] = if rank == 0 { &[7; 3] } else { &[] };
    let lengths: Vec<usize> = (0..size).map(|from| only(from, 0)).collect();
    group.gather_all(own, &mut got, &lengths)?;
    assert_eq!(got, [7; 3], "gather_all of little");

    let mut single = [rank as f32, 0.5];
    let mut double = [1.0_f64; 70_000];
    group.add_all(Values::new(&mut single))?;
    group.add_all(Values::new(&mut double))?;
    let sum = (size * (size - 1) / 2) as f32;
    assert_eq!(single, [sum, 0.5 * size as f32], "add_all, f32");
    assert!(
        double.iter().all(|&value| value == size as f64),
        "add_all, f64"
    );
    println!("rank {rank} of {size}: all right");
    Ok(())
}
