//! Values that members of a group send each other, as JSON: numbers keep their bits.

use serde::Serialize;
use serde::de::DeserializeOwned;
use stepnet::group::Group;

use super::settle;
use crate::failure::{Failure, Outcome};

/// The rank that reads the command's inputs first, prints and writes.
pub(crate) const FIRST: usize = 0;

/// Gives all ranks the value of the first, which alone passes one.
pub(crate) fn from_first<V: Serialize + DeserializeOwned>(
    group: &dyn Group,
    value: Option<V>,
) -> Outcome<V> {
    let mut bytes = value.as_ref().map_or(Ok(Vec::new()), written)?;
    let mut len = (bytes.len() as u64).to_le_bytes();
    group.broadcast(FIRST, &mut len)?;
    bytes.resize(length(len)?, 0);
    group.broadcast(FIRST, &mut bytes)?;
    match value {
        Some(value) => Ok(value),
        None => read(FIRST, &bytes),
    }
}

/// Gives the first rank the values of all, in the order of the ranks; the others get `None`.
pub(crate) fn to_first<V: Serialize + DeserializeOwned>(
    group: &dyn Group,
    value: &V,
) -> Outcome<Option<Vec<V>>> {
    let bytes = written(value)?;
    let lengths = lengths(group, bytes.len())?;
    let mut sent = vec![0; group.size()];
    sent[FIRST] = bytes.len();
    let is_first = group.rank() == FIRST;
    let received: Vec<usize> = lengths
        .iter()
        .map(|&len| if is_first { len } else { 0 })
        .collect();
    let mut all = vec![0; received.iter().sum()];
    group.exchange(&bytes, &sent, &mut all, &received)?;
    is_first.then(|| split(&all, &lengths)).transpose()
}

/// Gives all ranks the values of all, in the order of the ranks.
pub(crate) fn to_all<V: Serialize + DeserializeOwned>(
    group: &dyn Group,
    value: &V,
) -> Outcome<Vec<V>> {
    let bytes = written(value)?;
    let lengths = lengths(group, bytes.len())?;
    let mut all = vec![0; lengths.iter().sum()];
    group.gather_all(&bytes, &mut all, &lengths)?;
    split(&all, &lengths)
}

/// The lengths of the ranks' messages.
fn lengths(group: &dyn Group, own: usize) -> Outcome<Vec<usize>> {
    let mut all = vec![0; 8 * group.size()];
    let own = (own as u64).to_le_bytes();
    group.gather_all(&own, &mut all, &vec![8; group.size()])?;
    all.as_chunks().0.iter().map(|&len| length(len)).collect()
}

fn length(bytes: [u8; 8]) -> Outcome<usize> {
    usize::try_from(u64::from_le_bytes(bytes))
        .map_err(|_| Failure::running("a rank sent a message that cannot be addressed"))
}

fn split<V: DeserializeOwned>(mut all: &[u8], lengths: &[usize]) -> Outcome<Vec<V>> {
    let one = |(rank, &len): (usize, &usize)| {
        let (own, rest) = all.split_at(len);
        all = rest;
        read(rank, own)
    };
    lengths.iter().enumerate().map(one).collect()
}

fn written<V: Serialize>(value: &V) -> Outcome<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Failure::running(format!("a message to other ranks: {error}")))
}

fn read<V: DeserializeOwned>(rank: usize, bytes: &[u8]) -> Outcome<V> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::running(format!(
            "rank {rank} sent what cannot be read ({error}): it may be another version of this program"
        ))
    })
}

/// Fails, with one line, where a text that must be the same on all ranks is not: `what` names it.
pub(crate) fn same(group: Option<&dyn Group>, what: &str, own: &str) -> Outcome {
    let Some(group) = group else {
        return Ok(());
    };
    let all = to_all(group, &own.to_owned())?;
    let Some(other) = all.iter().position(|text| *text != all[FIRST]) else {
        return Ok(());
    };
    let line = format!(
        "{what} differs: rank {FIRST} has {}, rank {other} has {}",
        all[FIRST], all[other]
    );
    settle();
    Err(match group.rank() {
        FIRST => Failure::usage(line),
        _ => Failure::said(2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::agreed;
    use std::ffi::OsString;
    use std::thread;

    /// What `act` gives on each of `size` ranks.
    fn on_ranks<V: Send>(size: usize, act: impl Fn(&dyn Group) -> V + Sync) -> Vec<V> {
        thread::scope(|scope| {
            let members: Vec<_> = stepnet::group::in_process(size)
                .into_iter()
                .map(|member| {
                    let act = &act;
                    scope.spawn(move || act(&member))
                })
                .collect();
            members
                .into_iter()
                .map(|member| member.join().unwrap())
                .collect()
        })
    }

    #[test]
    fn values_arrive_with_all_their_bits() {
        for size in [1, 3] {
            on_ranks(size, |group| {
                let rank = group.rank();
                let own = (
                    rank,
                    vec![0.1_f64, 1.0 / 3.0, 5e-324],
                    "x".repeat(10 * rank),
                );
                let all = to_all(group, &own).unwrap();
                assert_eq!(all[rank], own);
                assert_eq!(all.len(), size);
                let first = to_first(group, &own).unwrap();
                assert_eq!(first, (rank == FIRST).then_some(all));
                let name = (rank == FIRST).then(|| OsString::from("a b"));
                assert_eq!(from_first(group, name).unwrap(), OsString::from("a b"));
            });
        }
    }

    #[test]
    fn the_failure_of_one_is_that_of_all() {
        let codes = on_ranks(3, |group| {
            let own = match group.rank() {
                1 => Err(Failure::usage("no such file")),
                rank => Ok(rank),
            };
            let failure = agreed(Some(group), own).unwrap_err();
            (failure.code(), failure.line())
        });
        let told = [(2, "rank 1 of 3: no such file"), (2, ""), (2, "")];
        assert_eq!(codes, told.map(|(code, line)| (code, line.to_owned())));
        let fine = on_ranks(3, |group| agreed(Some(group), Ok(group.rank())).unwrap());
        assert_eq!(fine, [0, 1, 2]);
        assert_eq!(
            agreed(None, Err::<(), _>(Failure::running("alone")))
                .unwrap_err()
                .line(),
            "alone"
        );
    }

    #[test]
    fn what_differs_is_told_and_ends_all() {
        let codes = on_ranks(2, |group| {
            let model = ["a", "b"][group.rank()];
            same(Some(group), "the model", model).unwrap_err().code()
        });
        assert_eq!(codes, [2, 2]);
        on_ranks(2, |group| same(Some(group), "the model", "a").unwrap());
    }
}
