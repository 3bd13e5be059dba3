//! Lists of examples to leave out.

use std::fs;

use super::*;
use crate::{Images, Values};

fn data(labels: &[u32]) -> Dataset {
    let values = (0..labels.len() as u8).collect();
    let images = Images::new([1, 1, 1], Values::U8(values)).unwrap();
    let classes = vec!["cat".to_owned(), "dog".to_owned()];
    Dataset::new(images, labels.to_vec(), classes).unwrap()
}

fn list(text: &str) -> Result<LeaveOut> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    fs::write(&path, text).unwrap();
    LeaveOut::read(&path)
}

fn left(text: &str, part: ListedPart) -> Result<Vec<f64>> {
    let (data, _) = list(text)?.apply(data(&[0, 1, 0, 1]), part)?;
    let values = (0..data.len()).map(|at| data.images().image(at).unwrap()[0]);
    Ok(values.collect())
}

#[test]
fn examples_are_left_out_by_their_number() {
    let table = "kind,part,example,class,leave_out\ncopy,training,1,dog,yes\n\
                 dark,training,2,cat,no\ncopy,test,3,dog,yes\n";
    assert_eq!(left(table, ListedPart::Training).unwrap(), [0.0, 2.0, 3.0]);
    assert_eq!(left(table, ListedPart::Test).unwrap(), [0.0, 1.0, 2.0]);
    // A list of numbers alone.
    let table = "example\n0\n3\n3\n";
    assert_eq!(left(table, ListedPart::Training).unwrap(), [1.0, 2.0]);
    assert_eq!(left(table, ListedPart::Test).unwrap().len(), 4);
}

#[test]
fn lists_that_do_not_fit_are_refused_by_their_line() {
    for (table, expected) in [
        ("", "the file is empty"),
        (
            "name\n1\n",
            "line 1: expected a header with a column `file`",
        ),
        ("example\nx\n", "line 2: example is \"x\""),
        ("example,part\n1,valid\n", "line 2: part is \"valid\""),
        (
            "example,leave_out\n1,maybe\n",
            "line 2: leave_out is \"maybe\"",
        ),
        ("example,file\n0,\n,\n", "line 3: neither file nor example"),
        (
            "example\n4\n",
            "line 2: there is no example 4: the training part has 4",
        ),
        (
            "example,class\n1,cat\n",
            "example 1 is of class \"dog\", not \"cat\"",
        ),
        ("file\na.png\n", "none of the 1 example that it leaves out"),
        ("example\n0\n1\n2\n3\n", "leaves out all 4 examples"),
        ("example,class\n1\n", "not a CSV table"),
    ] {
        let error = left(table, ListedPart::Training).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}

#[cfg(feature = "pictures")]
#[test]
fn files_are_found_by_any_path_that_leads_to_them() {
    use image::{GrayImage, ImageFormat, Luma};

    let folder = tempfile::tempdir().unwrap();
    for (class, value) in [("a", 1), ("a", 2), ("b", 3)] {
        let path = folder.path().join(class).join(format!("{value}.png"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let image = GrayImage::from_pixel(2, 2, Luma([value]));
        image.save_with_format(&path, ImageFormat::Png).unwrap();
    }
    let data = crate::open(folder.path(), &crate::OpenOptions::default()).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let other = folder.path().join("b/../a/2.png").display().to_string();
    let text = format!(
        "file,class\n{}\n{other}\n{}\n",
        path("a/1.png"),
        path("gone.png")
    );
    // The rows have one field less than the header.
    assert!(list(&text).is_err());
    let text = text.replace(",class", "");
    let list = list(&text).unwrap();
    assert!(list.lists(&folder.path().join("a/1.png")));
    assert!(!list.lists(&folder.path().join("b/3.png")));
    let gone = list.without(&[folder.path().join("gone.png")]);
    let (_, out) = gone.apply(data.data.clone(), ListedPart::Training).unwrap();
    assert_eq!((out.examples, out.missing), (2, 0));
    let (rest, out) = list.apply(data.data, ListedPart::Training).unwrap();
    assert_eq!((out.examples, out.missing), (2, 1));
    assert_eq!(rest.len(), 1);
    assert!(rest.name(0).unwrap().ends_with("b/3.png"));
}
