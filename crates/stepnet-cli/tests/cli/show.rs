//! `show`.

use std::fs;

use serde_json::Value;

use crate::files::{idx, model};
use crate::run::Desk;

/// An npy file with this type, order and shape, and these bytes.
fn npy(descr: &str, fortran: bool, shape: &str, body: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

fn shown(desk: &Desk, bytes: &[u8], options: &str) -> String {
    fs::write(desk.join("a.npy"), bytes).unwrap();
    desk.run(&format!("show a.npy {options}")).fine()
}

#[test]
fn arrays_of_every_type_and_order_are_shown() {
    let desk = Desk::new();
    let doubles: Vec<u8> = [1.5_f64, -2.0, 0.25, 3.0, 0.0, 6.5]
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let rows = "a.npy: float64 (2, 3): -2 to 6.5, mean 1.5416667\n[[ 1.5  -2.    0.25]\n [ 3.    0.    6.5 ]]\n";
    assert_eq!(
        shown(&desk, &npy(">f8", false, "(2, 3)", &doubles), ""),
        rows
    );
    let columns = shown(&desk, &npy(">f8", true, "(2, 3)", &doubles), "");
    assert!(
        columns.ends_with("[[ 1.5   0.25  0.  ]\n [-2.    3.    6.5 ]]\n"),
        "{columns}"
    );
    let shorts: Vec<u8> = [-300_i16, 7].iter().flat_map(|v| v.to_be_bytes()).collect();
    let out = shown(&desk, &npy(">i2", false, "(2,)", &shorts), "");
    assert_eq!(
        out,
        "a.npy: int16 (2,): -300 to 7, mean -146.5\n[-300    7]\n"
    );
    let out = shown(&desk, &npy("|b1", false, "(3,)", &[1, 0, 1]), "");
    assert!(
        out.contains("bool (3,): 0 to 1") && out.ends_with("[ True False  True]\n"),
        "{out}"
    );
    let out = shown(&desk, &npy("<u8", false, "()", &u64::MAX.to_le_bytes()), "");
    assert!(
        out.ends_with("mean 1.8446744e+19\n18446744073709551615\n"),
        "{out}"
    );
    let out = shown(&desk, &npy("<f4", false, "(0, 3)", &[]), "");
    assert_eq!(out, "a.npy: float32 (0, 3): no values\n[]\n");
    let out = shown(&desk, &npy("|S2", false, "(2,)", b"abc\0"), "");
    assert_eq!(out, "a.npy: text (2,)\n['ab' 'c']\n");
    let wild: Vec<u8> = [f32::NAN, f32::INFINITY, 2.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let out = shown(&desk, &npy("<f4", false, "(3,)", &wild), "");
    assert_eq!(
        out,
        "a.npy: float32 (3,): 2 to 2, mean 2, 1 NaN, 1 infinite\n[nan inf  2.]\n"
    );
}

#[test]
fn parts_of_volumes_are_shown() {
    let desk = Desk::new();
    let bytes: Vec<u8> = (0..48).collect();
    let volume = npy("|u1", false, "(2, 3, 4, 2)", &bytes);
    let out = shown(&desk, &volume, "");
    assert!(
        out.contains(
            "[0, :, :, 1]\n[[ 1  3  5  7]\n [ 9 11 13 15]\n [17 19 21 23]]\n[1, :, :, 0]\n"
        ),
        "{out}"
    );
    assert!(shown(&desk, &volume, "--nested").contains("\n[[[[ 0  1]\n"));
    let out = shown(&desk, &volume, "--at [1,:,:,1]");
    assert_eq!(
        out,
        "a.npy[1, :, :, 1]: uint8 (3, 4): 25 to 47, mean 36\n[[25 27 29 31]\n [33 35 37 39]\n [41 43 45 47]]\n"
    );
    assert!(shown(&desk, &volume, "--at [-1,-1,-1,-1]").ends_with("mean 47\n47\n"));
    let out = shown(&desk, &volume, "--at [...,0:1] --json");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["shape"], serde_json::json!([2, 3, 4, 1]));
    assert_eq!((&value["min"], &value["max"]), (&0.into(), &46.into()));
    assert_eq!(
        (&value["dtype"], &value["stored_as"]),
        (&"uint8".into(), &"|u1".into())
    );
    assert_eq!(value["content"][1][0][0][0], 24);
    desk.run("show a.npy --at [2]")
        .fails(2, &["a.npy", "the index is 2, expected 0 to 1 on axis 0"]);
    desk.run("show a.npy --at [0,0,0,0,0]")
        .fails(2, &["at most 4 places"]);
    desk.run("show a.npy --at [x]")
        .fails(2, &["--at", "as in Python"]);
    desk.run("show a.npy weight")
        .fails(2, &["is a single array"]);
}

#[test]
fn files_of_several_arrays_are_listed() {
    let desk = Desk::new();
    let weight: (&str, &[usize], _) = ("linear1.weight", &[1, 4], vec![1.0, 2.0, -0.5, 0.0]);
    let bias: (&str, &[usize], _) = ("linear1.bias", &[1], vec![0.5]);
    let network = "linear(1) -> sigmoid";
    model(
        &desk.join("m.safetensors"),
        network,
        "binary-cross-entropy",
        &[weight, bias],
    );
    let out = desk.run("show m.safetensors").fine();
    assert!(
        out.lines().count() >= 2 && out.contains(".weight: float32 ("),
        "{out}"
    );
    let name = out.split(": ").next().unwrap();
    let one = desk.run(&format!("show m.safetensors {name}")).fine();
    assert!(
        one.starts_with(&format!("m.safetensors {name}: float32 (")),
        "{one}"
    );
    let listed: Value =
        serde_json::from_str(&desk.run("show m.safetensors --json").fine()).unwrap();
    assert_eq!(listed["arrays"][0]["name"], name);
    desk.run("show m.safetensors none")
        .fails(2, &["no array \"none\"", name]);
    desk.run("show m.safetensors --at [0]")
        .fails(2, &["--at needs the name", name]);
    idx(
        &desk.join("i"),
        &[3, 2, 2],
        &[0, 1, 2, 3, 4, 5, 6, 255, 8, 9, 10, 11],
    );
    let out = desk.run("show i --at [:2]").fine();
    assert_eq!(
        out,
        "i[:2]: uint8 (2, 2, 2): 0 to 255, mean 34.5\n[:, :, 0]\n[[0 2]\n [4 6]]\n[:, :, 1]\n[[  1   3]\n [  5 255]]\n"
    );
    let out = desk.run("show i").fine();
    assert!(out.ends_with("\n[[[  0   1]\n  [  2   3]]\n\n [[  4   5]\n  [  6 255]]\n\n [[  8   9]\n  [ 10  11]]]\n"), "{out}");
}

#[test]
fn an_array_that_cannot_be_read_does_not_hide_the_others() {
    let desk = Desk::new();
    let file = include_bytes!("../../../stepnet-data/tests/files/linked.h5");
    fs::write(desk.join("a.h5"), file).unwrap();
    let ran = desk.run("show a.h5");
    ran.fails(2, &["a.h5", "compound", "expected integers"]);
    let listed = |name: &str| {
        ran.out
            .lines()
            .any(|line| line.starts_with(&format!("{name}: ")))
    };
    for name in ["group/compound", "group/bools", "group/enum"] {
        assert!(listed(name), "{name} is not in {}", ran.out);
    }
    let of_json: Value = serde_json::from_str(&desk.run("show a.h5 --json").out).unwrap();
    let arrays = of_json["arrays"].as_array().unwrap();
    assert_eq!(arrays.len(), ran.out.lines().count());
    assert!(arrays.iter().any(|array| array["error"].is_string()));
}

#[test]
fn broken_and_foreign_files_are_told_in_one_line() {
    let desk = Desk::new();
    let write = |name: &str, bytes: &[u8]| fs::write(desk.join(name), bytes).unwrap();
    write("short.npy", &npy("<f8", false, "(1000, 1000)", &[0; 8]));
    write(
        "huge.npy",
        &npy("<f8", false, "(4294967296, 4294967296)", &[]),
    );
    write("object.npy", &npy("|O", false, "(1,)", &[0; 8]));
    write("text.npy", b"hello, world\n");
    write("empty.npy", b"");
    write("zip.npz", b"PK\x03\x04 and then nothing");
    write("head.safetensors", &[255; 16]);
    for (name, part) in [
        ("short.npy", "takes 8000000 bytes, 8 found"),
        ("huge.npy", "too large"),
        ("object.npy", "nothing is unpickled"),
        ("text.npy", "is text, expected an array file"),
        ("empty.npy", "the file is empty"),
        ("zip.npz", "zip archive"),
        ("head.safetensors", "not a .safetensors file"),
        ("none.npy", "cannot open"),
        (".", "is a folder"),
    ] {
        desk.run(&format!("show {name}")).fails(2, &[name, part]);
    }
}
