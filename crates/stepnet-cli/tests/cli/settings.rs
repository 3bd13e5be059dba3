//! Settings files: what they hold, what is refused in them, and that a run repeats from the one it leaves.

use std::fs;
use std::path::Path;

use crate::files::{RGB, colours};
use crate::resume::hash;
use crate::run::Desk;

/// A network that is trained in no time, and what differs from the defaults, in the table's order.
const TINY: &str = "flatten -> linear(4) -> relu -> dropout(0.2) -> linear(classes) -> softmax";
const SETTINGS: [(&str, &str); 14] = [
    ("hold-out", "0.25"),
    ("skip-bad", "true"),
    ("data-memory", "\"64MiB\""),
    ("divisor", "255.0"),
    ("standardize", "true"),
    ("freeze", "[\"linear1\"]"),
    ("epochs", "2"),
    ("batch", "8"),
    ("lr", "0.01"),
    ("schedule", "\"step(0.5, 1)\""),
    ("label-smoothing", "0.1"),
    ("class-weights", "{ \"red\" = 2.0 }"),
    ("shuffle", "false"),
    ("balance", "\"none\""),
];

/// The command line of those settings.
fn line<'a>(data: &'a str, out: &'a str) -> Vec<&'a str> {
    let mut words = vec!["train", data, "--model", TINY, "--out", out, "--no-shuffle"];
    words.extend([
        "--hold-out",
        "0.25",
        "--data-memory",
        "64MiB",
        "--divisor",
        "255",
    ]);
    words.extend([
        "--skip-bad",
        "--standardize",
        "--freeze",
        "linear1",
        "--epochs",
        "2",
    ]);
    words.extend(["--batch", "8", "--lr", "0.01", "--schedule", "step(0.5, 1)"]);
    words.extend(["--label-smoothing", "0.1", "--class-weights", "red=2"]);
    words
}

/// The lines of a settings file that are no comments.
fn lines(desk: &Desk, name: &str) -> Vec<String> {
    let text = String::from_utf8(desk.bytes(name)).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[test]
fn a_run_leaves_its_settings_and_repeats_from_them_from_anywhere() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 12, 6);
    let first = desk.args(&line("data", "first")).fine();
    let text = String::from_utf8(desk.bytes("first/settings.toml")).unwrap();
    // Only what is not at its default, each with what it does.
    let named: Vec<String> = lines(&desk, "first/settings.toml");
    assert_eq!(named.len(), 2 + SETTINGS.len() - 1, "{text}");
    for (name, value) in SETTINGS.iter().filter(|(name, _)| *name != "balance") {
        let line = format!("{name} = {value}");
        assert!(named.contains(&line), "{line} is not in {text}");
    }
    for said in [
        "# The share of `data` to hold out",
        "# Training\n",
        "stepnet train --settings",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    // From another folder: paths are written as they are seen from the root.
    fs::create_dir(desk.join("elsewhere")).unwrap();
    let mut command = desk.command(&[
        "train",
        "--settings",
        "../first/settings.toml",
        "--out",
        "again",
    ]);
    let output = command
        .current_dir(desk.join("elsewhere"))
        .output()
        .unwrap();
    let again = crate::run::Ran::from(output).fine();
    assert_eq!(hash(&first), hash(&again));
    let both =
        ["first/settings.toml", "elsewhere/again/settings.toml"].map(|name| desk.bytes(name));
    assert!(both[0] == both[1], "the same settings, the same file");
    // The run's description has them, whatever the command line was.
    let kept = |run: &str| desk.value(&format!("{run}/run.json"))["settings"].clone();
    let (of_first, of_again) = (kept("first"), kept("elsewhere/again"));
    assert_eq!(of_first["class-weights"]["red"], 2.0);
    assert_eq!(
        (of_first["data"].clone(), of_first["shuffle"].clone()),
        ("data".into(), false.into())
    );
    assert_eq!(of_first["freeze"], of_again["freeze"]);
    let compared = desk.run("compare first elsewhere/again").out;
    assert!(!compared.contains("--lr differs"), "{compared}");
}

#[test]
fn the_command_line_wins_over_the_file_whose_paths_start_from_its_folder() {
    let desk = Desk::new();
    colours(&desk.join("inner/pictures"), &RGB, 12, 6);
    let text = format!("data = \"pictures\"\nmodel = \"{TINY}\"\nepochs = 1\nseed = 7\nlr = 1\n");
    fs::write(desk.join("inner/run.toml"), text).unwrap();
    let out = desk
        .run("train --settings inner/run.toml --lr 0.01 --out run")
        .fine();
    assert!(
        out.contains("1 epoch of") && out.contains("adam at 0.01") && out.contains("seed 7"),
        "{out}"
    );
    let asked = desk.run("train inner/pictures --model linear(classes)->softmax --settings inner/run.toml --lr 0.01 --out other");
    assert!(
        asked.fine().contains("network: linear"),
        "the command line's network"
    );
    // Another command has them, too.
    let sweep = desk
        .run("find-lr --settings inner/run.toml --steps 40 --svg curve.svg --batch 4")
        .fine();
    assert!(sweep.contains("seed 7"), "{sweep}");
    // What the file says is kept: it may change before the run goes on.
    fs::write(desk.join("inner/run.toml"), "lr = \"gone\"").unwrap();
    let out = desk.run("train --resume run --epochs 1").fine();
    assert!(out.contains("has finished its 1 epoch"), "{out}");
    desk.run("train --resume run --epochs 2 --seed 8")
        .fails(2, &["--seed is 8", "was started with 7"]);
    desk.run("train --resume run --settings inner/run.toml")
        .fails(2, &["--settings", "--resume"]);
}

