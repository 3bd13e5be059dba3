//! The codes of a JPEG's entropy-coded data, walked through without decoding values.

use super::frame::Block;

/// Bits up to the next marker, with stuffed zero bytes taken out (T.81 F.1.2.3).
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    buffer: u64,
    count: u32,
    /// How many bytes were taken in.
    taken: u64,
    /// These bytes, if they are to be kept.
    pub(super) kept: Option<Vec<u8>>,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, keeps: bool) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            count: 0,
            taken: 0,
            kept: keeps.then(Vec::new),
        }
    }

    /// How many bits of the bytes taken in are already consumed.
    fn position(&self) -> u64 {
        8 * self.taken - u64::from(self.count)
    }

    /// Takes in bytes until 48 bits are there or a marker stands next.
    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => return,
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.count += 8;
            self.taken += 1;
            if let Some(kept) = &mut self.kept {
                kept.push(byte);
            }
        }
    }

    /// Takes up to 16 bits.
    fn take(&mut self, count: u32) -> Result<u32, String> {
        if self.count < count {
            self.fill();
        }
        if self.count < count {
            return Err(self.early());
        }
        self.count -= count;
        let bits = self.buffer >> self.count;
        Ok(bits as u32 & ((1 << count) - 1))
    }

    fn early(&self) -> String {
        if self.at + 1 >= self.bytes.len() {
            return "the file ends early: inside the data of a scan".into();
        }
        format!("the data of a scan end early, at byte {}", self.at)
    }

    /// Ends a restart interval at the marker numbered `number`.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), String> {
        let at = self.finish()?;
        let mut end = at;
        while self.bytes.get(end) == Some(&0xff) {
            end += 1;
        }
        match self.bytes.get(end) {
            Some(&marker) if usize::from(marker) == 0xd0 + number => {
                self.at = end + 1;
                Ok(())
            }
            _ => Err(format!("expected restart marker {number} at byte {at}")),
        }
    }

    /// Ends the data: less than a byte may be left. Returns where the marker stands.
    pub(super) fn finish(&mut self) -> Result<usize, String> {
        self.fill();
        if self.count >= 8 {
            return Err(format!(
                "data are left over in a scan, before byte {}",
                self.at
            ));
        }
        if self.at + 1 >= self.bytes.len() {
            return Err("the file ends early: no end-of-image marker".into());
        }
        (self.buffer, self.count) = (0, 0);
        Ok(self.at)
    }
}

/// A Huffman table (T.81 annex C): codes of each length are consecutive numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Huffman {
    /// The number of codes of each length.
    pub(super) counts: [u8; 16],
    /// For each length the number one past its last code, and what to add to a code to get the
    /// place of its symbol.
    lengths: [(u32, i32); 16],
    /// In the order of the codes.
    pub(super) symbols: Vec<u8>,
}

impl Huffman {
    /// A table from the number of codes of each length, and the symbols in the order of the codes.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, &'static str> {
        let (mut code, mut place) = (0u32, 0i32);
        let mut lengths = [(0, 0); 16];
        for (length, (slot, &count)) in lengths.iter_mut().zip(counts).enumerate() {
            let end = code + u32::from(count);
            if end > 1 << (length + 1) {
                return Err("a Huffman table with more codes than bits");
            }
            *slot = (end, place - code as i32);
            place += i32::from(count);
            code = end << 1;
        }
        Ok(Self {
            counts: *counts,
            lengths,
            symbols: symbols.to_vec(),
        })
    }

    /// Takes one symbol.
    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, String> {
        if bits.count < 16 {
            bits.fill();
        }
        for (length, &(end, offset)) in (1..).zip(&self.lengths) {
            if bits.count < length {
                return Err(bits.early());
            }
            let code = (bits.buffer >> (bits.count - length)) as u32 & ((1 << length) - 1);
            if code < end {
                bits.count -= length;
                let place = usize::try_from(code as i32 + offset).ok();
                let symbol = place.and_then(|place| self.symbols.get(place));
                return symbol
                    .copied()
                    .ok_or_else(|| "a Huffman code without a symbol".into());
            }
        }
        Err(format!(
            "no Huffman code fits the data before byte {}",
            bits.at
        ))
    }
}

/// A table, or the error that a scan uses one the file does not have.
fn table(table: Option<&Huffman>) -> Result<&Huffman, String> {
    table.ok_or_else(|| "a scan without its Huffman table".into())
}

