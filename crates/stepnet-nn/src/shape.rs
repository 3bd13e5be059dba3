//! The shape of one example as it passes through a network.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The most values one example may have at any place of a network: a gibibyte in `f32`, above any
/// real network, and low enough that a short text cannot ask for all the memory there is.
const MAX_LEN: usize = 1 << 28;

/// One example: a volume (an image or feature maps, stored height, width, channel) or a plain vector.
///
/// Prints as `28x28x1` or `120` and parses from the same.
///
/// Exhaustive, so that the compiler finds every place that a new kind of shape concerns: adding one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Height, width, channels.
    Volume {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels, the fastest index.
        channels: usize,
    },
    /// A vector of this many features.
    Features(usize),
}

impl Shape {
    /// A volume of `height` x `width` x `channels`.
    pub fn volume(height: usize, width: usize, channels: usize) -> Self {
        Self::Volume {
            height,
            width,
            channels,
        }
    }

    /// How many values one example has.
    pub fn len(&self) -> usize {
        match *self {
            Self::Volume {
                height,
                width,
                channels,
            } => height * width * channels,
            Self::Features(features) => features,
        }
    }

    /// The channels of a volume, or the features of a vector: the length of the last axis.
    pub fn channels(&self) -> usize {
        match *self {
            Self::Volume { channels, .. } => channels,
            Self::Features(features) => features,
        }
    }

    /// Whether an example has no values; shapes that were checked never do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The extents in order: `[h, w, c]` or `[features]`.
    pub fn extents(&self) -> Vec<usize> {
        match *self {
            Self::Volume {
                height,
                width,
                channels,
            } => vec![height, width, channels],
            Self::Features(features) => vec![features],
        }
    }

    /// `[height, width, channels]`, as data sets store images: features are one row.
    pub fn as_image(&self) -> [usize; 3] {
        match *self {
            Shape::Volume {
                height,
                width,
                channels,
            } => [height, width, channels],
            Shape::Features(features) => [1, 1, features],
        }
    }

    /// The same shape if every extent is at least 1 and the product is sane.
    ///
    /// # Errors
    /// Says which shape came and what is needed.
    pub fn checked(self) -> Result<Self> {
        let product = self
            .extents()
            .into_iter()
            .try_fold(1_usize, usize::checked_mul);
        match product {
            Some(len) if (1..=MAX_LEN).contains(&len) => Ok(self),
            _ => Err(Error::value(
                "network",
                "the shape of an example",
                self,
                format!("extents of at least 1 and at most {MAX_LEN} values together"),
            )),
        }
    }
}

impl From<[usize; 3]> for Shape {
    fn from([height, width, channels]: [usize; 3]) -> Self {
        Self::Volume {
            height,
            width,
            channels,
        }
    }
}

impl From<usize> for Shape {
    fn from(features: usize) -> Self {
        Self::Features(features)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume {
                height,
                width,
                channels,
            } => write!(f, "{height}x{width}x{channels}"),
            Self::Features(features) => write!(f, "{features}"),
        }
    }
}

/// As its extents: `[28, 28, 1]` or `[120]`.
impl serde::Serialize for Shape {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        self.extents().serialize(serializer)
    }
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::value(
                "shape",
                "the text",
                format!("{text:?}"),
                "HEIGHTxWIDTHxCHANNELS such as 28x28x1, or one number of features",
            )
        };
        let extents = text
            .trim()
            .split(['x', 'X', '\u{d7}'])
            .map(|part| part.trim().parse::<usize>().map_err(|_| wrong()))
            .collect::<Result<Vec<_>>>()?;
        match extents[..] {
            [features] => Self::Features(features).checked(),
            [height, width, channels] => Self::volume(height, width, channels).checked(),
            [height, width] => Err(Error::value(
                "shape",
                "the text",
                format!("{text:?}"),
                format!(
                    "HEIGHTxWIDTHxCHANNELS: {height}x{width}x1 for grey images, \
                     {height}x{width}x3 for colour"
                ),
            )),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["28x28x1", "120", "1x1x1"] {
            assert_eq!(text.parse::<Shape>().unwrap().to_string(), text);
        }
        assert_eq!(
            "64 X 64 x 3".parse::<Shape>().unwrap(),
            Shape::volume(64, 64, 3)
        );
    }

    #[test]
    fn features_are_an_image_of_one_row() {
        assert_eq!(Shape::volume(4, 5, 3).as_image(), [4, 5, 3]);
        assert_eq!(Shape::Features(7).as_image(), [1, 1, 7]);
    }

    #[test]
    fn wrong_texts_are_named() {
        for text in [
            "",
            "28x28",
            "axbxc",
            "0x3x3",
            "-1",
            "99999999999999999999",
            "4294967296x4294967296x1",
        ] {
            let message = text.parse::<Shape>().unwrap_err().to_string();
            assert!(message.contains("expected"), "{text}: {message}");
        }
    }
}
