//! Files that are written from the table of settings: the types of Python's keyword arguments, and the documentation's table.

use std::fmt::Write as _;
use std::path::Path;

use stepnet::train::settings::{Form, Kind, Row, Setting, Settings};

/// Fails unless the file of the repository holds `text`; with `UPDATE_FILES=1` in the environment writes it.
#[track_caller]
fn is_or_becomes(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    if std::env::var_os("UPDATE_FILES").is_some_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "{name} is not what the table of settings gives; `UPDATE_FILES=1 cargo test -p stepnet --test settings_files` writes it",
    );
}

/// The type of a keyword argument in Python.
fn annotation(setting: &Setting) -> String {
    let mut types: Vec<String> = match setting.kind {
        Kind::Switch | Kind::On { .. } => vec!["bool".into()],
        Kind::Choice(choices) => {
            let words: Vec<String> = choices
                .iter()
                .map(|choice| format!("{:?}", choice.name))
                .collect();
            vec![format!("Literal[{}]", words.join(", "))]
        }
        Kind::Place => vec!["bool".into(), "str".into(), "PathLike[str]".into()],
        kind => kind
            .forms()
            .iter()
            .map(|form| of_form(*form).to_owned())
            .collect(),
    };
    // None stands for all examples, as elsewhere in Python.
    if setting.default().is_none() || setting.name == "batch" {
        types.push("None".into());
    }
    types.join(" | ")
}

fn of_form(form: Form) -> &'static str {
    match form {
        Form::Text => "str",
        Form::Whole => "int",
        Form::Number => "float",
        Form::List => "Sequence[Any]",
        Form::Map => "Mapping[Any, float]",
        _ => "Any",
    }
}

#[test]
fn types_of_keyword_arguments_are_those_of_the_table() {
    let mut text = String::from(
        "\"\"\"The types of the settings that are keyword arguments, for type checkers. Written from the table of settings by\n\
         ``UPDATE_FILES=1 cargo test -p stepnet --test settings_files``.\"\"\"\n\n\
         from __future__ import annotations\n\n\
         from collections.abc import Mapping, Sequence\n\
         from os import PathLike\n\
         from typing import Any, Literal, TypedDict\n\n\
         import numpy.typing as npt\n\n\n\
         class FitSettings(TypedDict, total=False):\n    \"\"\"The settings of a training.\"\"\"\n\n",
    );
    for setting in Settings::table() {
        if let Some(keyword) = setting.keyword() {
            writeln!(text, "    {keyword}: {}", annotation(&setting)).unwrap();
        }
    }
    text.push_str(
        "\n\nclass NetworkSettings(TypedDict, total=False):\n    \"\"\"The settings of a network.\"\"\"\n\n",
    );
    for setting in Settings::table().filter(|setting| setting.of_network) {
        let annotation = match setting.name {
            // Whatever numpy makes a type of.
            "dtype" => "npt.DTypeLike".to_owned(),
            _ => annotation(&setting),
        };
        writeln!(text, "    {}: {annotation}", setting.name).unwrap();
    }
    is_or_becomes("crates/stepnet-py/python/stepnet/_fit_settings.py", &text);
}

/// What the values of a setting are, in words.
fn values(row: &Row) -> String {
    match row.kind {
        Kind::Switch | Kind::On { .. } => "`true` or `false`".into(),
        Kind::Choice(choices) => {
            let words: Vec<String> = choices
                .iter()
                .map(|choice| format!("`\"{}\"`", choice.name))
                .collect();
            words.join(", ")
        }
        kind => kind.expected(),
    }
}

#[test]
fn the_documentation_lists_the_table() {
    let mut text = String::from(
        "# Settings of a training\n\n\
         Written from the table in `crates/stepnet/src/train/settings/` by\n\
         `UPDATE_FILES=1 cargo test -p stepnet --test settings_files`.\n\n\
         `stepnet train --settings FILE` reads a file in TOML with a line for each setting, by the name in the first column\n\
         (`_` may stand for `-`). Options on the command line win over it. Relative paths start from the folder of the file.\n\
         Every run folder has such a file, `settings.toml`.\n",
    );
    let mut group = None;
    for setting in Settings::table() {
        if group != Some(setting.group) {
            group = Some(setting.group);
            let title = setting.group.title();
            write!(text, "\n## {title}\n\n| setting | in Python | values | unless given | |\n| --- | --- | --- | --- | --- |\n").unwrap();
        }
        let keyword = match (setting.keyword(), setting.of_network) {
            (Some(name), false) => format!("`{name}`"),
            (Some(name), true) => format!("`{name}`, also of `Network`"),
            (None, true) => format!("`{}` of `Network`", setting.name),
            (None, false) => String::new(),
        };
        let default = match setting.default().map(|value| value.to_string()) {
            Some(value) if !value.is_empty() => format!("`{value}`"),
            _ => setting.usual.to_owned(),
        };
        let help = setting.help().replace('|', "\\|");
        let values = values(&setting);
        writeln!(
            text,
            "| `{}` | {keyword} | {values} | {default} | {help} |",
            setting.spelled()
        )
        .unwrap();
    }
    is_or_becomes("docs/settings.md", &text);
}