#[test]
fn what_is_wrong_in_a_settings_file_is_one_line_with_its_place() {
    let desk = Desk::new();
    let refused = |text: &str, options: &str, parts: &[&str]| {
        fs::write(desk.join("run.toml"), text).unwrap();
        desk.run(&format!("train --settings run.toml {options}"))
            .fails(2, parts);
    };
    for (text, said) in [
        (
            "\nlearning-rate = 1",
            "line 2: \"learning-rate\" is not a setting",
        ),
        ("label-smothing = 0.1", "did you mean label-smoothing?"),
        (
            "lr = \"high\"",
            "line 1: lr is \"high\", expected a number from 1e-40 to 1e38",
        ),
        (
            "epochs = 0",
            "line 1: epochs is 0, expected a whole number from 1",
        ),
        ("lr = ", "line 1: is not TOML"),
        ("[training]\nlr = 1", "line 1: [training] is a table"),
        ("optimizer = \"adamm\"", "adamw"),
    ] {
        refused(text, "", &["run.toml: ", said]);
    }
    refused(
        "clip-norm = 1.0\nclip-value = 1.0",
        "",
        &["--clip-norm cannot be used with --clip-value"],
    );
    refused(
        "clip-norm = 1.0",
        "--clip-value 1",
        &["--clip-norm cannot be used with --clip-value"],
    );
    refused("min-delta = 0.1", "", &["--min-delta", "--early-stop"]);
    refused("model = \"lenet\"", "", &["--model", "lenet5"]);
    desk.run("train --settings gone.toml")
        .fails(2, &["gone.toml: cannot open"]);
    fs::create_dir(desk.join("run")).unwrap();
    fs::write(desk.join("run/settings.toml"), "epochs = 1").unwrap();
    desk.run("train --settings run/settings.toml --out run")
        .fails(2, &["run: holds the settings.toml", "--overwrite"]);
    desk.run("train --settings run/settings.toml --out run --overwrite")
        .fails(2, &["one of this command's inputs"]);
    assert!(!desk.join("runs").exists(), "nothing is begun");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_toml_cannot_hold_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let name = OsStr::from_bytes(b"data\xff");
    colours(&desk.path().join(name), &RGB, 8, 6);
    let words = ["train", "--model", TINY, "--epochs", "1", "--out", "run"].map(OsStr::new);
    let out = desk.args(&[&words[..], &[name]].concat()).fine();
    assert!(
        out.contains("settings.toml cannot hold the path of DATA, which is not UTF-8"),
        "{out}"
    );
    let again = ["train", "--settings", "run/settings.toml", "--out", "again"].map(OsStr::new);
    desk.args(&again).fails(
        2,
        &["run/settings.toml: line ", "data is \"\", expected a path"],
    );
    let given = desk.args(&[&again[..], &[name]].concat()).fine();
    assert_eq!(hash(&out), hash(&given));
    desk.run("train --resume run --epochs 1").fine();
}

/// The folder of a run that version 0.1.0 left before there were settings files: with its command line alone.
fn old_run(desk: &Desk) {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-of-0.1.0");
    fs::create_dir(desk.join("run")).unwrap();
    for file in ["run.json", "checkpoint.safetensors", "metrics.jsonl"] {
        fs::copy(old.join(file), desk.join("run").join(file)).unwrap();
    }
}

#[test]
fn runs_of_before_settings_files_go_on() {
    let desk = Desk::new();
    old_run(&desk);
    for (options, said) in [
        (
            "--lr 0.1",
            "--lr is 0.1, but the run was started with 0.002",
        ),
        (
            "--label-smoothing 0.2",
            "--label-smoothing is 0.2, but the run was started with 0.1",
        ),
        (
            "--standardize",
            "--standardize is given, but the run was started without it",
        ),
        (
            "--freeze linear2",
            "--freeze is linear2, but the run was started with linear1",
        ),
        (
            "--class-weights 3=2",
            "--class-weights is 3=2, but the run was started with 2=3",
        ),
    ] {
        desk.run(&format!("train --resume run --epochs 4 {options}"))
            .fails(2, &[said]);
    }
    let ran = desk.run("train --resume run --epochs 4 --no-shuffle --batch 100");
    let other_machine = ran.err.contains("its weights may differ");
    let out = ran.fine();
    assert!(out.contains("resuming after epoch 2"), "{out}");
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 4);
    // The hash that version 0.1.0 got in one go, on the machine that made the files.
    assert!(other_machine || hash(&out) == "355414829231ee1d", "{out}");
    // And what goes on once goes on again.
    desk.run("train --resume run --epochs 5").fine();
    desk.args(&["train", "--epochs", "5", "--model", TINY, "--out", "new"])
        .fine();
    let compared = desk.run("compare run new").out;
    for said in [
        "--lr differs: 0.002 and not given",
        "--no-shuffle differs: true and false",
    ] {
        assert!(compared.contains(said), "{compared}");
    }
}

#[test]
fn settings_that_change_no_result_may_be_given_anew() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 12, 6);
    let first =
        "train data --model linear(classes)->softmax --schedule constant --epochs 1 --out run";
    desk.run(first).fine();
    let more = "train --resume run --epochs 2 --stream --workers 2 --data-memory 1GiB";
    let out = desk.run(more).fine();
    assert!(out.contains("resuming after epoch 1"), "{out}");
    desk.run("train --resume run --epochs 3 --skip-bad")
        .fails(2, &["--skip-bad is given", "without it"]);
    assert!(lines(&desk, "run/settings.toml").contains(&"epochs = 2".to_owned()));
}
