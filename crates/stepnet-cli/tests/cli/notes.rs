//! What `train` says of its data before it begins, and what `--strict` makes of it.

use std::fs;

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

/// Learns in no time.
const SMALL: &str = "--model linear(classes)->softmax";

/// Changes next to nothing.
const STILL: &str = "--epochs 1 --lr 1e-12 --optimizer gd";

/// A folder of pictures that are all different.
fn different(desk: &Desk, folder: &str, classes: &[&str], each: u32) {
    for (number, class) in classes.iter().enumerate() {
        for picture in 0..each {
            let path = desk
                .join(folder)
                .join(class)
                .join(format!("{picture:03}.bmp"));
            bmp(&path, 4, |x, y| {
                [(60 * number) as u8, picture as u8, (9 * x + y) as u8]
            });
        }
    }
}

#[test]
fn classes_are_counted_and_clean_data_passes_strictly() {
    let desk = Desk::new();
    different(&desk, "data", &["ant", "bee", "cow"], 10);
    let ran = desk.run(&format!("train data {SMALL} --epochs 1 --strict --out run"));
    assert_eq!(ran.err, "");
    let out = ran.fine();
    assert!(
        out.contains("3 classes, 24 examples + 6 held out: ant 8+2, bee 8+2, cow 8+2"),
        "{out}"
    );
    assert!(
        out.contains("values from 0 to 120, divided by 255\n"),
        "{out}"
    );
    assert!(out.contains("report: run/report.html\n"), "{out}");
    let rare = "% waiting for data";
    assert!(!out.contains(rare), "{out}");
    let out = desk
        .run(&format!(
            "train data {SMALL} --epochs 1 --verbose --out more"
        ))
        .fine();
    assert!(out.contains(rare), "{out}");
}

#[test]
fn many_classes_take_few_lines() {
    let desk = Desk::new();
    let mut table = "a,b,label\n".to_owned();
    for example in 0..1200 {
        table += &format!(
            "{},{},class number {}\n",
            example,
            example % 7,
            example % 400
        );
    }
    fs::write(desk.join("many.csv"), table).unwrap();
    let out = desk
        .run(&format!("train many.csv {SMALL} {STILL} --out run"))
        .fine();
    let from = out
        .lines()
        .position(|line| line.starts_with("400 classes, "));
    let listed: Vec<&str> = out.lines().skip(from.unwrap()).take(4).collect();
    assert!(listed[3].contains(", ... and 39"), "{out}");
    assert!(listed.iter().all(|line| line.len() <= 80), "{listed:?}");
}

