//! Whatever the text is, each setting of training parses to what it prints as, or is refused.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use stepnet::Hash;
use stepnet::data::Augmentation;
use stepnet::nn::{Init, Shape};
use stepnet::optim::{Rule, Schedule, WarmUp};
use stepnet::train::{BatchSize, ClassWeights};

fn same<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let again = value.to_string().parse::<T>().ok();
        assert_eq!(again.as_ref(), Some(&value), "{value}");
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    same::<Augmentation>(text);
    same::<BatchSize>(text);
    same::<Hash>(text);
    same::<Init>(text);
    same::<Rule>(text);
    same::<Schedule>(text);
    same::<Shape>(text);
    same::<WarmUp>(text);
    same::<ClassWeights>(text);
    if let Ok(weights) = text.parse::<ClassWeights>() {
        let _ = weights.of(&["cat".to_owned(), "dog".to_owned()]);
    }
});
