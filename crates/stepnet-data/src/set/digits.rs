//! The embedded data set: optical recognition of handwritten digits.

use super::dataset::Dataset;
use super::dataset::numbered;
use super::images::{Images, Values};

/// 1797 images of 64 values 0..16, then 1797 labels; `data/README.md` says whose work it is.
const BYTES: &[u8] = include_bytes!("../../data/digits.bin");

/// The number of images.
const COUNT: usize = 1797;

/// The divisor of the digits' values: they run from 0 to 16.
pub const DIGITS_DIVISOR: f64 = 16.0;

/// The embedded digits: 1797 grey images of 8x8, values 0 to 16, ten classes.
///
/// "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), UCI Machine
/// Learning Repository, test part, CC BY 4.0. The set has no predefined split.
///
/// ```
/// let digits = stepnet::data::digits();
/// assert_eq!(digits.len(), 1797);
/// assert_eq!(digits.images().shape(), [8, 8, 1]);
/// ```
pub fn digits() -> Dataset {
    let (pixels, labels) = BYTES.split_at(COUNT * 64);
    let images = Images::new([8, 8, 1], Values::U8(pixels.to_vec()));
    let labels = labels.iter().map(|&label| u32::from(label)).collect();
    images
        .and_then(|images| Dataset::new(images, labels, numbered(10)))
        .unwrap_or_else(|error| panic!("the embedded digits are damaged: {error}"))
}
