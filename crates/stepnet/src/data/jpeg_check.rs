//! Whether a JPEG is whole: every marker, and every bit of its Huffman-coded data.
//!
//! Decoders fill in what is missing: where a scan's data end early they go on with zeros, and what
//! is left over is skipped. Here the data of every scan are walked through code by code, without
//! computing a pixel, and must end exactly where the next marker stands. The format has no
//! checksum: damage whose codes fall into step again within their block cannot be told from a
//! picture.
//!
//! The walk follows ITU-T T.81 (1992), annexes B, F (sequential) and G (progressive).

use super::jpeg_entropy::{Bits, Huffman, Progressive, sequential_block};

/// More scans than any encoder writes; each costs a walk over all blocks.
const MAX_SCANS: usize = 256;

/// A component of the frame.
struct Component {
    id: u8,
    horizontal: usize,
    vertical: usize,
    /// Blocks across and down of the component alone.
    own: [usize; 2],
    /// Blocks across when filled up to whole units of all components.
    across: usize,
    /// For each block the coefficients known not to be zero (progressive only).
    nonzero: Vec<u64>,
    /// For each coefficient the bits still missing below those scanned; `None` before any.
    missing: [Option<u8>; 64],
}

struct Frame {
    progressive: bool,
    components: Vec<Component>,
    /// Units of all components across and down.
    units: [usize; 2],
}

/// The walk's state between segments.
#[derive(Default)]
struct Walk {
    frame: Option<Frame>,
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    restart: usize,
    scans: usize,
}

/// Walks through a whole JPEG. The error says what is wrong and at which byte.
///
/// Sizes must have been checked against the file's length before.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut walk = Walk::default();
    let mut at = 2;
    loop {
        let (marker, after) = next_marker(bytes, at)?;
        at = after;
        match marker {
            0xd9 => return walk.finish(),
            0xd0..=0xd8 => return Err(format!("marker ff{marker:02x} at byte {}", at - 2)),
            0x01 => continue,
            _ => {}
        }
        let segment = segment(bytes, at)?;
        at += 2 + segment.len();
        let placed = |problem| format!("{problem} (segment ff{marker:02x} before byte {at})");
        match marker {
            0xc4 => walk.tables(segment).map_err(placed)?,
            0xc0..=0xc2 => walk.start_frame(segment, marker == 0xc2).map_err(placed)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err("lossless, hierarchical or arithmetic coding is not supported".into());
            }
            0xdd => match *segment {
                [high, low] => walk.restart = usize::from(u16::from_be_bytes([high, low])),
                _ => return Err(placed("a restart interval of a wrong length")),
            },
            0xda => at = walk.scan(bytes, at, segment)?,
            _ => {}
        }
    }
}

/// The code of the marker at `at`, and where it ends; fill bytes before it are allowed.
fn next_marker(bytes: &[u8], at: usize) -> Result<(u8, usize), String> {
    let mut end = at;
    if bytes.get(end).is_some_and(|&byte| byte != 0xff) {
        return Err(format!("expected a marker at byte {at}"));
    }
    while bytes.get(end) == Some(&0xff) {
        end += 1;
    }
    match bytes.get(end) {
        None => Err(format!(
            "the file ends early: no end-of-image marker in {} bytes",
            bytes.len()
        )),
        Some(0) => Err(format!("expected a marker at byte {at}")),
        Some(&marker) => Ok((marker, end + 1)),
    }
}

