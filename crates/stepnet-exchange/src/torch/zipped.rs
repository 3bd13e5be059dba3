//! The form of PyTorch 1.6 and later: `NAME/data.pkl`, and a file `NAME/data/KEY` of each storage.

use std::collections::HashMap;
use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use super::{Storages, dicts, pickle, tensors};
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
    let archive = ZipArchive::new(Cursor::new(bytes));
    archive.is_ok_and(|archive| {
        let mut names = archive.file_names_raw();
        names.any(|name| name.ends_with(b"data.pkl"))
    })
}

/// The weights of an archive.
///
/// # Errors
/// In words.
pub(super) fn read<'a>(bytes: &'a [u8], part: Option<&str>) -> Result<StateDict<'a>, String> {
    let entries = entries(bytes)?;
    let main = entries.iter().find(|(name, _)| name.ends_with("data.pkl"));
    let Some((main, (start, length))) = main else {
        return Err("a zip archive without PyTorch's data.pkl".to_owned());
    };
    let root = main.trim_end_matches("data.pkl");
    let within = |name: &str| Some(name.strip_prefix(root)?.to_owned());
    let order = entries.iter().find(|(name, _)| within(name).as_deref() == Some("byteorder"));
    let order = order.and_then(|(_, (start, length))| bytes.get(*start..*start + *length));
    let script = entries.iter().any(|(name, _)| within(name).is_some_and(|name| name.starts_with("code/")));
    let places = entries.iter().filter_map(|(name, place)| {
        let key = within(name)?.strip_prefix("data/")?.to_owned();
        Some((key, *place))
    });
    let files = Files {
        places: places.collect(),
        big_endian: order == Some(b"big"),
    };
    let input = bytes.get(*start..*start + *length).unwrap_or_default();
    let pickle = pickle::read(input, 0).map_err(|problem| format!("{main}: {problem}"))?;
    let chosen = dicts::choose(&pickle, part)?;
    let mut state = tensors::resolve(&pickle, &chosen, bytes, &files)?;
    if script {
        let note = "the file is a TorchScript program: its weights are read, its code is not";
        state.notes.push(note.to_owned());
    }
    Ok(state)
}

/// The files of an archive, by where their bytes lie: PyTorch stores them as they are.
fn entries(bytes: &[u8]) -> Result<Vec<(String, (usize, usize))>, String> {
    let damaged = |error| format!("the zip archive ends early or its directory is damaged: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() {
            continue;
        }
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(format!(
                "{name} is packed in the archive, expected it stored as PyTorch does: unpack the archive, and pack it without compression"
            ));
        }
        let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
        let length = usize::try_from(entry.size()).ok();
        let place = start.zip(length).filter(|&(start, length)| {
            start.checked_add(length).is_some_and(|end| end <= bytes.len())
        });
        match place {
            Some(place) => entries.push((name, place)),
            None => return Err(format!("{name} reaches beyond the end of the archive")),
        }
    }
    Ok(entries)
}
