//! Every option that a message of the data library names has a name on the command line and in Python.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../stepnet-cli/src/wording.rs"]
mod command;
#[path = "../src/wording.rs"]
mod python;

/// The library's sources apart from its tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The options of `OpenOptions`, in backticks as messages name them.
fn options(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("options.rs")).unwrap();
    let fields = text.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("    pub ")?.split_once(": ")?;
        Some(format!("`{name}`"))
    });
    fields.collect()
}

/// The lines of code that name one of `options`: an unfinished line of a string is one with the next.
fn lines_with(options: &[String], folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(folder) {
        let text = fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let mut line = String::new();
        for part in product.lines().map(str::trim_start) {
            line += part.trim_end_matches('\\');
            if part.ends_with('\\') {
                continue;
            }
            if !line.starts_with("//") && options.iter().any(|option| line.contains(option)) {
                found.push(line.clone());
            }
            line.clear();
        }
    }
    found
}

#[test]
fn no_message_keeps_an_option_of_the_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stepnet-data/src");
    let options = options(&folder);
    for known in ["`encoding`", "`input`", "`label_column`", "`labels`"] {
        assert!(options.iter().any(|option| option == known), "{options:?}");
    }
    let messages = lines_with(&options, &folder);
    assert!(messages.len() >= 9, "{messages:#?}");
    for message in &messages {
        for (face, text) in [
            ("the command", command::with_options(message)),
            ("Python", python::with_arguments(message)),
        ] {
            let kept = options.iter().find(|option| text.contains(*option));
            assert_eq!(kept, None, "{face} says: {text}");
        }
    }
}
