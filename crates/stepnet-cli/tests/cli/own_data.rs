//! `evaluate` without data: the examples that the model was tested on, or a refusal.

use std::fs;

use crate::files::{RGB, colours, mnist};
use crate::run::Desk;

const TRAIN: &str = "train data --model flatten->linear(classes)->softmax --epochs 1 --out run";

fn desk() -> Desk {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 4);
    desk.run(TRAIN).fine();
    desk
}

/// Runs a line in another folder of the desk.
fn elsewhere(desk: &Desk, folder: &str, line: &str) -> crate::run::Ran {
    fs::create_dir_all(desk.join(folder)).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = desk.command(&words);
    command
        .current_dir(desk.join(folder))
        .output()
        .unwrap()
        .into()
}

#[test]
fn renamed_files_are_noticed() {
    let desk = desk();
    desk.run("evaluate run/model.safetensors").fine();
    for number in 0..3 {
        let name = |start: &str| desk.join(&format!("data/red/{start}{number:03}.bmp"));
        fs::rename(name(""), name("z")).unwrap();
    }
    let parts = [
        "data: is not the data of the model's training",
        "cannot be reproduced",
        "renamed",
        "name the data to evaluate on",
    ];
    desk.run("evaluate run/model.safetensors").fails(2, &parts);
    desk.run("evaluate run/best.safetensors").fails(2, &parts);
    // Away from its run, too.
    fs::copy(desk.join("run/model.safetensors"), desk.join("copy")).unwrap();
    desk.run("evaluate copy").fails(2, &parts);
    desk.run("evaluate copy data").fine();
}

#[test]
fn one_changed_pixel_of_the_test_part_is_noticed() {
    let desk = Desk::new();
    mnist(&desk.join("data"), 20, 10);
    desk.run(TRAIN).fine();
    desk.run("evaluate run/model.safetensors").fine();
    let path = desk.join("data/t10k-images-idx3-ubyte");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    desk.run("evaluate run/model.safetensors").fails(
        2,
        &[
            "data: is not the test data of the model's training",
            "other values",
        ],
    );
}

#[test]
fn the_data_is_looked_for_where_the_run_was_started() {
    let desk = desk();
    let here = desk.run("evaluate run/model.safetensors --json").fine();
    let accuracy = |said: &str| {
        let value: serde_json::Value = serde_json::from_str(said).unwrap();
        value["accuracy"].clone()
    };
    let there = elsewhere(&desk, "other", "evaluate ../run/model.safetensors --json").fine();
    assert_eq!(accuracy(&here), accuracy(&there));
    // Another folder of that name is not taken for it.
    colours(&desk.join("other/data"), &RGB, 10, 5);
    let there = elsewhere(&desk, "other", "evaluate ../run/model.safetensors --json").fine();
    assert_eq!(accuracy(&here), accuracy(&there));
    fs::copy(desk.join("run/model.safetensors"), desk.join("other/m")).unwrap();
    elsewhere(&desk, "other", "evaluate m").fails(2, &["data: ", "cannot be reproduced"]);
    // Moved with its data, it is found there.
    fs::create_dir(desk.join("moved")).unwrap();
    for name in ["run", "data"] {
        fs::rename(desk.join(name), desk.join("moved").join(name)).unwrap();
    }
    let moved = elsewhere(&desk, "moved", "evaluate run/model.safetensors --json").fine();
    assert_eq!(accuracy(&here), accuracy(&moved));
    elsewhere(&desk, "empty", "evaluate ../moved/run/model.safetensors")
        .fails(2, &["data: no longer exists"]);
}

#[test]
fn a_folder_called_digits_is_not_the_embedded_data() {
    let desk = Desk::new();
    colours(&desk.join("digits"), &RGB, 10, 4);
    desk.run(&TRAIN.replace("data", "digits")).fine();
    let said = desk.run("evaluate run/model.safetensors").fine();
    assert!(said.contains("6 examples"), "{said}");
}

#[test]
fn evaluate_says_how_the_data_was_read_as_train_does() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 5);
    fs::write(desk.join("data/red/readme.txt"), "about").unwrap();
    let line = "train data --input 4x4x3 --epochs 1 --model linear(classes)->softmax --out run";
    let ran = desk.run(line);
    let note = "left out, as it is not an image: data/red/readme.txt";
    let fact = "30 of 30 images in data stretched to 4x4x3";
    assert!(ran.err.contains(note), "{}", ran.err);
    assert!(ran.fine().contains(fact));
    for data in ["", " data", " data --stream"] {
        let line = format!("evaluate run/model.safetensors{data}");
        let ran = desk.run(&line);
        assert!(ran.err.contains(note), "{line}: {}", ran.err);
        let out = ran.fine();
        let fact = match data.ends_with("stream") {
            true => "30 of 30 images in data are stretched to 4x4x3",
            false => fact,
        };
        assert_eq!(out.matches(fact).count(), 1, "{line}: {out}");
        let json = desk.run(&format!("{line} --json")).fine();
        let found: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(found["notes"], serde_json::json!([note]), "{json}");
        let facts = found["facts"].as_array().unwrap();
        assert!(facts.iter().any(|said| said == fact), "{json}");
        desk.run(&format!("{line} --strict"))
            .fails(2, &["--strict: left out", "readme.txt"]);
    }
}
