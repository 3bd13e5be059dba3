//! Writing numpy's files: `.npy`, an array, and `.npz`, several in a zip archive, stored as they are.
//!
//! The forms are those of numpy's `lib.format` (version 1.0, and 2.0 for long headers) and of the zip archives that
//! `numpy.savez` makes. Times in the archive are fixed, so that equal arrays are equal files.

use stepnet_base::{Error, Result};

/// The bytes before an array's values are a multiple of this.
const ALIGNMENT: usize = 64;

/// 1 January 1980, as zip archives have dates.
const DATE: u16 = 0x21;

/// An array to write.
#[derive(Debug, Clone)]
pub struct Array {
    /// Its type, as numpy writes it: `<f4`.
    descr: String,
    shape: Vec<usize>,
    values: Vec<u8>,
}

impl Array {
    /// Single precision numbers, row-major.
    pub fn f32(shape: &[usize], values: impl Iterator<Item = f32>) -> Self {
        Self {
            descr: "<f4".to_owned(),
            shape: shape.to_vec(),
            values: values.flat_map(f32::to_le_bytes).collect(),
        }
    }

    /// Whole numbers.
    pub fn i64(values: &[i64]) -> Self {
        Self {
            descr: "<i8".to_owned(),
            shape: vec![values.len()],
            values: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    /// Texts, each with as many characters as the longest.
    pub fn texts(texts: &[String]) -> Self {
        let longest = texts.iter().map(|text| text.chars().count()).max();
        let longest = longest.unwrap_or(0).max(1);
        let padded = |text: &String| {
            let characters: Vec<char> = text.chars().collect();
            let end = std::iter::repeat_n('\0', longest - characters.len());
            let all: Vec<char> = characters.into_iter().chain(end).collect();
            all
        };
        Self {
            descr: format!("<U{longest}"),
            shape: vec![texts.len()],
            values: texts
                .iter()
                .flat_map(padded)
                .flat_map(|character| u32::from(character).to_le_bytes())
                .collect(),
        }
    }

    /// The content of its `.npy` file.
    pub fn bytes(&self) -> Vec<u8> {
        let extents: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        // A tuple of one has a comma.
        let comma = if extents.len() == 1 { "," } else { "" };
        let header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{comma}), }}",
            self.descr,
            extents.join(", ")
        );
        let before = 10 + header.len() + 1;
        let spaces = before.next_multiple_of(ALIGNMENT) - before;
        // A header is a few dozen bytes: its length fits.
        let length = (header.len() + spaces + 1) as u16;
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + spaces, b' ');
        bytes.push(b'\n');
        bytes.extend(&self.values);
        bytes
    }
}

/// The content of a `.npz` file with arrays by their names.
///
/// # Errors
/// Arrays of 4 GiB or more: the archive's fields have 32 bits.
pub fn npz(arrays: &[(&str, Array)]) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    let too_large = || {
        Error::Training(
            "the arrays have 4 GiB or more, expected less for a .npz file; .npy has no limit"
                .into(),
        )
    };
    for (name, array) in arrays {
        let (name, content) = (format!("{name}.npy"), array.bytes());
        let at = u32::try_from(archive.len()).map_err(|_| too_large())?;
        let size = u32::try_from(content.len()).map_err(|_| too_large())?;
        let mut facts = Vec::new();
        // Version 2.0, no flags, stored; the time and the date.
        for field in [20_u16, 0, 0, 0, DATE] {
            facts.extend(field.to_le_bytes());
        }
        for field in [crc32fast::hash(&content), size, size] {
            facts.extend(field.to_le_bytes());
        }
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend(0_u16.to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.as_bytes());
        archive.extend(&content);
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&facts);
        // No comment, the first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = u32::try_from(archive.len()).map_err(|_| too_large())?;
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06");
    archive.extend([0; 4]);
    for _ in 0..2 {
        archive.extend((arrays.len() as u16).to_le_bytes());
    }
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend(0_u16.to_le_bytes());
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_an_array_are_aligned() {
        let array = Array::f32(&[2, 3], (0_u8..6).map(f32::from));
        let bytes = array.bytes();
        assert_eq!(bytes.len(), ALIGNMENT * 2 + 24);
        let header = std::str::from_utf8(&bytes[10..ALIGNMENT * 2]).unwrap();
        assert!(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
        assert!(header.ends_with('\n'));
        assert_eq!(bytes[bytes.len() - 4..], 5.0_f32.to_le_bytes());
        assert!(
            Array::i64(&[1])
                .bytes()
                .windows(4)
                .any(|four| four == b"(1,)")
        );
    }

    #[test]
    fn texts_have_the_characters_of_the_longest() {
        let array = Array::texts(&["a".to_owned(), "äöü".to_owned()]);
        assert_eq!((array.descr.as_str(), array.values.len()), ("<U3", 24));
        assert_eq!(array.values[..8], [97, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[cfg(feature = "containers")]
    #[test]
    fn the_archive_is_one_that_is_read() {
        use std::io::Read;
        let array = Array::i64(&[3, -1]);
        let bytes = npz(&[("a", array.clone()), ("b", array.clone())]).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 2);
        let mut content = Vec::new();
        archive
            .by_name("b.npy")
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(content, array.bytes());
    }
}
