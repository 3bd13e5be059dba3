//! What an image looks like, in a few numbers.

use stepnet::data::Kind;
use stepnet::data::image_files::Image;
use stepnet::nn::Resize;
use stepnet::{Hash, Result};
use stepnet_base::Hasher;

use crate::hash::perceptual_hash;

/// The longest side of the copy that everything but the size is computed from.
const WORKING: usize = 256;

/// The side of the copy that near duplicates are compared by.
pub(crate) const THUMB: usize = 16;

/// The longest side of the copy that the networks of the label check are trained on.
pub(crate) const SMALL: usize = 32;

/// Channels that differ by no more than this are grey: JPEG does not keep grey exactly.
const GREY: u8 = 10;

/// An image in a few numbers.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Whether it is grey, however it is stored.
    pub(crate) grey: bool,
    /// The format and the length of its file, if it has one.
    pub(crate) file: Option<(Kind, usize)>,
    /// That of its size and all its values.
    pub(crate) exact: Hash,
    /// The perceptual hash.
    pub(crate) hash: u128,
    /// `THUMB` rows of as many pixels in red, green and blue.
    pub(crate) thumb: Box<[u8]>,
    /// The least and the largest value of each channel, the widest of the ranges.
    pub(crate) range: u8,
    /// The grey value that 98 of 100 pixels are below.
    pub(crate) brightest: u8,
    /// The mean of each colour, from 0 to 1.
    pub(crate) colour: [f64; 3],
    /// The logarithm of the sharpness; `None` for an image without any edge.
    pub(crate) sharpness: Option<f64>,
    /// The image as the small model sees it, where it is wanted.
    pub(crate) small: Option<Image>,
}

impl Look {
    /// Looks at an image, and keeps a small copy of it where one is wanted.
    pub(crate) fn of(image: &Image, keeps_small: bool) -> Result<Self> {
        let (height, width) = (image.height(), image.width());
        let exact = exact(image);
        let working = working(image)?;
        let [rows, columns] = [working.height(), working.width()];
        let pixels = working.values().as_chunks::<3>().0;
        let grey: Vec<u8> = working.to_shape([rows, columns, 1], Resize::Stretch)?;
        let thumb = working.to_shape([THUMB, THUMB, 3], Resize::Stretch)?;
        let small = || {
            let [rows, columns] = [rows, columns].map(|side| side.min(SMALL));
            let values = working.to_shape([rows, columns, 3], Resize::Stretch)?;
            Image::new(rows, columns, 3, values)
        };
        let small = keeps_small.then(small).transpose()?;
        let mut ends = [(u8::MAX, 0_u8); 3];
        let mut sums = [0_u64; 3];
        let mut is_grey = true;
        for pixel in pixels {
            for (channel, &value) in pixel.iter().enumerate() {
                let (low, high) = ends[channel];
                ends[channel] = (low.min(value), high.max(value));
                sums[channel] += u64::from(value);
            }
            let (low, high) = (pixel.iter().min(), pixel.iter().max());
            is_grey &= high.zip(low).is_none_or(|(high, low)| high - low <= GREY);
        }
        let ranges = ends.map(|(low, high)| high.saturating_sub(low));
        Ok(Self {
            height,
            width,
            grey: is_grey,
            file: None,
            exact,
            hash: perceptual_hash(&working)?,
            thumb: thumb.into(),
            range: ranges.into_iter().max().unwrap_or(0),
            brightest: percentile(&grey),
            colour: sums.map(|sum| sum as f64 / (255.0 * pixels.len() as f64)),
            sharpness: sharpness(&grey, [rows, columns]),
            small,
        })
    }
}

/// The hash of an image's size and values.
fn exact(image: &Image) -> Hash {
    let mut hasher = Hasher::new("image");
    for number in [image.height(), image.width(), image.channels()] {
        hasher.number(number as u64);
    }
    hasher.bytes(image.values());
    hasher.finish()
}

