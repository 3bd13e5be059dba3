//! Which of the objects of a pickle are weights.
//!
//! A file is a state dict, or a dictionary with one or several under names such as `state_dict` or `ema`, or a whole
//! module, whose tensors lie in its `_parameters`, `_buffers` and `_modules`.

use std::collections::HashSet;

use super::pickle::{Object, Pickle, TensorRef, Value};

/// The names under which programs keep the weights of a network, the likeliest first.
const USUAL: [&str; 13] = [
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "model_state",
    "net_state_dict",
    "weights",
    "params",
    "module",
    "backbone",
    "ema",
    "state_dict_ema",
];

/// Dictionaries in dictionaries are looked into so deep.
const DEEPEST: usize = 64;

/// The longest name of a tensor, and the bytes of all names together.
const LONGEST_NAME: usize = 1024;
const MOST_NAMES: usize = 64 << 20;

/// The most entries that are looked at: several objects can share one dictionary.
const MOST_ENTRIES: usize = 1 << 20;

/// The weights that were chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) tensors: Vec<(String, TensorRef)>,
    pub(super) notes: Vec<String>,
}

/// A set of weights in the file, by the names that lead to it.
struct Candidate {
    path: String,
    tensors: Vec<(String, TensorRef)>,
    /// The first tensor among them that is not stored value by value, and the function that would make it.
    unread: Option<(String, String)>,
}

/// Chooses the weights: those called `part`, or those under the likeliest name.
///
/// # Errors
/// In words: no weights, or none of that name.
pub(super) fn choose(pickle: &Pickle<'_>, part: Option<&str>) -> Result<Chosen, String> {
    let mut search = Search {
        pickle,
        seen: HashSet::new(),
        names: 0,
        entries: 0,
        found: Vec::new(),
    };
    search.look(&pickle.root, "", 0)?;
    let found = search.found;
    let names: Vec<&str> = found
        .iter()
        .map(|candidate| candidate.path.as_str())
        .collect();
    let listed = names.join(", ");
    let place = match part {
        Some(part) => match names.iter().position(|name| *name == part) {
            Some(place) => place,
            None if found.iter().all(|candidate| candidate.path.is_empty()) => {
                return Err(format!("no part {part:?}: the file has one set of weights"));
            }
            None => return Err(format!("no part {part:?}, the file has: {listed}")),
        },
        None => {
            let rank = |candidate: &Candidate| {
                let last = candidate.path.rsplit('.').next().unwrap_or_default();
                let usual = USUAL.iter().position(|name| *name == last);
                let depth = candidate.path.matches('.').count();
                // The root before all, then the usual names, then the largest.
                let unusual = (usual.unwrap_or(USUAL.len()), depth);
                (
                    !candidate.path.is_empty(),
                    unusual,
                    usize::MAX - candidate.tensors.len(),
                )
            };
            let best = found
                .iter()
                .enumerate()
                .min_by_key(|(_, candidate)| rank(candidate));
            match best {
                Some((place, _)) => place,
                None => return Err(nothing(pickle)),
            }
        }
    };
    let mut notes = Vec::new();
    if found.len() > 1 && part.is_none() {
        let taken = match names[place] {
            "" => "the ones at its top",
            name => name,
        };
        notes.push(format!(
            "the file has several sets of weights ({listed}): took {taken}; `part` chooses another"
        ));
    } else if !names[place].is_empty() {
        notes.push(format!("took the weights under {:?}", names[place]));
    }
    let chosen = found.into_iter().nth(place);
    if let Some((name, function)) = chosen.as_ref().and_then(|chosen| chosen.unread.as_ref()) {
        return Err(format!(
            "the tensor {name:?} is made by {function}: sparse and quantised tensors are not read; save to_dense() or \
             dequantize() of it"
        ));
    }
    let tensors = chosen
        .map(|candidate| candidate.tensors)
        .unwrap_or_default();
    Ok(Chosen { tensors, notes })
}

/// Why there are no weights.
fn nothing(pickle: &Pickle<'_>) -> String {
    match pickle.object(&pickle.root) {
        Some(Object::Instance { class, .. }) => format!(
            "the file is an object of {}, in which no tensors were found: save its state_dict()",
            pickle.global(*class)
        ),
        Some(Object::Tensor(_)) => "the file is a single tensor, expected named weights".to_owned(),
        Some(Object::Sequence(_)) => {
            "the file is a list, expected named weights: save a state_dict()".to_owned()
        }
        _ => "the file has no tensors with names: expected a state_dict()".to_owned(),
    }
}

struct Search<'a, 'b> {
    pickle: &'a Pickle<'b>,
    /// The objects that were looked at: a file can refer to one any number of times.
    seen: HashSet<usize>,
    /// The bytes of all names so far.
    names: usize,
    /// The entries of dictionaries that were looked at.
    entries: usize,
    found: Vec<Candidate>,
}

impl Search<'_, '_> {
    /// Whether an object has not been looked at.
    fn first(&mut self, value: &Value) -> bool {
        match value {
            Value::Object(number) => self.seen.insert(*number),
            _ => false,
        }
    }

