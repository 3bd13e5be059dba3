//! Tests of every built-in layer, and of the files that are written from the list.

mod torch;

use std::path::Path;

use super::*;
use crate::notation::{DefaultValue, ParameterKind, parse};
use crate::{Network, Registry, Shape};

/// The tests that the layers of a sort share.
#[test]
fn every_layer_passes_the_checks_of_its_sort() {
    checks().into_iter().for_each(|check| check());
}

/// Each example is a layer of its kind, and fits a volume or a vector.
#[test]
fn examples_are_layers_of_their_kinds() {
    let registry = Registry::<f32>::builtin();
    for signature in registry.kinds().iter() {
        assert!(!signature.examples().is_empty(), "{}", signature.name());
        for example in signature.examples() {
            parse(example, registry.kinds()).unwrap_or_else(|error| panic!("{example}: {error}"));
            assert!(example.starts_with(signature.name()), "{example}");
            let fits = |input: Shape| Network::<f32>::new(example, input).is_ok();
            assert!(
                fits([6, 5, 4].into()) || fits(Shape::Features(6)),
                "{example}"
            );
        }
    }
}

/// Every argument that a kind takes is in one of its examples, so that tests of all layers reach it.
#[test]
fn examples_use_every_argument() {
    for signature in Kinds::builtin().iter() {
        let printed: Vec<String> = signature
            .examples()
            .iter()
            .map(|example| parse(example, &Kinds::builtin()).unwrap().to_string())
            .collect();
        for parameter in signature.parameters() {
            let name = &parameter.name;
            let key = format!("{name}=");
            assert!(
                parameter.default == DefaultValue::Required
                    || printed.iter().any(|text| text.contains(&key)),
                "{}: no example gives {name}",
                signature.name(),
            );
        }
    }
}

/// Pieces of the notation for fuzzers: all kinds and keys, and what no kind knows of.
fn dictionary() -> String {
    let mut lines = vec!["# Pieces of the arrow notation, and sizes at the edges.".to_owned()];
    let mut add = |piece: &str| {
        let line = format!("\"{piece}\"");
        if !lines.contains(&line) {
            lines.push(line);
        }
    };
    for signature in Kinds::builtin().iter() {
        let required = |p: &crate::notation::Parameter| p.default == DefaultValue::Required;
        if !signature.parameters().iter().any(required) {
            add(signature.name());
        }
        if !signature.parameters().is_empty() {
            add(&format!("{}(", signature.name()));
        }
        for parameter in signature.parameters() {
            match parameter.kind {
                ParameterKind::Flag => {
                    add(&format!("{}=true", parameter.name));
                    add(&format!("{}=false", parameter.name));
                }
                ParameterKind::Word { words, .. } => words
                    .iter()
                    .for_each(|word| add(&format!("{}={word}", parameter.name))),
                _ => add(&format!("{}=", parameter.name)),
            }
        }
        signature.examples().iter().for_each(|example| add(example));
    }
    for piece in [
        "same",
        "valid",
        "classes",
        " -> ",
        "[relu",
        "] x ",
        " | ",
        "4000",
        "65536",
        "100000",
        "268435456",
        "2147483647",
        "2147483648",
        "1x2147483648",
    ] {
        add(piece);
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_fuzzers_dictionary_is_that_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/arrow.dict");
    is_or_becomes(&path, &dictionary());
}

/// The table of the notation's documentation.
fn table() -> String {
    let mut text = "| written | what it does | also accepted |\n| --- | --- | --- |\n".to_owned();
    for signature in Kinds::builtin().iter() {
        let aliases: Vec<String> = signature
            .aliases()
            .iter()
            .map(|a| format!("`{a}`"))
            .collect();
        text += &format!(
            "| `{}` | {} | {} |\n",
            signature.usage(),
            signature.summary(),
            aliases.join(", ")
        );
    }
    text
}

#[test]
fn the_documented_table_is_that_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/notation/kinds.md");
    is_or_becomes(&path, &table());
}

/// Fails unless the file holds `text`; with `UPDATE_FILES=1` in the environment writes it.
#[track_caller]
fn is_or_becomes(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_FILES").is_some_and(|value| value == "1") {
        std::fs::write(path, text).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(
        found == text,
        "{} is not what the list of layers gives; `UPDATE_FILES=1 cargo test -p stepnet-nn of_the_list` writes it",
        path.display()
    );
}