/// A copy in red, green and blue whose longest side is at most [`WORKING`].
fn working(image: &Image) -> Result<Image> {
    let longest = image.height().max(image.width()).max(WORKING);
    let side = |side: usize| (side * WORKING).div_ceil(longest).clamp(1, WORKING);
    let (height, width) = (side(image.height()), side(image.width()));
    let values = image.to_shape([height, width, 3], Resize::Stretch)?;
    Image::new(height, width, 3, values)
}

/// The value that 98 of 100 values are at most.
fn percentile(values: &[u8]) -> u8 {
    let mut counts = [0_usize; 256];
    values
        .iter()
        .for_each(|&value| counts[usize::from(value)] += 1);
    let mut left = values.len() / 50;
    for value in (0..=255_u8).rev() {
        let count = counts[usize::from(value)];
        if count > left {
            return value;
        }
        left -= count;
    }
    0
}

/// The logarithm of the variance of the Laplacian as a share of the variance of the values: how much of an image's
/// contrast is between neighbours. Blurring lowers it; brightness and contrast cancel.
fn sharpness(grey: &[u8], [rows, columns]: [usize; 2]) -> Option<f64> {
    if rows < 3 || columns < 3 {
        return None;
    }
    let at = |row: usize, column: usize| f64::from(grey[row * columns + column]);
    let mut edges = Moments::default();
    for row in 1..rows - 1 {
        for column in 1..columns - 1 {
            let around = at(row - 1, column)
                + at(row + 1, column)
                + at(row, column - 1)
                + at(row, column + 1);
            edges.add(around - 4.0 * at(row, column));
        }
    }
    let mut values = Moments::default();
    grey.iter().for_each(|&value| values.add(f64::from(value)));
    let (edges, values) = (edges.variance(), values.variance());
    (edges > 0.0 && values > 0.0).then(|| (edges / values).ln())
}

/// The sums that a variance is computed from.
#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn variance(&self) -> f64 {
        let mean = self.sum / self.count.max(1.0);
        (self.squares / self.count.max(1.0) - mean * mean).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(height: usize, width: usize, channels: usize, values: Vec<u8>) -> Look {
        let image = Image::new(height, width, channels, values).unwrap();
        Look::of(&image, false).unwrap()
    }

    #[test]
    fn colours_are_told_from_grey_and_means_are_those_of_the_channels() {
        let red = look(2, 2, 3, [255, 0, 51].repeat(4));
        assert!(!red.grey);
        assert_eq!((red.colour, red.range), ([1.0, 0.0, 0.2], 0));
        assert!(look(2, 2, 1, vec![1, 2, 3, 4]).grey);
        assert!(look(2, 2, 3, [90, 95, 99].repeat(4)).grey);
        assert_eq!(look(2, 2, 1, vec![1, 2, 3, 9]).range, 8);
    }

    #[test]
    fn blurring_lowers_the_sharpness_and_contrast_does_not() {
        let noise = |at: usize| (at * 7919 % 127) as f64;
        let plain: Vec<u8> = (0..1024).map(|at| noise(at) as u8).collect();
        let doubled = plain.iter().map(|value| 2 * value).collect();
        let mean = |at: usize| (0..5).map(|next| noise((at + next) % 1024)).sum::<f64>() / 5.0;
        let blurred = (0..1024).map(|at| mean(at) as u8).collect();
        let [plain, doubled, blurred] =
            [plain, doubled, blurred].map(|values| look(32, 32, 1, values).sharpness.unwrap());
        assert!((plain - doubled).abs() < 1e-9);
        assert!(blurred < plain - 0.3, "{blurred} {plain}");
        assert_eq!(look(8, 8, 1, vec![9; 64]).sharpness, None);
    }

    #[test]
    fn the_brightest_pixels_are_the_last_of_a_hundred() {
        let values: Vec<u8> = (0..100).collect();
        assert_eq!(percentile(&values), 97);
        assert_eq!(percentile(&[5]), 5);
    }

    #[test]
    fn large_images_are_looked_at_in_a_smaller_copy() {
        let look = look(10, 3000, 3, vec![40; 90_000]);
        assert_eq!((look.height, look.width), (10, 3000));
        assert_eq!(look.thumb.len(), THUMB * THUMB * 3);
    }
}
