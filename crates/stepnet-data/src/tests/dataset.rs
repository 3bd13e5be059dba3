use super::failure;
use crate::{Dataset, Images, Values, digits};
use stepnet_base::preprocessing::Preprocessing;

/// `counts[c]` images of class `c`, 1x1x1, whose value is their index.
fn counted(counts: &[usize]) -> Dataset {
    let labels: Vec<u32> = (0u32..)
        .zip(counts)
        .flat_map(|(class, &count)| vec![class; count])
        .collect();
    let values = (0..labels.len()).map(|index| index as f64).collect();
    let classes = (0..counts.len()).map(|class| format!("c{class}")).collect();
    let images = Images::new([1, 1, 1], Values::F64(values)).unwrap();
    Dataset::new(images, labels, classes).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn broken_sets_are_refused() {
    let images = || Images::new([1, 2, 1], Values::U8(vec![0; 4])).unwrap();
    let ab = || names(&["a", "b"]);
    failure(
        Dataset::new(images(), vec![0], ab()),
        &["labels is 1", "expected 2"],
    );
    failure(
        Dataset::new(images(), vec![0, 2], ab()),
        &["label 1 is 2", "classes, 2"],
    );
    failure(
        Dataset::new(images(), vec![0, 0], names(&["a", "a"])),
        &["\"a\" twice"],
    );
    let none = Images::new([1, 2, 1], Values::U8(vec![])).unwrap();
    failure(Dataset::new(none, vec![], ab()), &["images is 0"]);
    failure(
        Images::new([1, 2, 1], Values::U8(vec![0; 3])),
        &["3", "multiple of 2"],
    );
    failure(Images::new([1, 0, 1], Values::U8(vec![])), &["[1, 0, 1]"]);
    failure(
        Images::new([usize::MAX, 3, 1], Values::U8(vec![0])),
        &["three positive numbers"],
    );
}

#[test]
fn subsets_keep_the_order_asked_for() {
    let set = counted(&[2, 3]).subset(&[4, 0, 4]).unwrap();
    assert_eq!(set.labels(), [1, 0, 1]);
    assert_eq!(set.images().values(), &Values::F64(vec![4.0, 0.0, 4.0]));
    failure(
        counted(&[2]).subset(&[0, 2]),
        &["index 1 is 2", "examples, 2"],
    );
    failure(counted(&[2]).subset(&[]), &["at least 1"]);
}

#[test]
fn splits_keep_each_class_its_share() {
    let set = counted(&[50, 30, 20, 1]);
    let (rest, held) = set.split_indices(0.2, 7).unwrap();
    assert_eq!(held.len(), 20);
    let (train, test) = set.split(0.2, 7).unwrap();
    assert_eq!(test.class_counts(), [10, 6, 4, 0]);
    assert_eq!(train.class_counts(), [40, 24, 16, 1]);
    let mut all: Vec<usize> = rest.iter().chain(&held).copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..101).collect::<Vec<_>>());
    assert!(held.is_sorted() && rest.is_sorted());
    assert_eq!(
        set.split_indices(0.2, 7).unwrap().1,
        held,
        "the same seed, the same part"
    );
    assert_ne!(
        set.split_indices(0.2, 8).unwrap().1,
        held,
        "another seed, another part"
    );
    for class in 0..3 {
        let (start, end) = [(0, 50), (50, 80), (80, 100)][class];
        let first = held
            .iter()
            .filter(|&&index| (start..end).contains(&index))
            .count();
        assert!(
            held.iter().any(|&index| index >= start + first),
            "not simply the first ones"
        );
    }
}

#[test]
fn splits_round_to_the_nearest_total() {
    let (_, held) = counted(&[3, 3, 3]).split_indices(0.34, 0).unwrap();
    assert_eq!(held.len(), 3);
    let (_, held) = digits().split(0.2, 1).unwrap();
    assert_eq!(held.len(), 359);
    for fraction in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
        failure(
            counted(&[5, 5]).split(fraction, 0),
            &["held-out share", "between 0 and 1"],
        );
    }
    failure(counted(&[1, 1]).split(0.5, 0), &["both parts", "2"]);
    failure(counted(&[2]).split(0.01, 0), &["both parts"]);
}

