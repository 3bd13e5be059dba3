//! `predict` over many pictures.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use crate::files::{bmp, model};
use crate::run::{Desk, Ran};

/// A model that answers `yes` to bright pictures and `no` to dark ones, and pictures below `p`.
fn desk(pictures: &[(&str, u8)]) -> Desk {
    let desk = Desk::new();
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![2.0; 4]),
        ("linear1.bias", &[1], vec![-4.0]),
    ];
    model(
        &desk.join("m"),
        "linear(1) -> sigmoid",
        "binary-cross-entropy",
        &tensors,
    );
    for (name, value) in pictures {
        bmp(&desk.join("p").join(name), 2, |_, _| [*value; 3]);
    }
    desk
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

fn names(ran: &Ran) -> Vec<&str> {
    ran.out
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect()
}

#[test]
fn folders_are_searched_in_the_order_of_names_and_other_files_passed_over() {
    let desk = desk(&[
        ("b/2.bmp", 255),
        ("b/10.bmp", 0),
        ("a/x.bmp", 0),
        ("c.bmp", 255),
    ]);
    // By content, whatever the name; by name, whatever the content.
    fs::copy(desk.join("p/c.bmp"), desk.join("p/b/none")).unwrap();
    fs::write(desk.join("p/a/broken.JPG"), "no picture").unwrap();
    fs::write(desk.join("p/a/labels.csv"), "a,b\n").unwrap();
    fs::create_dir_all(desk.join("p/.hidden")).unwrap();
    fs::copy(desk.join("p/c.bmp"), desk.join("p/.hidden/d.bmp")).unwrap();
    let ran = desk.run("predict m p/c.bmp p");
    let expected = [
        "p/c.bmp",
        "p/a/x.bmp",
        "p/b/10.bmp",
        "p/b/2.bmp",
        "p/b/none",
    ];
    assert_eq!(names(&ran), expected, "{}", ran.err);
    assert_eq!(ran.code, Some(2));
    let said: Vec<&str> = ran.err.lines().collect();
    assert_eq!(said.len(), 2, "{}", ran.err);
    assert!(
        said[0].starts_with("error: p/a/broken.JPG: not an image but text"),
        "{}",
        said[0]
    );
    assert!(
        said[1].starts_with("6 images, 1 failed, 1 other file skipped, "),
        "{}",
        said[1]
    );
    assert!(said[1].ends_with(" images/s"), "{}", said[1]);
    assert!(ran.out.starts_with("p/c.bmp: yes 98.2 %\n"), "{}", ran.out);
}

