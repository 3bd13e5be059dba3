//! All weights of a file, in its order.

use std::collections::{HashMap, HashSet};

use super::StoredTensor;

/// Numbers that no layer has: how many batches a normalisation has seen.
const IGNORED: [&str; 1] = ["num_batches_tracked"];

/// What programs put before every name: those that wrap a network for several devices, or compile it.
const PREFIXES: [&str; 4] = [
    "module.",
    "_orig_mod.",
    "_forward_module.",
    "_fsdp_wrapped_module.",
];

/// The tensors of a file in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateDict<'a> {
    pub(crate) tensors: Vec<StoredTensor<'a>>,
    /// What a user should know about how they were found.
    pub(crate) notes: Vec<String>,
}

/// The tensors of one layer: those whose names are equal up to the last dot.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    /// The name that they have in common.
    pub(crate) name: &'a str,
    /// What comes after the last dot, and the tensor.
    pub(crate) parts: Vec<(&'a str, &'a StoredTensor<'a>)>,
}

impl StateDict<'_> {
    /// Takes away what wrapping programs have put before every name, and says so.
    pub(crate) fn without_wrapping(mut self) -> Self {
        let wrapped = |tensor: &StoredTensor<'_>, prefix: &str| tensor.name.starts_with(prefix);
        let mut removed = String::new();
        while let Some(prefix) = PREFIXES.iter().find(|prefix| {
            !self.tensors.is_empty() && self.tensors.iter().all(|tensor| wrapped(tensor, prefix))
        }) {
            self.remove_prefix(prefix.len());
            removed.push_str(prefix);
        }
        if !removed.is_empty() {
            self.notes
                .push(format!("removed `{removed}` from the front of every name"));
        }
        // A compiled network may also stand inside of another module.
        for tensor in &mut self.tensors {
            if tensor.name.contains("._orig_mod.") {
                tensor.name = tensor.name.replace("._orig_mod.", ".");
            }
        }
        self
    }

    /// The first part of all names, with its dot, if they have the same one and more after it.
    pub(crate) fn common_prefix(&self) -> Option<String> {
        let first = self.tensors.first()?;
        let (start, _) = first.name.split_once('.')?;
        let prefix = format!("{start}.");
        let all = (self.tensors.iter()).all(|tensor| {
            let rest = tensor.name.strip_prefix(&prefix);
            rest.is_some_and(|rest| rest.contains('.'))
        });
        all.then_some(prefix)
    }

    /// Takes away the first bytes of every name, all of which have them in common.
    pub(crate) fn remove_prefix(&mut self, length: usize) {
        for tensor in &mut self.tensors {
            tensor.name.drain(..length.min(tensor.name.len()));
        }
    }

    /// Splits each separable convolution, which has its two sets of filters in one layer, into two layers; the bias goes to
    /// the second.
    pub(crate) fn with_separable_layers_split(mut self) -> Self {
        let part = |tensor: &StoredTensor<'_>, ending: &str| {
            let (layer, name) = tensor.name.rsplit_once('.')?;
            let own = name.strip_prefix(ending)?;
            matches!(own, "_kernel" | "_filter").then(|| layer.to_owned())
        };
        let separable: HashSet<String> = (self.tensors.iter())
            .filter_map(|tensor| part(tensor, "pointwise"))
            .collect();
        for tensor in &mut self.tensors {
            let renamed = match (part(tensor, "depthwise"), part(tensor, "pointwise")) {
                (Some(layer), _) if separable.contains(&layer) => {
                    format!("{layer}/depthwise.weight")
                }
                (_, Some(layer)) => format!("{layer}/pointwise.weight"),
                _ => match tensor.name.rsplit_once('.') {
                    Some((layer, "bias")) if separable.contains(layer) => {
                        format!("{layer}/pointwise.bias")
                    }
                    _ => continue,
                },
            };
            tensor.name = renamed;
        }
        self
    }

    /// The layers of the file, in the order in which their first tensors stand.
    pub(crate) fn modules(&self) -> Vec<Module<'_>> {
        let mut modules: Vec<Module<'_>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for tensor in &self.tensors {
            let (name, part) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
            if IGNORED.contains(&part) {
                continue;
            }
            let place = *places.entry(name).or_insert_with(|| {
                modules.push(Module {
                    name,
                    parts: Vec::new(),
                });
                modules.len() - 1
            });
            modules[place].parts.push((part, tensor));
        }
        modules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::{Bytes, Storage, StoredElement};

    fn state(names: &[&str]) -> StateDict<'static> {
        let tensor = |name: &&str| {
            let storage = Storage::new(Bytes::File(&[0]), 0, 1, StoredElement::U8).unwrap();
            StoredTensor::contiguous(*name, &[1], storage).unwrap()
        };
        StateDict {
            tensors: names.iter().map(tensor).collect(),
            notes: Vec::new(),
        }
    }

    fn names<'a>(state: &'a StateDict<'_>) -> Vec<&'a str> {
        let tensors = state.tensors.iter();
        tensors.map(|tensor| tensor.name.as_str()).collect()
    }

    #[test]
    fn wrapping_is_removed_where_all_names_have_it() {
        let wrapped = ["module._orig_mod.a.weight", "module._orig_mod.b.weight"];
        let unwrapped = state(&wrapped).without_wrapping();
        assert_eq!(names(&unwrapped), ["a.weight", "b.weight"]);
        assert!(unwrapped.notes[0].contains("`module._orig_mod.`"));
        let mixed = ["module.a.weight", "b._orig_mod.c.weight"];
        let mixed = state(&mixed).without_wrapping();
        assert_eq!(names(&mixed), ["module.a.weight", "b.c.weight"]);
        assert!(mixed.notes.is_empty());
        assert_eq!(state(&["m.a.w", "m.b.w"]).common_prefix().unwrap(), "m.");
        assert_eq!(state(&["m.w", "m.b"]).common_prefix(), None);
    }

    #[test]
    fn separable_convolutions_are_two_layers() {
        let all = [
            "a/b.depthwise_filter",
            "a/b.pointwise_filter",
            "a/b.bias",
            "c.bias",
        ];
        let split = state(&all).with_separable_layers_split();
        let expected = [
            "a/b/depthwise.weight",
            "a/b/pointwise.weight",
            "a/b/pointwise.bias",
            "c.bias",
        ];
        assert_eq!(names(&split), expected);
    }

    #[test]
    fn the_tensors_of_a_layer_are_gathered() {
        let all = state(&[
            "b.weight",
            "b.num_batches_tracked",
            "a.b.bias",
            "b.bias",
            "scale",
        ]);
        let modules = all.modules();
        let found: Vec<_> = (modules.iter())
            .map(|module| {
                (
                    module.name,
                    module.parts.iter().map(|(part, _)| *part).collect(),
                )
            })
            .collect();
        let expected: Vec<(&str, Vec<&str>)> = vec![
            ("b", vec!["weight", "bias"]),
            ("a.b", vec!["bias"]),
            ("", vec!["scale"]),
        ];
        assert_eq!(found, expected);
    }
}
