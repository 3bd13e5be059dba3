//! `explain`: maps of images as figures, a page, arrays and lines, and what is said where the question is wrong.

use std::fs;

use serde_json::Value;
use stepnet::data::arrays::ArrayFile;
use stepnet::data::image_files;

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

/// A desk with a trained model `m` of 6x6 colour pictures, a folder `photos` of two of them, and a file that is none.
fn desk() -> Desk {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 6, 6);
    let network = "conv(4, 3, same) -> relu -> conv(3, 3, same) -> mine: relu -> maxpool(2) -> linear(classes) -> softmax";
    let arguments = [
        "train", "data", "--model", network, "--epochs", "2", "--out", "run",
    ];
    desk.args(&arguments).fine();
    fs::copy(desk.join("run/model.safetensors"), desk.join("m")).unwrap();
    for (name, red) in [("a", 200), ("b", 20)] {
        bmp(&desk.join(&format!("photos/{name}.bmp")), 6, |x, y| {
            [red, (20 * x) as u8, (20 * y) as u8]
        });
    }
    desk
}

fn array(desk: &Desk, file: &str, name: &str) -> (Vec<usize>, Vec<f64>) {
    let mut file = ArrayFile::open(&desk.join(file)).unwrap();
    let array = file.read(name).unwrap();
    let stored = stepnet::see::show::stored(&array, &Default::default(), false).unwrap();
    let value: Value = serde_json::to_value(&stored).unwrap();
    let shape = value["shape"].as_array().unwrap().iter();
    let shape = shape
        .map(|extent| extent.as_u64().unwrap() as usize)
        .collect();
    let mut values = Vec::new();
    flatten(&value["content"], &mut values);
    (shape, values)
}

fn flatten(value: &Value, values: &mut Vec<f64>) {
    match value.as_array() {
        Some(several) => several.iter().for_each(|one| flatten(one, values)),
        None => values.push(value.as_f64().unwrap()),
    }
}

#[test]
fn lines_name_the_class_the_method_and_the_strongest_place() {
    let desk = desk();
    let out = desk.run("explain m photos").fine();
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.starts_with("photos/a.bmp: red ("), "{out}");
    assert!(out.contains(", grad-cam at mine: "), "{out}");
    let line =
        "explain m photos/a.bmp --method integrated-gradients,occlusion --class blue --sanity";
    let out = desk.run(line).fine();
    assert!(
        out.contains("blue (") && out.contains(", not predicted)"),
        "{out}"
    );
    assert!(out.contains("; shares add up to "), "{out}");
    assert_eq!(
        out.matches("; rank correlation with random weights ")
            .count(),
        2,
        "{out}"
    );
    let json = desk.run("explain m photos --method all --json").fine();
    let lines: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    let maps = lines[0]["maps"].as_array().unwrap();
    assert_eq!(maps.len(), 7);
    assert_eq!(lines[0]["target"]["name"], "red");
    let sums = &maps
        .iter()
        .find(|map| map["method"] == "integrated-gradients")
        .unwrap()["completeness"];
    let [sum, expected] = ["sum", "expected"].map(|name| sums[name].as_f64().unwrap());
    assert!(
        (sum - expected).abs() < 0.05 * (1.0 + expected.abs()),
        "{sum} {expected}"
    );
}

#[test]
fn figures_the_page_and_the_arrays_are_written() {
    let desk = desk();
    let line = "explain m photos --method grad-cam,saliency,grad-cam++ --sanity --feature-maps mine --filters --out maps --html page.html --npz maps.npz";
    desk.run(line).fine();
    let mut names: Vec<String> = fs::read_dir(desk.join("maps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "a-grad-cam++.png",
            "a-grad-cam.png",
            "a-mine.png",
            "a-saliency.png",
            "b-grad-cam++.png",
            "b-grad-cam.png",
            "b-mine.png",
            "b-saliency.png",
            "filters.png",
        ]
    );
    // Four panels of 6 x 38 pixels: the image, the map over it and alone, and the twin's.
    let figure =
        image_files::from_bytes("a.png".as_ref(), &desk.bytes("maps/a-grad-cam.png")).unwrap();
    assert_eq!(figure.width(), 4 * (6 * 38 + 12) + 12);
    let page = String::from_utf8(desk.bytes("page.html")).unwrap();
    assert_eq!(page.matches("<section").count(), 2);
    assert!(page.contains("photos/a.bmp") && page.ends_with("</html>\n"));
    for (name, shape) in [
        ("grad_cam", &[2, 6, 6][..]),
        ("grad_cam_random", &[2, 6, 6]),
        ("grad_cam_plus_plus", &[2, 6, 6]),
        ("saliency", &[2, 6, 6]),
        ("saliency_values", &[2, 6, 6, 3]),
        ("classes", &[2]),
        ("outputs", &[2]),
    ] {
        let (found, values) = array(&desk, "maps.npz", name);
        assert_eq!(found, shape, "{name}");
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
    }
    let (_, map) = array(&desk, "maps.npz", "saliency");
    let (_, values) = array(&desk, "maps.npz", "saliency_values");
    for (pixel, values) in map.iter().zip(values.chunks(3)) {
        let largest = values
            .iter()
            .fold(0.0, |most: f64, value| most.max(value.abs()));
        assert!(
            (pixel - largest).abs() < 1e-6 * (1.0 + largest),
            "{pixel} {largest}"
        );
    }
    desk.run("explain m photos/a.bmp --out one.png").fine();
    desk.run("explain m --filters --out filters.png").fine();
    assert_eq!(desk.bytes("filters.png"), desk.bytes("maps/filters.png"));
}