#[test]
fn patterns_match_as_in_a_shell() {
    let desk = desk(&[
        ("a/1.bmp", 0),
        ("a/2.bmp", 0),
        ("b/1.bmp", 0),
        ("odd[1].bmp", 255),
    ]);
    let found = |pattern: &str| {
        let ran = desk.args(&["predict", "m", pattern]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        names(&ran).join(" ")
    };
    assert_eq!(found("p/*/1.bmp"), "p/a/1.bmp p/b/1.bmp");
    assert_eq!(found("p/[ab]/?.bmp"), "p/a/1.bmp p/a/2.bmp p/b/1.bmp");
    assert_eq!(found("p/**/1.bmp"), "p/a/1.bmp p/b/1.bmp");
    // Folders that match are searched, once.
    assert_eq!(found("p/[a]*"), "p/a/1.bmp p/a/2.bmp");
    assert_eq!(
        found("p/**/*"),
        "p/a/1.bmp p/a/2.bmp p/b/1.bmp p/odd[1].bmp"
    );
    // A file of that very name comes first.
    assert_eq!(found("p/odd[1].bmp"), "p/odd[1].bmp");
    desk.args(&["predict", "m", "p/*.png"])
        .fails_with(2, "error: p/*.png: no file matches this pattern");
    desk.args(&["predict", "m", "p/[a"])
        .fails_with(2, "error: p/[a: no such file, and not a pattern either");
}

#[test]
fn nothing_to_look_at_is_one_line() {
    let desk = desk(&[]);
    fs::create_dir(desk.join("empty")).unwrap();
    fs::write(desk.join("empty/readme.txt"), "text").unwrap();
    let ran = desk.run("predict m empty --csv out.csv");
    ran.fails(2, &["no images found in empty"]);
    assert!(!desk.join("out.csv").exists() && !desk.join("out.csv.partial").exists());
}

#[test]
fn a_table_has_a_row_for_every_picture() {
    let desk = desk(&[("bright, \"1\".bmp", 255), ("dark.bmp", 0)]);
    fs::write(desk.join("p/cut.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let ran = desk.run("predict m p --top-k 5 --csv out.csv");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    let text = String::from_utf8(desk.bytes("out.csv")).unwrap();
    let head = [
        "picture",
        "class",
        "probability",
        "class_2",
        "probability_2",
        "error",
    ];
    let found = rows(&text);
    assert_eq!(found.len(), 4, "{text}");
    assert_eq!(found[0], head);
    assert_eq!(found[1][..2], ["p/bright, \"1\".bmp", "yes"]);
    let [yes, no] = [2, 4].map(|at| found[1][at].parse::<f64>().unwrap());
    // 1 / (1 + exp(-4)).
    assert!(
        (yes - 0.982_013_79).abs() < 1e-6 && (yes + no - 1.0).abs() < 1e-12,
        "{text}"
    );
    assert_eq!(found[1][5], "");
    assert_eq!(found[2][..2], ["p/cut.png", ""]);
    assert!(found[2][5].starts_with("p/cut.png: "), "{text}");
    assert_eq!(found[3][1], "no");
    assert!(!desk.join("out.csv.partial").exists());

    let ran = desk.run("predict m p --top-k 5 --csv -");
    assert_eq!(ran.out, text);
    desk.run("predict m p --csv none/out.csv")
        .fails(2, &["none/out.csv", "there is no folder none"]);
    desk.run("predict m p --csv p")
        .fails(2, &["p: is a folder"]);
    desk.run("predict m p --csv - --json")
        .fails(2, &["--csv", "--json"]);
}

#[test]
fn of_unlikely_classes_the_model_is_not_sure() {
    // 1 / (1 + exp(-4)) = 0.982 of the bright ones, 0.55 of the grey one.
    let desk = desk(&[("bright.bmp", 255), ("grey.bmp", 134)]);
    let ran = desk.run("predict m p --min-confidence 0.9");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out
            .starts_with("p/bright.bmp: yes 98.2 %\np/grey.bmp: not sure (yes 55."),
        "{}",
        ran.out
    );
    assert!(
        ran.err.contains("2 images, 0 failed, not sure of 1"),
        "{}",
        ran.err
    );

    let ran = desk.run("predict m p --min-confidence 0.9 --json");
    let lines = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sure"].clone());
    assert_eq!(lines.collect::<Vec<_>>(), [true, false]);
    fs::write(desk.join("p/cut.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let ran = desk.run("predict m p --min-confidence 0.9 --csv -");
    let sure = rows(&ran.out).into_iter().map(|row| row[3].clone());
    assert_eq!(sure.collect::<Vec<_>>(), ["sure", "yes", "", "no"]);
    // Without the option, nothing of it.
    assert!(!desk.run("predict m p --json").out.contains("sure"));

    for (given, expected) in [
        ("1.5", "--min-confidence"),
        ("nan", "--min-confidence"),
        ("-1", "--min-confidence"),
    ] {
        desk.run(&format!("predict m p --min-confidence {given}"))
            .fails(2, &[expected]);
    }
    model(
        &desk.join("values"),
        "linear(1)",
        "mean-squared-error",
        &[
            ("linear1.weight", &[1, 4], vec![2.0; 4]),
            ("linear1.bias", &[1], vec![-4.0]),
        ],
    );
    desk.run("predict values p --min-confidence 0.5")
        .fails(2, &["--min-confidence", "values"]);
}

#[test]
fn many_pictures_keep_their_order_and_their_failures_their_place() {
    let all: Vec<(String, u8)> = (0..300)
        .map(|n| (format!("{n:04}.bmp"), (n % 2 * 255) as u8))
        .collect();
    let all: Vec<(&str, u8)> = all
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let desk = desk(&all);
    for broken in [0, 63, 64, 200] {
        fs::write(desk.join(&format!("p/{broken:04}.bmp")), "BM").unwrap();
    }
    let ran = desk.run("predict m p --json");
    assert_eq!(ran.code, Some(2));
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 300);
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["picture"], format!("p/{n:04}.bmp"));
        if [0, 63, 64, 200].contains(&n) {
            let said = line["error"].as_str().unwrap();
            assert!(said.contains(&format!("p/{n:04}.bmp: ")), "{line}");
            assert!(line.get("predictions").is_none());
        } else {
            let class = ["no", "yes"][n % 2];
            assert_eq!(line["predictions"][0]["class"], class, "{line}");
        }
    }
    assert_eq!(ran.err.lines().count(), 5, "{}", ran.err);
    assert!(ran.err.contains("300 images, 4 failed, "), "{}", ran.err);
    let threads = desk
        .command(&["predict", "m", "p", "--json", "--threads", "3"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(threads.stdout).unwrap(), ran.out);
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    // More lines than a pipe holds that nobody reads.
    let long = "n".repeat(200);
    let all: Vec<String> = (0..600).map(|n| format!("{n:04}{long}.bmp")).collect();
    let all: Vec<(&str, u8)> = all.iter().map(|name| (name.as_str(), 0)).collect();
    let desk = desk(&all);
    let mut command = desk.command(&["predict", "m", "p"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(
        line.starts_with("p/0000nnn") && line.contains(".bmp: no "),
        "{line}"
    );
    drop(reader);
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn every_picture_is_answered_once_however_links_lead_to_it() {
    use std::os::unix::fs::symlink;
    let desk = desk(&[("a.bmp", 0), ("n50/b.bmp", 255)]);
    symlink("../p", desk.join("p/again")).unwrap();
    fs::create_dir(desk.join("q")).unwrap();
    symlink("../p", desk.join("q/link")).unwrap();
    for n in 0..50 {
        let folder = desk.join(&format!("p/n{n}"));
        fs::create_dir(&folder).unwrap();
        for name in ["x", "y"] {
            symlink(format!("../n{}", n + 1), folder.join(name)).unwrap();
        }
    }
    for arguments in [
        "predict m q",
        "predict m p/n0 p/a.bmp",
        "predict m p/**/*.bmp",
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments}: {}", ran.err);
        let mut found: Vec<&str> = ran
            .out
            .lines()
            .map(|line| line.rsplit('/').next().unwrap())
            .collect();
        found.sort_unstable();
        assert_eq!(found.len(), 2, "{arguments}: {found:?}");
        assert!(
            found[0].starts_with("a.bmp: no") && found[1].starts_with("b.bmp: yes"),
            "{found:?}"
        );
    }
    symlink("nowhere", desk.join("p/gone")).unwrap();
    let ran = desk.run("predict m p");
    assert_eq!((ran.code, names(&ran).len()), (Some(2), 2));
    assert!(ran.err.contains("p/gone: cannot open"), "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_found() {
    use std::os::unix::ffi::OsStrExt;
    let desk = desk(&[("a.bmp", 0)]);
    let odd = desk
        .join("p")
        .join(std::ffi::OsStr::from_bytes(b"caf\xe9.bmp"));
    fs::copy(desk.join("p/a.bmp"), odd).unwrap();
    for arguments in [["predict", "m", "p/*.bmp"], ["predict", "m", "p"]] {
        let output = desk.command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(
            output.stdout.iter().filter(|&&byte| byte == b'\n').count(),
            2
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_not_lost() {
    use std::os::unix::ffi::OsStrExt;
    let desk = desk(&[("a.bmp", 0)]);
    for name in [&b"caf\xe9 100%.bmp"[..], b"none\xff"] {
        let odd = desk.join("p").join(std::ffi::OsStr::from_bytes(name));
        fs::copy(desk.join("p/a.bmp"), odd).unwrap();
    }
    let odd = std::ffi::OsStr::from_bytes(b"bad\xe9.png");
    fs::write(desk.join("p").join(odd), "no image").unwrap();
    let ran = desk.run("predict m p --json");
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fields = |name: &str| -> Vec<Option<&str>> {
        lines.iter().map(|line| line[name].as_str()).collect()
    };
    let shown = [
        "p/a.bmp",
        "p/bad\u{fffd}.png",
        "p/caf\u{fffd} 100%.bmp",
        "p/none\u{fffd}",
    ];
    assert_eq!(fields("picture"), shown.map(Some));
    let bytes = ["p/bad%E9.png", "p/caf%E9%20100%25.bmp", "p/none%FF"].map(Some);
    assert_eq!(fields("picture_bytes"), [&[None][..], &bytes].concat());
    // A table has no place for them.
    let ran = desk.run("predict m p --csv -");
    assert_eq!(
        ran.err.matches("note: the table has names").count(),
        1,
        "{}",
        ran.err
    );
    let ran = desk.run("predict m p/a.bmp --csv -");
    assert!(!ran.err.contains("note"), "{}", ran.err);
}

#[test]
fn a_file_that_several_arguments_name_is_answered_once_where_it_comes_first() {
    let desk = desk(&[("b.bmp", 255), ("a.bmp", 0), ("c/d.bmp", 255)]);
    for (arguments, expected) in [
        ("p/*.bmp p/a*", "p/a.bmp p/b.bmp"),
        ("p/b.bmp p/*.bmp p/b.bmp", "p/b.bmp p/a.bmp"),
        ("p/c p/b.bmp p", "p/c/d.bmp p/b.bmp p/a.bmp"),
        ("p p/c ./p/**/*.bmp", "p/a.bmp p/b.bmp p/c/d.bmp"),
        ("p/a.bmp p/a.bmp", "p/a.bmp"),
    ] {
        let ran = desk.run(&format!("predict m {arguments}"));
        assert_eq!(ran.code, Some(0), "{arguments}: {}", ran.err);
        assert_eq!(names(&ran).join(" "), expected, "{arguments}");
    }
    // One that is not there has no other name to be known by.
    let ran = desk.run("predict m p/a.bmp p/none.bmp p/none.bmp");
    assert_eq!((ran.code, names(&ran).len()), (Some(2), 1));
    assert!(ran.err.contains("p/none.bmp: cannot open"), "{}", ran.err);
}

/// A black PNG: a small file for many pixels.
#[cfg(target_os = "linux")]
fn bomb(path: &std::path::Path, side: u32) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), side, side);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer
        .write_image_data(&vec![0; 3 * (side * side) as usize])
        .unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn images_that_do_not_fit_into_memory_together_are_decoded_in_turn_or_refused() {
    let desk = desk(&[("z.bmp", 255)]);
    bomb(&desk.join("p/0.png"), 5000);
    for n in 1..6 {
        fs::copy(desk.join("p/0.png"), desk.join(&format!("p/{n}.png"))).unwrap();
    }
    let run = |kib: u32| -> Ran {
        let mut command = std::process::Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit -v {kib} && exec \"$0\" predict m p --threads 4"),
        ]);
        command
            .arg(env!("CARGO_BIN_EXE_stepnet"))
            .current_dir(desk.path());
        command.output().unwrap().into()
    };
    // One takes 175 MB; there are never more at one time than fit.
    let ran = run(900_000);
    assert_eq!((ran.code, names(&ran).len()), (Some(0), 7), "{}", ran.err);
    let ran = run(430_000);
    assert!(names(&ran).contains(&"p/z.bmp"), "{}", ran.err);
    for line in ran.err.lines().filter(|line| line.starts_with("error: ")) {
        assert!(
            line.contains("decoding it takes 166.9 MiB of memory, more than is free"),
            "{line}"
        );
    }
}
