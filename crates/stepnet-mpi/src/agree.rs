//! What members tell each other before they go on together.

use crate::group::Group;
use crate::{Error, Result};

/// The most bytes of a text that is told to the others.
const LONGEST: usize = 8000;

/// Says that there is no text where its length is told.
const NONE: u64 = u64::MAX;

/// The first member, by its rank, that has something to say, and what; `None` if no member has. All members call it,
/// each with its own text or none, and all learn the same: so a failure of one becomes a failure of all, and none waits
/// for a member that is gone.
///
/// # Errors
/// When a member cannot be reached.
pub fn first_of_all(group: &dyn Group, own: Option<&str>) -> Result<Option<(usize, String)>> {
    let own = own.map(|text| &text.as_bytes()[..cut(text, LONGEST)]);
    let len = own.map_or(NONE, |text| text.len() as u64);
    let mut lengths = vec![0; 8 * group.size()];
    group.gather_all(&len.to_le_bytes(), &mut lengths, &vec![8; group.size()])?;
    let lengths = lengths.as_chunks().0.iter();
    let mut lengths = lengths.map(|&len| u64::from_le_bytes(len)).enumerate();
    let Some((rank, len)) = lengths.find(|(_, len)| *len != NONE) else {
        return Ok(None);
    };
    let mut text = vec![0; usize::try_from(len).unwrap_or(LONGEST).min(LONGEST)];
    if let Some(own) = own.filter(|_| rank == group.rank()) {
        text.copy_from_slice(own);
    }
    group.broadcast(rank, &mut text)?;
    Ok(Some((rank, String::from_utf8_lossy(&text).into_owned())))
}

/// The bytes of member `root`, whose length the others do not know: `most` at most. What the others give is not read.
///
/// # Errors
/// When a member cannot be reached, or the bytes are more.
pub fn broadcast_all(group: &dyn Group, root: usize, own: Vec<u8>, most: usize) -> Result<Vec<u8>> {
    let mut len = (own.len() as u64).to_le_bytes();
    group.broadcast(root, &mut len)?;
    let len = usize::try_from(u64::from_le_bytes(len)).unwrap_or(usize::MAX);
    if len > most {
        // The same for all, so that all end here.
        return Err(Error::Group(format!(
            "rank {root} has {len} bytes for the others, expected at most {most}"
        )));
    }
    let mut bytes = match root == group.rank() {
        true => own,
        false => vec![0; len],
    };
    group.broadcast(root, &mut bytes)?;
    Ok(bytes)
}

/// The largest place up to `most` at which a text can be cut.
fn cut(text: &str, most: usize) -> usize {
    let places = (0..=most.min(text.len())).rev();
    let mut places = places.filter(|&place| text.is_char_boundary(place));
    places.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::in_process;
    use std::thread;

    fn each<R: Send>(size: usize, work: impl Fn(&crate::Member) -> R + Sync) -> Vec<R> {
        thread::scope(|scope| {
            let work = &work;
            let members = in_process(size).into_iter();
            let threads: Vec<_> = members
                .map(|member| scope.spawn(move || work(&member)))
                .collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.collect()
        })
    }

    #[test]
    fn all_learn_what_the_first_has_to_say() {
        for size in 1..5 {
            let none = each(size, |group| first_of_all(group, None).unwrap());
            assert!(none.iter().all(Option::is_none));
            let said = each(size, |group| {
                let own =
                    (group.rank() + 1 >= size.min(2)).then(|| format!("no, {}", group.rank()));
                first_of_all(group, own.as_deref()).unwrap()
            });
            let first = size.min(2) - 1;
            assert_eq!(said, vec![Some((first, format!("no, {first}"))); size]);
        }
        // A text that is too long is cut between two characters.
        let long = format!("x{}", "ä".repeat(LONGEST));
        let said = each(2, |group| first_of_all(group, Some(&long)).unwrap());
        let expected = format!("x{}", "ä".repeat(LONGEST / 2 - 1));
        assert_eq!(said[1], Some((0, expected)));
    }

    #[test]
    fn bytes_of_any_length_reach_all_unless_they_are_too_many() {
        let told = each(3, |group| {
            broadcast_all(group, 1, vec![group.rank() as u8; 70], 70).unwrap()
        });
        assert_eq!(told, vec![vec![1; 70]; 3]);
        let refused = each(3, |group| broadcast_all(group, 1, vec![0; 71], 70));
        assert!(refused.iter().all(Result::is_err));
    }
}
