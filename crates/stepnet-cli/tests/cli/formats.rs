//! Data in other forms than folders.

use std::fmt::Write;
use std::fs;

use crate::files::bmp;
use crate::run::Desk;

#[test]
fn a_list_of_files_trains_and_its_mistakes_are_named() {
    let desk = Desk::new();
    let images = desk.join("images");
    fs::create_dir(&images).unwrap();
    let mut list = String::from("file;label;split\n");
    for at in 0..24_u32 {
        let (label, colour) = [("red", [200, 20, 20]), ("blue", [20, 20, 200])][at as usize % 2];
        bmp(&images.join(format!("{at:02}.bmp")), 8, |x, _| {
            colour.map(|value: u8| value.saturating_add((at + x) as u8))
        });
        let part = if at < 16 { "train" } else { "val" };
        writeln!(list, "{at:02}.bmp;{label};{part}").unwrap();
    }
    fs::write(desk.join("list.csv"), &list).unwrap();
    let out = desk
        .run("train list.csv --epochs 3 --out run --standardize")
        .fine();
    assert!(out.contains("16 ") && out.contains("8 "), "{out}");
    let out = desk.run("evaluate run/model.safetensors list.csv").fine();
    assert!(out.contains("8 "), "{out}");
    desk.run("predict run/model.safetensors images/00.bmp")
        .fine();
    let broken = list.replace("03.bmp", "33.bmp");
    fs::write(desk.join("broken.csv"), broken).unwrap();
    let ran = desk.run("train broken.csv --epochs 1 --out other");
    ran.fails(
        2,
        &["broken.csv", "line 5", "no image \"33.bmp\"", "--skip-bad"],
    );
    desk.run("train list.csv --label-column kind --epochs 1")
        .fails(2, &["no column \"kind\"", "file, label, split"]);
}
