//! What a user can get wrong: one line each, which says what would be right, and exit code 2.

use std::fs;

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

#[test]
fn values_out_of_range_say_what_would_be_right() {
    let desk = Desk::new();
    for (option, value, expected) in [
        ("--lr", "nan", "from 1e-40 to 1e38"),
        ("--lr", "0", "from 1e-40 to 1e38"),
        ("--lr", "-1", "from 1e-40 to 1e38"),
        ("--lr", "inf", "from 1e-40 to 1e38"),
        ("--hold-out", "1.5", "from 0 to less than 1"),
        ("--hold-out", "-0.1", "from 0 to less than 1"),
        ("--l2", "-1", "from 0 to 1e6"),
        ("--divisor", "0", "from 1e-12 to 1e12"),
        ("--batch", "0", "from 1 to 16777216, or all"),
        ("--epochs", "0", "from 1"),
        ("--epochs", "-3", "from 1"),
        ("--seed", "-1", "from 0"),
        ("--threads", "0", "from 1 to 1024"),
        ("--input", "28x28", "28x28x1"),
        ("--init", "-3", "xavier"),
        ("--optimizer", "adamm", "adamw"),
        ("--schedule", "linear", "cosine"),
        ("--dtype", "f16", "f32, f64"),
    ] {
        let output = desk.command(&["train", option, value]).output().unwrap();
        let ran = crate::run::Ran::from(output);
        ran.fails(2, &[value, option, expected]);
        assert_eq!(
            ran.out, "",
            "{option} {value}: refused before anything is read"
        );
    }
    assert_eq!(
        fs::read_dir(desk.path()).unwrap().count(),
        0,
        "files left behind"
    );
}

#[test]
fn unknown_words_get_a_suggestion_and_a_place() {
    let desk = Desk::new();
    desk.run("train --modle lenet5")
        .fails(2, &["--modle", "'--model'", "stepnet train --help"]);
    desk.run("evalute x").fails(2, &["'evalute'", "'evaluate'"]);
    desk.run("predict m")
        .fails(2, &["<IMAGES>", "stepnet predict --help"]);
    desk.args(&["train", "--model", "conv(8, 3) -> rellu"])
        .fails(2, &["--model: column 15", "\"rellu\"", "\"relu\""]);
    desk.run("train --model lenet")
        .fails(2, &["--model: column 1", "\"lenet5\""]);
    desk.run("inspect lennet5")
        .fails(2, &["neither a file nor a network", "\"lenet5\""]);
    desk.run("inspect conv(8,3)").fails(2, &["--input"]);
    desk.run("inspect gone.safetensors")
        .fails(2, &["gone.safetensors: no such file"]);
    desk.run("train --freeze conv9")
        .fails(2, &["--freeze", "\"conv9\"", "conv1, conv2"]);
    desk.run("train --freeze 99")
        .fails(2, &["--freeze", "nothing to train"]);
}

#[test]
fn networks_that_do_not_fit_name_the_layer_and_both_sizes() {
    let desk = Desk::new();
    let train = |network: &str| desk.args(&["train", "--model", network]);
    train("conv(8, 30) -> linear(classes) -> softmax")
        .fails(2, &["layer conv1", "30", "at most 8"]);
    train("linear(5) -> softmax").fails(2, &["5 classes", "10 (0, 1, 2, ...)", "linear(classes)"]);
    train("linear(1) -> sigmoid").fails(2, &["2 classes", "10"]);
    train("linear(100000) -> linear(100000) -> linear(classes)").fails(2, &["layer linear2"]);
    assert!(!desk.join("runs").exists());
}

