//! A bitmap to draw on, and its file.

use super::colour::Rgb;
use super::font::{ADVANCE, HEIGHT, dot};
use crate::error::{Error, Result};
use crate::memory;

/// The most pixels of a figure.
const MOST_PIXELS: usize = 64_000_000;

/// A bitmap.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Canvas {
    /// A white bitmap.
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        let pixels = width.saturating_mul(height);
        if pixels > MOST_PIXELS || pixels == 0 {
            let given = format!("{height}x{width} pixels");
            let expected = format!("1 to {MOST_PIXELS} pixels");
            return Err(Error::value(
                "explain",
                "the size of a figure",
                given,
                expected,
            ));
        }
        let mut rgb = memory::zeros("a figure", 3 * pixels)?;
        rgb.fill(255);
        Ok(Self { width, height, rgb })
    }

    /// The width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Colours a pixel; those outside are left out.
    pub(super) fn put(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < self.width && y < self.height {
            self.rgb[3 * (y * self.width + x)..][..3].copy_from_slice(&colour);
        }
    }

    /// The colour of a pixel.
    #[cfg(test)]
    pub(super) fn get(&self, x: usize, y: usize) -> Rgb {
        let at = 3 * (y * self.width + x);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Draws a bitmap with its upper left corner at a place.
    pub(super) fn paste(&mut self, x: usize, y: usize, other: &Self) {
        for (row, pixels) in other.rgb.chunks_exact(3 * other.width).enumerate() {
            for (col, pixel) in pixels.chunks_exact(3).enumerate() {
                self.put(x + col, y + row, [pixel[0], pixel[1], pixel[2]]);
            }
        }
    }

    /// Writes a text of dark letters, twice as large where that fits into `width` pixels, and cut where it does not fit at
    /// all.
    pub(super) fn text(&mut self, x: usize, y: usize, width: usize, text: &str) {
        let letters: Vec<char> = text.chars().collect();
        let dots = if letters.len() * ADVANCE * 2 <= width {
            2
        } else {
            1
        };
        let most = width / (ADVANCE * dots);
        let cut = letters.len() > most;
        let shown = if cut {
            most.saturating_sub(2)
        } else {
            letters.len()
        };
        let end = if cut { &['.', '.'][..] } else { &[] };
        for (at, &letter) in letters[..shown].iter().chain(end).enumerate() {
            let left = x + at * ADVANCE * dots;
            for row in 0..HEIGHT * dots {
                for col in 0..ADVANCE * dots {
                    if dot(letter, row / dots, col / dots) {
                        self.put(left + col, y + row, [27, 31, 36]);
                    }
                }
            }
        }
    }

    /// The bitmap as a PNG file.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::Training(format!(
                "explain: a figure cannot be written as PNG: {error}"
            ))
        };
        let side = |side: usize| u32::try_from(side).map_err(|error| failed(&error));
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side(self.width)?, side(self.height)?);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .and_then(|mut writer| {
                writer.write_image_data(&self.rgb)?;
                writer.finish()
            })
            .map_err(|error| failed(&error))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_large_as_fits() {
        let rows = |width: usize, text: &str| {
            let mut canvas = Canvas::new(200, 20).unwrap();
            canvas.text(0, 0, width, text);
            let dark = |x, y| canvas.get(x, y) != [255; 3];
            let row = (0..20).filter(|&y| (0..200).any(|x| dark(x, y))).count();
            let col = (0..200).filter(|&x| (0..20).any(|y| dark(x, y))).max();
            (row, col.unwrap_or(0))
        };
        assert_eq!(rows(100, "HH"), (14, 21));
        assert_eq!(rows(20, "HHH"), (7, 16));
        let (height, end) = rows(40, "HHHHHHHHHHHHHHHHHH");
        assert!(height == 7 && end < 40, "{height} {end}");
        assert!(Canvas::new(0, 5).is_err() && Canvas::new(usize::MAX, 2).is_err());
    }

    #[cfg(feature = "pictures")]
    #[test]
    fn the_file_has_the_pixels() {
        let mut canvas = Canvas::new(3, 2).unwrap();
        canvas.put(1, 0, [10, 20, 30]);
        canvas.put(9, 9, [0; 3]);
        let read = stepnet_data::image_files::from_bytes("p.png".as_ref(), &canvas.png().unwrap());
        let read = read.unwrap();
        assert_eq!((read.height(), read.width()), (2, 3));
        assert_eq!(read.values(), &canvas.rgb[..]);
    }
}
