//! The bytes of an HDF5 file, handed out within a budget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_pure::{FormatError, Source};

use super::links::number;

/// The cost of one read in addition to its bytes: a loop of empty reads ends too.
const COST_OF_A_READ: u64 = 64;

/// How often the whole file may be read for one array or one list of them. Indexes, headers and chunks of a
/// sound file are read a few times each.
const READINGS: u64 = 32;

/// The budget of any file, so that small files are not limited to a handful of reads.
const ALLOWANCE: u64 = 16 << 20;

/// A header of an object that is neither an array nor a group: version 1, no messages, one reference.
const NOTHING: [u8; 16] = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// How many bytes name a place in the file in the tables of links, and those that follow the place in an
/// entry: the kind of link, a gap, and room for what the kind needs.
const KIND: usize = 4;
const AFTER: usize = 24;

/// The kind of an entry that is a soft link.
const SOFT: [u8; KIND] = 2_u32.to_le_bytes();

/// How many bytes follow the kind before the place of a soft link's target.
const GAP: usize = 4;

/// The budget left, and where reading began: shared with the readers.
#[derive(Debug)]
pub(super) struct Meter {
    budget: u64,
    left: AtomicU64,
    first: AtomicU64,
    watched: Mutex<GroupReads>,
}

/// The reads of a group of the old form: the names in it, then the tables of its links.
#[derive(Debug, Default)]
struct GroupReads {
    /// Whether the next read is that of the names.
    before_names: bool,
    names: Vec<u8>,
    /// The names of soft links and their targets.
    soft: Vec<(String, String)>,
}

impl GroupReads {
    /// The name at a place.
    fn name(&self, at: &[u8]) -> Option<String> {
        let at = number(&mut &*at, at.len())?;
        let name = self.names.get(at..)?.split(|&byte| byte == 0).next()?;
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

impl Meter {
    /// Begins another operation, with the whole budget: many arrays may be read, each only so long.
    pub(super) fn refill(&self) {
        self.left.store(self.budget, Ordering::Relaxed);
    }

    /// Has the next read remembered.
    pub(super) fn mark(&self) {
        self.first.store(u64::MAX, Ordering::Relaxed);
    }

    /// Where the first read since the mark was.
    pub(super) fn first_since_mark(&self) -> u64 {
        self.first.load(Ordering::Relaxed)
    }

    /// The soft links of groups of the old form that were read since the last time, with their targets.
    pub(super) fn take_soft_links(&self) -> Vec<(String, String)> {
        self.watched(|watched| std::mem::take(&mut watched.soft))
    }

    fn watched<T>(&self, act: impl FnOnce(&mut GroupReads) -> T) -> T {
        act(&mut self.watched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Pays for a read.
    fn pay(&self, offset: u64, length: usize) -> Result<(), FormatError> {
        let first = self.first.load(Ordering::Relaxed);
        if first == u64::MAX {
            self.first.store(offset, Ordering::Relaxed);
        }
        let cost = (length as u64).saturating_add(COST_OF_A_READ);
        let paid = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(cost)
            });
        paid.map(drop).map_err(|_| {
            FormatError::Source(
                "the same parts are read again and again: an index of it is damaged".into(),
            )
        })
    }
}

/// The content of a file that can be read about [`READINGS`] times over for one operation and not more.
///
/// The trees of an HDF5 file name their children by address. In a damaged file several may share
/// one child, on every level, and a walk of such a tree takes time exponential in its depth.
///
/// Soft links of old groups have no address, which the reader takes for one; here they get that of an
/// object with nothing in it, after the file's end.
pub(super) struct MeteredFile {
    bytes: Arc<Vec<u8>>,
    nothing: u64,
    meter: Arc<Meter>,
}

impl MeteredFile {
    /// A file's content with its whole budget.
    pub(super) fn new(mut bytes: Vec<u8>) -> Self {
        let budget = (bytes.len() as u64)
            .saturating_mul(READINGS)
            .saturating_add(ALLOWANCE);
        let nothing = bytes.len() as u64;
        bytes.extend_from_slice(&NOTHING);
        Self {
            bytes: Arc::new(bytes),
            nothing,
            meter: Arc::new(Meter {
                budget,
                left: AtomicU64::new(budget),
                first: AtomicU64::new(0),
                watched: Mutex::default(),
            }),
        }
    }

    /// The content, followed by the header of an object with nothing in it.
    pub(super) fn bytes(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.bytes)
    }

    /// The meter that counts its reads.
    pub(super) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Gives the soft links in a table of links an address, and remembers where they lead.
    ///
    /// The table begins with `SNOD`, a version, a gap and the number of entries; an entry is the place of
    /// the name, the address, the kind and [`AFTER`] less [`KIND`] bytes more, of a soft link the place of its
    /// target ("HDF5 File Format Specification", III.B to III.D). Both places are as long as the file's
    /// offsets are. The names of a group are read before its tables, after a header that begins with `HEAP`.
    fn address_soft_links(&self, table: &mut [u8]) {
        let Some((head, entries)) = table.split_at_mut_checked(8) else {
            return;
        };
        let count = usize::from(u16::from_le_bytes([head[6], head[7]]));
        if !head.starts_with(b"SNOD\x01") || count == 0 || entries.len() % count != 0 {
            return;
        }
        let entry = entries.len() / count;
        let Some(place) = entry.checked_sub(AFTER).map(|both| both / 2) else {
            return;
        };
        if !matches!(place, 2 | 4 | 8) || (place < 8 && self.nothing >> (8 * place) > 0) {
            return;
        }
        for entry in entries.chunks_exact_mut(entry) {
            let (name, rest) = entry.split_at_mut(place);
            let (address, rest) = rest.split_at_mut(place);
            if rest.starts_with(&SOFT) && address.iter().all(|&byte| byte == 0xff) {
                address.copy_from_slice(&self.nothing.to_le_bytes()[..place]);
                self.meter.watched(|watched| {
                    let target = watched.name(&rest[KIND + GAP..][..4]);
                    watched.soft.extend(watched.name(name).zip(target));
                });
            }
        }
    }

    /// Remembers the names of a group, and where its soft links lead.
    fn watch(&self, bytes: &mut [u8]) {
        let heap = bytes.starts_with(b"HEAP\0");
        self.meter.watched(|watched| {
            if std::mem::replace(&mut watched.before_names, heap) && !heap {
                watched.names = bytes.to_vec();
            }
        });
        self.address_soft_links(bytes);
    }
}

impl Source for MeteredFile {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        self.meter.pay(offset, buffer.len())?;
        let stored = usize::try_from(offset)
            .ok()
            .and_then(|from| self.bytes.get(from..from.checked_add(buffer.len())?));
        let Some(stored) = stored else {
            return Err(FormatError::UnexpectedEof {
                expected: usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .saturating_add(buffer.len()),
                available: self.bytes.len() - NOTHING.len(),
            });
        };
        buffer.copy_from_slice(stored);
        Ok(())
    }

