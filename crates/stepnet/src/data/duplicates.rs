//! Examples that occur more than once: in the training part and the test part, or under two labels.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use rayon::prelude::*;

use super::{Dataset, Images, Values};

/// Examples whose values are the same, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How many there are.
    pub count: usize,
    /// The first two of them that are the same. Those of the test part are counted on after those of the
    /// training part.
    pub first: [usize; 2],
}

/// What of a data set occurs more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duplicates {
    /// Test examples that are training examples, too: what a network makes of them says nothing about
    /// others.
    pub shared: Option<Repeat>,
    /// Different examples that occur under more than one label.
    pub relabelled: Option<Repeat>,
}

impl Duplicates {
    /// Looks for the same values in the examples of both parts, in a time and a memory that grow with
    /// their number. `None` where the parts cannot be compared: pictures that are decoded as they are
    /// needed, another shape, another type of number.
    pub fn of(train: &Dataset, test: Option<&Dataset>) -> Option<Self> {
        let parts: Vec<&Dataset> = std::iter::once(train).chain(test).collect();
        let comparable = |part: &&Dataset| {
            part.images().shape() == train.images().shape()
                && std::mem::discriminant(part.images().values())
                    == std::mem::discriminant(train.images().values())
        };
        if !parts.iter().all(comparable) {
            return None;
        }
        let mut found = Self::default();
        let mut seen: HashMap<u64, Seen> = HashMap::with_capacity(train.len());
        let mut at = 0;
        for (number, part) in parts.iter().enumerate() {
            let hashes = hashes(part.images())?;
            for (index, (hash, &label)) in hashes.into_iter().zip(part.labels()).enumerate() {
                let new = Seen {
                    part: number,
                    index,
                    at,
                    label,
                    relabelled: false,
                };
                at += 1;
                let first = seen.entry(hash).or_insert(new);
                let before = parts[first.part].images();
                if first.at != new.at && same(before, first.index, part.images(), index) {
                    found.note(first, new);
                }
            }
        }
        Some(found)
    }

    fn note(&mut self, first: &mut Seen, other: Seen) {
        let count = |repeat: &mut Option<Repeat>| {
            let pair = [first.at, other.at];
            repeat
                .get_or_insert(Repeat {
                    count: 0,
                    first: pair,
                })
                .count += 1;
        };
        if first.part != other.part {
            count(&mut self.shared);
        }
        if first.label != other.label && !first.relabelled {
            count(&mut self.relabelled);
            first.relabelled = true;
        }
    }
}

/// An example that was seen first with its values.
#[derive(Debug, Clone, Copy)]
struct Seen {
    part: usize,
    index: usize,
    /// Its number over both parts.
    at: usize,
    label: u32,
    /// Whether another label was found.
    relabelled: bool,
}

/// A hash of every example's values; `None` where they are not in memory.
fn hashes(images: &Images) -> Option<Vec<u64>> {
    fn of<V: Copy + Sync>(values: &[V], run: usize, add: fn(&mut DefaultHasher, &[V])) -> Vec<u64> {
        let rows = values.par_chunks_exact(run);
        let hash = |row: &[V]| {
            let mut hasher = DefaultHasher::new();
            add(&mut hasher, row);
            hasher.finish()
        };
        rows.map(hash).collect()
    }
    let run = images.per_image();
    match images.values() {
        Values::U8(values) => Some(of(values, run, |hasher, row| hasher.write(row))),
        Values::F32(values) => Some(of(values, run, |hasher, row| {
            row.iter().for_each(|v| hasher.write_u32(v.to_bits()));
        })),
        Values::F64(values) => Some(of(values, run, |hasher, row| {
            row.iter().for_each(|v| hasher.write_u64(v.to_bits()));
        })),
        #[cfg(feature = "pictures")]
        Values::Streamed(_) => None,
    }
}

/// Whether two examples have the same values.
fn same(a: &Images, i: usize, b: &Images, j: usize) -> bool {
    let run = a.per_image();
    let (i, j) = (i * run..(i + 1) * run, j * run..(j + 1) * run);
    match (a.values(), b.values()) {
        (Values::U8(a), Values::U8(b)) => a[i] == b[j],
        (Values::F32(a), Values::F32(b)) => a[i] == b[j],
        (Values::F64(a), Values::F64(b)) => a[i] == b[j],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rows: &[[u8; 2]], labels: &[u32]) -> Dataset {
        let images = Images::new([1, 2, 1], Values::U8(rows.concat())).unwrap();
        let classes = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        Dataset::new(images, labels.to_vec(), classes).unwrap()
    }

    #[test]
    fn examples_in_both_parts_and_under_two_labels_are_counted() {
        let train = data(&[[1, 2], [3, 4], [1, 2], [5, 6], [1, 2]], &[0, 1, 0, 2, 1]);
        let test = data(&[[7, 8], [5, 6], [3, 4], [5, 6]], &[0, 2, 1, 0]);
        let found = Duplicates::of(&train, Some(&test)).unwrap();
        // The third and the fourth of the training part's come again, one of them twice.
        let shared = Repeat {
            count: 3,
            first: [3, 6],
        };
        // (1, 2) is a and b, (5, 6) is c and a.
        let relabelled = Repeat {
            count: 2,
            first: [0, 4],
        };
        assert_eq!(
            (found.shared, found.relabelled),
            (Some(shared), Some(relabelled))
        );
        // The same under the same label in one part alone is harmless.
        let alone = data(&[[1, 2], [1, 2]], &[0, 0]);
        assert_eq!(Duplicates::of(&alone, None), Some(Duplicates::default()));
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        let bytes = data(&[[1, 2]], &[0]);
        let images = Images::new([1, 2, 1], Values::F32(vec![1.0, 2.0])).unwrap();
        let numbers = Dataset::new(images, vec![0], bytes.classes().to_vec()).unwrap();
        assert_eq!(Duplicates::of(&bytes, Some(&numbers)), None);
    }
}
