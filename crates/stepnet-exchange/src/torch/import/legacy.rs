//! The form before PyTorch 1.6: five pickles one after the other (a magic number, a version, facts about the machine,
//! the object, the keys of the storages), then each storage's length and bytes.

use std::collections::HashMap;

use super::pickle::{Object, Pickle, Value};
use super::storages::Storages;
use super::{dicts, pickle, tensors};
use crate::weights::{StateDict, StoredElement};

/// A pickle of the number `0x1950a86a20f9469cfc6c`, which every such file begins with.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Bytes of a storage's length.
const LENGTH: usize = 8;

/// Whether bytes begin as such a file does, whatever the protocol of its pickles.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    let magic = MAGIC.iter().zip(bytes).enumerate();
    bytes.len() >= MAGIC.len() && magic.into_iter().all(|(at, (a, b))| a == b || at == 1)
}

/// The storages that follow the pickles, by their keys.
struct Following {
    places: HashMap<String, (usize, usize)>,
    big_endian: bool,
}

impl Storages for Following {
    fn place(&self, key: &str) -> Option<(usize, usize)> {
        self.places.get(key).copied()
    }

    fn big_endian(&self) -> bool {
        self.big_endian
    }
}

/// The weights of a file.
///
/// # Errors
/// In words.
pub(super) fn read<'a>(bytes: &'a [u8], part: Option<&str>) -> Result<StateDict<'a>, String> {
    let input = bytes;
    let version = pickle::read(input, MAGIC.len())?;
    let machine = pickle::read(input, version.end)?;
    let main = pickle::read(input, machine.end)?;
    let keys = pickle::read(input, main.end)?;
    let files = Following {
        places: places(input, &main, &keys)?,
        big_endian: is_big_endian(&machine),
    };
    let chosen = dicts::choose(&main, part)?;
    tensors::resolve(&main, &chosen, bytes, &files)
}

/// Whether the machine that wrote the file has the highest byte of a number first.
fn is_big_endian(machine: &Pickle<'_>) -> bool {
    let Some(Object::Dict(items)) = machine.object(&machine.root) else {
        return false;
    };
    let little = items
        .iter()
        .find(|(key, _)| machine.text(key) == Some("little_endian"));
    little.is_some_and(|(_, value)| *value == Value::Bool(false))
}

/// Where the storages lie. Each is as long as the main pickle says, and says so itself before its bytes.
fn places(
    input: &[u8],
    main: &Pickle<'_>,
    keys: &Pickle<'_>,
) -> Result<HashMap<String, (usize, usize)>, String> {
    let elements: HashMap<&str, StoredElement> = (main.storages())
        .filter_map(|storage| {
            let element = tensors::element_of(main.span(&storage.element))?;
            Some((main.span(&storage.key), element))
        })
        .collect();
    let mut at = keys.end;
    let mut places = HashMap::new();
    for key in keys.sequence(&keys.root).unwrap_or_default() {
        let Some(key) = keys.text(key) else {
            return Err("a key of the list of storages is no text".to_owned());
        };
        let Some(element) = elements.get(key) else {
            return Err(format!(
                "the storage {key:?} is of a type that is not known"
            ));
        };
        let ends = || format!("the file ends early, in the storage {key:?} at byte {at}");
        let length = input
            .get(at..)
            .and_then(|rest| rest.get(..LENGTH))
            .ok_or_else(ends)?;
        let count = (length.iter().rev()).fold(0_u64, |all, &byte| all << 8 | u64::from(byte));
        let start = at + LENGTH;
        let length = usize::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(element.size()))
            .filter(|&length| length <= input.len() - start)
            .ok_or_else(ends)?;
        places.insert(key.to_owned(), (start, length));
        at = start + length;
    }
    Ok(places)
}