    fn read_metadata_at(&self, offset: u64, length: usize) -> Result<Vec<u8>, FormatError> {
        let mut bytes = self.read_exact_at(offset, length)?;
        self.watch(&mut bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_served_until_the_budget_is_spent() {
        let source = MeteredFile::new(vec![7; 100]);
        let mut buffer = [0; 10];
        source.read_at(90, &mut buffer).unwrap();
        assert_eq!(buffer, [7; 10]);
        assert!(source.read_at(108, &mut buffer).is_err());
        assert!(source.read_at(u64::MAX, &mut buffer).is_err());
        let count = || {
            std::iter::repeat_with(|| source.read_at(0, &mut []))
                .take_while(Result::is_ok)
                .count() as u64
        };
        let reads = count();
        assert!(
            reads > READINGS && reads <= (ALLOWANCE + 3200) / COST_OF_A_READ,
            "{reads}"
        );
        assert_eq!(count(), 0);
        source.meter().refill();
        assert!(count() >= reads);
    }

    #[test]
    fn the_first_read_after_a_mark_is_known() {
        let source = MeteredFile::new(vec![7; 100]);
        let meter = source.meter();
        meter.mark();
        source.read_at(40, &mut [0; 4]).unwrap();
        source.read_at(20, &mut [0; 4]).unwrap();
        assert_eq!(meter.first_since_mark(), 40);
    }

    #[test]
    fn soft_links_lead_to_nothing() {
        let entry = |address: u64, kind: u32| {
            [
                &1_u64.to_le_bytes()[..],
                &address.to_le_bytes(),
                &kind.to_le_bytes(),
                &[0; 20],
            ]
            .concat()
        };
        let table = [
            &b"SNOD\x01\0\x03\0"[..],
            &entry(96, 0),
            &entry(u64::MAX, 2),
            &entry(u64::MAX, 0),
        ]
        .concat();
        let length = table.len();
        let source = MeteredFile::new(table.clone());
        let mut expected = table;
        expected[8 + 40 + 8..][..8].copy_from_slice(&(length as u64).to_le_bytes());
        assert_eq!(source.read_metadata_at(0, length).unwrap(), expected);
        assert_ne!(source.read_exact_at(0, length).unwrap(), expected);
        assert_eq!(source.read_metadata_at(length as u64, 16).unwrap(), NOTHING);
        // Without names it is not known where they lead.
        assert_eq!(source.meter().take_soft_links(), []);
    }

    #[test]
    fn the_targets_of_soft_links_are_among_the_names() {
        let entry = [
            &9_u64.to_le_bytes()[..],
            &u64::MAX.to_le_bytes(),
            &SOFT,
            &[0; 4],
            &1_u32.to_le_bytes(),
            &[0; 12],
        ];
        let head = [&b"HEAP"[..], &[0; 28]].concat();
        let names = b"\0/images\0alias\0\0";
        let table = [&b"SNOD\x01\0\x01\0"[..], &entry.concat()].concat();
        let source = MeteredFile::new([&head[..], names, &table].concat());
        let read = |at: usize, length: usize| source.read_metadata_at(at as u64, length).unwrap();
        read(0, head.len());
        read(head.len(), names.len());
        read(head.len() + names.len(), table.len());
        let expected = [("alias".to_owned(), "/images".to_owned())];
        assert_eq!(source.meter().take_soft_links(), expected);
        assert_eq!(source.meter().take_soft_links(), []);
    }
}
