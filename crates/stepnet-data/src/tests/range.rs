//! Ranges of raw values, and what may belong to them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Result;
use crate::{Images, ValueRange, Values, check_images, check_values};
use stepnet_base::preprocessing::Preprocessing;

const WHOLE: ValueRange = ValueRange::BYTES;
const UNIT: ValueRange = ValueRange {
    least: 0.0,
    largest: 1.0,
    whole: false,
};
const BOTH_SIDES: ValueRange = ValueRange {
    least: -1.0,
    largest: 1.0,
    whole: false,
};

/// `count` examples of 16 values, from a function of the value's number.
fn images(count: usize, value: impl Fn(usize) -> f64) -> Images {
    let values = (0..16 * count).map(value).collect();
    Images::new([4, 4, 1], Values::F64(values)).unwrap()
}

fn check(trained: Option<ValueRange>, divisor: f64, images: &Images) -> Result<Option<String>> {
    let model = Preprocessing::scaled(4, 4, 1, divisor);
    check_values(trained, &model, &model, images, Path::new("d.npz"))
}

#[track_caller]
fn refused(trained: Option<ValueRange>, divisor: f64, images: &Images, parts: &[&str]) {
    let message = check(trained, divisor, images).unwrap_err().to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn values_of_another_range_are_refused_with_both_ranges() {
    let unit = images(3, |at| (at % 11) as f64 / 10.0);
    let bytes = images(3, |at| (at % 256) as f64);
    let signed = images(3, |at| (at % 21) as f64 / 10.0 - 1.0);
    let said = [
        "d.npz: values from 0 to 1,",
        "whole numbers from 0 to 255: multiply them by 255",
    ];
    refused(Some(WHOLE), 255.0, &unit, &said);
    refused(
        None,
        255.0,
        &unit,
        &["values from 0 to 1", "to 255: multiply"],
    );
    refused(
        Some(UNIT),
        1.0,
        &bytes,
        &["from 0 to 47", "values from 0 to 1: divide them by 255"],
    );
    refused(
        None,
        1.0,
        &bytes,
        &["from 0 to 47", "to 1: divide them by 255"],
    );
    refused(
        Some(UNIT),
        1.0,
        &signed,
        &["values from -1 to 1", "trained on values from 0 to 1"],
    );
    refused(
        Some(WHOLE),
        255.0,
        &signed,
        &["values from -1 to 1", "from 0 to 255"],
    );
    refused(
        Some(BOTH_SIDES),
        1.0,
        &bytes,
        &["from 0 to 47", "values from -1 to 1"],
    );
    let resized = ValueRange {
        whole: false,
        ..WHOLE
    };
    let unit = images(10, |at| (at % 11) as f64 / 10.0);
    refused(Some(resized), 255.0, &unit, &["multiply them by 255"]);
}

#[test]
fn the_advice_has_the_divisor_not_the_largest_value_of_training() {
    let unit = images(10, |at| (at % 11) as f64 / 10.0);
    let dim = ValueRange {
        largest: 235.0,
        ..WHOLE
    };
    let said = ["whole numbers from 0 to 235: multiply them by 255"];
    refused(Some(dim), 255.0, &unit, &said);
    // Where nothing is divided there is no such number.
    let bring = ["from 0 to 235: bring them to that range, as the training data were"];
    refused(Some(dim), 1.0, &unit, &bring);
    // The divisor in use may be another than the model's.
    let (model, used) = (
        Preprocessing::scaled(4, 4, 1, 1.0),
        Preprocessing::scaled(4, 4, 1, 255.0),
    );
    let range = ValueRange {
        largest: 0.9,
        ..UNIT
    };
    let error = check_values(Some(range), &model, &used, &unit, Path::new("d.npz")).unwrap_err();
    assert!(
        error.to_string().ends_with("multiply them by 255"),
        "{error}"
    );
}

#[test]
fn values_that_may_belong_pass() {
    let cases = [
        ("black images", Some(WHOLE), 255.0, images(20, |_| 0.0)),
        ("white images", Some(WHOLE), 255.0, images(20, |_| 255.0)),
        (
            "a dark image",
            Some(WHOLE),
            255.0,
            images(1, |at| (at % 2) as f64),
        ),
        (
            "fractions of the whole range",
            Some(WHOLE),
            255.0,
            images(2, |at| at as f64 + 0.5),
        ),
        (
            "fractions of an older model",
            None,
            1.0,
            images(20, |at| (at % 11) as f64 / 10.0),
        ),
        (
            "bytes of an older model",
            None,
            255.0,
            images(20, |at| (at % 256) as f64),
        ),
        (
            "a little below",
            Some(UNIT),
            1.0,
            images(20, |at| (at % 22) as f64 / 20.0 - 0.05),
        ),
        (
            "training values in one place",
            Some(ValueRange {
                largest: 0.0,
                ..UNIT
            }),
            1.0,
            images(1, |_| 3.0),
        ),
        (
            "one point far away",
            Some(UNIT),
            1.0,
            Images::new([1, 1, 2], Values::F64(vec![9.0, 9.0])).unwrap(),
        ),
    ];
    for (what, trained, divisor, images) in cases {
        let answer = check(trained, divisor, &images);
        let note = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(
            note.is_none() || what.starts_with("one point"),
            "{what}: {note:?}"
        );
    }
}

#[test]
fn suspicious_values_are_worth_a_note() {
    let noted = |trained, images: &Images, part: &str| {
        let note = check(Some(trained), 1.0, images)
            .unwrap()
            .unwrap_or_default();
        assert!(note.contains(part), "{part:?} is not in: {note:?}");
    };
    noted(
        BOTH_SIDES,
        &images(10, |at| (at % 11) as f64 / 10.0),
        "none of them is negative",
    );
    noted(
        WHOLE,
        &images(10, |at| (at % 17) as f64),
        "from 0 to 16, but",
    );
    noted(
        UNIT,
        &images(10, |at| if at % 20 == 0 { 40.0 } else { 0.5 }),
        "5 % of them lie far",
    );
}

#[test]
fn image_files_fit_models_of_their_range() {
    let answer = |trained, divisor, image_divisor| {
        let mut model = Preprocessing::scaled(4, 4, 1, divisor);
        model.picture_divisor = image_divisor;
        check_images(Some(trained), &model, Path::new("p"))
    };
    let sixteen = ValueRange {
        largest: 16.0,
        ..WHOLE
    };
    for (trained, divisor) in [(WHOLE, 255.0), (UNIT, 1.0), (sixteen, 16.0)] {
        assert_eq!(answer(trained, divisor, 255.0).unwrap(), None);
    }
    let message = answer(BOTH_SIDES, 1.0, 255.0).unwrap_err().to_string();
    assert!(
        message.contains("from 0 to 1") && message.contains("from -1 to 1"),
        "{message}"
    );
    assert!(
        answer(WHOLE, 1.0, 255.0)
            .unwrap_err()
            .to_string()
            .contains("from 0 to 255: give it arrays")
    );
    let model = Preprocessing::scaled(1, 1, 1, 1.0);
    let untold = check_images(None, &model, Path::new("p"));
    assert_eq!(untold.unwrap(), None);
}

#[test]
fn ranges_are_stored_with_models() {
    let range = ValueRange::of(&images(1, |at| at as f64 - 2.5)).unwrap();
    assert_eq!(
        (range.least, range.largest, range.whole),
        (-2.5, 12.5, false)
    );
    let training = BTreeMap::from([range.union(WHOLE).entry()]);
    let stored = ValueRange::stored(&training).unwrap();
    assert_eq!(
        (stored.least, stored.largest, stored.whole),
        (-2.5, 255.0, false)
    );
    assert_eq!(ValueRange::stored(&BTreeMap::new()), None);
    let nonsense = BTreeMap::from([("values".into(), serde_json::json!({"least": 2}))]);
    assert_eq!(ValueRange::stored(&nonsense), None);
}
