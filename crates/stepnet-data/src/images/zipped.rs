//! An image's bytes in a zip archive.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::{Error, Result};
use stepnet_base::memory::zeros;
use stepnet_files::open_input;

/// Deflate never packs better than about 1032 to 1.
const MAX_RATIO: u64 = 1040;

/// Where an entry lies in its archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zipped {
    /// Where its bytes begin, and how many there are.
    pub(crate) offset: u64,
    pub(crate) packed: u64,
    /// Its length when it is unpacked.
    pub(crate) length: u64,
    /// Whether it is packed by deflate; otherwise it is stored as it is.
    pub(crate) deflated: bool,
    /// The checksum of the unpacked bytes.
    pub(crate) crc: u32,
}

impl Zipped {
    /// The unpacked bytes; `name` is for messages.
    ///
    /// # Errors
    /// Bytes that cannot be read, or are not those that were packed.
    pub(crate) fn read(&self, name: &Path, archive: &Path) -> Result<Vec<u8>> {
        let wrong = |problem: String| Error::file(name, problem);
        let most = match self.deflated {
            true => self
                .packed
                .saturating_mul(MAX_RATIO)
                .saturating_add(MAX_RATIO),
            false => self.packed,
        };
        if self.length > most {
            let (length, packed) = (self.length, self.packed);
            return Err(wrong(format!(
                "declares {length} bytes, more than {packed} packed ones can hold"
            )));
        }
        let unread = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => wrong("the archive ends early".to_owned()),
            _ => wrong(format!("its packed bytes are damaged: {source}")),
        };
        // Opened each time, so that threads do not share a position.
        let mut file = open_input(archive)?;
        file.seek(SeekFrom::Start(self.offset)).map_err(unread)?;
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        let mut bytes = zeros(&name.display().to_string(), length)?;
        let packed = BufReader::new(file.take(self.packed));
        match self.deflated {
            true => DeflateDecoder::new(packed).read_exact(&mut bytes),
            false => { packed }.read_exact(&mut bytes),
        }
        .map_err(unread)?;
        let mut crc = Crc::new();
        crc.update(&bytes);
        match crc.sum() == self.crc {
            true => Ok(bytes),
            false => Err(wrong(
                "its checksum in the archive is wrong: damaged".to_owned(),
            )),
        }
    }
}
