//! `examine`, and what a training makes of its list.

use std::fs;

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

const TRAIN: &str = "train data --model flatten->linear(classes)->softmax --epochs 1 --out run";

/// A folder with a training and a test part without anything wrong.
fn desk() -> Desk {
    let desk = Desk::new();
    colours(&desk.join("data/train"), &RGB, 8, 8);
    for (name, base) in RGB {
        for number in 0..4 {
            let path = desk.join(&format!("data/test/{name}/{number}.bmp"));
            bmp(&path, 8, |x, y| {
                let texture = (x * 11 + y * y * 5 + number * 13) % 50;
                base.map(|value| value.saturating_add(texture as u8))
            });
        }
    }
    desk
}

#[test]
fn sound_data_has_no_problem_and_a_leak_is_one_that_a_list_mends() {
    let desk = desk();
    let said = desk.run("examine data --no-labels").fine();
    assert!(
        said.contains("training part: 24 examples, all in colour, all 8x8, all BMP"),
        "{said}"
    );
    assert!(
        said.contains("no problem") || said.contains("nothing is wrong"),
        "{said}"
    );
    let copy = |from: &str, to: &str| {
        fs::copy(desk.join(from), desk.join(to)).unwrap();
    };
    copy("data/train/red/002.bmp", "data/test/red/leak.bmp");
    copy("data/train/red/003.bmp", "data/train/blue/other.bmp");
    let ran = desk.run("examine data --no-labels --csv list.csv --html page.html");
    assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    let said = ran.out;
    assert!(
        said.contains("PROBLEM: 1 image in both the training and the test part"),
        "{said}"
    );
    assert!(
        said.contains("PROBLEM: 2 images under more than one class"),
        "{said}"
    );
    assert!(
        said.contains("stepnet train data --leave-out list.csv"),
        "{said}"
    );
    let page = String::from_utf8(desk.bytes("page.html")).unwrap();
    assert!(
        page.contains("data/test/red/leak.bmp") && page.contains("<img"),
        "no image"
    );
    // Files that are there are not replaced.
    desk.run("examine data --no-labels --csv list.csv")
        .fails(2, &["--csv: list.csv is there already"]);

    let notes = desk.run(TRAIN).noted();
    assert!(
        notes.contains("in both the training and the test part"),
        "{notes}"
    );
    let ran = desk.run(&format!("{TRAIN} --overwrite --leave-out list.csv"));
    assert!(!ran.err.contains("in both the training"), "{}", ran.err);
    assert!(
        !ran.err.contains("under more than one label"),
        "{}",
        ran.err
    );
    let said = ran.fine();
    assert!(
        said.contains("left out") && said.contains("as list.csv says"),
        "{said}"
    );
    desk.run("evaluate run/model.safetensors").fine();
}

#[test]
fn the_json_has_every_finding() {
    let desk = desk();
    fs::write(desk.join("data/train/red/broken.bmp"), "no image").unwrap();
    let ran = desk.run("examine data --no-labels --no-near --json");
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&value["problems"], &value["training"]["examples"]),
        (&1.into(), &24.into())
    );
    let broken = &value["findings"][0];
    assert_eq!(broken["kind"], "broken");
    assert!(broken["file"].as_str().unwrap().ends_with("broken.bmp"));
    // A table on the standard output is all that is there.
    let ran = desk.run("examine data --no-labels --no-near --csv -");
    assert!(ran.out.starts_with("kind,leave_out,part,"), "{}", ran.out);
    assert!(!ran.out.contains("PROBLEM"), "{}", ran.out);
}

#[test]
fn the_held_out_part_of_a_shorter_list_is_found_again() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 4);
    let list = "file\ndata/red/000.bmp\n./data/../data/blue/004.bmp\n";
    fs::write(desk.join("list.csv"), list).unwrap();
    let said = desk.run(&format!("{TRAIN} --leave-out list.csv")).fine();
    assert!(
        said.contains("left out 2 examples of the training part, as list.csv says"),
        "{said}"
    );
    desk.run("evaluate run/model.safetensors").fine();
    // Without the list it is another part.
    fs::write(desk.join("list.csv"), "file\ndata/red/000.bmp\n").unwrap();
    desk.run("evaluate run/model.safetensors")
        .fails(2, &["is not the data of the model's training"]);
}

#[test]
fn broken_files_in_the_list_need_not_be_read() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 4);
    for name in ["a", "b"] {
        fs::write(desk.join(&format!("data/red/{name}.bmp")), "no image").unwrap();
    }
    fs::write(
        desk.join("list.csv"),
        "file\ndata/red/a.bmp\ndata/red/000.bmp\n",
    )
    .unwrap();
    let train = format!("{TRAIN} --leave-out list.csv");
    desk.run(&train).fails(
        2,
        &[
            "1 image cannot be read",
            "not in the list",
            "b.bmp",
            "--skip-bad",
        ],
    );
    fs::remove_file(desk.join("data/red/b.bmp")).unwrap();
    let ran = desk.run(&train);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("left out 1 example"), "{}", ran.out);
    let unreadable = "left out 1 image that cannot be read, as list.csv says";
    assert!(ran.out.contains(unreadable), "{}", ran.out);
    assert!(!ran.err.contains("that it leaves out"), "{}", ran.err);
    assert!(!ran.err.contains("skipped"), "{}", ran.err);
    // A list of nothing else is not one of other data.
    fs::write(desk.join("list.csv"), "file\ndata/red/a.bmp\n").unwrap();
    let ran = desk.run(&format!("{train} --overwrite"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(unreadable), "{}", ran.out);
    // A file that is gone is still noted.
    let list = "file\ndata/red/a.bmp\ndata/red/gone.bmp\ndata/red/000.bmp\n";
    fs::write(desk.join("list.csv"), list).unwrap();
    let ran = desk.run(&format!("{train} --overwrite"));
    let note = "list.csv: 1 file that it leaves out is not in the training part";
    assert!(ran.err.contains(note), "{}", ran.err);
}

#[test]
fn lists_that_are_none_are_refused() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 4);
    let train = format!("{TRAIN} --leave-out list.csv");
    desk.run(&train).fails(2, &["--leave-out: ", "list.csv"]);
    for (list, expected) in [
        ("name\nx\n", "line 1: expected a header"),
        ("file\nother.bmp\n", "the list is of other data"),
        (
            "example,class\n0,red\n",
            "is of class \"blue\", not \"red\"",
        ),
    ] {
        fs::write(desk.join("list.csv"), list).unwrap();
        desk.run(&train)
            .fails(2, &["--leave-out: list.csv: ", expected]);
    }
}
