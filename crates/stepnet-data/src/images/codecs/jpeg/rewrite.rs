//! JPEGs that the decoder reads wrongly, written again as ones that it reads rightly.
//!
//! The decoder (zune-jpeg 0.5) mixes up sequential images whose components come in several scans,
//! and takes the colours from the components' names or from Adobe's marker where a JFIF marker says
//! YCbCr. Such a file is written with the same coefficients: of each block the codes are copied, but
//! for the first coefficient, which is stored as the difference from the block before.

use super::check::{Walk, check};
use super::entropy::Huffman;
use super::frame::{Block, Component, Frame, Segment, SequentialTables};

/// The codes of differences: all of five bits, in the order of their sizes.
const DC: ([u8; 16], [u8; 16]) = (
    [0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
);
const DC_BITS: u32 = 5;

/// A file with the same image that the decoder reads rightly; `None` where it reads this one so.
///
/// # Errors
/// When the file is damaged.
pub(super) fn readable(bytes: &[u8], walk: &Walk) -> Result<Option<Vec<u8>>, String> {
    let frame = walk.frame.as_ref().ok_or("an image without a frame")?;
    let (colours, misread) = Colours::of(bytes, walk, frame);
    if !frame.progressive && walk.scans.len() > 1 {
        return interleaved(bytes, &colours).map(Some);
    }
    Ok(misread.then(|| renamed(bytes, walk, &colours)))
}

/// The colour information that a file gives the decoder.
struct Colours {
    /// The transform that Adobe's marker names, if there is one.
    adobe: Option<u8>,
    /// Whether the components are named 1, 2, 3, which stands for YCbCr.
    named: bool,
}

impl Colours {
    /// Colours as libjpeg takes them, and whether the decoder takes others: a JFIF marker means YCbCr,
    /// else Adobe's marker decides, else the components' names.
    fn of(bytes: &[u8], walk: &Walk, frame: &Frame) -> (Self, bool) {
        let (mut jfif, mut adobe) = (false, None);
        for segment in &walk.segments {
            let content = &bytes[segment.content.clone()];
            match segment.marker {
                0xe0 => jfif |= content.starts_with(b"JFIF\0"),
                0xee if content.starts_with(b"Adobe") => adobe = content.get(11).copied().or(adobe),
                _ => {}
            }
        }
        let names = frame.components.iter().map(|component| component.id);
        let rgb = names.eq(*b"RGB");
        let (adobe, named, misread) = match (frame.components.len(), adobe) {
            (3, adobe) if jfif => (None, true, rgb || !matches!(adobe, None | Some(1))),
            (3, Some(0)) | (3, None) => (adobe, false, false),
            (3, Some(_)) => (None, true, rgb),
            (4, Some(1)) => (Some(2), false, true),
            _ => (adobe, false, false),
        };
        (Self { adobe, named }, misread)
    }

    /// The name of a component.
    fn name(&self, at: usize, component: &Component) -> u8 {
        if self.named {
            at as u8 + 1
        } else {
            component.id
        }
    }

    /// Writes Adobe's marker.
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(transform) = self.adobe {
            let mut content = *b"Adobe\0\x64\0\0\0\0\0";
            content[11] = transform;
            write_segment(out, 0xee, &content);
        }
    }
}

/// Writes a segment, whose content came out of one or is short.
fn write_segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = content.len() as u16 + 2;
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend(content);
}

/// The same file with other colours.
fn renamed(bytes: &[u8], walk: &Walk, colours: &Colours) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    colours.write(&mut out);
    let components = || walk.frame.iter().flat_map(|frame| &frame.components);
    let rename = |names: &mut [u8], step: usize| {
        for name in names.iter_mut().step_by(step) {
            let find = |(_, component): &(usize, &Component)| component.id == *name;
            if let Some((at, component)) = components().enumerate().find(find) {
                *name = colours.name(at, component);
            }
        }
    };
    for segment in &walk.segments {
        let Segment {
            marker,
            content,
            data,
        } = segment;
        let mut content = bytes[content.clone()].to_vec();
        match (*marker, &mut content[..]) {
            (0xee, _) => continue,
            (0xc0..=0xc2, [_, _, _, _, _, _, specs @ ..]) => rename(specs, 3),
            (0xda, [count, specs @ ..]) => {
                let end = specs.len().min(2 * usize::from(*count));
                rename(&mut specs[..end], 2);
            }
            _ => {}
        }
        write_segment(&mut out, *marker, &content);
        out.extend(&bytes[data.clone()]);
    }
    out.extend([0xff, 0xd9]);
    out
}