/// Walks through a block of a sequential scan (T.81 F.2.2); its first coefficient is given as the
/// difference that is stored.
pub(super) fn sequential_block(
    bits: &mut Bits<'_>,
    dc: Option<&Huffman>,
    ac: Option<&Huffman>,
) -> Result<Block, String> {
    let (dc, ac) = (table(dc)?, table(ac)?);
    let size = dc.symbol(bits)?;
    inside(bits, size < 16)?;
    let value = bits.take(u32::from(size))?;
    let start = bits.position();
    others(bits, ac)?;
    Ok(Block {
        dc: extended(value, size),
        // 63 codes of up to 16 bits, each with a value of up to 15.
        length: (bits.position() - start) as u16,
        start,
    })
}

/// The number that `value`, of `size` bits, stands for (T.81 F.2.2.1).
fn extended(value: u32, size: u8) -> i32 {
    let value = value as i32;
    match size {
        0 => 0,
        _ if value >> (size - 1) == 0 => value - (1 << size) + 1,
        _ => value,
    }
}

/// Walks through the coefficients of a block after the first.
fn others(bits: &mut Bits<'_>, ac: &Huffman) -> Result<(), String> {
    let mut at = 1;
    while at < 64 {
        let symbol = ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), symbol & 15);
        match (run, size) {
            (0, 0) => return Ok(()),
            (15, 0) => at += 16,
            (_, 0) => return Err(format!("an unknown code before byte {}", bits.at)),
            _ => {
                at += run + 1;
                take_value(bits, size)?;
            }
        }
    }
    inside(bits, at <= 64)
}

/// Takes a value of this many bits.
fn take_value(bits: &mut Bits<'_>, size: u8) -> Result<(), String> {
    inside(bits, size < 16)?;
    bits.take(u32::from(size)).map(drop)
}

/// Fails unless the data stay inside what a block can hold.
fn inside(bits: &Bits<'_>, holds: bool) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!(
            "a run past the end of a block before byte {}",
            bits.at
        ))
    }
}

/// The walk through a progressive scan (T.81 annex G).
pub(super) struct Progressive {
    band: [usize; 2],
    refines: bool,
    /// Blocks still to come whose band is at its end.
    ended: u32,
}

impl Progressive {
    pub(super) fn new(band: [usize; 2], refines: bool) -> Self {
        Self {
            band,
            refines,
            ended: 0,
        }
    }

    /// Forgets the run of ended bands: every restart interval begins afresh.
    pub(super) fn restart(&mut self) {
        self.ended = 0;
    }

    /// Walks through one block; `nonzero` has a bit for each coefficient known not to be zero.
    pub(super) fn block(
        &mut self,
        bits: &mut Bits<'_>,
        dc: Option<&Huffman>,
        ac: Option<&Huffman>,
        nonzero: &mut u64,
    ) -> Result<(), String> {
        match (self.band[0], self.refines) {
            (0, false) => {
                let size = table(dc)?.symbol(bits)?;
                take_value(bits, size)
            }
            (0, true) => bits.take(1).map(drop),
            (_, false) => self.first(bits, table(ac)?, nonzero),
            (_, true) => self.refine(bits, table(ac)?, nonzero),
        }
    }

    /// The first scan of a band (T.81 G.1.2.2).
    fn first(
        &mut self,
        bits: &mut Bits<'_>,
        ac: &Huffman,
        nonzero: &mut u64,
    ) -> Result<(), String> {
        if self.ended > 0 {
            self.ended -= 1;
            return Ok(());
        }
        let [mut at, last] = self.band;
        while at <= last {
            let symbol = ac.symbol(bits)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => {
                    self.ended = (1 << run) - 1 + bits.take(u32::from(run))?;
                    return Ok(());
                }
                _ => {
                    at += usize::from(run);
                    inside(bits, at <= last)?;
                    take_value(bits, size)?;
                    *nonzero |= 1 << at;
                    at += 1;
                }
            }
        }
        inside(bits, at <= last + 16)
    }

    /// A further bit for a band (T.81 G.1.2.3).
    fn refine(
        &mut self,
        bits: &mut Bits<'_>,
        ac: &Huffman,
        nonzero: &mut u64,
    ) -> Result<(), String> {
        let [mut at, last] = self.band;
        while self.ended == 0 && at <= last {
            let symbol = ac.symbol(bits)?;
            let (run, size) = (u32::from(symbol >> 4), symbol & 15);
            if size == 0 && run < 15 {
                self.ended = (1 << run) + bits.take(run)?;
                break;
            }
            inside(bits, size <= 1)?;
            bits.take(u32::from(size))?;
            // Coefficients known already have a bit each; the run counts the others.
            let mut zeros = run;
            while at <= last {
                if *nonzero >> at & 1 == 1 {
                    bits.take(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            if size == 1 {
                inside(bits, at <= last)?;
                *nonzero |= 1 << at;
            }
            at += 1;
        }
        if self.ended > 0 {
            for known in at..=last {
                if *nonzero >> known & 1 == 1 {
                    bits.take(1)?;
                }
            }
            self.ended -= 1;
        }
        Ok(())
    }
}
