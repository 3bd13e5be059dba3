//! An image's bytes in a zip archive.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::{Error, Result};
use stepnet_base::memory::with_capacity;
use stepnet_files::open_input;

/// Deflate never packs better than about 1032 to 1.
const MAX_RATIO: u64 = 1040;

/// Images are packed already; those that are not seldom pack better than this.
const USUAL_RATIO: u64 = 8;

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
        let unread =
            |source: std::io::Error| wrong(format!("its packed bytes are damaged: {source}"));
        // Opened each time, so that threads do not share a position.
        let mut file = open_input(archive)?;
        let archived = file.metadata().map_err(unread)?.len();
        let most = self.most(archived.saturating_sub(self.offset));
        let most = most.map_err(wrong)?;
        file.seek(SeekFrom::Start(self.offset)).map_err(unread)?;
        // What the directory declares is not trusted: memory grows as bytes come.
        let mut bytes = with_capacity(&name.display().to_string(), most)?;
        let packed = BufReader::new(file.take(self.packed));
        match self.deflated {
            true => DeflateDecoder::new(packed)
                .take(self.length)
                .read_to_end(&mut bytes),
            false => packed.take(self.length).read_to_end(&mut bytes),
        }
        .map_err(unread)?;
        if (bytes.len() as u64) < self.length {
            let (length, found) = (self.length, bytes.len());
            let problem = format!("declares {length} bytes, but its packed ones end after {found}");
            return Err(wrong(problem));
        }
        let mut crc = Crc::new();
        crc.update(&bytes);
        match crc.sum() == self.crc {
            true => Ok(bytes),
            false => Err(wrong(
                "its checksum in the archive is wrong: damaged".to_owned(),
            )),
        }
    }

    /// How many bytes memory is reserved for at first, where `left` bytes of the archive follow the entry's beginning.
    ///
    /// # Errors
    /// More bytes than are there, or than they can hold.
    fn most(&self, left: u64) -> std::result::Result<usize, String> {
        let (length, packed) = (self.length, self.packed);
        if packed > left {
            return Err(format!(
                "declares {packed} packed bytes, but the archive ends after {left}"
            ));
        }
        let ratio = if self.deflated { MAX_RATIO } else { 1 };
        // A few bytes may hold an end mark alone.
        let most = packed.saturating_add(1).saturating_mul(ratio);
        if length > most {
            return Err(format!(
                "declares {length} bytes, more than {packed} packed ones can hold"
            ));
        }
        let usual = packed.saturating_mul(USUAL_RATIO);
        Ok(usize::try_from(length.min(usual)).unwrap_or(usize::MAX))
    }
}
