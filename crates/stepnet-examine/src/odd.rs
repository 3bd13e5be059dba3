//! Images that are unlike the others: of one colour, dark, blurred, of another aspect.

use crate::finding::{Finding, FindingKind};
use crate::look::Look;
use crate::source::Source;

/// Images whose values differ by no more than this are of one colour: JPEG does not keep it exactly.
pub(crate) const FLAT: u8 = 4;

/// An image is very dark where 98 of 100 of its pixels are below this grey value.
const DARK: u8 = 40;

/// The fewest images that one is compared with.
const FEWEST: usize = 20;

/// An image is blurred, or of an unusual aspect, where it is this many deviations from the median ...
const DEVIATIONS: f64 = 5.0;

/// ... and less sharp than the median by this factor ...
const LESS_SHARP: f64 = 4.0;

/// ... or wider or higher by this factor.
const WIDER: f64 = 1.6;

/// Findings on single images.
pub(crate) fn odd(source: &Source<'_>, looks: &[Look]) -> Vec<Finding> {
    let sharpness = Spread::of(looks.iter().filter_map(|look| look.sharpness).collect());
    let aspect = Spread::of(looks.iter().map(aspect).collect());
    let mut found = Vec::new();
    for (at, look) in looks.iter().enumerate() {
        let place = source.place(at);
        let mut add = |kind, score, detail| {
            let finding = Finding::of(source, kind, place, detail);
            found.push(Finding { score, ..finding });
        };
        if look.range <= FLAT {
            let [red, green, blue] = look.colour.map(|value| (255.0 * value).round() as u8);
            let detail = format!("one colour: #{red:02x}{green:02x}{blue:02x}");
            add(FindingKind::OneColour, 1.0, detail);
        } else if look.brightest < DARK {
            let brightest = look.brightest;
            let detail = format!("98 % of its pixels are at most {brightest} of 255");
            add(
                FindingKind::Dark,
                1.0 - f64::from(brightest) / 255.0,
                detail,
            );
        } else if let Some((sharp, spread)) = look.sharpness.zip(sharpness) {
            let below = spread.median - sharp;
            if below > LESS_SHARP.ln() && below > DEVIATIONS * spread.deviation {
                let detail = format!("{:.0} times less sharp than the median", below.exp());
                add(FindingKind::Blurred, below, detail);
            }
        }
        if let Some(spread) = aspect {
            let far = (self::aspect(look) - spread.median).abs();
            if far > WIDER.ln() && far > DEVIATIONS * spread.deviation {
                let detail = format!("{}x{} pixels (height x width)", look.height, look.width);
                add(FindingKind::Aspect, far, detail);
            }
        }
    }
    found
}

/// The logarithm of the width divided by the height.
fn aspect(look: &Look) -> f64 {
    (look.width as f64 / look.height as f64).ln()
}

/// The middle of some values, and how far they are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    median: f64,
    /// The median distance from the median, scaled to the standard deviation of a normal distribution.
    deviation: f64,
}

impl Spread {
    fn of(values: Vec<f64>) -> Option<Self> {
        if values.len() < FEWEST {
            return None;
        }
        let median = median(values.clone());
        let far = values.iter().map(|value| (value - median).abs()).collect();
        Some(Self {
            median,
            deviation: 1.4826 * self::median(far),
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_the_many() {
        let mut values: Vec<f64> = (0..101).map(|at| f64::from(at) / 10.0).collect();
        values.push(1e9);
        let spread = Spread::of(values).unwrap();
        assert!((spread.median - 5.1).abs() < 1e-9, "{spread:?}");
        assert!((spread.deviation - 1.4826 * 2.5).abs() < 0.2, "{spread:?}");
        assert_eq!(Spread::of(vec![1.0; 19]), None);
    }
}
