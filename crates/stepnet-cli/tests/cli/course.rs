//! `stepnet verify-course` as a user runs it.

use serde_json::Value;

use crate::run::Desk;

#[test]
fn every_row_stands_in_the_table_the_json_and_the_page() {
    let desk = Desk::new();
    let table = desk
        .run("verify-course --only planar_sweep_4 --only opt_gd_decay_fixed --markdown course.md")
        .fine();
    assert!(table.starts_with("experiment "), "{table}");
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.ends_with("agrees"))
        .collect();
    assert_eq!(rows.len(), 11, "{table}");
    assert!(rows[0].contains("accuracy on the training data"), "{table}");
    assert!(rows[0].contains("90.5"), "{table}");
    assert!(
        table.contains("11 of 11 published numbers agree"),
        "{table}"
    );
    let page = String::from_utf8(desk.bytes("course.md")).unwrap();
    assert!(page.contains("| 0.127161 | 0.127161 | "), "{page}");
    assert!(page.contains("## opt_gd_decay_fixed"), "{page}");

    let json = desk
        .run("verify-course --only planar_sweep_4 --json --every 2500")
        .fine();
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);
    assert_eq!(report["rows"][0]["verdict"], "agrees");
    let run = &report["runs"][0];
    assert_eq!(run["network"], "linear(4) -> tanh -> linear(1) -> sigmoid");
    let costs = run["costs"].as_array().unwrap();
    assert_eq!(costs.len(), 3, "0, 2500 and the last");
    assert!(run["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_verified_is_said_in_a_line() {
    let desk = Desk::new();
    desk.run("verify-course --only opt_gb")
        .fails(2, &["\"opt_gb\"", "did you mean \"opt_gd\"?"]);
    desk.run("verify-course --data nowhere")
        .fails(2, &["nowhere: no such folder"]);
    std::fs::write(desk.join("file"), "").unwrap();
    desk.run("verify-course --data file")
        .fails(2, &["file: is a file, expected a folder"]);
    desk.run("verify-course --every 10").fails(2, &["--json"]);
    std::fs::write(desk.join("regularization.npz"), "no archive").unwrap();
    desk.run("verify-course --only reg_none --data .")
        .fails(2, &["regularization.npz: not a zip (npz) archive"]);

    let out = desk.run("verify-course --only cat_logistic").fine();
    assert!(
        out.contains("no data: needs train_catvnoncat.h5; give its folder with --data"),
        "{out}"
    );
    let names = desk.run("verify-course --list").fine();
    assert_eq!(names.lines().next(), Some("blocks"));
    assert!(names.lines().any(|name| name == "opt_gd+last-batch"));
}

/// A switch runs any experiment as another copy of its notebook does, and the numbers that it changes differ.
#[test]
fn a_switch_changes_the_numbers_it_is_about() {
    let desk = Desk::new();
    let ran = desk.run("verify-course --only opt_momentum_decay_fixed --switch summed-momentum");
    ran.fails(1, &["of the course came out different"]);
    let changed = "opt_momentum_decay_fixed+summed-momentum";
    assert!(ran.out.contains(changed), "{}", ran.out);
    assert!(ran.out.contains("DIFFERS"), "{}", ran.out);
    // The first epoch's cost is from before most updates, but the rates are what they were.
    let rate = |line: &&str| line.contains("learning rate after epoch 1000");
    let line = ran.out.lines().find(rate).unwrap();
    assert!(line.ends_with("agrees"), "{line}");
    desk.run("verify-course --switch sum")
        .fails(2, &["scalar-db, last-batch, summed-momentum, same-mask"]);
    // Where there is nothing to switch nothing changes.
    desk.run("verify-course --only planar_sweep_1 --switch last-batch")
        .fine();
}
