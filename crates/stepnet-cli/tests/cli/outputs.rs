//! What commands write: nothing of a user's is replaced unasked, and nothing is lost without a word.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use crate::files::{RGB, bmp, colours, model};
use crate::run::{Desk, Ran};

/// A model and two pictures.
fn desk() -> Desk {
    let desk = Desk::new();
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![2.0; 4]),
        ("linear1.bias", &[1], vec![-4.0]),
    ];
    let loss = "binary-cross-entropy";
    model(&desk.join("m"), "linear(1) -> sigmoid", loss, &tensors);
    for (name, value) in [("a.bmp", 255), ("b.bmp", 0)] {
        bmp(&desk.join("p").join(name), 2, |_, _| [value; 3]);
    }
    desk
}

/// Every command with an option that names a file to write, up to the name.
const WRITERS: [(&str, &str); 4] = [
    ("--csv", "predict m p/b.bmp --csv"),
    ("--html", "why m p/b.bmp --html"),
    ("--svg", "find-lr --steps 30 --svg"),
    ("--markdown", "verify-course --only gradcheck_1d --markdown"),
];

#[test]
fn a_file_that_is_there_stays_unless_it_may_be_replaced() {
    for (option, line) in WRITERS {
        let desk = desk();
        let picture = desk.bytes("p/a.bmp");
        let start = std::time::Instant::now();
        desk.run(&format!("{line} p/a.bmp"))
            .fails(2, &[option, "p/a.bmp is there already", "--overwrite"]);
        assert!(start.elapsed().as_secs() < 10, "before the work");
        assert!(picture == desk.bytes("p/a.bmp"), "{option}");
        desk.run(&format!("{line} p"))
            .fails(2, &[option, "p: is a folder"]);
        desk.run(&format!("{line} none/out"))
            .fails(2, &["none/out", "there is no folder none"]);
        let ran = desk.run(&format!("{line} p/a.bmp --overwrite"));
        assert_eq!(ran.code, Some(0), "{option}: {}", ran.err);
        assert!(picture != desk.bytes("p/a.bmp"), "{option}");
    }
}