/// The same image with all components in one scan.
fn interleaved(bytes: &[u8], colours: &Colours) -> Result<Vec<u8>, String> {
    let walk = check(bytes, true)?;
    let frame = walk.frame.as_ref().ok_or("an image without a frame")?;
    let plane = |component| Plane::new(component, &walk.scans);
    let planes: Option<Vec<Plane<'_>>> = frame.components.iter().map(plane).collect();
    let planes = planes.ok_or("scans are missing")?;
    let common = |axis: usize| {
        let factors = frame
            .components
            .iter()
            .map(|component| component.factors()[axis]);
        factors.clone().find(|_| {
            factors
                .clone()
                .all(|n| n == factors.clone().max().unwrap_or(1))
        })
    };
    let (h, v) = (common(0).unwrap_or(1), common(1).unwrap_or(1));
    let factors =
        |plane: &Plane<'_>| [plane.component.horizontal / h, plane.component.vertical / v];
    let mut out = vec![0xff, 0xd8];
    colours.write(&mut out);
    write_tables(&mut out, frame, &planes, colours, &factors);
    let most = |axis: usize| {
        planes
            .iter()
            .map(|plane| factors(plane)[axis])
            .max()
            .unwrap_or(1)
    };
    let units = [
        frame.width.div_ceil(8 * most(0)),
        frame.height.div_ceil(8 * most(1)),
    ];
    let mut written = Bits::default();
    let mut before = vec![0_i32; planes.len()];
    for unit in 0..units[0] * units[1] {
        let (across, down) = (unit % units[0], unit / units[0]);
        for (plane, before) in planes.iter().zip(&mut before) {
            let [h, v] = factors(plane);
            for block in 0..h * v {
                let block = plane.block(down * v + block / h, across * h + block % h);
                written.push_difference(block.dc.wrapping_sub(*before))?;
                *before = block.dc;
                written.copy(plane.data, block);
            }
        }
    }
    written.end(&mut out);
    out.extend([0xff, 0xd9]);
    Ok(out)
}

/// Writes everything up to the data.
fn write_tables(
    out: &mut Vec<u8>,
    frame: &Frame,
    planes: &[Plane<'_>],
    colours: &Colours,
    factors: &impl Fn(&Plane<'_>) -> [usize; 2],
) {
    let (height, width) = (frame.height as u16, frame.width as u16);
    let mut header = vec![8];
    header.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    let (mut scan, count) = (vec![planes.len() as u8], planes.len() as u8);
    header.push(count);
    for (at, plane) in planes.iter().enumerate() {
        let name = colours.name(at, plane.component);
        let [h, v] = factors(plane);
        header.extend([name, (h << 4 | v) as u8, at as u8]);
        scan.extend([name, at as u8]);
        let mut table = plane.kept.quantisation.clone();
        if let Some(class) = table.first_mut() {
            *class = *class & 0xf0 | at as u8;
        }
        write_segment(out, 0xdb, &table);
    }
    write_segment(out, 0xc1, &header);
    let table =
        |class: u8, counts: &[u8; 16], symbols: &[u8]| [&[class], &counts[..], symbols].concat();
    write_segment(out, 0xc4, &table(0, &DC.0, &DC.1));
    for (at, plane) in planes.iter().enumerate() {
        let Huffman {
            counts, symbols, ..
        } = &plane.kept.ac;
        write_segment(out, 0xc4, &table(0x10 | at as u8, counts, symbols));
    }
    scan.extend([0, 63, 0]);
    write_segment(out, 0xda, &scan);
}

/// A component with its blocks and the data that these lie in.
struct Plane<'a> {
    component: &'a Component,
    kept: &'a SequentialTables,
    data: &'a [u8],
}

impl<'a> Plane<'a> {
    fn new(component: &'a Component, scans: &'a [Vec<u8>]) -> Option<Self> {
        let kept = component.kept.as_ref()?;
        let data = scans.get(kept.scan)?;
        Some(Self {
            component,
            kept,
            data,
        })
    }

    /// The block in a row and a column; beyond the last ones these come again.
    fn block(&self, row: usize, column: usize) -> Block {
        let [columns, rows] = self.component.own;
        let (row, column) = (row.min(rows.max(1) - 1), column.min(columns.max(1) - 1));
        let at = row * self.component.across + column;
        self.component.blocks.get(at).copied().unwrap_or_default()
    }
}

/// Bits that are written one after the other.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    buffer: u64,
    count: u32,
}

impl Bits {
    /// Writes up to 32 bits.
    fn push(&mut self, bits: u64, count: u32) {
        self.buffer = self.buffer << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.buffer >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    /// Writes the difference of two first coefficients (T.81 F.1.2.1).
    fn push_difference(&mut self, difference: i32) -> Result<(), String> {
        let size = 32 - difference.unsigned_abs().leading_zeros();
        if size > 15 {
            return Err("values beyond what the format holds".into());
        }
        let bits = if difference < 0 {
            difference - 1
        } else {
            difference
        };
        self.push(size.into(), DC_BITS);
        self.push(bits as u64 & ((1 << size) - 1), size);
        Ok(())
    }

    /// Copies the bits of a block.
    fn copy(&mut self, data: &[u8], block: Block) {
        for at in block.start..block.start + u64::from(block.length) {
            let byte = data.get((at / 8) as usize).copied().unwrap_or_default();
            self.push(u64::from(byte >> (7 - at % 8) & 1), 1);
        }
    }

    /// Fills the last byte with ones, and hands the bytes over.
    fn end(mut self, out: &mut Vec<u8>) {
        let rest = (8 - self.count) % 8;
        self.push((1 << rest) - 1, rest);
        out.append(&mut self.bytes);
    }
}
