//! Augmentation as text.

use std::fmt;
use std::str::FromStr;

use super::{Alteration, Augmentation, Axis};
use crate::{Error, Result};
use stepnet_base::text::hint;

/// The words, each as it is written.
const FORMS: [(&str, &str); 6] = [
    ("flip", "flip, flip(vertical)"),
    ("crop", "crop(PIXELS)"),
    ("rotate", "rotate(DEGREES)"),
    ("jitter", "jitter(STRENGTH)"),
    ("cutout", "cutout(PIXELS)"),
    ("mixup", "mixup(ALPHA)"),
];

/// The largest side of an image that an argument may speak of.
const MOST_PIXELS: f64 = 100_000.0;

/// Shares for larger or smaller ones are one half, or 0 and 1, as far as numbers can tell.
const ALPHA: (f64, f64) = (0.01, 100.0);

fn wrong<T>(found: impl ToString, expected: impl Into<String>) -> Result<T> {
    Err(Error::value(
        "augmentation",
        "the augmentation",
        found,
        expected,
    ))
}

/// All that there is.
fn forms() -> String {
    FORMS.map(|(_, form)| form).join(", ")
}

/// One item: a word and its arguments.
struct Item<'a> {
    text: &'a str,
    word: String,
    arguments: Vec<&'a str>,
}

impl<'a> Item<'a> {
    fn new(text: &'a str) -> Result<Self> {
        let text = text.trim();
        let (word, rest) = match text.split_once('(') {
            None => (text, None),
            Some((word, rest)) => (word.trim_end(), Some(rest)),
        };
        let arguments = match rest {
            None => Vec::new(),
            Some(rest) => match rest.strip_suffix(')') {
                Some(inside) if !inside.contains(['(', ')']) => {
                    inside.split(',').map(str::trim).collect()
                }
                _ => return wrong(format!("{text:?}"), "one \")\" at its end for its \"(\""),
            },
        };
        Ok(Self {
            text,
            word: word.to_ascii_lowercase(),
            arguments,
        })
    }

    /// How it is to be written.
    fn form(&self) -> &'static str {
        let form = FORMS.iter().find(|(word, _)| *word == self.word);
        form.map_or("", |(_, form)| form)
    }

    /// The argument at `place`, within `range`.
    fn number(&self, place: usize, range: (f64, f64), what: &str) -> Result<f64> {
        let Some(text) = self.arguments.get(place) else {
            return wrong(format!("{:?}", self.text), self.form());
        };
        let (low, high) = range;
        match text.parse::<f64>() {
            Ok(number) if number >= low && number <= high => Ok(number),
            _ => wrong(
                format!("{:?}", self.text),
                format!("{} with {what} from {low} to {high}", self.form()),
            ),
        }
    }

    fn pixels(&self) -> Result<usize> {
        let number = self.number(0, (1.0, MOST_PIXELS), "a whole number of pixels")?;
        if number.fract() != 0.0 {
            let expected = format!("{} with a whole number of pixels", self.form());
            return wrong(format!("{:?}", self.text), expected);
        }
        Ok(number as usize)
    }

    fn check_count(&self, least: usize, most: usize) -> Result<()> {
        if (least..=most).contains(&self.arguments.len()) {
            return Ok(());
        }
        wrong(format!("{:?}", self.text), self.form())
    }
}

impl FromStr for Augmentation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut whole = Self::default();
        for text in items(text) {
            let item = Item::new(text)?;
            let alteration = match item.word.as_str() {
                "flip" => {
                    item.check_count(0, 1)?;
                    match item.arguments.first().map(|word| word.to_ascii_lowercase()) {
                        None => Alteration::Flip(Axis::Horizontal),
                        Some(word) if word == "horizontal" => Alteration::Flip(Axis::Horizontal),
                        Some(word) if word == "vertical" => Alteration::Flip(Axis::Vertical),
                        Some(word) => {
                            let near = hint(&word, ["horizontal", "vertical"]);
                            let expected = format!("flip (left and right) or flip(vertical){near}");
                            return wrong(format!("{:?}", item.text), expected);
                        }
                    }
                }
                "crop" => {
                    item.check_count(1, 1)?;
                    Alteration::Crop(item.pixels()?)
                }
                "rotate" => {
                    item.check_count(1, 1)?;
                    Alteration::Rotate(item.number(0, (0.0, 180.0), "degrees")?)
                }
                "jitter" => {
                    if ![1, 3].contains(&item.arguments.len()) {
                        let expected =
                            "jitter(STRENGTH), or jitter(BRIGHTNESS, CONTRAST, SATURATION)";
                        return wrong(format!("{:?}", item.text), expected);
                    }
                    let at = |place: usize| {
                        let place = place.min(item.arguments.len() - 1);
                        item.number(place, (0.0, 1.0), "strengths")
                    };
                    Alteration::Jitter {
                        brightness: at(0)?,
                        contrast: at(1)?,
                        saturation: at(2)?,
                    }
                }
                "cutout" => {
                    item.check_count(1, 1)?;
                    Alteration::Cutout(item.pixels()?)
                }
                "mixup" => {
                    item.check_count(1, 1)?;
                    let alpha = item.number(0, ALPHA, "an alpha")?;
                    if whole.mixup.replace(alpha).is_some() {
                        return wrong(format!("{:?} a second time", item.text), "mixup once");
                    }
                    continue;
                }
                word => {
                    let near = hint(word, FORMS.map(|(word, _)| word));
                    return wrong(format!("{word:?}"), format!("some of {}{near}", forms()));
                }
            };
            let again = |other: &Alteration| match (*other, alteration) {
                (Alteration::Flip(one), Alteration::Flip(other)) => one == other,
                (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
            };
            if whole.alterations.iter().any(again) {
                let found = format!("{:?} a second time", item.text);
                return wrong(found, format!("{} once", item.word));
            }
            whole.alterations.push(alteration);
        }
        Ok(whole)
    }
}

/// The parts between the commas that are in no brackets; nothing for no text.
fn items(text: &str) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, sign) in text.char_indices() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flip(Axis::Horizontal) => f.write_str("flip"),
            Self::Flip(Axis::Vertical) => f.write_str("flip(vertical)"),
            Self::Crop(pixels) => write!(f, "crop({pixels})"),
            Self::Rotate(degrees) => write!(f, "rotate({degrees})"),
            Self::Jitter {
                brightness,
                contrast,
                saturation,
            } if brightness == contrast && contrast == saturation => {
                write!(f, "jitter({brightness})")
            }
            Self::Jitter {
                brightness,
                contrast,
                saturation,
            } => write!(f, "jitter({brightness}, {contrast}, {saturation})"),
            Self::Cutout(pixels) => write!(f, "cutout({pixels})"),
        }
    }
}

impl fmt::Display for Augmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.alterations.iter().map(ToString::to_string).collect();
        parts.extend(self.mixup.map(|alpha| format!("mixup({alpha})")));
        f.write_str(&parts.join(", "))
    }
}
