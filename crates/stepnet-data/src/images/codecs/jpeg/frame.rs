//! The frame of a JPEG: its size and its components (ITU-T T.81, B.2.2).

use std::ops::Range;

use stepnet_base::memory::{ensure, zeros};

use super::entropy::Huffman;
use super::markers::{next_marker, segment};

/// A component of the frame.
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
    /// The number of its quantisation table.
    pub(super) quantisation: usize,
    /// Blocks across and down of the component alone.
    pub(super) own: [usize; 2],
    /// Blocks across when filled up to whole units of all components.
    pub(super) across: usize,
    /// For each block the coefficients known not to be zero (progressive only).
    pub(super) nonzero: Vec<u64>,
    /// For each coefficient the bits still missing below those scanned; `None` before any.
    pub(super) missing: [Option<u8>; 64],
    /// Its blocks, `across` in a row, if the walk keeps them (sequential only).
    pub(super) blocks: Vec<Block>,
    /// The tables for its blocks, if the walk keeps them.
    pub(super) kept: Option<SequentialTables>,
}

/// The tables that decode the blocks of a component (sequential only).
pub(super) struct SequentialTables {
    /// Its quantisation table, as the file has it.
    pub(super) quantisation: Vec<u8>,
    /// The Huffman table of its other coefficients than the first.
    pub(super) ac: Huffman,
    /// Which scan it is in.
    pub(super) scan: usize,
}

/// A block of a sequential scan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Block {
    /// Its first coefficient.
    pub(super) dc: i32,
    /// The number of bits of the others.
    pub(super) length: u16,
    /// Where they begin, in bits of the scan's data without stuffed bytes.
    pub(super) start: u64,
}

pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// Units of all components across and down.
    pub(super) units: [usize; 2],
}

/// Fails if the image is of a form that the decoder does not read, or reads wrongly.
///
/// Of the file no more is looked at than the frame header and what stands before it.
pub(super) fn check_form(bytes: &[u8]) -> Result<Frame, String> {
    let mut at = 2;
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        at = after;
        match marker {
            0x01 => continue,
            0xd0..=0xd9 => return Err(format!("marker ff{marker:02x} at byte {}", at - 2)),
            _ => {}
        }
        let content = segment(bytes, at)?;
        at += 2 + content.len();
        match marker {
            0xc0..=0xc2 => return Frame::checked(content, marker == 0xc2),
            0xc9 | 0xca => return Err(not_read("arithmetic coding")),
            0xc3 | 0xc5..=0xc7 | 0xcb | 0xcd..=0xcf => {
                return Err(not_read("lossless or hierarchical coding"));
            }
            0xda => return Err("a scan before the frame header".into()),
            _ => {}
        }
    }
}

fn not_read(what: &str) -> String {
    format!("{what} is not supported; expected baseline or progressive, 8 bits, Huffman-coded")
}

impl Frame {
    /// Reads a frame header.
    pub(super) fn parse(segment: &[u8], progressive: bool) -> Result<Self, String> {
        let [_, h1, h0, w1, w0, count, rest @ ..] = segment else {
            return Err("a short frame header".into());
        };
        let height = usize::from(u16::from_be_bytes([*h1, *h0]));
        let width = usize::from(u16::from_be_bytes([*w1, *w0]));
        let specs = rest.as_chunks::<3>().0;
        if specs.len() != usize::from(*count) || specs.is_empty() {
            return Err("a frame header that does not fit".into());
        }
        let sampling = |spec: &[u8; 3]| (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
        let factors = || specs.iter().map(sampling);
        if factors().any(|(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
            return Err("a sampling factor outside 1 to 4".into());
        }
        let across = factors().map(|(h, _)| h).max().unwrap_or(1);
        let down = factors().map(|(_, v)| v).max().unwrap_or(1);
        let units = [width.div_ceil(8 * across), height.div_ceil(8 * down)];
        let component = |spec: &[u8; 3]| {
            let (horizontal, vertical) = sampling(spec);
            Component {
                id: spec[0],
                horizontal,
                vertical,
                quantisation: usize::from(spec[2]),
                own: [
                    (width * horizontal).div_ceil(across).div_ceil(8),
                    (height * vertical).div_ceil(down).div_ceil(8),
                ],
                across: units[0] * horizontal,
                nonzero: Vec::new(),
                missing: [None; 64],
                blocks: Vec::new(),
                kept: None,
            }
        };
        Ok(Self {
            progressive,
            width,
            height,
            components: specs.iter().map(component).collect(),
            units,
        })
    }

    /// Reads a frame header, and fails if the decoder does not read images with it.
    fn checked(segment: &[u8], progressive: bool) -> Result<Self, String> {
        let frame = Self::parse(segment, progressive)?;
        let bits = segment[0];
        if bits != 8 {
            return Err(not_read(&format!("{bits} bits a value")));
        }
        if frame.width == 0 || frame.height == 0 {
            let (width, height) = (frame.width, frame.height);
            return Err(format!("declares {width}x{height} pixels: nothing to see"));
        }
        let factors: Vec<[usize; 2]> = frame.components.iter().map(Component::factors).collect();
        match factors[..] {
            [_] => Ok(frame),
            [first, ref others @ ..] if matches!(others.len(), 2 | 3) => {
                let even = |n: usize| n.is_power_of_two();
                let fits = |other: &[usize; 2]| {
                    even(other[0]) && first[0] >= other[0] && first[1] >= other[1]
                };
                let whole = |other: &[usize; 2]| first[1].is_multiple_of(other[1]);
                if even(first[0]) && others.iter().all(|other| fits(other) && whole(other)) {
                    return Ok(frame);
                }
                let words: Vec<String> = factors.iter().map(|[h, v]| format!("{h}x{v}")).collect();
                Err(format!(
                    "sampling {} is not supported; expected the first component in full, the others at it or at a half or a quarter of it",
                    words.join(",")
                ))
            }
            _ => {
                let count = factors.len();
                Err(not_read(&format!("an image of {count} components")))
            }
        }
    }

    /// Takes the memory for what a walk remembers of every block.
    pub(super) fn take_memory(&mut self, keeps: bool) -> Result<(), String> {
        let short = |_| "its blocks do not fit into memory".to_owned();
        for component in &mut self.components {
            let blocks = component.across * self.units[1] * component.vertical;
            if self.progressive {
                component.nonzero = zeros("blocks", blocks).map_err(short)?;
            } else if keeps {
                ensure::<Block>("blocks", blocks).map_err(short)?;
                component.blocks = vec![Block::default(); blocks];
            }
        }
        Ok(())
    }
}

impl Component {
    /// The sampling factors, horizontal and vertical.
    pub(super) fn factors(&self) -> [usize; 2] {
        [self.horizontal, self.vertical]
    }
}

/// A marker's segment, and the entropy-coded data that stand after it.
pub(super) struct Segment {
    pub(super) marker: u8,
    pub(super) content: Range<usize>,
    pub(super) data: Range<usize>,
}
