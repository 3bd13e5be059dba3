//! A row of the tables, and what is derived from it.

use super::Value;
use super::field::Refusal;
use super::kind::{Group, Keyword, Kind};

/// The description of a setting.
#[derive(Debug)]
#[non_exhaustive]
pub struct Row {
    /// Its name, which is that of its field, such as `label_smoothing`. People read and write it with `-`
    /// ([`spelled`](Self::spelled)), programs with `_`.
    pub name: &'static str,
    /// The group that it belongs to.
    pub group: Group,
    /// The placeholder of its value in a help text, such as `RATE`; if empty, its name in capitals.
    pub value: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// Its help, in lines. Other settings are named in backticks.
    pub help: &'static [&'static str],
    /// The default in words, for settings whose default follows from others.
    pub usual: &'static str,
    /// Whether another value changes the results, so that a resumed run needs the same value.
    pub results: bool,
    /// Its value where its option stands on a command line without one; if empty, it needs one.
    pub alone: &'static str,
    /// Its name as a keyword argument of a training in Python.
    pub keyword: Keyword,
    /// Whether it is a keyword argument of a network in Python, with its own name.
    pub of_network: bool,
    /// The settings that it excludes.
    pub conflicts: &'static [&'static str],
    /// The setting that it refines, without which it cannot be given.
    pub needs: Option<&'static str>,
}

/// A row of defaults.
pub(super) const PLAIN: Row = Row {
    name: "",
    group: Group::Data,
    value: "",
    kind: Kind::Switch,
    help: &[],
    usual: "",
    results: true,
    alone: "",
    keyword: Keyword::None,
    of_network: false,
    conflicts: &[],
    needs: None,
};

impl Row {
    /// Its name for people: `label-smoothing`.
    pub fn spelled(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether this is its name, with `-` or with `_`.
    pub fn is_named(&self, name: &str) -> bool {
        let plain = |byte: u8| if byte == b'-' { b'_' } else { byte };
        name.bytes().map(plain).eq(self.name.bytes())
    }

    /// Its help as one text.
    pub fn help(&self) -> String {
        let lines: Vec<&str> = self.help.iter().map(|line| line.trim()).collect();
        lines.join(" ")
    }

    /// The placeholder of its value in a help text.
    pub fn placeholder(&self) -> String {
        match self.value {
            "" => self.name.to_ascii_uppercase(),
            value => value.to_owned(),
        }
    }

    /// Its name as a keyword argument of a training in Python, if it is one.
    pub fn keyword(&self) -> Option<&'static str> {
        match self.keyword {
            Keyword::None => None,
            Keyword::Same => Some(self.name),
            Keyword::Named(name) => Some(name),
        }
    }

    /// Its name in a report.
    pub fn title(&self) -> String {
        self.keyword().unwrap_or(self.name).replace('_', " ")
    }
}

/// A row of a table with the field of the struct `S` that it is about.
#[derive(Debug)]
pub(super) struct Entry<S> {
    pub(super) row: Row,
    pub(super) write: fn(&mut S, &Value, &Kind) -> Result<(), Refusal>,
    pub(super) read: fn(&S) -> Option<Value>,
}

/// A table of settings: the struct with a field for each row, its defaults, and the rows.
macro_rules! settings {
    (
        $(#[$about:meta])* $name:ident, rows $rows:ident like $base:expr;
        $( $(#[doc = $help:literal])+ $field:ident: $type:ty = $default:expr, { $($said:ident: $value:expr),* $(,)? } )+
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[doc = $help])+ pub $field: $type, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        pub(super) static $rows: &[Entry<$name>] = &[$(
            Entry {
                row: Row {
                    name: stringify!($field),
                    help: &[$($help),+],
                    $($said: $value,)*
                    ..$base
                },
                write: |settings, value, kind| {
                    settings.$field = Field::take(value, kind)?;
                    Ok(())
                },
                read: |settings| settings.$field.give(),
            },
        )+];
    };
}

pub(super) use settings;
