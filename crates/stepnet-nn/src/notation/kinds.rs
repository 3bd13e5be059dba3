//! The layer kinds a text may name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DefaultValue, ParameterKind, Signature};
use crate::{Error, Result};

/// The kinds that add networks, multiply by one, and join the channels of several: [`super::expand`] writes them out.
pub(crate) const RESIDUAL: &str = "residual";
pub(crate) const SCALE: &str = "scale";
pub(super) const BRANCH: &str = "branch";

/// The layer kinds a text may name: the built-in ones and those a user registered.
#[derive(Debug, Clone)]
pub struct Kinds {
    signatures: Vec<Arc<Signature>>,
    /// How many of them, the first ones, are built in.
    builtin: usize,
    by_key: BTreeMap<String, usize>,
}

impl Kinds {
    /// These kinds, which are checked by their tests, and those that the notation itself writes out.
    pub(crate) fn of(signatures: Vec<Signature>) -> Self {
        let mut kinds = Self {
            signatures: Vec::new(),
            builtin: 0,
            by_key: BTreeMap::new(),
        };
        for signature in signatures.into_iter().chain(joins()) {
            kinds.insert(signature);
        }
        kinds.builtin = kinds.signatures.len();
        kinds
    }

    /// Adds a kind, so that texts may name it.
    ///
    /// Names are lower-case ASCII letters, digits and `_`, start with a letter, and do not end in
    /// a digit, because a layer without a label is called by its kind and a number (`relu6` is the one that does).
    ///
    /// # Errors
    ///
    /// [`Error::Value`] when a name is malformed or taken, two parameters share a name, a required
    /// parameter follows an optional one, or a default is not a value of its parameter.
    pub fn register(&mut self, signature: Signature) -> Result<()> {
        self.check(&signature)?;
        self.insert(signature);
        Ok(())
    }

    /// The signature of a kind by its name or another of its spellings; case and `_` do not matter.
    pub fn get(&self, name: &str) -> Option<&Arc<Signature>> {
        let place = *self.by_key.get(&lookup_key(name))?;
        self.signatures.get(place)
    }

    /// All kinds, built-in ones first, in the order they were registered.
    pub fn iter(&self) -> impl Iterator<Item = &Signature> {
        self.signatures.iter().map(Arc::as_ref)
    }

    /// Every accepted spelling, canonical ones first.
    pub(super) fn spellings(&self) -> impl Iterator<Item = &str> {
        let aliases = self.iter().flat_map(|s| s.aliases.iter());
        self.iter()
            .map(|s| s.name.as_str())
            .chain(aliases.map(String::as_str))
    }

    /// Stores a checked signature, its defaults in the form in which values are stored.
    fn insert(&mut self, mut signature: Signature) {
        for parameter in &mut signature.parameters {
            if let DefaultValue::Value(value) = &mut parameter.default
                && let Some(stored) = parameter.kind.accept(value.clone())
            {
                *value = stored;
            }
        }
        let place = self.signatures.len();
        for name in signature.aliases.iter().chain([&signature.name]) {
            self.by_key.insert(lookup_key(name), place);
        }
        self.signatures.push(Arc::new(signature));
    }

    /// Whose name `spelling` is, as the end of a message; `None` if it is free.
    fn taken(&self, spelling: &str) -> Option<String> {
        let place = *self.by_key.get(&lookup_key(spelling))?;
        let name = &self.signatures.get(place)?.name;
        let builtin = place < self.builtin;
        Some(match (name == spelling, builtin) {
            (true, true) => format!("; {name} is a built-in layer"),
            (true, false) => String::new(),
            (false, true) => format!("; it is another name of {name}, a built-in layer"),
            (false, false) => format!("; it is another name of {name}"),
        })
    }

    fn check(&self, signature: &Signature) -> Result<()> {
        let refuse = |argument: &str, found: &str, expected: &str| {
            Err(Error::value(
                "Kinds::register",
                argument,
                format!("\"{found}\""),
                expected,
            ))
        };
        let name = &signature.name;
        if !is_name(name) || name.ends_with(|c: char| c.is_ascii_digit()) {
            let expected = "lower-case ASCII letters, digits and _, starting with a letter, ending in no digit";
            return refuse("name", name, expected);
        }
        let mut keys = Vec::new();
        for spelling in signature.aliases.iter().chain([name]) {
            if !is_name(spelling) {
                let expected = "lower-case ASCII letters, digits and _, starting with a letter";
                return refuse("alias", spelling, expected);
            }
            if let Some(taken) = self.taken(spelling) {
                let expected = format!("a name that no other layer has{taken}");
                return refuse("name", spelling, &expected);
            }
            if keys.contains(&lookup_key(spelling)) {
                return refuse("alias", spelling, "each spelling once");
            }
            keys.push(lookup_key(spelling));
        }
        for (place, parameter) in signature.parameters.iter().enumerate() {
            if let Err(expected) = check_parameter(signature, place) {
                return refuse(
                    "parameter",
                    &format!("{name}: {}", parameter.name),
                    expected,
                );
            }
        }
        Ok(())
    }
}

/// Whether the parameter at `place` can follow the ones before it; the error says what is needed.
fn check_parameter(signature: &Signature, place: usize) -> Result<(), &'static str> {
    let (before, rest) = signature.parameters.split_at(place);
    let Some(parameter) = rest.first() else {
        return Ok(());
    };
    if !is_name(&parameter.name) {
        return Err("lower-case ASCII letters, digits and _, starting with a letter");
    }
    if signature.position(&parameter.name) != Some(place) {
        return Err("each parameter once");
    }
    match &parameter.default {
        DefaultValue::Required => {
            let follows = before.last().map(|p| &p.default);
            if follows.is_some_and(|default| *default != DefaultValue::Required) {
                return Err("required parameters before optional ones");
            }
        }
        DefaultValue::Value(value) => {
            if parameter.kind.is_network() || parameter.kind.accept(value.clone()).is_none() {
                return Err("a default that is a value of the parameter");
            }
        }
        DefaultValue::SameAs(earlier) => {
            let fits = |p: &super::Parameter| p.name == *earlier && p.kind == parameter.kind;
            if parameter.kind.is_network() || !before.iter().any(fits) {
                return Err("a default that names an earlier parameter of the same kind");
            }
        }
        DefaultValue::Absent => {
            if !parameter.kind.is_network() {
                return Err("a default value; only networks may be absent");
            }
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A name as it is compared: without case and `_`.
pub(super) fn lookup_key(name: &str) -> String {
    name.chars()
        .filter(|&c| c != '_')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The kinds that networks are joined by.
fn joins() -> [Signature; 3] {
    [
        Signature::new(
            RESIDUAL,
            "Adds to its input, or to what a shortcut makes of it, what a network makes of it.",
        )
        .required("body", ParameterKind::Network)
        .optional_network("shortcut", ParameterKind::Network)
        .example("residual(tanh)")
        .example("residual(tanh -> sigmoid, shortcut=sigmoid)"),
        Signature::new(
            SCALE,
            "Its input times what a network makes of it: a factor for each channel, or for each value.",
        )
        .required("body", ParameterKind::Network)
        .example("scale(globalavgpool -> sigmoid)")
        .example("scale(tanh)"),
        Signature::new(
            BRANCH,
            "Networks side by side, the channels of their outputs one after the other.",
        )
        .required("paths", ParameterKind::Branches)
        .example("branch(tanh | sigmoid -> tanh)"),
    ]
}
