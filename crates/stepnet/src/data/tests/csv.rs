//! CSV tables.

use super::failure;
use crate::Result;
use crate::data::{OpenOptions, Opened, Values, open};

fn csv(text: &str, label: Option<&str>) -> Result<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let options = OpenOptions {
        label_column: label.map(str::to_owned),
        ..OpenOptions::default()
    };
    open(path, &options)
}

#[test]
fn csv_tables_of_many_makes() {
    let opened = csv("label,a,b,c,d\n1,0,16,2,3\n0,4,5,6,7\n", None).unwrap();
    assert_eq!(opened.data.images().shape(), [2, 2, 1]);
    assert_eq!(opened.data.labels(), [1, 0]);
    assert_eq!(
        opened.data.images().values(),
        &Values::U8(vec![0, 16, 2, 3, 4, 5, 6, 7])
    );
    let same = [
        "\u{feff}label,a,b,c,d\r\n1,0,16,2,3\r\n0,4,5,6,7\r\n",
        "1,0,16,2,3\n0,4,5,6,7",
        "label;a;b;c;d\n1;0;16;2;3\n\n0;4;5;6;7\n",
        "label\ta\tb\tc\td\n1\t0\t16\t2\t3\n0\t4\t5\t6\t7\n",
        "a,b,c,d,Class\n0,16,2,3,1\n4,5,6,7,0\n",
        "label,0,1,2,3\n1.0, 0 ,16.0,2,3\n0.0,4,5,6,7\n",
    ];
    for text in same {
        assert_eq!(csv(text, None).unwrap().data, opened.data, "{text:?}");
    }
    assert_eq!(
        csv("a,kind,b,c,d\n0,1,16,2,3\n4,0,5,6,7\n", Some("kind"))
            .unwrap()
            .data,
        opened.data
    );
    assert_eq!(
        csv("0,16,2,3,1\n4,5,6,7,0\n", Some("5")).unwrap().data,
        opened.data
    );
    let named = csv("cat,1,2\nant,3,4.5\ncat,5,6\n", None).unwrap().data;
    assert_eq!(
        (named.classes(), named.labels()),
        (&["ant".into(), "cat".into()][..], &[1, 0, 1][..])
    );
    let expected = vec![1.0, 2.0, 3.0, 4.5, 5.0, 6.0];
    assert_eq!(named.images().values(), &Values::F64(expected));
}

#[test]
fn csv_mistakes_are_named_by_line_and_field() {
    let fails = |text: &str, parts: &[&str]| failure(csv(text, None), parts);
    fails(
        "label,a,b\n1,2,3\n1,2\n",
        &["table.csv", "line 3: 2 fields found, 3 expected"],
    );
    fails(
        "label,a,b\r\n1,2,3,4\r\n",
        &["line 2: 4 fields found, 3 expected"],
    );
    fails(
        "label,a,b\n1,2,x y\n",
        &["line 2, field 3 (b): \"x y\" is not a number"],
    );
    fails("1,2,3\n1,,3\n", &["line 2, field 2: \"\" is not a number"]);
    fails("label,a\n1,nan\n", &["line 2, field 2 (a)", "finite"]);
    fails("label,a\n1,1e999\n", &["finite"]);
    fails("label,a\n-1,2\n", &["line 2, field 1", "-1", "integer"]);
    fails("label,a\n1.5,2\n", &["1.5", "integer"]);
    fails("label,a\n1,2\n,3\n", &["line 3, field 1", "empty"]);
    fails("label,a\n70000,2\n", &["line 2", "70000", "65536"]);
    fails("label,a\n", &["no line with an example"]);
    fails("label\n1\n", &["1 field found"]);
    fails("a,b,c\n1,2,3\n", &["no column named label", "a, b, c"]);
    failure(csv("a,b\n1,2\n", Some("z")), &["no column \"z\"", "a, b"]);
    failure(csv("1,2\n", Some("3")), &["no column \"3\"", "1 to 2"]);
    fails("", &["the file is empty"]);
    let long = format!("label,a\n1,{}\n", "y".repeat(500));
    assert!(failure(csv(&long, None), &["..."]).len() < 250);
}