/// The content of the segment whose length stands at `at`.
fn segment(bytes: &[u8], at: usize) -> Result<&[u8], String> {
    let early = || format!("the file ends early: inside the segment at byte {at}");
    let raw = bytes.get(at..at + 2).ok_or_else(early)?;
    let length = usize::from(u16::from_be_bytes([raw[0], raw[1]]));
    if length < 2 {
        return Err(format!("a segment of length {length} at byte {at}"));
    }
    bytes.get(at + 2..at + length).ok_or_else(early)
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

    /// Reads a frame header (T.81 B.2.2).
    fn start_frame(&mut self, segment: &[u8], progressive: bool) -> Result<(), &'static str> {
        let [_, h1, h0, w1, w0, count, rest @ ..] = segment else {
            return Err("a short frame header");
        };
        let height = usize::from(u16::from_be_bytes([*h1, *h0]));
        let width = usize::from(u16::from_be_bytes([*w1, *w0]));
        let specs = rest.as_chunks::<3>().0;
        if self.frame.is_some() || specs.len() != usize::from(*count) || specs.is_empty() {
            return Err("a frame header that does not fit");
        }
        let sampling = |spec: &[u8; 3]| (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
        let factors = || specs.iter().map(sampling);
        if factors().any(|(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
            return Err("a sampling factor outside 1 to 4");
        }
        let across = factors().map(|(h, _)| h).max().unwrap_or(1);
        let down = factors().map(|(_, v)| v).max().unwrap_or(1);
        let units = [width.div_ceil(8 * across), height.div_ceil(8 * down)];
        let component = |spec: &[u8; 3]| {
            let (horizontal, vertical) = sampling(spec);
            let blocks = if progressive {
                units[0] * horizontal * units[1] * vertical
            } else {
                0
            };
            Component {
                id: spec[0],
                horizontal,
                vertical,
                own: [
                    (width * horizontal).div_ceil(across).div_ceil(8),
                    (height * vertical).div_ceil(down).div_ceil(8),
                ],
                across: units[0] * horizontal,
                nonzero: vec![0; blocks],
                missing: [None; 64],
            }
        };
        let components = specs.iter().map(component).collect();
        self.frame = Some(Frame {
            progressive,
            components,
            units,
        });
        Ok(())
    }

    /// Walks through a scan's data; returns where the next marker stands.
    fn scan(&mut self, bytes: &[u8], at: usize, header: &[u8]) -> Result<usize, String> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(format!("more than {MAX_SCANS} scans"));
        }
        let frame = self
            .frame
            .as_mut()
            .ok_or("a scan before the frame header")?;
        let scan = Scan::parse(frame, header)?;
        scan.record(frame)?;
        let mut bits = Bits::new(bytes, at);
        let mut coder = Progressive::new(scan.band, scan.refines);
        let plan = scan.units(frame);
        for unit in 0..plan[0] * plan[1] {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                bits.restart((unit / self.restart - 1) % 8)?;
                coder.restart();
            }
            let (across, down) = (unit % plan[0], unit / plan[0]);
            for pick in &scan.picks {
                let component = &mut frame.components[pick.component];
                let dc = self.dc[pick.dc].as_ref();
                let ac = self.ac[pick.ac].as_ref();
                let (h, v) = scan.blocks(component);
                for block in 0..h * v {
                    if frame.progressive {
                        let row = down * v + block / h;
                        let index = row * component.across + across * h + block % h;
                        let known = &mut component.nonzero[index];
                        coder.block(&mut bits, dc, ac, known)?;
                    } else {
                        sequential_block(&mut bits, dc, ac)?;
                    }
                }
            }
        }
        bits.finish()
    }

    /// At the end of the image every coefficient must have been scanned to its last bit.
    fn finish(&self) -> Result<(), String> {
        let frame = self
            .frame
            .as_ref()
            .ok_or("no picture before the end-of-image marker")?;
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

/// A component of a scan and its tables.
struct Pick {
    component: usize,
    dc: usize,
    ac: usize,
}

struct Scan {
    picks: Vec<Pick>,
    /// The first and last coefficient.
    band: [usize; 2],
    /// Whether it adds a bit to coefficients scanned before.
    refines: bool,
    /// The position of the lowest bit scanned.
    low: u8,
}

impl Scan {
    /// Reads a scan header (T.81 B.2.3).
    fn parse(frame: &Frame, header: &[u8]) -> Result<Self, String> {
        let wrong = || "a scan header that does not fit".to_owned();
        let (&count, rest) = header.split_first().ok_or_else(wrong)?;
        let (specs, tail) = rest
            .split_at_checked(2 * usize::from(count))
            .ok_or_else(wrong)?;
        let &[first, last, approximation] = tail else {
            return Err(wrong());
        };
        let pick = |spec: &[u8; 2]| {
            let component = frame
                .components
                .iter()
                .position(|known| known.id == spec[0])?;
            let (dc, ac) = (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
            (dc < 4 && ac < 4).then_some(Pick { component, dc, ac })
        };
        let picks: Option<Vec<Pick>> = specs.as_chunks::<2>().0.iter().map(pick).collect();
        let picks = picks
            .filter(|picks| (1..=4).contains(&picks.len()))
            .ok_or_else(wrong)?;
        let (high, low) = (approximation >> 4, approximation & 15);
        let band = [usize::from(first), usize::from(last)];
        if !frame.progressive {
            return Ok(Self {
                picks,
                band: [0, 63],
                refines: false,
                low: 0,
            });
        }
        let bands = band[0] <= band[1] && band[1] < 64 && (band[0] > 0) == (band[1] > 0);
        let one_component = band[0] == 0 || picks.len() == 1;
        let one_bit = high == 0 || high == low + 1;
        if !(bands && one_component && one_bit && low < 14) {
            return Err(wrong());
        }
        Ok(Self {
            picks,
            band,
            refines: high > 0,
            low,
        })
    }

    /// Notes which bits are scanned; a refinement must follow the scan it refines.
    fn record(&self, frame: &mut Frame) -> Result<(), String> {
        for pick in &self.picks {
            for bits in &mut frame.components[pick.component].missing[self.band[0]..=self.band[1]] {
                let expected = self.refines.then_some(self.low + 1);
                if *bits != expected {
                    return Err("scans that do not follow one another".into());
                }
                *bits = Some(self.low);
            }
        }
        Ok(())
    }

    /// Units across and down: of a component alone its own blocks, else units of all components.
    fn units(&self, frame: &Frame) -> [usize; 2] {
        match &self.picks[..] {
            [pick] => frame.components[pick.component].own,
            _ => frame.units,
        }
    }

    /// Blocks of a component in a unit, across and down.
    fn blocks(&self, component: &Component) -> (usize, usize) {
        if self.picks.len() == 1 {
            (1, 1)
        } else {
            (component.horizontal, component.vertical)
        }
    }
}
