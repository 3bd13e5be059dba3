//! Targets that are numbers or labels: read from every format that has them, split, selected, told apart.

use std::path::Path;

use super::failure;
use crate::Result;
use crate::{
    Dataset, Examples, Images, OpenOptions, Opened, TargetKind, Targets, Values, digits, open,
};
use stepnet_base::{TargetScale, Task};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn numbers(values: &[f64], named: &[&str]) -> Targets {
    let (values, names) = (values.to_vec(), names(named));
    Targets::Numbers { values, names }
}

fn read(path: &Path, targets: TargetKind, column: Option<&str>) -> Result<Opened> {
    let options = OpenOptions::default().targets(targets);
    open(path, &options.label_column(column.map(str::to_owned)))
}

fn csv(text: &str, targets: TargetKind, column: Option<&str>) -> Result<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    read(&path, targets, column)
}

#[test]
fn numbers_come_from_columns_of_a_table() {
    let table = "a,b,y,width\n1,2,0.5,-3\n3,4,1.5e2,7\n";
    let one = csv(table, TargetKind::Numbers, Some("y")).unwrap().data;
    assert_eq!(one.targets(), &numbers(&[0.5, 150.0], &["y"]));
    assert_eq!(one.images().shape(), [1, 1, 3]);
    for column in ["y,width", "width, y"] {
        let two = csv(table, TargetKind::Numbers, Some(column)).unwrap().data;
        let expected = numbers(&[0.5, -3.0, 150.0, 7.0], &["y", "width"]);
        assert_eq!(two.targets(), &expected, "in the order of the table");
        assert_eq!(two.images().values(), &Values::U8(vec![1, 2, 3, 4]));
    }
    let named = "a,\"x,y\"\n1,2\n3,4\n";
    let comma = csv(named, TargetKind::Numbers, Some("x,y")).unwrap().data;
    assert_eq!(comma.targets(), &numbers(&[2.0, 4.0], &["x,y"]));
    let decimal = csv("y;a\n0,5;1\n1,25;2\n", TargetKind::Numbers, None).unwrap();
    assert_eq!(decimal.data.targets(), &numbers(&[0.5, 1.25], &["y"]));
    let bare = csv("0.5,1,2\n1.5,3,4\n", TargetKind::Numbers, Some("1,3"));
    let bare = bare.unwrap().data;
    assert_eq!(
        bare.targets(),
        &numbers(&[0.5, 2.0, 1.5, 4.0], &["y1", "y2"])
    );
}

#[test]
fn labels_come_from_columns_of_zeros_and_ones() {
    let table = "cat,a,dog,b\n1,5,0,6\n0,7,0,8\n1,9,1,10\n";
    let opened = csv(table, TargetKind::Labels, Some("cat,dog")).unwrap();
    let marks = vec![1, 0, 0, 0, 1, 1];
    let names = names(&["cat", "dog"]);
    assert_eq!(opened.data.targets(), &Targets::Labels { marks, names });
    assert_eq!(opened.data.class_counts(), [2, 1]);
    assert!(opened.notes.is_empty());
    let never = csv(
        "a,b,x,y\n1,0,5,6\n1,0,5,7\n",
        TargetKind::Labels,
        Some("a,b"),
    );
    let notes = never.unwrap().notes;
    assert!(
        notes
            .iter()
            .any(|note| note == "no example with the label b"),
        "{notes:?}"
    );
}

