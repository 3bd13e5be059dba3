//! `calibrate`, and two models compared.

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

const TRAIN: &str = "train data --model flatten->linear(classes)->softmax --out run";

fn desk(epochs: &str) -> Desk {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 20, 4);
    // Some are of the wrong class, so that no temperature makes all probabilities right.
    for (class, (name, _)) in RGB.iter().enumerate() {
        let (_, other) = RGB[(class + 1) % 3];
        for number in 0..4 {
            let path = desk.join(&format!("data/{name}/wrong{number}.bmp"));
            bmp(&path, 4, |x, y| {
                let texture = (x * 7 + y * 3 + number * 5) % 40;
                other.map(|value| value.saturating_add(texture as u8))
            });
        }
    }
    desk.run(&format!("{TRAIN} --epochs {epochs}")).noted();
    desk
}

fn value(said: &str) -> serde_json::Value {
    serde_json::from_str(said).unwrap()
}

#[test]
fn a_calibrated_model_predicts_the_same_classes_with_other_probabilities() {
    // After 40 epochs the scores tell the classes apart, so that the best temperature is within the range that is tried.
    let desk = desk("40");
    let ran = desk.run("calibrate run/model.safetensors data --out calibrated.safetensors");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(!ran.err.contains("end of the range"), "{}", ran.err);
    assert!(ran.out.contains("fitted to 72 examples"), "{}", ran.out);
    assert!(ran.out.contains("silent below"), "{}", ran.out);
    assert!(
        ran.out.contains("calibrated model: calibrated.safetensors"),
        "{}",
        ran.out
    );
    let of = |model: &str| value(&desk.run(&format!("evaluate {model} data --json")).fine());
    let (before, after) = (of("run/model.safetensors"), of("calibrated.safetensors"));
    assert_eq!(before["correct"], after["correct"]);
    assert_ne!(before["loss"], after["loss"]);
    assert!(after["loss"].as_f64().unwrap() <= before["loss"].as_f64().unwrap());
    assert!(
        after["accuracy_interval"][0].as_f64().unwrap()
            < after["accuracy"].as_f64().unwrap() + 1e-9
    );
    // There is nothing left to be done.
    let again = desk.run("calibrate calibrated.safetensors data --json");
    let again = value(&again.out);
    let left = again["temperature"].as_f64().unwrap();
    assert!((left - 1.0).abs() < 1e-3, "{left}");
    let test = desk.run("compare run/model.safetensors calibrated.safetensors --data data");
    let said = test.fine();
    assert!(
        said.contains("p = 1.0000; chance explains the difference"),
        "{said}"
    );
}

/// The best temperature of scores that are no better than chance is infinite, and of ones that are always right it is 0.
#[test]
fn a_temperature_at_an_end_of_the_range_is_noted_with_the_reason() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 20, 4);
    desk.run(&format!("{TRAIN} --epochs 40")).noted();
    let ran = desk.run("calibrate run/model.safetensors data");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let reason = "the temperature 0.05 is an end of the range that is tried: 60 examples are too few, or too easy to tell apart";
    assert!(ran.err.contains(reason), "{}", ran.err);
    // Each image in all classes: whatever says more of one than of another is wrong.
    for (name, _) in RGB {
        for (number, (_, colour)) in (0..).zip(RGB) {
            let path = desk.join(&format!("all/{name}/{number}.bmp"));
            bmp(&path, 4, |x, y| {
                colour.map(|value| value.saturating_add((x * 7 + y * 3) as u8))
            });
            let path = desk.join(&format!("all/{name}/pale{number}.bmp"));
            bmp(&path, 4, |x, y| {
                colour.map(|value| value / 2 + (x * 7 + y * 3) as u8)
            });
            let path = desk.join(&format!("all/{name}/dark{number}.bmp"));
            bmp(&path, 4, |x, y| {
                colour.map(|value| value / 4 + (x * 7 + y * 3) as u8)
            });
        }
    }
    let ran = desk.run("calibrate run/model.safetensors all");
    let reason = "the temperature 20.00 is an end of the range that is tried: the scores say next to nothing about the classes of 27 examples";
    assert!(ran.err.contains(reason), "{}", ran.err);
}

#[test]
fn two_classes_have_a_threshold_by_cost() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB[..2], 20, 4);
    desk.run(&format!("{TRAIN} --epochs 1")).fine();
    let line = "calibrate run/model.safetensors data --json --false-negative";
    let of = |cost: &str| value(&desk.run(&format!("{line} {cost}")).out);
    assert_eq!(of("1")["threshold"]["class"], "green");
    assert!(of("1")["threshold"]["cost"].as_f64().unwrap() <= 0.5);
    desk.run(&format!("{line} 0"))
        .fails(2, &["--false-negative", "a number above 0"]);
}

#[test]
fn what_cannot_be_calibrated_or_compared_is_refused() {
    let desk = desk("1");
    // Fewer were held out.
    desk.run("calibrate run/model.safetensors")
        .fails(2, &["the number of examples is 14, expected at least 20"]);
    desk.run("compare run/model.safetensors run/model.safetensors")
        .fails(2, &["is a file, expected the folder of a run", "--data"]);
    desk.run("calibrate run/model.safetensors data --out run/model.safetensors --overwrite")
        .fails(2, &["one of this command's inputs"]);
}
