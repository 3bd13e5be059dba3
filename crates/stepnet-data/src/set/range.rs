//! Which raw values a model was trained on, and whether others can belong to the same range.
//!
//! A network answers whatever it is given. Images from 0 to 1 for a model of 0 to 255 all look black to it,
//! and its answers are worth nothing; so values that cannot belong to the range are rejected, and unlikely ones are
//! worth a note.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};
use stepnet_base::error::short;
use stepnet_base::preprocessing::Preprocessing;

use super::images::{Images, Values};

/// The name of the range in a model's summary of its training.
const ENTRY: &str = "values";

/// With fewer values nothing is rejected because of how they are spread.
const FEW_VALUES: usize = 16;

/// With fewer examples nothing is said about values that are missing from the range.
const FEW_EXAMPLES: usize = 10;

/// A range this many times another cannot be the same by chance.
const FAR: f64 = 8.0;

/// The raw values of a data set, before any scaling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValueRange {
    /// The least value.
    pub least: f64,
    /// The largest value.
    pub largest: f64,
    /// Whether all of them are whole numbers.
    pub whole: bool,
}

impl ValueRange {
    /// The range of 8-bit images.
    pub const BYTES: Self = Self {
        least: 0.0,
        largest: 255.0,
        whole: true,
    };

    /// The range of images; that of all 8-bit values for images that are decoded as they are needed.
    /// `None` where there is no value.
    pub fn of(images: &Images) -> Option<Self> {
        if matches!(images.values(), Values::Streamed(_)) {
            return Some(Self::BYTES);
        }
        let mut range: Option<Self> = None;
        each(images.values(), |value| {
            let before = range.unwrap_or(Self {
                least: value,
                largest: value,
                whole: true,
            });
            range = Some(Self {
                least: before.least.min(value),
                largest: before.largest.max(value),
                whole: before.whole && value.fract() == 0.0,
            });
        });
        range
    }

    /// The range of both together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            largest: self.largest.max(other.largest),
            whole: self.whole && other.whole,
        }
    }

    /// The range that a model's summary of its training has; `None` for models of older versions.
    pub fn stored(training: &BTreeMap<String, Value>) -> Option<Self> {
        let range: Self = serde_json::from_value(training.get(ENTRY)?.clone()).ok()?;
        (range.least.is_finite() && range.least <= range.largest).then_some(range)
    }

    /// The entry of a model's summary of its training: its name and its value.
    pub fn entry(self) -> (String, Value) {
        (ENTRY.to_owned(), serde_json::json!(self))
    }

    fn words(self) -> String {
        let what = if self.whole {
            "whole numbers"
        } else {
            "values"
        };
        format!(
            "{what} from {} to {}",
            short(self.least),
            short(self.largest)
        )
    }
}

/// Checks that the raw values of `images` can belong to what a model was trained on. `trained` is
/// [`ValueRange::stored`]; without it the model's preprocessing says what it can. `used` is what brings
/// `images` to the network, and may divide by another number than the model's own. `place` is where the
/// images come from, for messages.
///
/// The answer is a note for the user where the values are only suspicious.
///
/// # Errors
/// Values that cannot belong to the range: both ranges, and what would be right.
pub fn check_values(
    trained: Option<ValueRange>,
    model: &Preprocessing,
    used: &Preprocessing,
    images: &Images,
    place: &Path,
) -> Result<Option<String>> {
    let expected = ExpectedRange::new(trained, model, used.divisor);
    if images.are_streamed() || (expected.span().is_nan() || expected.span() <= 0.0) {
        return Ok(None);
    }
    let Some(seen) = ObservedValues::of(images, &expected) else {
        return Ok(None);
    };
    let against = format!(
        "{}, but the model was trained on {}",
        seen.range.words(),
        expected.range.words()
    );
    match seen.refusal(&expected) {
        Some(advice) => Err(Error::file(place, format!("{against}: {advice}"))),
        None => Ok(seen
            .doubt(&expected)
            .map(|doubt| format!("{}: {against}: {doubt}", place.display()))),
    }
}

/// Checks that image files, whose values run to 255 and are divided by
/// [`Preprocessing::picture_divisor`], can be what a model was trained on.
///
/// The answer is a note for the user where that is only doubtful. `place` is for the message.
///
/// # Errors
/// A model of another range: both ranges, and what would be right.
pub fn check_images(
    trained: Option<ValueRange>,
    model: &Preprocessing,
    place: &Path,
) -> Result<Option<String>> {
    let Some(range) = trained else {
        return Ok(None);
    };
    let top = 255.0 / model.picture_divisor;
    let (least, largest) = (range.least / model.divisor, range.largest / model.divisor);
    let against = format!(
        "image files give values from 0 to {} (divided by {}), but the model was trained on values from {} to {}",
        short(top),
        short(model.picture_divisor),
        short(least),
        short(largest)
    );
    if goes_below(least, largest) || largest > FAR * top {
        let problem = format!("{against}: give it arrays (npz) that were prepared as for training");
        return Err(Error::file(place, problem));
    }
    let dark = largest > 0.0 && top > FAR * largest;
    Ok(dark.then(|| {
        let place = place.display();
        format!("{place}: {against}: the answers may mean nothing")
    }))
}

/// Whether a range has a part below zero that is more than an overshoot of resizing.
fn goes_below(least: f64, largest: f64) -> bool {
    -least > 0.1 * (largest - least)
}

