use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::data::{self, Dataset};
use crate::nn::{Init, Network, Preprocessing};
use crate::optim::{Clipping, Rule};
use crate::rng::RandomState;
use crate::train::{BatchSize, TrainOptions, Trainer};

const TEXT: &str = "flatten -> linear(4) -> relu -> dropout(0.3) -> linear(10) -> softmax";

fn network<T: Number>(text: &str) -> Network<T> {
    let mut network = Network::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn model<T: Number>(network: &Network<T>) -> Model<T> {
    Model::new(
        network.clone(),
        Vec::new(),
        Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR),
    )
}

fn trainer<T: Number>(rule: Rule) -> Trainer<T> {
    let options = TrainOptions {
        epochs: 3,
        batch: BatchSize::Examples(40),
        rule,
        clipping: Some(Clipping::Norm(1.0)),
        average: Some(0.95),
        ..TrainOptions::default()
    };
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    Trainer::new(network(TEXT), preprocessing, options, 100).unwrap()
}

fn hundred() -> Dataset {
    let order: Vec<usize> = (0..100).collect();
    data::digits().subset(&order).unwrap()
}

/// The checkpoint's bytes after step `step` of epoch `epoch` (both from 0).
fn stopped<T: Number>(rule: Rule, epoch: usize, step: usize) -> Vec<u8> {
    let data = hundred();
    let mut trainer = trainer::<T>(rule);
    while trainer.position().epoch < epoch {
        trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap();
    }
    while trainer.position().step < step {
        trainer.epoch(&data, |_| ControlFlow::Break(())).unwrap();
    }
    let (model, position) = (model(trainer.learner().network()), *trainer.position());
    Checkpoint::to_bytes(&model, trainer.learner(), position, "mine").unwrap()
}

fn read<T: Number>(bytes: &[u8]) -> Result<Checkpoint<T>> {
    let file = ModelFile::from_bytes(Path::new("file"), bytes)?;
    Checkpoint::of_file(&file, Registry::builtin())
}

fn finish<T: Number>(trainer: &mut Trainer<T>) -> crate::Hash {
    while trainer.position().epoch < 3 {
        let data = hundred();
        trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap();
    }
    trainer.network().hash()
}

fn resumes_to_the_same_bits<T: Number>() {
    let names = Rule::NAMES.split(", ");
    for rule in names.map(|name| name.parse::<Rule>().unwrap()) {
        let whole = finish(&mut trainer::<T>(rule));
        for (epoch, step) in [(0, 0), (0, 1), (1, 0), (1, 2), (2, 2), (3, 0)] {
            let checkpoint = read::<T>(&stopped::<T>(rule, epoch, step)).unwrap();
            assert_eq!(checkpoint.run, "mine");
            let mut resumed = trainer::<T>(rule);
            resumed.resume(&checkpoint, 100).unwrap();
            assert_eq!(finish(&mut resumed), whole, "{rule} at {epoch}, {step}");
        }
    }
}

#[test]
fn a_resumed_run_ends_in_the_bits_of_one_that_was_never_stopped() {
    resumes_to_the_same_bits::<f32>();
    resumes_to_the_same_bits::<f64>();
}

#[test]
fn a_checkpoint_is_a_model_too() {
    let bytes = stopped::<f32>(Rule::ADAM, 1, 1);
    let file = ModelFile::from_bytes(Path::new("file"), &bytes).unwrap();
    let model = file.model::<f32>(Registry::builtin()).unwrap();
    let checkpoint = read::<f32>(&bytes).unwrap();
    assert_eq!(model.network.hash(), checkpoint.model.network.hash());
    assert_eq!(run_of(&file).unwrap(), "mine");
}

/// The bytes with a change of the header's text, whose length may change.
fn edited(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    assert!(header.contains(from), "{from} is not in {header}");
    let mut header = header.replacen(from, to, 1).trim_end().to_owned();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut edited = (header.len() as u64).to_le_bytes().to_vec();
    edited.extend(header.as_bytes());
    edited.extend(&bytes[8 + length..]);
    edited
}

#[track_caller]
fn refused(bytes: &[u8], rule: Rule, parts: &[&str]) {
    let mut trainer = trainer::<f32>(rule);
    let error = read::<f32>(bytes)
        .and_then(|checkpoint| trainer.resume(&checkpoint, 100))
        .unwrap_err()
        .to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

/// A checkpoint without its checksums, as older versions wrote them: with them every change is refused as damage,
/// and what the other checks say would not be seen.
fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let body = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..body]).unwrap();
    let entry = &mut header["__metadata__"]["stepnet"];
    let mut about: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
    for name in ["checksum", "checksums"] {
        assert!(about.as_object_mut().unwrap().remove(name).is_some());
    }
    *entry = about.to_string().into();
    let mut header = header.to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let length = (header.len() as u64).to_le_bytes();
    [&length, header.as_bytes(), &bytes[body..]].concat()
}