#[test]
fn examples_in_both_parts_or_under_two_labels_are_noted() {
    let desk = Desk::new();
    different(&desk, "data/train", &["ant", "bee"], 6);
    different(&desk, "data/test", &["ant", "bee"], 2);
    fs::copy(
        desk.join("data/train/ant/000.bmp"),
        desk.join("data/train/bee/zebra.bmp"),
    )
    .unwrap();
    let line = format!("train data {SMALL} --epochs 1");
    let notes = desk.run(&format!("{line} --out run")).noted();
    let said = [
        "note: 4 examples are in both the training and the test part, such as data/train/ant/000.bmp and data/test/ant/000.bmp",
        "note: 1 example is under more than one label, such as data/train/ant/000.bmp (ant) and data/train/bee/zebra.bmp (bee)",
    ];
    for said in said {
        assert!(notes.contains(said), "{said} is not in {notes}");
    }
    assert_eq!(
        desk.value("run/run.json")["notes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let page = String::from_utf8(desk.bytes("run/report.html")).unwrap();
    assert!(page.contains("under more than one label"));
    // Images that are decoded as they are needed are compared as well.
    let streamed = desk.run(&format!("{line} --stream --out streamed")).noted();
    assert_eq!(streamed, notes);
    // As an error, before anything is trained or written.
    let strict = desk.run(&format!("{line} --strict --out strict"));
    strict.fails(
        2,
        &[
            "--strict: 4 examples are in both",
            "under more than one label",
        ],
    );
    assert!(!desk.join("strict").exists());
}

#[test]
fn classes_without_a_test_example_and_frozen_random_layers_are_noted() {
    let desk = Desk::new();
    different(&desk, "data", &["ant", "bee"], 10);
    different(&desk, "data", &["cow"], 1);
    let text = "conv(2, 3) -> relu -> linear(classes) -> softmax";
    let notes = desk
        .args(&[
            "train", "data", "--model", text, "--freeze", "conv", "--epochs", "1",
        ])
        .noted();
    for said in [
        "note: no held-out examples of cow: ",
        "note: --freeze conv without --from: these layers keep their random initial weights",
    ] {
        assert!(notes.contains(said), "{said} is not in {notes}");
    }
}

#[test]
fn one_class_is_refused_wherever_it_comes_from() {
    let desk = Desk::new();
    fs::write(
        desk.join("one.csv"),
        "a,b,label\n1,2,cat\n3,4,cat\n5,6,cat\n7,8,cat\n",
    )
    .unwrap();
    different(&desk, "one", &["cat"], 4);
    for source in ["one.csv", "one"] {
        for part in ["--hold-out 0.4", "--hold-out 0", ""] {
            let ran = desk.run(&format!("train {source} {part} --epochs 1 --out run"));
            ran.fails(2, &[source, "one class only (cat)", "at least two"]);
        }
    }
    assert!(!desk.join("run").exists());
}

#[test]
fn what_is_known_of_a_class_stays_with_its_name() {
    let desk = Desk::new();
    colours(&desk.join("three"), &RGB, 12, 4);
    desk.run(&format!(
        "train three {SMALL} --epochs 40 --lr 0.05 --out m"
    ))
    .fine();
    let go_on = |data: &str, out: &str| {
        let line =
            format!("train {data} --from m/model.safetensors --transfer all {STILL} --out {out}");
        desk.run(&line).fine()
    };
    colours(&desk.join("two"), &[RGB[2], RGB[0]], 12, 4);
    let out = go_on("two", "fewer");
    assert!(
        out.contains("the last layer keeps 2 of the 3 classes that the model knows"),
        "{out}"
    );
    assert!(out.contains("held-out accuracy 100.00 %"), "{out}");

    colours(&desk.join("four"), &RGB, 12, 4);
    colours(&desk.join("four"), &[("bright", [255; 3])], 12, 4);
    let out = go_on("four", "more");
    assert!(
        out.contains("the last layer keeps its weights for 3 classes, and is new for bright"),
        "{out}"
    );
    colours(
        &desk.join("others"),
        &[("dark", [10; 3]), ("light", [210; 3])],
        8,
        4,
    );
    let out = go_on("others", "others-run");
    assert!(
        out.contains(
            "the last layer is new: the model knows none of these classes, but blue, green and red"
        ),
        "{out}"
    );
    assert!(
        out.contains("divided by 255, as the model of --from was trained"),
        "{out}"
    );
}

#[test]
fn large_images_of_one_size_are_made_small_for_the_usual_network() {
    let desk = Desk::new();
    colours(&desk.join("photos"), &RGB[..2], 4, 160);
    let out = desk.run("train photos --epochs 1 --out run").fine();
    assert!(
        out.contains("the images are all 160x160: taken as 64x64x3, the default without an input"),
        "{out}"
    );
    assert!(out.contains("--input"), "{out}");
    let out = desk
        .run(&format!("train photos {SMALL} --epochs 1 --out own"))
        .fine();
    assert!(
        out.contains("160x160x3"),
        "a network that was asked for takes them as they are: {out}"
    );
}

#[test]
fn the_worst_mistakes_name_their_files() {
    let desk = Desk::new();
    different(&desk, "data", &["ant", "bee"], 10);
    // All outputs are the same, and so is the answer.
    desk.run(&format!(
        "train data {SMALL} --init zeros --epochs 1 --lr 1e-40 --optimizer gd --out run"
    ))
    .fine();
    let json = desk
        .run("evaluate run/model.safetensors data --json")
        .fine();
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let wrong = 20 - found["correct"].as_u64().unwrap();
    let worst = found["worst"].as_array().unwrap();
    assert!(wrong > 0 && worst.len() as u64 == wrong, "{json}");
    for mistake in worst {
        let file = mistake["file"].as_str().unwrap();
        let class = mistake["actual"].as_str().unwrap();
        assert!(
            file.starts_with(&format!("data/{class}/")) && file.ends_with(".bmp"),
            "{file}"
        );
    }
    let page = String::from_utf8(desk.bytes("run/report.html")).unwrap();
    assert!(page.contains(".bmp</code>"), "the report names no file");
}

#[test]
fn names_do_not_act_on_the_terminal() {
    let desk = Desk::new();
    let name = "red\u{1b}[2J\u{202e}";
    different(&desk, "data", &[name, "数字"], 10);
    let ran = desk.run(&format!("train data {SMALL} {STILL} --out run"));
    let shown = "red\\u001b[2J\\u202e";
    assert!(ran.out.contains(shown), "{}", ran.out);
    let evaluated = desk.run("evaluate run/model.safetensors data");
    let predicted = desk.run("predict run/model.safetensors data --json --top-k 2");
    let failed = desk.run(&format!("train nowhere{name}"));
    for text in [
        ran.out,
        ran.err,
        evaluated.out.clone(),
        predicted.out.clone(),
        failed.err,
    ] {
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    }
    let line = predicted.out.lines().next().unwrap();
    let found: serde_json::Value = serde_json::from_str(line).unwrap();
    let classes = found["predictions"].as_array().unwrap();
    assert!(classes.iter().any(|class| class["class"] == name), "{line}");
    // Columns stand under each other by cells: 数字 takes four.
    let lines = evaluated.out.lines();
    let lines = lines.take_while(|line| !line.starts_with("predicted as"));
    let table: Vec<&str> = lines.filter(|line| line.contains(" 10 ")).collect();
    assert_eq!(table.len(), 2, "{}", evaluated.out);
    let before = |line: &str| line.split(" 10 ").next().unwrap().to_owned();
    assert_eq!(
        before(table[0]).chars().count(),
        before(table[1]).chars().count() + 2
    );
}

#[test]
fn a_class_name_that_is_a_text_is_refused() {
    let desk = Desk::new();
    let long = "x".repeat(66_000);
    fs::write(
        desk.join("long.csv"),
        format!("a,label\n1,{long}\n2,b\n3,b\n"),
    )
    .unwrap();
    let ran = desk.run("train long.csv --epochs 1");
    ran.fails(2, &["long.csv", "66000 characters, expected at most 1000"]);
    assert!(ran.err.len() < 300, "{}", ran.err);
}

#[test]
fn errors_name_the_help_of_their_subcommand() {
    let desk = Desk::new();
    for command in ["train", "find-lr", "gradcheck", "inspect"] {
        let ran = desk.run(&format!("{command} --classes 0 --epochs 0 --input x"));
        ran.fails(2, &[&format!("see stepnet {command} --help")]);
    }
    let help = desk.run("train -h").fine();
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "{help}"
    );
}