#[test]
fn what_is_wrong_with_targets_is_said_in_a_line() {
    let fails = |text: &str, kind, column: &str, parts: &[&str]| {
        failure(csv(text, kind, Some(column)), parts);
    };
    use TargetKind::{Labels, Numbers};
    fails(
        "a,y\n1,2\n3,\n",
        Numbers,
        "y",
        &["line 3, field 2 (y)", "a finite number"],
    );
    fails(
        "a,y\n1,2\n3,nan\n",
        Numbers,
        "y",
        &["line 3", "\"nan\" is not a finite number"],
    );
    fails(
        "a,y\n1,2\n3,inf\n",
        Numbers,
        "y",
        &["\"inf\" is not a finite number"],
    );
    fails(
        "a,p,q\n1,2,0\n",
        Labels,
        "p,q",
        &["line 2, field 2 (p)", "not 0 or 1"],
    );
    fails("a,p,q\n1,1,0\n", Labels, "p,r", &["no column \"r\""]);
    fails(
        "a,p,q\n1,1,0\n",
        Labels,
        "p,p",
        &["column 2 is named twice"],
    );
    fails("a,p\n1,1\n", Labels, "a,p", &["no column with values"]);
    // Classes are not asked for as a list.
    let classes = csv("a,p,q\n1,1,0\n", TargetKind::Classes, Some("p,q"));
    failure(classes, &["no column \"p,q\""]);

    let image = || Images::new([1, 1, 1], Values::U8(vec![0, 1])).unwrap();
    let made = |targets| Dataset::with_targets(image(), targets);
    let nan = numbers(&[1.0, f64::NAN], &["width"]);
    failure(
        made(nan),
        &["target \"width\" of example 1 is NaN, expected a finite"],
    );
    failure(
        made(numbers(&[1.0; 3], &["a"])),
        &["targets is 3, expected 2 x 1"],
    );
    failure(made(numbers(&[1.0; 4], &["a", "a"])), &["\"a\" twice"]);
    failure(made(numbers(&[], &[])), &["the number of numbers is 0"]);
    let half = Targets::labels(&[0.0, 1.0, 0.5, 1.0], names(&["a", "b"]));
    failure(
        half,
        &["the label \"a\" of example 1 is 0.5, expected 0 or 1"],
    );
}

/// An npy file of doubles.
fn npy(shape: &str, values: &[f64]) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn arrays(shape: &str, values: &[f64], kind: TargetKind) -> Result<Dataset> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let images: Vec<f64> = (0..12).map(f64::from).collect();
    std::fs::write(path("x.npy"), npy("(3, 2, 2)", &images)).unwrap();
    std::fs::write(path("y.npy"), npy(shape, values)).unwrap();
    let options = OpenOptions::default().targets(kind);
    let opened = open(path("x.npy"), &options.labels(Some(path("y.npy"))));
    opened.map(|opened| opened.data)
}

#[test]
fn arrays_hold_numbers_and_labels() {
    use TargetKind::{Labels, Numbers};
    let three = [0.5, -1.0, 2.0];
    for shape in ["(3,)", "(1, 3)", "(3, 1)"] {
        let data = arrays(shape, &three, Numbers).unwrap();
        assert_eq!(data.targets(), &numbers(&three, &["y"]), "{shape}");
    }
    let six = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let data = arrays("(3, 2)", &six, Numbers).unwrap();
    assert_eq!(data.targets(), &numbers(&six, &["y1", "y2"]));
    let data = arrays("(3, 2)", &six, Labels).unwrap();
    assert_eq!(
        (data.classes(), data.class_counts()),
        (&names(&["0", "1"])[..], vec![2, 1])
    );
    failure(
        arrays("(2, 3)", &six, Numbers),
        &["3 images, but 2 rows of targets"],
    );
    failure(
        arrays("(3,)", &three, Labels),
        &["label \"0\" of example 0 is 0.5"],
    );
    failure(
        arrays("(3, 1, 2)", &six, Numbers),
        &["targets of shape 3x1x2"],
    );
}

#[test]
fn a_format_of_classes_alone_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir(folder.path().join(class)).unwrap();
    }
    let error = read(folder.path(), TargetKind::Numbers, None);
    failure(error, &["targets that are numbers can only be used with"]);
}

fn scene() -> Dataset {
    let images = Images::new([1, 1, 1], Values::U8((0..10).collect())).unwrap();
    let values: Vec<f64> = (0..10)
        .flat_map(|i| [f64::from(i), f64::from(i * i)])
        .collect();
    Dataset::with_targets(images, numbers(&values, &["linear", "square"])).unwrap()
}