#[test]
fn what_no_run_can_have_left_is_refused_in_a_line() {
    let good = unsealed(&stopped::<f32>(Rule::ADAM, 1, 1));
    let with = |from: &str, to: &str| edited(&good, from, to);
    let quoted = |name: &str, number: &str| format!("\\\"{name}\\\":{number}");
    let number = |name: &str, from: &str, to: &str| with(&quoted(name, from), &quoted(name, to));
    let cases: &[(Vec<u8>, &[&str])] = &[
        (number("epoch", "1", "4"), &["epochs is 4", "at most 3"]),
        (number("step", "1", "3"), &["steps is 3", "less than the 3"]),
        (number("step", "1", "0"), &["updates is 4", "at most 3"]),
        (
            number("updates", "4", "99999999999"),
            &["updates is 99999999999"],
        ),
        (number("updates", "4", "-4"), &["metadata"]),
        (
            number("examples", "40", "41"),
            &["sum over its epoch", "1 to 40"],
        ),
        (number("examples", "40", "0"), &["sum over its epoch"]),
        (
            with("checkpoint/optimizer.first", "checkpoint/optimizer.third"),
            &["optimizer.third"],
        ),
        (
            with("checkpoint/optimizer.first", "checkpint/optimizer.first"),
            &["belongs to no layer"],
        ),
        (with("[310]", "[155,2]"), &["[155, 2]", "expected [310]"]),
        (
            with("linear(4)", "linear(5)"),
            &["\"linear1.bias\" has shape [4], expected [5]"],
        ),
    ];
    for (bytes, parts) in cases {
        refused(bytes, Rule::ADAM, parts);
    }
    let mut other = trainer::<f32>(Rule::GradientDescent);
    let checkpoint = read::<f32>(&good).unwrap();
    let error = other.resume(&checkpoint, 100).unwrap_err().to_string();
    assert!(error.contains("checkpoint/optimizer.first"), "{error}");
    refused(
        &stopped::<f32>(Rule::GradientDescent, 1, 1),
        Rule::ADAM,
        &["optimizer.first", "missing"],
    );
    refused(
        &stopped::<f64>(Rule::ADAM, 1, 1),
        Rule::ADAM,
        &["made in f64, expected f32"],
    );
    let model = model(&network::<f32>(TEXT)).to_bytes().unwrap();
    refused(&model, Rule::ADAM, &["a model, but no checkpoint"]);

    let text = "flatten -> linear(4) -> tanh -> linear(10) -> softmax";
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let options = trainer::<f32>(Rule::ADAM).options().clone();
    let mut other = Trainer::<f32>::new(network(text), preprocessing, options, 100).unwrap();
    let error = other.resume(&checkpoint, 100).unwrap_err().to_string();
    assert!(error.contains("relu") && error.contains("tanh"), "{error}");
    // Other data: fewer steps than were done.
    let error = trainer::<f32>(Rule::ADAM)
        .resume(&checkpoint, 30)
        .unwrap_err()
        .to_string();
    assert!(error.contains("less than the 1 of an epoch"), "{error}");
}

#[test]
fn numbers_that_are_none_are_refused() {
    let good = unsealed(&stopped::<f32>(Rule::ADAM, 1, 1));
    let checkpoint = read::<f32>(&good).unwrap();
    let bits = |value: f32| value.to_le_bytes();
    let place = |name: &str| {
        let value = checkpoint.arrays[name].iter().find(|&&v| v != 0.0).unwrap();
        good.windows(4)
            .position(|bytes| bytes == bits(*value))
            .unwrap()
    };
    for (name, value, part) in [
        ("optimizer.first", f32::NAN, "not a number"),
        ("optimizer.second", f32::NAN, "not a number"),
        ("optimizer.second", -1.0, "mean of squares is -1"),
    ] {
        let mut bytes = good.clone();
        let at = place(name);
        bytes[at..at + 4].copy_from_slice(&bits(value));
        refused(&bytes, Rule::ADAM, &[part]);
    }
    let mut bytes = good.clone();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&bits(f32::NAN));
    refused(&bytes, Rule::ADAM, &["not finite"]);
}

#[test]
fn every_cut_is_refused() {
    let good = stopped::<f32>(Rule::ADAM, 1, 1);
    for length in (0..good.len()).step_by(97) {
        assert!(read::<f32>(&good[..length]).is_err(), "{length} bytes");
    }
}
