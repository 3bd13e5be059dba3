//! The table of formats.

use std::collections::HashSet;

use crate::formats;
use stepnet_files::Kind;

/// The documentation of `open` has the table as a file. To write it again: `STEPNET_WRITE=1 cargo test -p stepnet-data`.
#[cfg(feature = "parquet")]
#[test]
fn the_documentation_has_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats/table.md");
    if std::env::var_os("STEPNET_WRITE").is_some() {
        std::fs::write(path, formats::table()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        written,
        formats::table(),
        "write it again with STEPNET_WRITE=1"
    );
}

#[test]
fn every_kind_is_read_by_a_format_or_refused_by_name() {
    for kind in Kind::all_read() {
        let source = formats::Source {
            path: std::path::Path::new("none"),
            kind: Some(kind),
            encoding: None,
            is_text: false,
        };
        let read = matches!(formats::recognised(&source), Ok(Some(_)));
        // These kinds are looked into, and there is no such file.
        let looked_into = formats::recognised(&source).is_err();
        let problem = formats::refused(&source).to_string();
        let refused = !problem.contains("feature `files`") && !problem.contains("`pictures`");
        assert!(read || looked_into || refused, "{kind:?}: {problem}");
    }
}

#[test]
fn names_differ_and_each_fuzz_target_is_there() {
    let names: HashSet<&str> = formats::formats().map(formats::Format::name).collect();
    assert_eq!(names.len(), formats::formats().count());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz");
    if !std::path::Path::new(folder).is_dir() {
        println!("skipped: the fuzz targets are not in this package");
        return;
    }
    for (target, _) in formats::formats().filter_map(|format| format.fuzz) {
        let file = format!("{folder}/fuzz_targets/{target}.rs");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(&format!("format({target:?}")), "{file}");
        let seeds = std::fs::read_dir(format!("{folder}/seeds/{target}")).unwrap();
        assert!(seeds.count() > 0, "{target} has no seeds");
    }
}