/// The range that a model expects, in the raw values of the data at hand.
struct ExpectedRange {
    range: ValueRange,
    /// Whether the range was seen in training, not guessed.
    known: bool,
    /// The divisor of the data at hand.
    divisor: f64,
}

impl ExpectedRange {
    fn new(trained: Option<ValueRange>, model: &Preprocessing, divisor: f64) -> Self {
        let factor = divisor / model.divisor;
        let known = trained.is_some();
        let range = trained.unwrap_or_else(|| guessed(model));
        Self {
            range: ValueRange {
                least: range.least * factor,
                largest: range.largest * factor,
                whole: range.whole,
            },
            known,
            divisor,
        }
    }

    fn span(&self) -> f64 {
        self.range.largest - self.range.least
    }

    /// Whether a value lies outside by more than the range's width.
    fn is_far(&self, value: f64) -> bool {
        value < self.range.least - self.span() || value > self.range.largest + self.span()
    }

    /// Whether a value is clearly negative where none was in training.
    fn is_below(&self, value: f64) -> bool {
        self.known && self.range.least >= 0.0 && value < -0.1 * self.range.largest
    }
}

/// The range that a preprocessing is made for: up to the divisor, or around the means.
fn guessed(model: &Preprocessing) -> ValueRange {
    const WIDE: f64 = 6.0;
    let deviation = |channel: usize| model.deviation.get(channel).map_or(1.0, |d| d.abs());
    let means = model.mean.iter().enumerate();
    let (least, largest) = means.fold((-1.0_f64, 1.0_f64), |(least, largest), (at, &mean)| {
        let wide = WIDE * deviation(at);
        (least.min(mean - wide), largest.max(mean + wide))
    });
    ValueRange {
        least: least * model.divisor,
        largest: largest * model.divisor,
        whole: model.divisor == 255.0,
    }
}

/// The values at hand, counted.
struct ObservedValues {
    range: ValueRange,
    examples: usize,
    count: usize,
    /// Of these, those that are not zero: empty parts of images belong to any range.
    nonzero: usize,
    far: usize,
    below: usize,
}

impl ObservedValues {
    fn of(images: &Images, expected: &ExpectedRange) -> Option<Self> {
        let mut seen = Self {
            range: ValueRange::of(images)?,
            examples: images.len(),
            count: 0,
            nonzero: 0,
            far: 0,
            below: 0,
        };
        each(images.values(), |value| {
            seen.count += 1;
            seen.nonzero += usize::from(value != 0.0);
            seen.far += usize::from(expected.is_far(value));
            seen.below += usize::from(expected.is_below(value));
        });
        Some(seen)
    }

    /// Advice, where the values cannot belong to the expected range.
    fn refusal(&self, expected: &ExpectedRange) -> Option<String> {
        let largest = expected.range.largest;
        let fractions = !self.range.whole && self.range.largest <= 1.0 && self.range.least >= -1.0;
        // Fractions up to 1 are not whole numbers; and images of which not one value passes 1 are none of
        // a range that goes far beyond.
        let unlike = expected.range.whole && largest >= FAR;
        let scaled = self.range.largest > 0.9 && self.examples >= FEW_EXAMPLES && largest >= 100.0;
        let bring = "bring them to that range, as the training data were";
        if fractions && (unlike || scaled) {
            // The divisor, not the largest value that happened to be among the training data.
            return Some(match expected.divisor > 1.0 {
                true => format!("multiply them by {}", short(expected.divisor)),
                false => bring.to_owned(),
            });
        }
        if self.count < FEW_VALUES {
            return None;
        }
        if 2 * self.far > self.nonzero {
            let bytes = self.range.whole && self.range.least >= 0.0;
            let by = match self.range.largest {
                top if bytes && top <= 255.0 && largest == 1.0 => "255".to_owned(),
                _ => return Some(bring.to_owned()),
            };
            return Some(format!("divide them by {by}"));
        }
        (10 * self.below >= self.count).then(|| bring.to_owned())
    }

    /// The suspicious fact about the values.
    fn doubt(&self, expected: &ExpectedRange) -> Option<String> {
        let (range, trained) = (self.range, expected.range);
        let share = |part: usize| 100.0 * part as f64 / self.count.max(1) as f64;
        let (outside, below) = (share(self.far), share(self.below));
        let many = self.examples >= FEW_EXAMPLES;
        if outside > 1.0 {
            return Some(format!("{outside:.0} % of them lie far outside"));
        }
        if below > 1.0 {
            return Some(format!("{below:.0} % of them are negative"));
        }
        if many
            && expected.known
            && goes_below(trained.least, trained.largest)
            && range.least >= 0.0
        {
            return Some("none of them is negative".into());
        }
        let dark = range.largest > 0.0 && trained.largest > FAR * range.largest;
        (many && dark).then(|| "even the largest is small".into())
    }
}

/// Calls `see` with each value; with none of images that are decoded as they are needed.
fn each(values: &Values, mut see: impl FnMut(f64)) {
    match values {
        Values::U8(values) => values.iter().for_each(|&value| see(f64::from(value))),
        Values::F32(values) => values.iter().for_each(|&value| see(f64::from(value))),
        Values::F64(values) => values.iter().for_each(|&value| see(value)),
        Values::Streamed(_) | Values::Provided(_) => {}
    }
}
