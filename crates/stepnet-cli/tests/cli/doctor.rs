//! Networks that do not fit: one line with the layer, the formula and a change that can be copied.

use std::fs;

use crate::files::{RGB, colours};
use crate::run::{Desk, Ran};

/// Asserts exactly this line of error and the exit code of a mistake.
#[track_caller]
fn says(ran: &Ran, line: &str) {
    assert_eq!(ran.err, format!("error: {line}\n"));
    ran.fails(2, &[]);
    assert_eq!(
        ran.out
            .lines()
            .filter(|line| line.contains("epoch 1"))
            .count(),
        0
    );
}

/// The words after `try ` as a shell would part them.
#[track_caller]
fn suggested(ran: &Ran) -> Vec<String> {
    let (_, words) = ran.err.split_once("; try ").expect(&ran.err);
    let (words, _) = words.rsplit_once(" (").unwrap_or((words.trim_end(), ""));
    let mut arguments = vec![String::new()];
    let mut quoted = false;
    for c in words.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => arguments.push(String::new()),
            c => arguments.last_mut().unwrap().push(c),
        }
    }
    arguments
}

/// `table.csv` of three columns of numbers and a label.
fn table(desk: &Desk) {
    let mut rows = "a,b,c,label\n".to_owned();
    for row in 0..20 {
        rows += &format!("{row},{},{},{}\n", row % 3, row % 5, row % 2);
    }
    fs::write(desk.join("table.csv"), rows).unwrap();
}

#[test]
fn a_window_that_does_not_fit_while_training() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    let network = "conv(4, 9) -> relu -> linear(classes) -> softmax";
    let ran = desk.args(&["train", "data", "--model", network, "--input", "4x4x3"]);
    says(
        &ran,
        "--model: layer conv1 at column 1, conv(4, 9) on 4x4x3: window height is 9, expected at most 4, \
         the input's height: floor((4 - 9 + 0 + 0) / 1) + 1 = -4; try --model \"conv(4, 4) -> relu -> \
         linear(classes) -> softmax\" (conv1 as conv(4, 4))",
    );
    let mut again = ["train", "data", "--input", "4x4x3", "--epochs", "1"]
        .map(str::to_owned)
        .to_vec();
    again.extend(suggested(&ran));
    desk.args(&again).fine();
}

#[test]
fn a_table_gets_a_dense_network() {
    let desk = Desk::new();
    table(&desk);
    let ran = desk.run("train table.csv");
    says(
        &ran,
        "the default network, small-cnn, does not fit the data: layer maxpool1 at column 30 of small-cnn, \
         maxpool(2) on 1x1x16: window height is 2, expected at most 1, the input's height: \
         floor((1 - 2 + 0 + 0) / 2) + 1 = 0; try --model \"linear(16) -> relu -> linear(32) -> relu -> \
         dropout(0.25) -> linear(128) -> relu -> linear(classes) -> softmax\" (dense layers, because \
         there is no image to slide over)",
    );
    let mut again = ["train", "table.csv", "--epochs", "1"]
        .map(str::to_owned)
        .to_vec();
    again.extend(suggested(&ran));
    desk.args(&again).fine();
}

#[test]
fn classes_that_are_not_those_of_the_data() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    for (network, says_so, fix) in [
        (
            "linear(6) -> softmax",
            "6 outputs for 3 classes",
            "linear(classes) -> softmax",
        ),
        (
            "linear(1) -> sigmoid",
            "the network tells 2 classes apart, but the data has 3 (blue, green, red)",
            "linear(classes) -> softmax",
        ),
        (
            "conv(3, 3)",
            "2 * 2 * 3 = 12 outputs for 3 classes",
            "conv(3, 3) -> globalavgpool -> softmax",
        ),
    ] {
        let ran = desk.args(&["train", "data", "--model", network]);
        ran.fails(2, &["--model: layer ", "1 at column 1", says_so]);
        assert_eq!(suggested(&ran), ["--model", fix]);
        desk.args(&["train", "data", "--epochs", "1", "--model", fix])
            .fine();
    }
}

#[test]
fn networks_to_inspect() {
    let desk = Desk::new();
    let ran = desk.args(&["inspect", "maxpool(2, 2) -> linear(2)", "--input", "8x8x1"]);
    says(
        &ran,
        "layer maxpool1 at column 1, maxpool(2, padding=2) on 8x8x1: top padding is 2, expected less than \
         the window's 2: 2 >= 2, so a window could hold nothing but padding; try \"maxpool(2) -> \
         linear(2)\" (maxpool1 as maxpool(2))",
    );
    let again = suggested(&ran);
    desk.args(&["inspect", &again[0], "--input", "8x8x1"])
        .fine();

    let ran = desk.run("inspect lenet5 --input 1x28x28");
    ran.fails(
        2,
        &["layer conv1 at column 1 of lenet5", "channels in front"],
    );
    let mut again = vec!["inspect".to_owned(), "lenet5".to_owned()];
    again.extend(suggested(&ran));
    desk.args(&again).fine();
}

#[test]
fn inputs_in_another_order_are_told_in_the_right_one() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    desk.run("train data --input 28x28")
        .fails(2, &["28x28x1 for grey images, 28x28x3 for colour"]);
    desk.run("train data --input 3x32x32")
        .fails(2, &["3x32x32", "1 or 3 channels", "come last: 32x32x3"]);
    desk.run("train data --freeze covn1")
        .fails(2, &["\"covn1\"", "did you mean \"conv1\"?"]);
}

#[test]
fn classes_without_a_closing_activation_are_noted() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    let out = desk
        .args(&[
            "train",
            "data",
            "--epochs",
            "1",
            "--model",
            "linear(classes)",
        ])
        .noted();
    assert!(
        out.contains("note: the network ends in linear1 (linear(3)), so it is trained by mean-squared-error; with -> softmax at the end"),
        "{out}"
    );
}
