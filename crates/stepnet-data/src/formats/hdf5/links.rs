//! Links of an HDF5 file that lead to a path: in the file itself, or in another one.
//!
//! The reader lists what a group holds by address, which these have none of. Groups of the old form keep
//! them in tables whose entries the file's source sees; groups of the new form with few links in their own
//! header, which is read here ("HDF5 File Format Specification", IV.A.1.b, IV.A.2.g and IV.A.2.q).

use std::collections::HashMap;

/// Soft links that lead to each other are followed for so long.
const MOST_STEPS: usize = 16;

/// Types of messages in a header.
const LINK: u8 = 0x06;
const CONTINUATION: u8 = 0x10;

/// Parts of a header that are read: they may lead to each other.
const MOST_PARTS: usize = 64;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To a path in the same file, from the root or from the link's group.
    Soft(String),
    /// To another file of this name.
    External(String),
}

/// The links in the header of the group at `address`, with their names; none where the header is of the
/// old form or cannot be read.
pub(super) fn of_header(bytes: &[u8], address: u64, offset_size: usize) -> Vec<(String, Target)> {
    let mut found = Vec::new();
    let start = usize::try_from(address).ok();
    let header = start.and_then(|at| bytes.get(at..));
    let Some((mut part, ordered)) = header.and_then(first_part) else {
        return found;
    };
    let mut more = Vec::new();
    for _ in 0..MOST_PARTS {
        while let Some((kind, message)) = next_message(&mut part, ordered) {
            match kind {
                LINK => found.extend(link(message)),
                CONTINUATION => more.extend(continuation(message, bytes, offset_size)),
                _ => {}
            }
        }
        match more.pop() {
            Some(next) => part = next,
            None => break,
        }
    }
    found
}

/// The messages at the beginning of a header of version 2, and whether each has its number.
fn first_part(header: &[u8]) -> Option<(&[u8], bool)> {
    let mut rest = header.strip_prefix(b"OHDR\x02")?;
    let flags = take(&mut rest, 1)?[0];
    let times = if flags & 0x20 == 0 { 0 } else { 16 };
    let phases = if flags & 0x10 == 0 { 0 } else { 4 };
    take(&mut rest, times + phases)?;
    let size = number(&mut rest, 1 << (flags & 3))?;
    Some((take(&mut rest, size)?, flags & 4 != 0))
}

/// The next message of a part of a header: its type and its content.
fn next_message<'a>(part: &mut &'a [u8], ordered: bool) -> Option<(u8, &'a [u8])> {
    let kind = take(part, 1)?[0];
    let size = number(part, 2)?;
    take(part, if ordered { 3 } else { 1 })?;
    Some((kind, take(part, size)?))
}

/// The messages of another part of a header.
fn continuation<'a>(mut message: &[u8], bytes: &'a [u8], offset_size: usize) -> Option<&'a [u8]> {
    let at = number(&mut message, offset_size)?;
    let size = message.len().min(8);
    let length = number(&mut message, size)?;
    let part = bytes.get(at..at.checked_add(length)?)?;
    // A checksum follows them.
    part.strip_prefix(b"OCHK")?
        .split_last_chunk::<4>()
        .map(|(messages, _)| messages)
}

