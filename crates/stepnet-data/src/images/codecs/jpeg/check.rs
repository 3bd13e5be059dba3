//! Whether a JPEG is whole: every marker, and every bit of its Huffman-coded data.
//!
//! Decoders fill in what is missing: where a scan's data end early they go on with zeros, and what
//! is left over is skipped. Here the data of every scan are walked through code by code, without
//! computing a pixel, and must end exactly where the next marker stands. The format has no
//! checksum: damage whose codes fall into step again within their block cannot be distinguished from a
//! image.
//!
//! The walk follows ITU-T T.81 (1992), annexes B, F (sequential) and G (progressive).

use super::entropy::{Bits, Huffman, Progressive, sequential_block};
use super::frame::{Frame, Segment, SequentialTables};
use super::markers::{next_marker, segment};
use super::scan::Scan;

/// More scans than any encoder writes; each costs a walk over all blocks.
const MAX_SCANS: usize = 256;

/// Components of a scan, at most.
const MAX_PICKS: usize = 4;

/// The walk's state between segments; after it, what it has found.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) frame: Option<Frame>,
    pub(super) segments: Vec<Segment>,
    /// The data of each scan without stuffed bytes and markers, where they are kept.
    pub(super) scans: Vec<Vec<u8>>,
    keeps: bool,
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    quantisation: [Vec<u8>; 4],
    restart: usize,
}

/// Walks through a whole JPEG. The error says what is wrong and at which byte.
///
/// With `keeps` the blocks of a sequential frame are remembered. Sizes must have been checked against
/// the file's length before.
pub(super) fn check(bytes: &[u8], keeps: bool) -> Result<Walk, String> {
    let mut walk = Walk {
        keeps,
        ..Walk::default()
    };
    let mut at = 2;
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        at = after;
        match marker {
            0xd9 => {
                walk.finish()?;
                return Ok(walk);
            }
            0xd0..=0xd8 => return Err(format!("marker ff{marker:02x} at byte {}", at - 2)),
            0x01 => continue,
            _ => {}
        }
        let segment = segment(bytes, at)?;
        at += 2 + segment.len();
        let content = at - segment.len()..at;
        let placed =
            |problem: String| format!("{problem} (segment ff{marker:02x} before byte {at})");
        match marker {
            0xc4 => walk
                .tables(segment)
                .map_err(|problem| placed(problem.into()))?,
            0xdb => walk
                .quantisation(segment)
                .map_err(|problem| placed(problem.into()))?,
            0xc0..=0xc2 => walk.start_frame(segment, marker == 0xc2).map_err(placed)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err("lossless, hierarchical or arithmetic coding is not supported".into());
            }
            0xdd => match *segment {
                [high, low] => walk.restart = usize::from(u16::from_be_bytes([high, low])),
                _ => return Err(placed("a restart interval of a wrong length".into())),
            },
            0xda => at = walk.scan(bytes, at, segment)?,
            _ => {}
        }
        walk.segments.push(Segment {
            marker,
            data: content.end..at,
            content,
        });
    }
}

impl Walk {
    /// Reads Huffman tables (T.81 B.2.4.2).
    fn tables(&mut self, mut segment: &[u8]) -> Result<(), &'static str> {
        while let [class, rest @ ..] = segment {
            let (kind, slot) = (class >> 4, usize::from(class & 15));
            let (counts, rest) = rest
                .split_first_chunk::<16>()
                .ok_or("a short Huffman table")?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(..total).ok_or("a short Huffman table")?;
            let table = Huffman::new(counts, symbols)?;
            let tables = match kind {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err("a Huffman table of an unknown class"),
            };
            *tables
                .get_mut(slot)
                .ok_or("a Huffman table numbered above 3")? = Some(table);
            segment = &rest[total..];
        }
        Ok(())
    }

    /// Reads quantisation tables (T.81 B.2.4.1).
    fn quantisation(&mut self, mut segment: &[u8]) -> Result<(), &'static str> {
        while let [class, ..] = segment {
            let (bytes, slot) = (1 + usize::from(class >> 4), usize::from(class & 15));
            let (table, rest) = segment
                .split_at_checked(1 + 64 * bytes)
                .filter(|_| bytes <= 2)
                .ok_or("a quantisation table of a wrong length")?;
            *self
                .quantisation
                .get_mut(slot)
                .ok_or("a quantisation table numbered above 3")? = table.to_vec();
            segment = rest;
        }
        Ok(())
    }

    /// Reads a frame header (T.81 B.2.2).
    fn start_frame(&mut self, segment: &[u8], progressive: bool) -> Result<(), String> {
        if self.frame.is_some() {
            return Err("a second frame header".into());
        }
        let mut frame = Frame::parse(segment, progressive)?;
        frame.take_memory(self.keeps)?;
        self.frame = Some(frame);
        Ok(())
    }

    /// Walks through a scan's data; returns where the next marker stands.
    fn scan(&mut self, bytes: &[u8], at: usize, header: &[u8]) -> Result<usize, String> {
        if self.scans.len() == MAX_SCANS {
            return Err(format!("more than {MAX_SCANS} scans"));
        }
        let frame = self
            .frame
            .as_mut()
            .ok_or("a scan before the frame header")?;
        let scan = Scan::parse(frame, header)?;
        scan.record(frame)?;
        if self.keeps && !frame.progressive {
            for pick in &scan.picks {
                let component = &mut frame.components[pick.component];
                let table = self.quantisation.get(component.quantisation);
                component.kept = Some(SequentialTables {
                    quantisation: table.cloned().unwrap_or_default(),
                    ac: self.ac[pick.ac].clone().unwrap_or_default(),
                    scan: self.scans.len(),
                });
            }
        }
        let mut bits = Bits::new(bytes, at, self.keeps);
        let mut coder = Progressive::new(scan.band, scan.refines);
        let plan = scan.units(frame);
        let mut before = [0_i32; MAX_PICKS];
        for unit in 0..plan[0] * plan[1] {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                bits.restart((unit / self.restart - 1) % 8)?;
                coder.restart();
                before = [0; MAX_PICKS];
            }
            let (across, down) = (unit % plan[0], unit / plan[0]);
            for (pick, before) in scan.picks.iter().zip(&mut before) {
                let component = &mut frame.components[pick.component];
                let dc = self.dc[pick.dc].as_ref();
                let ac = self.ac[pick.ac].as_ref();
                let (h, v) = scan.blocks(component);
                for block in 0..h * v {
                    let row = down * v + block / h;
                    let index = row * component.across + across * h + block % h;
                    if frame.progressive {
                        let known = &mut component.nonzero[index];
                        coder.block(&mut bits, dc, ac, known)?;
                        continue;
                    }
                    let mut block = sequential_block(&mut bits, dc, ac)?;
                    *before = before.wrapping_add(block.dc);
                    block.dc = *before;
                    if let Some(kept) = component.blocks.get_mut(index) {
                        *kept = block;
                    }
                }
            }
        }
        let end = bits.finish()?;
        self.scans.push(bits.kept.unwrap_or_default());
        Ok(end)
    }

    /// At the end of the image every coefficient must have been scanned to its last bit.
    fn finish(&self) -> Result<(), String> {
        let frame = self
            .frame
            .as_ref()
            .ok_or("no image before the end-of-image marker")?;
        let mut missing = frame
            .components
            .iter()
            .flat_map(|component| &component.missing);
        if missing.any(|bits| *bits != Some(0)) {
            return Err(
                "the file ends early: scans are missing before the end-of-image marker".into(),
            );
        }
        Ok(())
    }
}
