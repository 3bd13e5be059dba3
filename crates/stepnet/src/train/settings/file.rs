//! Settings files: TOML, a line for each setting, all on one level.
//!
//! Relative paths start from the folder of the file, so that it means the same wherever the program is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::kind::Kind;
use super::{Row, Settings, Value};
use crate::error::{Error, Result};
use crate::files;

/// The width of the comments.
const COLUMNS: usize = 100;

/// A settings file's text, and the settings that it cannot hold.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettingsFile {
    /// The text.
    pub text: String,
    /// The settings whose paths are not UTF-8, which TOML cannot hold. Reading the file fails at their lines, unless
    /// they are given by other means.
    pub missing: Vec<&'static Row>,
}

impl Settings {
    /// Sets the values in a settings file, except for settings that are `given` by other means.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or contains an unknown setting or an invalid value, with the line.
    pub fn read_file(&mut self, path: &Path, given: impl Fn(&Row) -> bool) -> Result<()> {
        let text = String::from_utf8(files::read(path)?)
            .map_err(|_| Error::file(path, "is not UTF-8, expected a settings file in TOML"))?;
        self.read_text(&text, path, given)
    }

    /// Sets what stands in the text of the settings file at `path`, as [`read_file`](Self::read_file).
    ///
    /// # Errors
    /// As there.
    pub fn read_text(
        &mut self,
        text: &str,
        path: &Path,
        given: impl Fn(&Row) -> bool,
    ) -> Result<()> {
        let wrong = |at: usize, problem: String| {
            let before = text.as_bytes().iter().take(at);
            let line = 1 + before.filter(|&&byte| byte == b'\n').count();
            Error::file(path, format!("line {line}: {problem}"))
        };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(
                at,
                format!("is not TOML: {}", error.message().replace('\n', "; ")),
            )
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut lines: Vec<_> = table.get_ref().iter().collect();
        lines.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in lines {
            let at = key.span().start;
            let name = key.get_ref();
            let setting = Self::named(name).map_err(|error| match value.get_ref() {
                DeValue::Table(_) => wrong(
                    at,
                    format!("[{name}] is a table, expected settings outside of tables"),
                ),
                _ => wrong(at, error.to_string()),
            })?;
            if given(&setting) {
                continue;
            }
            let value = read(value.get_ref()).ok_or_else(|| {
                wrong(
                    at,
                    format!(
                        "{name} is {}, expected {}",
                        value.get_ref().type_str(),
                        setting.kind.expected()
                    ),
                )
            })?;
            let value = match (&setting.kind, value) {
                (Kind::Path | Kind::Place, Value::Text(text)) if !text.is_empty() => {
                    Value::Word(folder.join(text).into_os_string())
                }
                (_, value) => value,
            };
            setting
                .set(self, &value)
                .map_err(|error| wrong(at, error.to_string()))?;
        }
        Ok(())
    }

    /// The text of a settings file with all settings that are not at their defaults, each with what it does, under a
    /// `heading`. Paths are written as they are seen from the root, from `folder` on where they are relative.
    pub fn to_file(&self, heading: &str, folder: &Path) -> SettingsFile {
        let mut file = SettingsFile {
            text: comment(heading),
            missing: Vec::new(),
        };
        let mut group = None;
        for (setting, value) in self.given() {
            file.text.push('\n');
            if group != Some(setting.group) {
                group = Some(setting.group);
                let title = setting.group.title();
                file.text.push_str(&format!("# {title}\n\n"));
            }
            file.text.push_str(&comment(&setting.help()));
            let value = match (&setting.kind, value) {
                (Kind::Path | Kind::Place, Value::Text(path)) => path_text(&folder.join(path)),
                (_, value) => Some(value),
            };
            let value = match value {
                Some(Value::Word(_)) | None => {
                    file.missing.push(setting.row());
                    file.text.push_str("# Its path is not UTF-8, which TOML cannot hold: give it on the command line again.\n");
                    Value::Text(String::new())
                }
                Some(value) => value,
            };
            let line = format!("{} = {}\n", setting.spelled(), written(&value));
            file.text.push_str(&line);
        }
        file
    }
}

fn path_text(path: &Path) -> Option<Value> {
    let absolute: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.to_str().map(|text| Value::Text(text.to_owned()))
}

/// A value of TOML as one of a setting; `None` for dates and numbers beyond all bounds.
fn read(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(on) => Value::Switch(*on),
        DeValue::Integer(whole) => match i64::from_str_radix(whole.as_str(), whole.radix()) {
            Ok(whole) => Value::Whole(whole),
            Err(_) => return None,
        },
        DeValue::Float(number) => Value::Number(number.as_str().parse().ok()?),
        DeValue::Array(values) => {
            let values = values.iter().map(|value| read(value.get_ref()));
            Value::List(values.collect::<Option<_>>()?)
        }
        DeValue::Table(values) => {
            let named = values
                .iter()
                .map(|(name, value)| Some((name.get_ref().to_string(), read(value.get_ref())?)));
            Value::Map(named.collect::<Option<BTreeMap<_, _>>>()?)
        }
        DeValue::Datetime(_) => return None,
    })
}

/// A value as TOML has it.
fn written(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Whole(whole) => whole.to_string(),
        // With a point or an exponent, which makes it a number that need not be whole.
        Value::Number(number) => format!("{number:?}"),
        Value::Text(text) => quoted(text),
        Value::Word(word) => quoted(&word.to_string_lossy()),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(values) => {
            let named = values
                .iter()
                .map(|(name, value)| format!("{} = {}", quoted(name), written(value)));
            format!("{{ {} }}", named.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text between quotes, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text in lines that are comments.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    for paragraph in text.lines() {
        let mut line = String::from("#");
        for word in paragraph.split(' ') {
            if line.len() + word.len() >= COLUMNS {
                lines.push_str(&line);
                lines.push('\n');
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}