    /// Counts entries that are about to be looked at.
    fn count(&mut self, entries: usize) -> Result<(), String> {
        self.entries = self.entries.saturating_add(entries);
        match self.entries <= MOST_ENTRIES {
            true => Ok(()),
            false => Err("its objects share their entries again and again".to_owned()),
        }
    }

    /// A name below others.
    fn below(&mut self, path: &str, name: &str) -> Result<String, String> {
        let full = match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        self.names = self.names.saturating_add(full.len());
        match full.len() <= LONGEST_NAME && self.names <= MOST_NAMES {
            true => Ok(full),
            false => Err("the names in the file are longer than those of any network".to_owned()),
        }
    }

    /// Gathers sets of weights at and below a value.
    fn look(&mut self, value: &Value, path: &str, depth: usize) -> Result<(), String> {
        if depth > DEEPEST || !self.first(value) {
            return Ok(());
        }
        let pickle = self.pickle;
        match pickle.object(value) {
            Some(Object::Dict(items)) => self.look_into(items, path, depth),
            Some(Object::Instance { items, .. }) if !items.is_empty() => {
                self.look_into(items, path, depth)
            }
            Some(Object::Instance { .. }) => {
                let mut tensors = Vec::new();
                self.seen.remove(&number(value));
                self.gather(value, "", 0, &mut tensors)?;
                self.add(path, tensors, None);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add(
        &mut self,
        path: &str,
        tensors: Vec<(String, TensorRef)>,
        unread: Option<(String, String)>,
    ) {
        if !tensors.is_empty() {
            self.found.push(Candidate {
                path: path.to_owned(),
                tensors,
                unread,
            });
        }
    }

    /// A dictionary: its tensors are one set of weights; what else is in it may have others.
    fn look_into(
        &mut self,
        items: &[(Value, Value)],
        path: &str,
        depth: usize,
    ) -> Result<(), String> {
        let pickle = self.pickle;
        let mut tensors = Vec::new();
        let mut unread = None;
        self.count(items.len())?;
        for (key, value) in items {
            let Some(key) = pickle.text(key) else {
                continue;
            };
            match pickle.object(value) {
                Some(Object::Tensor(tensor)) => {
                    tensors.push((self.below("", key)?, tensor.clone()));
                }
                Some(object) => {
                    if let (None, Some(function)) = (&unread, rebuilt(pickle, object)) {
                        unread = Some((self.below("", key)?, function));
                    }
                    let below = self.below(path, key)?;
                    self.look(value, &below, depth + 1)?;
                }
                None => {}
            }
        }
        self.add(path, tensors, unread);
        Ok(())
    }

    /// The tensors of a module and of those inside it.
    fn gather(
        &mut self,
        value: &Value,
        path: &str,
        depth: usize,
        tensors: &mut Vec<(String, TensorRef)>,
    ) -> Result<(), String> {
        if depth > DEEPEST || !self.first(value) {
            return Ok(());
        }
        let pickle = self.pickle;
        let Some(Object::Instance { state, .. }) = pickle.object(value) else {
            return Ok(());
        };
        let Some(Object::Dict(attributes)) = pickle.object(state) else {
            return Ok(());
        };
        self.count(attributes.len())?;
        let attribute = |name: &str| {
            let found = attributes
                .iter()
                .find(|(key, _)| pickle.text(key) == Some(name));
            match found.and_then(|(_, value)| pickle.object(value)) {
                Some(Object::Dict(items)) => Some(items.as_slice()),
                _ => None,
            }
        };
        let (parameters, buffers) = (attribute("_parameters"), attribute("_buffers"));
        match (parameters, buffers) {
            // A module of TorchScript has them among its attributes.
            (None, None) => self.gather_items(attributes, path, depth, tensors),
            (parameters, buffers) => {
                for items in [parameters, buffers, attribute("_modules")] {
                    self.gather_items(items.unwrap_or_default(), path, depth, tensors)?;
                }
                Ok(())
            }
        }
    }

    fn gather_items(
        &mut self,
        items: &[(Value, Value)],
        path: &str,
        depth: usize,
        tensors: &mut Vec<(String, TensorRef)>,
    ) -> Result<(), String> {
        let pickle = self.pickle;
        self.count(items.len())?;
        for (key, value) in items {
            let Some(key) = pickle.text(key) else {
                continue;
            };
            match pickle.object(value) {
                Some(Object::Tensor(tensor)) => {
                    tensors.push((self.below(path, key)?, tensor.clone()));
                }
                Some(Object::Instance { .. }) => {
                    let below = self.below(path, key)?;
                    self.gather(value, &below, depth + 1, tensors)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The function that would make a tensor of an object, where it is none that is known.
fn rebuilt(pickle: &Pickle<'_>, object: &Object) -> Option<String> {
    let Object::Instance { class, .. } = object else {
        return None;
    };
    Some(pickle.global(*class)).filter(|name| name.starts_with("torch._utils._rebuild"))
}

fn number(value: &Value) -> usize {
    match value {
        Value::Object(number) => *number,
        _ => usize::MAX,
    }
}