#[test]
fn nothing_is_replaced_unless_asked() {
    let desk = desk();
    desk.run("explain m photos --out maps --html page.html")
        .fine();
    let before = desk.bytes("page.html");
    let again = desk.run("explain m photos --out maps");
    again.fails(
        2,
        &["--out: maps is there already and not empty", "--overwrite"],
    );
    desk.run("explain m photos --html page.html --method saliency")
        .fails(2, &["page.html is there already"]);
    assert_eq!(desk.bytes("page.html"), before);
    desk.run("explain m photos --out maps --html page.html --method saliency --overwrite")
        .fine();
    assert_ne!(desk.bytes("page.html"), before);
    desk.run("explain m photos --npz photos/a.bmp --overwrite")
        .fails(2, &["inputs"]);
}

#[test]
fn mistakes_are_named_in_one_line() {
    let desk = desk();
    for (line, parts) in [
        (
            "explain m photos --method gradcam",
            &["\"gradcam\"", "did you mean \"grad-cam\""][..],
        ),
        (
            "explain m photos --layer min",
            &["the layer is \"min\"", "did you mean \"mine\""],
        ),
        ("explain m photos --layer linear1", &["expected an image"]),
        (
            "explain m photos --class purple",
            &["the class is \"purple\"", "red"],
        ),
        (
            "explain m photos --method occlusion --patch 7",
            &["the patch is 7", "at most 6"],
        ),
        (
            "explain m photos --method occlusion --patch 2 --stride 3",
            &["the stride is 3"],
        ),
        (
            "explain m photos --baseline grey",
            &["zero, black, white or mean"],
        ),
        ("explain m photos --out one.png", &["name a folder"]),
        ("explain m photos --out m", &["is a file"]),
        ("explain m nothing", &["nothing"]),
        (
            "explain m photos --feature-maps linear1 --out maps",
            &["the output of linear1"],
        ),
        ("explain m photos --html - --json", &["standard output"]),
        ("explain m", &["IMAGES"]),
    ] {
        let ran = desk.run(line);
        ran.fails(2, parts);
    }
}

#[test]
fn images_that_cannot_be_read_are_reported_and_left_out() {
    let desk = desk();
    fs::write(desk.join("photos/aa.bmp"), "no image").unwrap();
    let ran = desk.run("explain m photos --npz maps.npz --html page.html");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("photos/aa.bmp"), "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    assert_eq!(array(&desk, "maps.npz", "grad_cam").0, [2, 6, 6]);
    let alone = desk.run("explain m photos/aa.bmp --html other.html");
    assert_eq!(alone.code, Some(2), "{}", alone.err);
    assert!(!desk.join("other.html").exists());
}

#[test]
fn a_map_does_not_depend_on_the_threads_or_the_other_images() {
    let desk = desk();
    let methods = "--method all --overwrite --npz";
    desk.run(&format!("explain m photos {methods} both.npz"))
        .fine();
    desk.run(&format!("explain m photos/b.bmp {methods} b.npz"))
        .fine();
    let words = format!("explain m photos/b.bmp {methods} two.npz --threads 2");
    let words: Vec<&str> = words.split(' ').collect();
    assert!(desk.command(&words).output().unwrap().status.success());
    assert_eq!(desk.bytes("two.npz"), desk.bytes("b.npz"));
    for name in ["smoothgrad_values", "occlusion", "grad_cam"] {
        let both = array(&desk, "both.npz", name).1;
        let alone = array(&desk, "b.npz", name).1;
        assert_eq!(both[both.len() / 2..], alone, "{name}");
    }
}
