//! A decoded image, and how it becomes a network's input.

use std::borrow::Cow;

use crate::{Error, Result};
use stepnet_base::preprocessing::Resize;

use super::resize;

/// The most pixels an image may declare.
// A fuzzer's checks make each pixel fifty times as slow, and a few hundred bytes of WebP may well declare all of them.
pub const MAX_PIXELS: u64 = if cfg!(fuzzing) {
    4_000_000
} else {
    100_000_000
};

/// A decoded image, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    height: usize,
    width: usize,
    channels: usize,
    values: Vec<u8>,
    turned: bool,
}

impl Image {
    /// An image of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels.
    ///
    /// # Errors
    /// Another number of channels, a size of zero, or values that do not fill the image.
    pub fn new(height: usize, width: usize, channels: usize, values: Vec<u8>) -> Result<Self> {
        let length = crate::limits::elements([height, width, channels]);
        if !(1..=4).contains(&channels) || length != Some(values.len()) || values.is_empty() {
            let expected = "1 to 4 channels, and as many values as the size has";
            let found = format!("{height}x{width}x{channels} with {} values", values.len());
            return Err(Error::value("Image::new", "the image", found, expected));
        }
        Ok(Self {
            height,
            width,
            channels,
            values,
            turned: false,
        })
    }

    /// The same image, with a note whether EXIF had it turned.
    pub(crate) fn turned(self, turned: bool) -> Self {
        Self { turned, ..self }
    }

    /// The height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The values, `(height, width, channels)` row-major; alpha is not multiplied in.
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// Whether EXIF said that the image was stored turned or mirrored.
    pub fn was_turned(&self) -> bool {
        self.turned
    }

    /// Whether a pixel is transparent.
    pub fn is_transparent(&self) -> bool {
        matches!(self.channels, 2 | 4)
            && self
                .values
                .chunks_exact(self.channels)
                .any(|pixel| pixel.last() != Some(&255))
    }

    /// The values of the image blended over white, as 1 or 3 channels, resized to a shape.
    ///
    /// Blending: `round((alpha v + (255 - alpha) 255) / 255)`. Grey: `round(0.299 R + 0.587 G +
    /// 0.114 B)` (ITU-R BT.601). Sizes that fit already are left alone; others are resampled with
    /// a triangle filter that is as wide as a pixel of the result (bilinear where it enlarges).
    ///
    /// # Shapes
    /// `shape` and the result: `(height, width, channels)`.
    ///
    /// # Errors
    /// Channels other than 1 or 3, a size of zero, or more than [`MAX_PIXELS`].
    pub fn to_shape(&self, shape: [usize; 3], rule: Resize) -> Result<Vec<u8>> {
        check_shape(shape)?;
        let opaque = self.over_white();
        let own = if matches!(self.channels, 1 | 2) { 1 } else { 3 };
        let values = match (own, shape[2]) {
            (3, 1) => opaque.as_chunks::<3>().0.iter().map(luma).collect(),
            (1, 3) => opaque.iter().flat_map(|&v| [v; 3]).collect(),
            _ => opaque.into_owned(),
        };
        Ok(resize::resize(
            values,
            [self.height, self.width, shape[2]],
            [shape[0], shape[1]],
            rule,
        ))
    }

    /// The values without alpha.
    fn over_white(&self) -> Cow<'_, [u8]> {
        if !matches!(self.channels, 2 | 4) {
            return Cow::Borrowed(&self.values);
        }
        let pixels = self.values.chunks_exact(self.channels);
        let mut out = Vec::with_capacity(pixels.len() * (self.channels - 1));
        for (&alpha, colours) in pixels.filter_map(<[u8]>::split_last) {
            let alpha = u32::from(alpha);
            let over = |&v: &u8| ((u32::from(v) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            out.extend(colours.iter().map(over));
        }
        Cow::Owned(out)
    }
}

/// Grey of an RGB pixel, ITU-R BT.601, rounded.
fn luma(&[red, green, blue]: &[u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}

/// Fails if a network's input cannot be an image.
pub(crate) fn check_shape(shape: [usize; 3]) -> Result<()> {
    let [height, width, channels] = shape;
    let expected = if channels != 1 && channels != 3 {
        let hint = match height {
            1 | 3 => format!(", which come last: {width}x{channels}x{height}"),
            _ => String::new(),
        };
        format!("1 or 3 channels for an image{hint}")
    } else if height == 0 || width == 0 {
        "a height and width of at least 1".to_owned()
    } else if (height as u64).saturating_mul(width as u64) > MAX_PIXELS {
        format!("at most {MAX_PIXELS} pixels")
    } else {
        return Ok(());
    };
    let found = format!("{height}x{width}x{channels}");
    Err(Error::value("pictures", "the input", found, expected))
}