#[test]
fn an_input_is_not_even_replaced_when_asked_to() {
    let desk = desk();
    colours(&desk.join("data"), &RGB, 4, 4);
    fs::hard_link(desk.join("p/a.bmp"), desk.join("hard")).unwrap();
    fs::hard_link(desk.join("data/red/000.bmp"), desk.join("red")).unwrap();
    let lines = [
        "predict m p/a.bmp p/b.bmp --csv p/a.bmp",
        "predict m p/a.bmp --csv hard",
        "predict m p --csv p/b.bmp",
        "predict m p/*.bmp --csv p/b.bmp",
        "predict m p --csv m",
        "why m p/a.bmp --html m",
        "why m p/a.bmp --html ./p/a.bmp",
        "why m --data data --html red",
        "find-lr data --steps 30 --svg data/blue/001.bmp",
    ];
    let held = |name: &str| desk.bytes(name);
    let names = [
        "m",
        "p/a.bmp",
        "p/b.bmp",
        "data/red/000.bmp",
        "data/blue/001.bmp",
    ];
    let before = names.map(held);
    for line in lines {
        desk.run(&format!("{line} --overwrite"))
            .fails(2, &["is one of this command's inputs"]);
    }
    assert!(before == names.map(held));
    desk.run("train --epochs 1 --out run").fine();
    let model = desk.bytes("run/model.safetensors");
    desk.run("train --epochs 1 --from run/model.safetensors --out run --overwrite")
        .fails(2, &["--out: run/model.safetensors is one of"]);
    assert!(model == desk.bytes("run/model.safetensors"));
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_streams_stay_streams() {
    let desk = desk();
    fs::write(desk.join("aim"), "old").unwrap();
    std::os::unix::fs::symlink("aim", desk.join("link")).unwrap();
    desk.run("predict m p/b.bmp --csv link")
        .fails(2, &["link is there already"]);
    desk.run("predict m p/b.bmp --csv link --overwrite").fine();
    assert!(desk.join("link").symlink_metadata().unwrap().is_symlink());
    let table = String::from_utf8(desk.bytes("aim")).unwrap();
    assert!(table.starts_with("picture,class"), "{table}");
    for name in ["-", "/dev/stdout"] {
        assert_eq!(
            desk.run(&format!("predict m p/b.bmp --csv {name}")).fine(),
            table
        );
        let curve = desk.run(&format!("find-lr --steps 30 --svg {name}")).fine();
        assert!(
            curve.starts_with("<svg") && curve.trim_end().ends_with("</svg>"),
            "{curve}"
        );
        let page = desk.run(&format!("why m p/b.bmp --html {name}")).fine();
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    }
    // Standard output that is a file is added to, and not replaced.
    let kept = fs::File::options()
        .create(true)
        .append(true)
        .open(desk.join("log"));
    let mut command = desk.command(&["predict", "m", "p/b.bmp", "--csv", "/dev/stdout"]);
    fs::write(desk.join("log"), "before\n").unwrap();
    assert!(command.stdout(kept.unwrap()).status().unwrap().success());
    assert_eq!(
        String::from_utf8(desk.bytes("log")).unwrap(),
        format!("before\n{table}")
    );
    desk.run("predict m p/b.bmp --csv /dev/null").fine();
    desk.run("why m p/b.bmp --json --html -")
        .fails(2, &["--html and --json"]);
    assert!(!Path::new("-").exists());
}

/// One line of each command that prints, and the version and the help.
const PRINTERS: [&str; 17] = [
    "--version",
    "--help",
    "train --help",
    "evaluate m data",
    "evaluate m data --json",
    "predict m p",
    "predict m p --json",
    "predict m p --csv -",
    "inspect lenet5",
    "inspect m --json",
    "verify-course --list",
    "gradcheck l-layer --input 2x2x1 --samples 2 --json",
    "show a.npy",
    "show a.npy --json",
    "why m p/a.bmp",
    "why m p/a.bmp --json",
    "compare run run",
];

fn printers() -> Desk {
    let desk = desk();
    let classes = [("no", [0; 3]), ("yes", [255; 3])];
    colours(&desk.join("data"), &classes, 2, 2);
    crate::files::npy(&desk.join("a.npy"), "2, 2", &[1, 2, 3, 4]);
    desk.run("train --epochs 1 --out run").fine();
    desk
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_a_line() {
    let desk = printers();
    let lines = PRINTERS.into_iter().map(str::to_owned);
    let more = [
        "train --epochs 1 --out other",
        "find-lr --steps 30 --svg curve.svg",
    ];
    for line in lines.chain(more.map(str::to_owned)) {
        let words: Vec<&str> = line.split(' ').collect();
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = desk.command(&words).stdout(full).output().unwrap();
        let ran = Ran::from(output);
        assert_eq!(ran.code, Some(1), "{line}: {}", ran.err);
        let last = ran.err.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: the standard output: cannot write: No space left"),
            "{line}: {}",
            ran.err
        );
        assert!(!ran.err.contains("panicked"), "{line}: {}", ran.err);
    }
    // The work itself was done.
    assert!(desk.join("other/model.safetensors").is_file());
    assert!(desk.join("curve.svg").is_file());
}

#[test]
fn a_closed_pipe_is_the_end_of_reading_and_no_failure() {
    let desk = printers();
    for line in PRINTERS {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = desk.command(&words);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{line}: {err}");
        assert!(
            !err.contains("error") && !err.contains("panicked"),
            "{line}: {err}"
        );
    }
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let desk = desk();
    desk.run("inspect m --input 3x3x1")
        .fails(2, &["--input is for a network's text", "m has its own"]);
    desk.run("inspect m --classes 7")
        .fails(2, &["--classes is for"]);
    for line in [
        "predict m p --overwrite",
        "why m p/a.bmp --overwrite",
        "verify-course --overwrite",
    ] {
        desk.run(line).fails(2, &["required"]);
    }
}

#[test]
fn a_place_for_a_run_that_cannot_be_is_refused_before_data_is_read() {
    let desk = desk();
    for line in ["train none --out m/run", "train none --tensorboard=m/board"] {
        let ran = desk.run(line);
        ran.fails(2, &["m: is a file, expected a folder"]);
        assert_eq!(ran.out, "", "{line}");
    }
}
