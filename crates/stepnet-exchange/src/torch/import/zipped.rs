//! The form of PyTorch 1.6 and later: `NAME/data.pkl`, and a file `NAME/data/KEY` of each storage.

use std::collections::HashMap;

use super::storages::Storages;
use super::{dicts, pickle, tensors};
use crate::archive;
use crate::weights::StateDict;

/// The storages of an archive by their keys.
struct Files {
    places: HashMap<String, (usize, usize)>,
    big_endian: bool,
}

impl Storages for Files {
    fn place(&self, key: &str) -> Option<(usize, usize)> {
        self.places.get(key).copied()
    }

    fn big_endian(&self) -> bool {
        self.big_endian
    }
}

/// Whether bytes are an archive with PyTorch's pickle in it.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    archive::has(bytes, "data.pkl")
}

/// The weights of an archive.
///
/// # Errors
/// In words.
pub(super) fn read<'a>(bytes: &'a [u8], part: Option<&str>) -> Result<StateDict<'a>, String> {
    let entries = archive::entries(bytes)?;
    let main = entries
        .iter()
        .find(|entry| entry.name.ends_with("data.pkl"));
    let main = main.ok_or("a zip archive without PyTorch's data.pkl")?;
    let root = main.name.trim_end_matches("data.pkl");
    let within = |name: &str| name.strip_prefix(root).map(str::to_owned);
    let mut files = Files {
        places: HashMap::new(),
        big_endian: false,
    };
    let mut script = false;
    for entry in &entries {
        let Some(name) = within(&entry.name) else {
            continue;
        };
        script |= name.starts_with("code/");
        if name == "byteorder" {
            files.big_endian = entry.bytes(bytes)? == b"big";
        }
        if let Some(key) = name.strip_prefix("data/") {
            files.places.insert(key.to_owned(), entry.place()?);
        }
    }
    let input = main.bytes(bytes)?;
    let pickle = pickle::read(input, 0).map_err(|problem| format!("{}: {problem}", main.name))?;
    let chosen = dicts::choose(&pickle, part)?;
    let mut state = tensors::resolve(&pickle, &chosen, bytes, &files)?;
    if script {
        let note = "the file is a TorchScript program: its weights are read, its code is not";
        state.notes.push(note.to_owned());
    }
    Ok(state)
}
