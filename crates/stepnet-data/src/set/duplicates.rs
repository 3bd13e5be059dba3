//! Examples that occur more than once: in the training part and the test part, or under two labels.

use std::collections::HashMap;

use stepnet_base::parallel::prelude::*;

use crate::{Element, Result};
use stepnet_base::Hash;

use super::dataset::Dataset;
use super::hashes::HashedValue;
use super::images::{Images, Values};
use super::streamed::Streamed;

/// Examples whose values are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeat {
    /// How many there are.
    pub count: usize,
    /// The first two of them that are the same. Those of the test part are counted on after those of the
    /// training part.
    pub first: [usize; 2],
}

/// The examples of a data set that occur more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Duplicates {
    /// Test examples that are training examples, too: what a network makes of them says nothing about
    /// others.
    pub shared: Option<Repeat>,
    /// Different examples that occur under more than one label.
    pub relabelled: Option<Repeat>,
}

impl Duplicates {
    /// Looks for the same values in the examples of both parts, in a time and a memory that grow with
    /// their number. Parts whose values are of different types are compared in `f32`, as most networks see
    /// them. Examples of another shape are different. Images that are decoded as they are needed are
    /// decoded for it, unless their fingerprint was computed before.
    ///
    /// # Errors
    /// Such an image that cannot be read.
    pub fn of(train: &Dataset, test: Option<&Dataset>) -> Result<Self> {
        let same_shape = |test: &&Dataset| test.images().shape() == train.images().shape();
        let test = test.filter(same_shape);
        let parts = || std::iter::once(train).chain(test);
        let form = match parts().all(|part| kind(part.images()) == kind(train.images())) {
            true => Form::Own,
            false => Form::Single,
        };
        let mut found = Self::default();
        let mut seen: HashMap<Hash, FirstOccurrence> = HashMap::with_capacity(train.len());
        let mut at = 0;
        for (part, data) in parts().enumerate() {
            for (index, hash) in hashes(data.images(), form)?.into_iter().enumerate() {
                // Other targets than classes are not compared.
                let label = data.labels().get(index).copied().unwrap_or_default();
                let new = FirstOccurrence {
                    part,
                    at,
                    label,
                    relabelled: false,
                };
                at += 1;
                let first = seen.entry(hash).or_insert(new);
                if first.at != new.at {
                    found.note(first, new);
                }
            }
        }
        Ok(found)
    }

    fn note(&mut self, first: &mut FirstOccurrence, other: FirstOccurrence) {
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

/// The first example with its values.
#[derive(Debug, Clone, Copy)]
struct FirstOccurrence {
    part: usize,
    /// Its number over both parts.
    at: usize,
    label: u32,
    /// Whether another label was found.
    relabelled: bool,
}

/// The form in which values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As they are stored, bit for bit.
    Own,
    /// As `f32`.
    Single,
}

/// The type of the values, and so the form in which all of that type can be compared.
fn kind(images: &Images) -> &'static str {
    match images.values() {
        Values::U8(_) | Values::Streamed(_) => "u8",
        Values::F32(_) | Values::Provided(_) => "f32",
        Values::F64(_) => "f64",
    }
}

/// A hash of every example's values.
fn hashes(images: &Images, form: Form) -> Result<Vec<Hash>> {
    fn of<V: HashedValue + Into<f64>>(values: &[V], run: usize, form: Form) -> Vec<Hash> {
        let hash = |row: &[V]| match form {
            Form::Own => V::hash(row),
            Form::Single => single(row),
        };
        values.par_chunks_exact(run).map(hash).collect()
    }
    fn streamed<V: HashedValue + Into<f64>>(images: &Streamed<V>, form: Form) -> Result<Vec<Hash>> {
        if form == Form::Own {
            return images.hashes();
        }
        let mut hashes = Vec::with_capacity(images.len());
        images.each(|image| hashes.push(single(&image)))?;
        Ok(hashes)
    }
    let run = images.per_image();
    match images.values() {
        Values::U8(values) => Ok(of(values, run, form)),
        Values::F32(values) => Ok(of(values, run, form)),
        Values::F64(values) => Ok(of(values, run, form)),
        Values::Streamed(images) => streamed(images, form),
        Values::Provided(images) => streamed(images, form),
    }
}

/// The hash of numbers of any type as `f32`. Bytes have one zero, so the other types have it too.
fn single<V: Copy + Into<f64>>(values: &[V]) -> Hash {
    let singles = values
        .iter()
        .map(|&value| f32::from_f64(value.into()) + 0.0);
    f32::hash(&singles.collect::<Vec<f32>>())
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
        let found = Duplicates::of(&alone, None).unwrap();
        assert_eq!(found, Duplicates::default());
    }

    #[test]
    fn values_of_other_types_are_compared_by_what_they_are() {
        let bytes = data(&[[1, 2], [0, 3]], &[0, 1]);
        let with = |values: Values, shape: [usize; 3], labels: &[u32]| {
            let images = Images::new(shape, values).unwrap();
            Dataset::new(images, labels.to_vec(), bytes.classes().to_vec()).unwrap()
        };
        let (row, column) = ([1, 2, 1], [2, 1, 1]);
        let repeat = |first| Some(Repeat { count: 1, first });
        let singles = with(Values::F32(vec![-0.0, 3.0, 1.5, 2.0]), row, &[1, 0]);
        let doubles = with(Values::F64(vec![1.5, 2.0, 1.0, 2.0]), row, &[2, 0]);
        let found = |a: &Dataset, b: &Dataset| Duplicates::of(a, Some(b)).unwrap();
        assert_eq!(found(&bytes, &singles).shared, repeat([1, 2]));
        assert_eq!(found(&bytes, &doubles).shared, repeat([0, 3]));
        assert_eq!(found(&bytes, &doubles).relabelled, None);
        assert_eq!(found(&singles, &doubles).relabelled, repeat([1, 2]));
        // A tenth is another number in each type, and the same one as an f32.
        let single = with(Values::F32(vec![0.1, 0.2]), row, &[0]);
        let double = with(Values::F64(vec![0.1, 0.2]), row, &[0]);
        assert_eq!(found(&single, &double).shared, repeat([0, 1]));
        let turned = with(Values::U8(vec![1, 2]), column, &[0]);
        assert_eq!(found(&bytes, &turned), Duplicates::default());
    }
}
