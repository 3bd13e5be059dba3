//! Each planted mistake is blamed on the right layer, with its numbers, and what is suggested runs.

use std::time::{Duration, Instant};

use stepnet::nn::{InputChange, Shape};

use crate::cases::{ENDS, INPUTS, LAYERS, Planted, SIZES, WINDOWS};
use crate::{apply, diagnosis};

/// Diagnoses each case, applies what is suggested and trains it a step.
fn check(cases: &[Planted]) {
    for case in cases {
        let Planted {
            input,
            text,
            classes,
            ..
        } = *case;
        let start = Instant::now();
        let found = diagnosis(text, input, classes, InputChange::Any);
        // Milliseconds with optimisations; this bound holds without, on a busy machine.
        assert!(start.elapsed() < Duration::from_secs(2), "{text}");
        assert_eq!((found.layer.as_str(), found.column), case.layer, "{found}");
        let line = found.to_string();
        assert!(line.contains(case.says), "{line}\nexpected {}", case.says);
        let fix = found
            .fix
            .clone()
            .unwrap_or_else(|| panic!("no fix: {line}"));
        let told = fix
            .network
            .clone()
            .or(fix.input.map(|shape| shape.to_string()));
        if !case.fix.is_empty() {
            assert_eq!(told.as_deref(), Some(case.fix), "{line}");
        }
        apply(&found, text, input, classes);
    }
}

#[test]
fn windows() {
    check(WINDOWS);
}

#[test]
fn layers() {
    check(LAYERS);
}

#[test]
fn inputs() {
    check(INPUTS);
}

#[test]
fn ends() {
    check(ENDS);
}

#[test]
fn sizes() {
    check(SIZES);
}

#[test]
fn there_are_thirty_and_more() {
    let cases = [WINDOWS, LAYERS, INPUTS, ENDS, SIZES];
    let count: usize = cases.iter().map(|cases| cases.len()).sum();
    assert!(count >= 30, "{count}");
}

#[test]
fn the_whole_line() {
    let text = "conv(8, 3) -> relu -> maxpool(2) -> conv(16, 5) -> linear(classes) -> softmax";
    let found = diagnosis(text, "8x8x1", 10, InputChange::Any);
    assert_eq!(
        found.to_string(),
        "layer conv2 at column 37, conv(16, 5) on 3x3x8: window height is 5, expected at most 3, the \
         input's height: floor((3 - 5 + 0 + 0) / 1) + 1 = -1; try \"conv(8, 3) -> relu -> maxpool(2) -> \
         conv(16, 5, same) -> linear(classes) -> softmax\" (conv2 as conv(16, 5, same))"
    );
    assert!(
        found
            .line("--model ", "--input ")
            .contains("; try --model \"conv(8, 3) -> ")
    );
    let snippet = found.snippet().unwrap();
    let (line, caret) = snippet.split_once('\n').unwrap();
    assert_eq!(&line[caret.len() - 1..][..4], "conv");
    assert_eq!(caret.len(), 37);
}

#[test]
fn an_input_that_is_given_is_not_changed() {
    for (text, input, classes) in [
        ("lenet5", "1x28x28", 10),
        ("small-cnn", "1x1x3072", 3),
        ("conv(8, 3) -> relu -> linear(10)", "64", 0),
    ] {
        let never = diagnosis(text, input, classes, InputChange::Never);
        let fix = never.fix.as_ref().expect("a fix");
        assert_eq!(fix.input, None, "{never}");
        apply(&never, text, input, classes);
    }
    let reshaped = diagnosis("small-cnn", "1x1x3072", 3, InputChange::Reshape);
    let fix = reshaped.fix.unwrap();
    assert_eq!(fix.input, Some(Shape::volume(32, 32, 3)));
}

#[test]
fn as_json_every_part_has_its_name() {
    let found = diagnosis("conv(8, 5)", "4x4x1", 0, InputChange::Any);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["layer"], "conv1");
    assert_eq!(json["column"], 1);
    assert_eq!(json["input"], serde_json::json!([4, 4, 1]));
    assert_eq!(json["formula"], "floor((4 - 5 + 0 + 0) / 1) + 1 = 0");
    assert_eq!(json["fix"]["network"], "conv(8, 5, same)");
    assert_eq!(json["fix"]["changes"][0]["change"], "replace");
    assert_eq!(json["fix"]["changes"][0]["to"], "conv(8, 5, same)");
}
