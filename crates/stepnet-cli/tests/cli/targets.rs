//! Runs over numbers and labels: trained, resumed, measured, predicted, explained, refused.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::Desk;

/// A 24-bit BMP of 6 x 6 pixels, of two levels on its left and right half.
fn bmp(left: u8, right: u8) -> Vec<u8> {
    const SIDE: usize = 6;
    let row = (3 * SIDE).next_multiple_of(4);
    let size = 54 + row * SIDE;
    let mut bytes = b"BM".to_vec();
    bytes.extend((size as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(54_u32.to_le_bytes());
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend([SIDE as u32; 2].map(u32::to_le_bytes).concat());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(24_u16.to_le_bytes());
    bytes.extend([0; 24]);
    for _ in 0..SIDE {
        let pixels = (0..SIDE).flat_map(|x| [if x < SIDE / 2 { left } else { right }; 3]);
        let mut line: Vec<u8> = pixels.collect();
        line.resize(row, 0);
        bytes.extend(line);
    }
    bytes
}

/// Images with two levels, listed with the levels as numbers, and as labels whether they are bright.
fn scene(folder: &Path, count: usize) {
    let mut numbers = "file,left,right\n".to_owned();
    let mut labels = "file,bright left,bright right\n".to_owned();
    for at in 0..count {
        let (left, right) = ((at * 37 % 251) as u8, (at * 91 % 241) as u8);
        let name = format!("{at:03}.bmp");
        fs::write(folder.join(&name), bmp(left, right)).unwrap();
        numbers += &format!(
            "{name},{},{}\n",
            f64::from(left) / 10.0,
            500 - i32::from(right)
        );
        let marks = [left, right].map(|level| u8::from(level > 120));
        labels += &format!("{name},{},{}\n", marks[0], marks[1]);
    }
    fs::write(folder.join("numbers.csv"), numbers).unwrap();
    fs::write(folder.join("labels.csv"), labels).unwrap();
}

fn desk() -> Desk {
    let desk = Desk::new();
    scene(&desk.join("."), 120);
    desk
}

fn records(desk: &Desk, run: &str) -> Vec<Value> {
    let text = fs::read_to_string(desk.join(&format!("{run}/metrics.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const NUMBERS: &str = "train numbers.csv --targets numbers --model flatten->linear(outputs) --lr 0.03 --batch 8 --epochs 60 --out run";

#[test]
fn numbers_are_trained_measured_and_predicted() {
    let desk = desk();
    let out = desk.run(NUMBERS).fine();
    assert!(out.contains("2 numbers for each of 96 examples"), "{out}");
    assert!(out.contains("held-out R2 "), "{out}");
    let records = records(&desk, "run");
    let last = records.last().unwrap();
    assert!(last["train_accuracy"].is_null() && last["test_accuracy"].is_null());
    assert!(last["test_r2"].as_f64().unwrap() > 0.95, "{last}");
    let text = desk.run("evaluate run/model.safetensors").fine();
    assert!(text.contains("R2") && text.contains("left"), "{text}");
    let json: Value =
        serde_json::from_str(&desk.run("evaluate run/model.safetensors --json").fine()).unwrap();
    assert_eq!(json["r2"], last["test_r2"]);
    assert_eq!(json["outputs"][1]["output"], "right");
    let page = fs::read_to_string(desk.join("run/report.html")).unwrap();
    for words in [
        "Predicted and true numbers",
        "predicted (upwards) over true",
        "R2",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Confusions") && !page.contains("accuracy"));
    let line = desk
        .run("predict run/model.safetensors 003.bmp --json")
        .fine();
    let told: Value = serde_json::from_str(&line).unwrap();
    // 3 * 37 = 111 on the left, 3 * 91 - 241 = 32 on the right.
    let near = |name: &str, value: f64, by: f64| {
        let found = told["numbers"][name].as_f64().unwrap();
        assert!((found - value).abs() < by, "{name}: {found} {value}");
    };
    near("left", 11.1, 4.0);
    near("right", 468.0, 40.0);
    let table = desk.run("predict run/model.safetensors 003.bmp 004.bmp --csv out.csv");
    assert_eq!(table.code, Some(0), "{}", table.err);
    let table = fs::read_to_string(desk.join("out.csv")).unwrap();
    assert!(
        table.starts_with("picture,left,right,error\n003.bmp,"),
        "{table}"
    );
    let why = "why run/model.safetensors 003.bmp --at linear1[0] --grad --class 11,470";
    let text = desk.run(why).fine();
    assert!(
        text.contains("with the mean-squared-error of target 11, 470"),
        "{text}"
    );
    let check = "gradcheck run/model.safetensors --data numbers.csv --batch 2";
    desk.run(check).fine();
}

#[test]
fn a_run_over_numbers_is_resumed_to_the_same_bits_and_stops_early() {
    let desk = desk();
    let constant = NUMBERS.replace("--out run", "--schedule constant --out run");
    desk.run(&constant).fine();
    let short = constant.replace("--epochs 60", "--epochs 20");
    desk.run(&short.replace("--out run", "--out other")).fine();
    desk.run("train --resume other --epochs 60").fine();
    let weights = |run: &str| {
        let text = fs::read_to_string(desk.join(&format!("{run}/run.json"))).unwrap();
        let told: Value = serde_json::from_str(&text).unwrap();
        told["end"]["weights"].clone()
    };
    assert_eq!(weights("run"), weights("other"));
    let early = "train numbers.csv --targets numbers --model flatten->linear(outputs) --loss huber --lr 0.02 --epochs 200 --early-stop 3 --min-delta 0.01 --out early";
    let out = desk.run(early).fine();
    assert!(records(&desk, "early").len() < 200, "{out}");
    let (whole, parts) = (records(&desk, "run"), records(&desk, "other"));
    assert_eq!((whole.len(), parts.len()), (60, 60));
    assert_eq!(whole[59]["test_r2"], parts[59]["test_r2"]);
}

#[test]
fn labels_are_trained_measured_and_predicted() {
    let desk = desk();
    let train = "train labels.csv --targets labels --model flatten->linear(outputs)->sigmoid --lr 0.03 --batch 8 --epochs 60 --out run";
    let out = desk.run(train).fine();
    assert!(out.contains("2 labels, 96 examples"), "{out}");
    let last = records(&desk, "run").pop().unwrap();
    assert!(last["test_map"].as_f64().unwrap() > 0.95, "{last}");
    let text = desk.run("evaluate run/model.safetensors").fine();
    assert!(
        text.contains("mAP") && text.contains("bright right"),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&desk.run("evaluate run/model.safetensors --json").fine()).unwrap();
    assert_eq!(json["mean_average_precision"], last["test_map"]);
    let page = fs::read_to_string(desk.join("run/report.html")).unwrap();
    assert!(page.contains("Each label") && page.contains("average precision"));
    let line = desk.run("predict run/model.safetensors 003.bmp").fine();
    assert!(line.starts_with("003.bmp: "), "{line}");
    let line = desk
        .run("predict run/model.safetensors 003.bmp --json")
        .fine();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["labels"][1]["label"], "bright right");
}

#[test]
fn two_classes_have_their_curves_in_the_report_and_the_evaluation() {
    let desk = desk();
    let labels = fs::read_to_string(desk.join("labels.csv")).unwrap();
    let mut classes = "file,label\n".to_owned();
    for line in labels.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let class = if fields[1] == "1" { "bright" } else { "dark" };
        classes += &format!("{},{class}\n", fields[0]);
    }
    fs::write(desk.join("classes.csv"), classes).unwrap();
    let train = "train classes.csv --model flatten->linear(classes)->softmax --epochs 5 --out run";
    desk.run(train).fine();
    let text = desk.run("evaluate run/model.safetensors").fine();
    assert!(
        text.contains("dark against the other class: area under the ROC curve"),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&desk.run("evaluate run/model.safetensors --json").fine()).unwrap();
    assert!(json["roc_auc"].as_f64().unwrap() > 0.5, "{json}");
    let page = fs::read_to_string(desk.join("run/report.html")).unwrap();
    assert!(page.contains("ROC curve") && page.contains("precision (upwards) over recall"));
}

#[test]
fn what_means_nothing_for_numbers_is_refused_in_a_line() {
    let desk = desk();
    for (more, words) in [
        ("--balance sampling", "the targets are numbers, not classes"),
        ("--balance weights", "the targets are numbers, not classes"),
        (
            "--class-weights 1,2",
            "the targets are numbers, not classes",
        ),
        ("--augment mixup(0.2)", "no mixup"),
        ("--label-smoothing 0.1", "expected 0"),
        ("--label-column left,nothing", "no column \"nothing\""),
    ] {
        let line = NUMBERS.replace("--out run", &format!("{more} --out refused"));
        desk.run(&line).fails(2, &[words]);
    }
    let softmax =
        "train numbers.csv --targets numbers --model flatten->linear(outputs)->softmax --out x";
    desk.run(softmax)
        .fails(2, &["because the targets are numbers"]);
    let linear = "train labels.csv --targets labels --model flatten->linear(outputs) --out x";
    desk.run(linear).fails(2, &["ends in sigmoid"]);
    let units = "train numbers.csv --targets numbers --model flatten->linear(3) --out x";
    desk.run(units)
        .fails(2, &["the data has 2 target(s) an example (left, right)"]);
    desk.run("train --targets numbers --out x")
        .fails(2, &["--targets says how DATA"]);
    let marks = "train numbers.csv --targets labels --out x";
    desk.run(marks)
        .fails(2, &["numbers.csv: line 2", "expected 0 or 1"]);
}

#[test]
fn a_model_finds_the_columns_of_its_outputs_again() {
    let desk = desk();
    desk.run("train numbers.csv --targets numbers --label-column right,left --epochs 2 --out run")
        .fine();
    let named =
        desk.run("evaluate run/model.safetensors numbers.csv --label-column left,right --json");
    let found = desk.run("evaluate run/model.safetensors numbers.csv --json");
    assert_eq!(found.fine(), named.fine());
    fs::write(desk.join("other.csv"), "file,up,down\n000.bmp,1,2\n").unwrap();
    desk.run("evaluate run/model.safetensors other.csv")
        .fails(2, &["up, down, expected left, right"]);
}

#[test]
fn nothing_says_that_a_run_is_resumed_which_is_refused() {
    let desk = desk();
    desk.run("train numbers.csv --targets numbers --label-column left --epochs 2 --out run")
        .fine();
    let refused = desk.run("train --resume run --epochs 3");
    assert!(!refused.out.contains("resuming"), "{}", refused.out);
    refused.fails(2, &["cosine schedule"]);
}

#[test]
fn a_value_is_explained_on_an_example_of_the_data_set() {
    let desk = desk();
    desk.run("train numbers.csv --targets numbers --label-column left,right --epochs 1 --out run")
        .fine();
    let told = desk
        .run("why run/model.safetensors --data numbers.csv --example 3 --at linear1[0]")
        .fine();
    assert!(
        told.contains("linear1[0]") && told.contains("example 3"),
        "{told}"
    );
}