#[test]
fn data_that_is_none_is_named() {
    let desk = Desk::new();
    colours(&desk.join("one"), &RGB[..1], 3, 4);
    colours(&desk.join("data"), &RGB, 4, 4);
    fs::create_dir(desk.join("empty")).unwrap();
    desk.run("train gone")
        .fails(2, &["gone: cannot open: No such file"]);
    desk.run("train empty")
        .fails(2, &["empty: no folder in it"]);
    desk.run("train one")
        .fails(2, &["one: one class only (blue)"]);
    desk.run("train data/red")
        .fails(2, &["data/red: no folder in it"]);
    desk.run("train data/red/000.bmp")
        .fails(2, &["data/red/000.bmp: is a BMP image"]);
    desk.run("train data --test gone")
        .fails(2, &["--test: gone: cannot open"]);
    desk.run("train data --labels x").fails(
        2,
        &["data: is a folder of images: labels from x can only be used with"],
    );
    desk.run("train --labels x")
        .fails(2, &["--labels", "no DATA"]);
    desk.run("train --input 9x9x1")
        .fails(2, &["8x8x1", "--input asks for 9x9x1"]);
    desk.run("train data --hold-out 0.001")
        .fails(2, &["0.001", "0 of 12"]);
    fs::write(desk.join("data/red/000.bmp"), "no picture").unwrap();
    desk.run("train data")
        .fails(2, &["data/red/000.bmp: not an image but text"]);
    assert!(!desk.join("runs").exists());
}

#[test]
fn models_and_data_that_do_not_go_together() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    colours(
        &desk.join("other"),
        &[("black", [0; 3]), ("red", [200, 0, 0])],
        4,
        4,
    );
    desk.args(&[
        "train",
        "data",
        "--model",
        "linear(classes) -> softmax",
        "--epochs",
        "1",
        "--out",
        "run",
    ])
    .fine();
    let words = ["\"black\"", "blue, green, red"];
    desk.run("evaluate run/model.safetensors other")
        .fails(2, &["other: ", words[0], words[1]]);
    desk.run("train data --test other")
        .fails(2, &["other: ", words[0], words[1]]);
    desk.run("train run/model.safetensors").fails(
        2,
        &["run/model.safetensors: is a .safetensors file: weights, not a data set"],
    );
    for command in ["predict run x", "evaluate run", "inspect run"] {
        desk.run(command)
            .fails(2, &["run: is a folder, expected a"]);
    }
    for command in [
        "predict data/red/000.bmp x",
        "evaluate data/red/000.bmp",
        "inspect data/red/000.bmp",
    ] {
        desk.run(command).fails(
            2,
            &["data/red/000.bmp: is a BMP image, not a .safetensors file"],
        );
    }
    desk.run("evaluate gone").fails(2, &["gone: cannot open"]);
    desk.run("train --from run/model.safetensors --init he")
        .fails(2, &["--from", "--init"]);
}

#[test]
fn a_run_folder_that_cannot_be_made() {
    let desk = Desk::new();
    bmp(&desk.join("file"), 2, |_, _| [0; 3]);
    desk.run("train --out file")
        .fails(2, &["file: is a file, expected a folder"]);
    desk.run("train --epochs 1 --out file/run")
        .fails(2, &["file: is a file, expected a folder"]);
}

#[test]
fn verbose_adds_the_cause_and_control_characters_do_not_break_the_line() {
    let desk = Desk::new();
    let ran = desk.run("train gone --verbose");
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    assert!(
        ran.err
            .contains("caused by: No such file or directory (os error 2)")
    );
    desk.args(&["train", "a\nb\u{1b}[31m"])
        .fails(2, &["a\\nb\\u001b[31m: cannot open"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_handled() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let name = std::ffi::OsStr::from_bytes(b"data\xff");
    colours(&desk.path().join(name), &RGB, 4, 4);
    let arguments = [
        std::ffi::OsStr::new("train"),
        name,
        "--epochs".as_ref(),
        "1".as_ref(),
    ];
    desk.args(&arguments).fine();
    assert!(desk.join("runs/data--1/model.safetensors").is_file());
    fs::create_dir(
        desk.path()
            .join(name)
            .join(std::ffi::OsStr::from_bytes(b"c\xfe")),
    )
    .unwrap();
    bmp(
        &desk
            .path()
            .join(name)
            .join(std::ffi::OsStr::from_bytes(b"c\xfe"))
            .join("a.bmp"),
        2,
        |_, _| [0; 3],
    );
    desk.args(&arguments).fails(2, &["not valid UTF-8"]);
}

#[test]
fn help_is_no_mistake() {
    let desk = Desk::new();
    for line in [
        "--help",
        "help train",
        "train --help",
        "predict --help",
        "--version",
    ] {
        let output = desk
            .command(&line.split(' ').collect::<Vec<_>>())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
    assert_eq!(
        desk.command::<&str>(&[]).output().unwrap().status.code(),
        Some(2)
    );
}
