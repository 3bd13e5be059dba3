//! The bytes of a Parquet file, handed out within the bounds of the file: the reader takes memory by what the headers
//! of pages declare, before it looks at what is there.

use std::fs::File;
use std::io::{BufRead, BufReader};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Snappy never packs better than 64 bytes to 3.
const MAX_RATIO: u64 = 22;

/// Up to this much is simply unpacked: short pages have a few bytes besides what is packed.
const UNASKED: u64 = 1 << 16;

/// A file of pages.
pub(super) struct BoundedFile(File);

impl BoundedFile {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Length for BoundedFile {
    fn len(&self) -> u64 {
        Length::len(&self.0)
    }
}

impl ChunkReader for BoundedFile {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut reader = self.0.get_read(start)?;
        // The reader begins at the header of each page, and once at the end of the file.
        let most = self.len().saturating_sub(start);
        if let Some((unpacked, packed)) = declared(reader.fill_buf()?) {
            check(unpacked, packed, most)?;
        }
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let left = self.len().saturating_sub(start);
        if length as u64 > left {
            return Err(ParquetError::EOF(format!(
                "{length} bytes declared at {start}, but the file ends after {left}"
            )));
        }
        self.0.get_bytes(start, length)
    }
}

fn check(unpacked: u64, packed: u64, left: u64) -> Result<()> {
    let most = packed.min(left).saturating_mul(MAX_RATIO);
    match unpacked > most.saturating_add(UNASKED) {
        true => Err(ParquetError::General(format!(
            "a page declares {unpacked} bytes, more than {packed} packed ones can hold"
        ))),
        false => Ok(()),
    }
}

/// The sizes in the header of a page, unpacked and packed. The header is a structure in Thrift's compact protocol; its
/// first three fields are 32-bit numbers: the type and these two. `None` for what does not begin so, which is no header.
fn declared(header: &[u8]) -> Option<(u64, u64)> {
    /// The next field, and a number of 32 bits.
    const NUMBER: u8 = 0x15;
    let mut bytes = header.iter().copied();
    let mut number = || {
        (bytes.next()? == NUMBER).then_some(())?;
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = bytes.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // Numbers alternate between positive and negative ones.
                return (value & 1 == 0).then_some(value >> 1);
            }
        }
        None
    };
    let _kind = number()?;
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    /// A file that begins with the header of a page of these sizes, of which there are 20 bytes more.
    fn file(unpacked: u64, packed: u64) -> BoundedFile {
        let mut bytes = vec![0x15, 0x04];
        for value in [unpacked, packed] {
            bytes.push(0x15);
            let mut value = value << 1;
            while value > 0x7f {
                bytes.push(value as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        }
        bytes.extend([0; 20]);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        BoundedFile::new(file)
    }

    #[test]
    fn a_page_declares_no_more_than_its_file_can_hold() {
        assert!(file(400, 20).get_read(0).is_ok());
        assert!(file(UNASKED + 22 * 20, 20).get_read(0).is_ok());
        for (unpacked, packed) in [((1 << 31) - 1, 20), ((1 << 31) - 1, (1 << 31) - 1)] {
            let error = file(unpacked, packed).get_read(0).err().unwrap();
            let said = error.to_string();
            assert!(said.contains("declares 2147483647 bytes"), "{said}");
        }
        let pages = file(400, 20);
        let end = pages.len();
        assert_eq!(pages.get_bytes(end - 20, 20).unwrap().len(), 20);
        let error = pages.get_bytes(end - 20, usize::MAX).unwrap_err();
        assert!(error.to_string().contains("ends after 20"), "{error}");
    }
}
