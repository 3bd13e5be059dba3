//! Labels that were changed are found.

use stepnet::data::{DIGITS_DIVISOR, Dataset, digits};
use stepnet::rng::RandomState;
use stepnet::train::metrics::Ranking;

use super::*;
use crate::{ExamineOptions, examine};

/// The digits with one label in twenty changed to another, and which those are.
fn flipped(seed: u32) -> (Dataset, Vec<bool>) {
    let digits = digits();
    let mut random = RandomState::new(seed);
    let mut labels = digits.labels().to_vec();
    let mut changed = vec![false; labels.len()];
    let order = random.permutation(labels.len());
    for &example in order.iter().take(labels.len() / 20) {
        labels[example] = (labels[example] + 1 + random.next_u32() % 9) % 10;
        changed[example] = true;
    }
    let classes = digits.classes().to_vec();
    let data = Dataset::new(digits.images().clone(), labels, classes).unwrap();
    (data, changed)
}

/// How suspicious the label of each example is: those of the list come first, the others by the probability of their label.
fn scores(check: &LabelCheck, data: &Dataset) -> Vec<f64> {
    let rows = check.probabilities.chunks_exact(data.classes().len());
    let pairs = rows.zip(data.labels());
    let unlikely = |(row, &label): (&[f32], &u32)| 1.0 - f64::from(row[label as usize]);
    let mut scores: Vec<f64> = pairs.map(unlikely).collect();
    for suspect in &check.suspects {
        scores[suspect.example] = 1.0 + suspect.score;
    }
    scores
}

/// Measured with the seeds 1 to 8: the first 50 are all changed ones; of the list, which has 85 to 99 examples, 82 to 94 % are,
/// and these are 85 to 96 % of the 89; the average precision over all examples is 0.964 to 0.991.
#[test]
fn the_most_suspicious_labels_of_the_digits_are_the_changed_ones() {
    for seed in [1, 2, 3] {
        let (data, changed) = flipped(seed);
        let source = Source::new(&data, None, DIGITS_DIVISOR);
        let options = LabelOptions::default().folds(3).epochs(Some(4)).seed(seed);
        let survey = Survey::default();
        let check = check_labels(&source, &survey, &options, |_| {}).unwrap();
        let check = check.unwrap();
        let right = |many: usize| {
            let first = check.suspects.iter().take(many);
            first.filter(|suspect| changed[suspect.example]).count()
        };
        assert!(right(50) >= 45, "seed {seed}: {} of 50", right(50));
        let (listed, all) = (check.suspects.len(), data.len() / 20);
        let found = right(listed);
        assert!(10 * found >= 8 * listed, "seed {seed}: {found} of {listed}");
        assert!(10 * found >= 8 * all, "seed {seed}: {found} of all {all}");
        let ranked: Vec<(f64, bool)> = scores(&check, &data)
            .into_iter()
            .zip(changed.iter().copied())
            .collect();
        let precision = Ranking::new(ranked).average_precision().unwrap();
        assert!(precision > 0.9, "seed {seed}: {precision}");
        // The examination names them with the class that they are of.
        let mut found = examine(&source, &survey, &ExamineOptions::default()).unwrap();
        found.add_labels(&source, &check);
        let first = found.of_kind(FindingKind::Label).next().unwrap();
        let true_class = digits().labels()[first.place.unwrap().example];
        assert!(
            first
                .detail
                .starts_with(&format!("probably {true_class} ("))
        );
        assert!(first.leave_out, "{first:?}");
    }
}

#[test]
fn labels_of_few_examples_or_of_no_classes_are_not_checked() {
    let digits = digits();
    let few = digits.subset(&(0..30).collect::<Vec<_>>()).unwrap();
    let source = Source::new(&few, None, DIGITS_DIVISOR);
    let options = LabelOptions::default();
    let check = check_labels(&source, &Survey::default(), &options, |_| {}).unwrap();
    assert_eq!(
        check.unwrap_err(),
        "there are fewer than 40 training examples"
    );
}

#[test]
fn features_take_the_place_of_images_and_the_test_part_is_checked_too() {
    // Two classes that one feature separates, with a wrong label in each part.
    let label = |at: usize| (at % 2) as u32;
    let mut labels: Vec<u32> = (0..100).map(label).collect();
    labels[10] = 1;
    labels[91] = 0;
    let mut listed = 0;
    for seed in 1..=10 {
        let mut random = RandomState::new(seed);
        let values: Vec<f32> = (0..100)
            .flat_map(|at| {
                let value = 4.0 * f64::from(label(at)) + 0.5 * random.normal();
                [value as f32, random.normal() as f32]
            })
            .collect();
        let digits = digits();
        let classes = vec!["a".to_owned(), "b".to_owned()];
        let part = |range: std::ops::Range<usize>| {
            let images = digits.subset(&range.clone().collect::<Vec<_>>()).unwrap();
            let images = images.images().clone();
            Dataset::new(images, labels[range].to_vec(), classes.clone()).unwrap()
        };
        let (train, test) = (part(0..80), part(80..100));
        let source = Source::new(&train, Some(&test), DIGITS_DIVISOR);
        let features = Features { values, each: 2 };
        let options = LabelOptions::default().seed(seed).features(Some(features));
        let check = check_labels(&source, &Survey::default(), &options, |_| {}).unwrap();
        let check = check.unwrap();
        let given = |at: usize| check.probabilities[2 * at + labels[at] as usize];
        let mut order: Vec<usize> = (0..100).collect();
        order.sort_by(|&a, &b| given(a).total_cmp(&given(b)));
        order[..2].sort_unstable();
        assert_eq!(order[..2], [10, 91], "seed {seed}");
        let is_listed = |wrong| check.suspects.iter().any(|found| found.example == wrong);
        listed += usize::from(is_listed(10)) + usize::from(is_listed(91));
    }
    // How many are listed is estimated from the others of a class, of which one here is wrong. Measured: 19.
    assert!(listed >= 16, "{listed} of 20");
}