/// A link that leads to a path; `None` for one that leads to an address.
fn link(mut message: &[u8]) -> Option<(String, Target)> {
    let version = take(&mut message, 1)?[0];
    let flags = take(&mut message, 1)?[0];
    let kind = if flags & 8 == 0 {
        0
    } else {
        take(&mut message, 1)?[0]
    };
    let order = if flags & 4 == 0 { 0 } else { 8 };
    let alphabet = if flags & 16 == 0 { 0 } else { 1 };
    take(&mut message, order + alphabet)?;
    let length = number(&mut message, 1 << (flags & 3))?;
    let name = String::from_utf8_lossy(take(&mut message, length)?).into_owned();
    let length = number(&mut message, 2)?;
    let target = take(&mut message, length)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match (version, kind) {
        (1, 1) => Some((name, Target::Soft(text(target)))),
        // A version and flags, the file's name, a zero, the path in it.
        (1, 64) => {
            let file = target.get(1..)?.split(|&byte| byte == 0).next()?;
            Some((name, Target::External(text(file))))
        }
        _ => None,
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A whole number of `size` bytes, the least first.
pub(super) fn number(bytes: &mut &[u8], size: usize) -> Option<usize> {
    let mut taken = take(bytes, size)?.iter().rev();
    taken.try_fold(0_usize, |number, &byte| {
        Some(number.checked_mul(256)? + usize::from(byte))
    })
}

/// The path that a soft link in a group leads to by the `soft` links of the file, all paths from the root;
/// `None` where they lead around.
pub(super) fn follow(path: &str, soft: &HashMap<String, String>) -> Option<String> {
    let mut path = path.to_owned();
    for _ in 0..MOST_STEPS {
        // The first link on the way decides.
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let prefixes: Vec<usize> = ends.collect();
        let link = prefixes
            .into_iter()
            .find_map(|end| Some((end, soft.get(&path[..end])?)));
        match link {
            None => return Some(path),
            Some((end, target)) => path = format!("{target}{}", &path[end..]),
        }
    }
    None
}

/// A link's target as a path from the root, without `.` and empty parts.
pub(super) fn from_root(group: &str, target: &str) -> String {
    let whole = match target.starts_with('/') {
        true => target.to_owned(),
        false => format!("{group}/{target}"),
    };
    let parts = whole.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of a link with the given type and what follows its name.
    fn message(kind: u8, value: &[u8]) -> Vec<u8> {
        let link = [
            &[1, 0x08, kind, 1][..],
            b"a",
            &(value.len() as u16).to_le_bytes(),
            value,
        ]
        .concat();
        [&[LINK][..], &(link.len() as u16).to_le_bytes(), &[0], &link].concat()
    }

    fn header(messages: &[u8]) -> Vec<u8> {
        [b"OHDR\x02\x00", &[messages.len() as u8][..], messages].concat()
    }

    #[test]
    fn soft_and_external_links_of_a_header_are_read() {
        let external = b"\0other.h5\0/images\0";
        let hard = [&[LINK, 11, 0, 0, 1, 0, 1, b'h'][..], &[0; 7]].concat();
        let messages = [message(1, b"/images"), hard, message(64, external)].concat();
        let found = [
            ("a".to_owned(), Target::Soft("/images".to_owned())),
            ("a".to_owned(), Target::External("other.h5".to_owned())),
        ];
        let bytes = [vec![9; 5], header(&messages)].concat();
        assert_eq!(of_header(&bytes, 5, 8), found);
        // In another part of it, which leads to itself.
        let block = |at: u64, messages: &[u8]| {
            let length = (messages.len() + 20 + 8) as u64;
            let again = [
                &[CONTINUATION, 16, 0, 0][..],
                &at.to_le_bytes(),
                &length.to_le_bytes(),
            ];
            [b"OCHK", messages, &again.concat(), &[0; 4]].concat()
        };
        let first = |length: u64| {
            header(
                &[
                    &[CONTINUATION, 16, 0, 0][..],
                    &27_u64.to_le_bytes(),
                    &length.to_le_bytes(),
                ]
                .concat(),
            )
        };
        let second = block(27, &message(1, b"/b"));
        let bytes = [first(second.len() as u64), second].concat();
        let found = of_header(&bytes, 0, 8);
        assert_eq!(found[0].1, Target::Soft("/b".to_owned()));
        assert_eq!(found.len(), MOST_PARTS - 1);
        for end in 0..bytes.len() {
            of_header(&bytes[..end], 0, 8);
        }
    }

    #[test]
    fn soft_links_are_followed_and_rings_are_not() {
        let links = [
            ("a", "b"),
            ("g", "raw/set"),
            ("x", "y"),
            ("y", "x"),
            ("b", "g/one"),
        ];
        let soft = links
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .into();
        let followed = |path: &str| follow(path, &soft);
        assert_eq!(followed("a").as_deref(), Some("raw/set/one"));
        assert_eq!(followed("g/c").as_deref(), Some("raw/set/c"));
        assert_eq!(followed("plain/a").as_deref(), Some("plain/a"));
        assert_eq!(followed("x"), None);
        assert_eq!(from_root("g", "./c//d"), "g/c/d");
        assert_eq!(from_root("g", "/c"), "c");
    }
}
