//! A perceptual hash: images that look alike have hashes that differ in few bits.

use stepnet::Result;
use stepnet::data::image_files::Image;
use stepnet::nn::Resize;

/// The bits by which the hashes of images that look alike may differ.
pub const DIFFERENT: u32 = 16;

/// The side of the grid of comparisons.
const SIDE: usize = 8;

/// The difference hash of an image in 128 bits: it is reduced to 8 rows of 9 grey values, and each bit of the first half
/// says whether a value is greater than the one to its left; those of the second half compare 9 rows of 8 values with
/// those above them. Brightness, contrast and size change few of them.
///
/// (N. Krawetz, "Kind of like that", 2013, has the first half.)
///
/// # Errors
/// None for an image that is one.
pub fn perceptual_hash(image: &Image) -> Result<u128> {
    let across = image.to_shape([SIDE, SIDE + 1, 1], Resize::Stretch)?;
    let down = image.to_shape([SIDE + 1, SIDE, 1], Resize::Stretch)?;
    let mut hash = 0;
    for row in across.chunks_exact(SIDE + 1) {
        for pair in row.windows(2) {
            hash = (hash << 1) | u128::from(pair[1] > pair[0]);
        }
    }
    for (above, value) in down.iter().zip(&down[SIDE..]) {
        hash = (hash << 1) | u128::from(value > above);
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_compares_two_neighbours() {
        // A value that grows to the right and falls downwards.
        let values: Vec<u8> = (0..72 * 72)
            .map(|at| (100 + 2 * (at % 72) - (at / 72)) as u8)
            .collect();
        let image = Image::new(72, 72, 1, values).unwrap();
        assert_eq!(perceptual_hash(&image).unwrap(), u128::from(u64::MAX) << 64);
        let flat = Image::new(5, 3, 3, vec![7; 45]).unwrap();
        assert_eq!(perceptual_hash(&flat).unwrap(), 0);
    }
}
