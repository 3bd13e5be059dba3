//! The scans of a JPEG: which coefficients of which components come in which order (ITU-T T.81, B.2.3).

use super::frame::{Component, Frame};

/// A component of a scan and its tables.
pub(super) struct Pick {
    pub(super) component: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

pub(super) struct Scan {
    pub(super) picks: Vec<Pick>,
    /// The first and last coefficient.
    pub(super) band: [usize; 2],
    /// Whether it adds a bit to coefficients scanned before.
    pub(super) refines: bool,
    /// The position of the lowest bit scanned.
    low: u8,
}

impl Scan {
    /// Reads a scan header (T.81 B.2.3).
    pub(super) fn parse(frame: &Frame, header: &[u8]) -> Result<Self, String> {
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
    pub(super) fn record(&self, frame: &mut Frame) -> Result<(), String> {
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
    pub(super) fn units(&self, frame: &Frame) -> [usize; 2] {
        match &self.picks[..] {
            [pick] => frame.components[pick.component].own,
            _ => frame.units,
        }
    }

    /// Blocks of a component in a unit, across and down.
    pub(super) fn blocks(&self, component: &Component) -> (usize, usize) {
        if self.picks.len() == 1 {
            (1, 1)
        } else {
            (component.horizontal, component.vertical)
        }
    }
}
