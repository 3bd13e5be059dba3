//! CSV tables.

use super::failure;
use crate::Result;
use crate::{OpenOptions, Opened, Values, open};

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

/// The labels, the values and the notes of a table.
fn parts(text: &str) -> (Vec<u32>, Vec<f64>, String) {
    let opened = csv(text, None).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let values = opened.data.images().values();
    let values = (0..values.len())
        .map(|at| values.get(at).unwrap())
        .collect();
    (
        opened.data.labels().to_vec(),
        values,
        opened.notes.join("; "),
    )
}

#[test]
fn columns_that_number_the_lines_are_left_out_with_a_note() {
    let same = [
        (
            ",label,a,b\n0,1,5,6\n1,0,7,8\n2,1,5,4\n",
            "column 1 has no name",
        ),
        (
            "Unnamed: 0,label,a,b\n9,1,5,6\n4,0,7,8\n9,1,5,4\n",
            "column 1 has no name",
        ),
        (
            ",,label,a,b\nx,0,1,5,6\nx,1,0,7,8\ny,0,1,5,4\n",
            "column 2 has no name",
        ),
        (
            "label,a,b,Index\n1,5,6,0\n0,7,8,1\n1,5,4,2\n",
            "column 4 (\"Index\")",
        ),
        (
            "a,id,b,label\n5,17,6,1\n7,3,8,0\n5,12,4,1\n",
            "column 2 (\"id\")",
        ),
    ];
    for (text, note) in same {
        let (labels, values, notes) = parts(text);
        assert_eq!(
            (labels, values),
            (vec![1, 0, 1], vec![5.0, 6.0, 7.0, 8.0, 5.0, 4.0]),
            "{text:?}"
        );
        assert!(
            notes.contains(note) && notes.contains("left out"),
            "{notes}"
        );
    }
    // No header: only one that counts from 0 or 1, and only where the label is elsewhere.
    let opened = csv("0,5,6,1\n1,7,8,0\n2,5,4,1\n", Some("4")).unwrap();
    assert_eq!(opened.data.images().per_image(), 2);
    assert!(
        opened.notes.join(" ").contains("column 1 counts the lines"),
        "{:?}",
        opened.notes
    );
    let counted: String = (0..30)
        .map(|line| format!("{line},5,6,{}\n", line % 2))
        .collect();
    let words = [
        "the first column",
        "counts the lines",
        "2 to 4",
        "`label_column`",
    ];
    failure(csv(&counted, None), &words);
}

#[test]
fn columns_with_values_stay_whatever_their_names() {
    let (_, values, notes) = parts("id,label,index\n3,1,0.5\n3,0,1.5\n");
    assert_eq!(values, [3.0, 0.5, 3.0, 1.5]);
    assert!(!notes.contains("left out"), "{notes}");
    let (_, values, _) = parts("label,,\"\",c\n1,3,4,5\n0,3,4,6\n");
    assert_eq!(values, [3.0, 4.0, 5.0, 3.0, 4.0, 6.0]);
    let (_, values, _) = parts("a,id,label,b\n1,3,1,2\n4,3,0,5\n");
    assert_eq!(values, [1.0, 3.0, 2.0, 4.0, 3.0, 5.0]);
}

#[test]
fn what_is_no_example_is_left_out_with_a_note() {
    let expected = (vec![1, 0], vec![0.5, 6.0, 7.25, 8.0]);
    let same = [
        (
            "label,a,b,\n1,0.5,6,\n0,7.25,8,\n",
            "2 lines end with a separator",
        ),
        ("label,a,b\n1,0.5,6,\n0,7.25,8\n", "1 line end"),
        (
            "label,a,b\n1,0.5,6\n,,\n   \n0,7.25,8\n,,\n",
            "3 lines without any value",
        ),
        (
            "label,a,b\n1,0.5,6\nlabel,a,b\n0,7.25,8\n",
            "1 line that repeat the header",
        ),
        ("label;a;b\n1;0,5;6\n0;7,25;8\n", "decimal commas"),
        ("1;0,5;6,0\n0;7,25;8,0\n", "decimal commas"),
        ("sep=;\r\nlabel;a;b\r\n1;0.5;6\r\n0;7.25;8\r\n", ""),
        ("label,\"a\",b\n\"1\",\"0.5\",\"6\"\n0,7.25,\"8\"\n", ""),
        ("\n \nlabel,a,b\n1,0.5,6\n0,7.25,8\n", ""),
    ];
    for (text, note) in same {
        let (labels, values, notes) = parts(text);
        assert_eq!((labels, values), expected, "{text:?}");
        assert!(notes.contains(note), "{text:?}: {notes}");
    }
    let (_, values, notes) = parts("label,a,b\n0,7,1\n1,7,2\n0,7,3\n");
    assert_eq!(values.len(), 6);
    assert!(
        notes.contains("value 1 is the same in every line"),
        "{notes}"
    );
}

#[test]
fn doubtful_tables_are_refused() {
    let fails = |text: &str, parts: &[&str]| failure(csv(text, None), parts);
    fails(
        "label,class,a\n1,1,2\n",
        &["label, class could all hold", "`label_column`"],
    );
    fails("label,a,label\n1,2,1\n", &["2 columns are named \"label\""]);
    fails("label;a\n1;1,234\n", &["line 2", "1,234", "thousands"]);
    fails(
        "label,a\n1,\"2\n0,3\n",
        &["line 2, field 2", "closing one is missing"],
    );
    fails("label,a\n1,NaN\n", &["line 2, field 2 (a)", "finite"]);
    fails(
        "label,a,b\n1,,2\n",
        &["line 2, field 2 (a)", "a value is missing"],
    );
    fails(
        "label,a\ncat,1\nnan,2\n",
        &["line 3, field 1", "a label is missing"],
    );
    fails("0,1,2,3\n4,5,6,1\n", &["no column named", "0, 1, 2, 3"]);
    fails("1 2 3\n", &["1 field found", "commas, semicolons or tabs"]);
    let counted = csv("0,1,2,3\n4,5,6,1\n7,8,9,0\n", Some("3")).unwrap();
    assert_eq!(counted.data.labels(), [1, 0]);
}

#[test]
fn encodings_are_asked_for_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let read = |bytes: &[u8], encoding: Option<&str>| {
        std::fs::write(&path, bytes).unwrap();
        let options = OpenOptions {
            encoding: encoding.map(str::to_owned),
            ..OpenOptions::default()
        };
        open(&path, &options)
    };
    let latin = b"label,a\n\xe9,1\n\xe8,2\n";
    let words = [
        "table.csv",
        "line 2, byte 1: 0xe9 is not UTF-8",
        "`encoding`",
    ];
    failure(read(latin, None), &words);
    let named = ["è", "é"].map(str::to_owned);
    assert_eq!(read(latin, Some("latin1")).unwrap().data.classes(), named);
    let wide: Vec<u8> = "label,a\né,1\nè,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    failure(read(&wide, None), &["utf-16le", "`encoding`"]);
    assert_eq!(read(&wide, Some("utf-16")).unwrap().data.classes(), named);
    let marked = [&b"\xff\xfe"[..], &wide].concat();
    assert_eq!(read(&marked, None).unwrap().data.classes(), named);
    failure(
        read(latin, Some("nonsense")),
        &["\"nonsense\"", "windows-1252"],
    );
    failure(
        read(b"\x89PNG\r\n\x1a\n", Some("latin1")),
        &["is a PNG image"],
    );
}