#[test]
fn targets_go_with_their_examples() {
    let data = scene();
    assert_eq!((data.labels(), data.class_counts().len()), (&[][..], 0));
    let part = data.subset(&[3, 0, 3]).unwrap();
    let expected = [3.0, 9.0, 0.0, 0.0, 3.0, 9.0];
    assert_eq!(part.targets(), &numbers(&expected, &["linear", "square"]));
    let (rest, held_out) = data.split(0.3, 1).unwrap();
    assert_eq!((rest.len(), held_out.len()), (7, 3));
    for part in [&rest, &held_out] {
        let Targets::Numbers { values, .. } = part.targets() else {
            panic!("they stay numbers");
        };
        for (row, image) in values.chunks(2).zip(0..) {
            let pixel = f64::from(part.images().image(image).unwrap()[0] as f32);
            assert_eq!(row, [pixel, pixel * pixel]);
        }
    }
    let turned = data.clone().with_classes(&names(&["square", "linear"]));
    let turned = turned.unwrap().subset(&[3]).unwrap();
    assert_eq!(
        turned.targets(),
        &numbers(&[9.0, 3.0], &["square", "linear"])
    );
    let other = data.with_classes(&names(&["linear", "cube"]));
    failure(other, &["numbers is linear, square, expected linear, cube"]);
}

#[test]
fn fingerprints_know_the_targets() {
    let data = scene();
    let own = data.fingerprint().unwrap();
    let Targets::Numbers { mut values, names } = data.targets().clone() else {
        panic!("they are numbers");
    };
    values[5] += 1e-9;
    let moved = Targets::Numbers { values, names };
    let moved = Dataset::with_targets(data.images().clone(), moved).unwrap();
    assert!(own.difference(&moved.fingerprint().unwrap()).is_some());
    assert_eq!(own.difference(&data.clone().fingerprint().unwrap()), None);
}

#[test]
fn the_task_has_the_scale_of_the_numbers() {
    let Task::Numbers(TargetScale { mean, deviation }) = scene().task() else {
        panic!("they are numbers");
    };
    assert_eq!(mean, [4.5, 28.5]);
    assert!((deviation[0] - 8.25_f64.sqrt()).abs() < 1e-12);
    assert_eq!(digits().task(), Task::Classes);
}

/// Examples of a program that have labels.
#[derive(Debug)]
struct Marked;

impl Examples for Marked {
    fn shape(&self) -> [usize; 3] {
        [1, 1, 1]
    }

    fn targets(&self) -> Targets {
        let names = names(&["even", "small"]);
        Targets::Labels {
            marks: vec![1, 1, 0, 1, 1, 0],
            names,
        }
    }

    fn fill(&self, index: usize, values: &mut [f32]) -> Result<()> {
        values.fill(index as f32);
        Ok(())
    }
}

#[test]
fn a_program_has_targets_of_its_own() {
    let data = Dataset::of(Marked).unwrap();
    assert_eq!((data.len(), data.class_counts()), (3, vec![2, 2]));
    assert_eq!(data.targets().kind(), TargetKind::Labels);
}

#[test]
fn lists_of_image_files_have_numbers_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [("a", 10), ("b", 20), ("c", 30)] {
        image::GrayImage::from_pixel(2, 2, image::Luma([level]))
            .save(folder.path().join(format!("{name}.bmp")))
            .unwrap();
    }
    let list = |text: &str, kind, column: Option<&str>| {
        let path = folder.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, kind, column)
    };
    let text = "file,width,height\nc.bmp,3,0.5\na.bmp,1,-2\nb.bmp,2,7\n";
    let data = list(text, TargetKind::Numbers, None).unwrap().data;
    let all = [3.0, 0.5, 1.0, -2.0, 2.0, 7.0];
    assert_eq!(data.targets(), &numbers(&all, &["width", "height"]));
    assert_eq!(data.images().image(0).unwrap()[0], 30.0);
    let one = list(text, TargetKind::Numbers, Some("height"))
        .unwrap()
        .data;
    assert_eq!(one.targets(), &numbers(&[0.5, -2.0, 7.0], &["height"]));
    let split = "file,cat,dog,split\na.bmp,1,0,train\nb.bmp,1,1,train\nc.bmp,0,1,test\n";
    let opened = list(split, TargetKind::Labels, None).unwrap();
    assert_eq!(opened.data.class_counts(), [2, 1]);
    assert_eq!(opened.test.unwrap().class_counts(), [0, 1]);
    let wrong = list("file,cat\na.bmp,2\n", TargetKind::Labels, None);
    failure(wrong, &["line 2", "\"cat\" is \"2\", expected 0 or 1"]);
}