#[test]
fn classes_are_matched_by_name_or_by_position() {
    let set = |classes: &[&str]| {
        let images = Images::new([1, 1, 1], Values::U8(vec![0; 3])).unwrap();
        let labels = vec![0, 1, 0];
        Dataset::new(images, labels, names(classes)).unwrap()
    };
    let relabelled = set(&["cat", "dog"])
        .with_classes(&names(&["ant", "dog", "cat"]))
        .unwrap();
    assert_eq!(relabelled.labels(), [2, 1, 2]);
    assert_eq!(relabelled.classes(), ["ant", "dog", "cat"]);
    let unnamed = set(&["0", "1"])
        .with_classes(&names(&["no", "yes"]))
        .unwrap();
    assert_eq!(unnamed.labels(), [0, 1, 0]);
    let named = set(&["no", "yes"])
        .with_classes(&names(&["0", "1"]))
        .unwrap();
    assert_eq!(named.labels(), [0, 1, 0]);
    let error = set(&["cat", "emu"]).with_classes(&names(&["ant", "cat"]));
    failure(error, &["class 1", "\"emu\"", "ant, cat"]);
    // Two animals are not the first two of ten digits.
    failure(
        set(&["cat", "dog"]).with_classes(&names(&["0", "1", "2"])),
        &["\"cat\""],
    );
}

#[test]
fn batches_are_scaled_as_the_preprocessing_says() {
    let values: Vec<u8> = (0..=255).chain(0..=103).collect();
    let images = Images::new([5, 4, 3], Values::U8(values.clone())).unwrap();
    let set = Dataset::new(images, vec![0; 6], names(&["a"])).unwrap();
    let plain = Preprocessing::scaled(5, 4, 3, 255.0);
    let full = plain
        .clone()
        .mean(vec![0.485, 0.456, 0.406])
        .deviation(vec![0.229, 0.224, 0.225]);
    for preprocessing in [plain, full] {
        let mut out = vec![0f32; 120];
        set.fill_batch(&[5, 1], &preprocessing, &mut out).unwrap();
        for (at, &got) in out.iter().enumerate() {
            let source = if at < 60 { 300 + at } else { at };
            let expected = preprocessing.value(f32::from(values[source]), at % 3);
            assert_eq!(got.to_bits(), expected.to_bits(), "value {at}");
        }
        let mut out = vec![0f64; 60];
        set.fill_batch(&[0], &preprocessing, &mut out).unwrap();
        assert_eq!(out[59].to_bits(), preprocessing.value(59f64, 2).to_bits());
    }
}

#[test]
fn batches_of_other_types_and_many_channels() {
    let mean: Vec<f64> = (0..6).map(f64::from).collect();
    let preprocessing = Preprocessing::scaled(1, 1, 6, 2.0).mean(mean);
    let sets = [
        Values::U8(vec![0, 2, 4, 6, 8, 10]),
        Values::F32(vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
        Values::F64(vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
    ];
    for values in sets {
        let images = Images::new([1, 1, 6], values).unwrap();
        let set = Dataset::new(images, vec![0], names(&["a"])).unwrap();
        let mut out = [9f32; 6];
        set.fill_batch(&[0], &preprocessing, &mut out).unwrap();
        assert_eq!(out, [0.0; 6]);
    }
}

#[test]
fn wrong_batches_are_refused() {
    let set = digits();
    let good = Preprocessing::scaled(8, 8, 1, 16.0);
    let mut out = vec![0f32; 64];
    failure(
        set.fill_batch(&[1797], &good, &mut out),
        &["index 0 is 1797", "1797"],
    );
    failure(
        set.fill_batch(&[0, 1], &good, &mut out),
        &["[64]", "2 images of 64"],
    );
    let other = Preprocessing::scaled(28, 28, 1, 16.0);
    failure(
        set.fill_batch(&[0], &other, &mut out),
        &["[8, 8, 1]", "[28, 28, 1]"],
    );
    for divisor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let bad = Preprocessing::scaled(8, 8, 1, divisor);
        failure(
            set.fill_batch(&[0], &bad, &mut out),
            &["divisor", "positive"],
        );
    }
    let bad = good.clone().mean(vec![0.1, 0.2]);
    failure(
        set.fill_batch(&[0], &bad, &mut out),
        &["mean is 2 values", "none or 1"],
    );
    let bad = good.deviation(vec![0.0]);
    failure(set.fill_batch(&[0], &bad, &mut out), &["deviation is 0"]);
}
