//! The numbers of examples of the classes.

use stepnet::data::Dataset;
use stepnet_base::text::{count, shown};

use crate::source::Source;

/// Classes whose numbers of examples differ by this factor are worth a remark.
const UNEQUAL: usize = 3;

/// With fewer examples a class can hardly be learned, nor measured.
const FEW: usize = 10;

/// Remarks on the classes.
pub(crate) fn remarks(source: &Source<'_>) -> Vec<String> {
    if !source.has_classes() {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    let names = source.train.classes();
    let counts = source.train.class_counts();
    let present: Vec<usize> = (0..counts.len()).filter(|&at| counts[at] > 0).collect();
    let most = present.iter().max_by_key(|&&class| counts[class]);
    let least = present.iter().min_by_key(|&&class| counts[class]);
    if let (Some(&most), Some(&least)) = (most, least)
        && counts[most] >= UNEQUAL * counts[least]
    {
        remarks.push(format!(
            "classes are unequal: {} of {}, {} of {}",
            count(counts[most], "example"),
            name(&names[most]),
            counts[least],
            name(&names[least])
        ));
    }
    let few: Vec<usize> = (present.into_iter())
        .filter(|&at| counts[at] < FEW)
        .collect();
    if let Some(&first) = few.first() {
        remarks.push(format!(
            "{} with fewer than {FEW} training examples, such as {} with {}",
            count(few.len(), "class"),
            name(&names[first]),
            counts[first]
        ));
    }
    if let Some(test) = source.test {
        let untested = untested(&counts, test);
        if let Some(&first) = untested.first() {
            remarks.push(format!(
                "{} without test examples, such as {}",
                count(untested.len(), "class"),
                name(&names[first])
            ));
        }
    }
    remarks
}

fn untested(counts: &[usize], test: &Dataset) -> Vec<usize> {
    let tested = test.class_counts();
    let pairs = counts.iter().zip(&tested).enumerate();
    let untested = pairs.filter(|(_, (count, tested))| **count > 0 && **tested == 0);
    untested.map(|(class, _)| class).collect()
}

fn name(class: &str) -> String {
    shown(class, 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet::data::{Images, Values};

    fn data(labels: &[u32]) -> Dataset {
        let images = Images::new([1, 1, 1], Values::U8(vec![0; labels.len()])).unwrap();
        let classes = ["cat", "dog", "fox"].map(str::to_owned).to_vec();
        Dataset::new(images, labels.to_vec(), classes).unwrap()
    }

    #[test]
    fn unequal_small_and_untested_classes_are_named() {
        let labels = [vec![0; 30], vec![1; 12], vec![2; 9]].concat();
        let (train, test) = (data(&labels), data(&[0, 1]));
        let found = remarks(&Source::new(&train, Some(&test), 1.0));
        assert_eq!(
            found,
            [
                "classes are unequal: 30 examples of cat, 9 of fox",
                "1 class with fewer than 10 training examples, such as fox with 9",
                "1 class without test examples, such as fox",
            ]
        );
        let even = data(&[vec![0; 12], vec![1; 12]].concat());
        assert!(remarks(&Source::new(&even, None, 1.0)).is_empty());
    }
}
