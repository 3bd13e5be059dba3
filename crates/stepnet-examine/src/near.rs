//! Images that look alike.

use rayon::prelude::*;

use crate::hash::DIFFERENT;
use crate::look::{Look, THUMB};
use crate::odd::FLAT;

/// The least correlation of the small copies of images that look alike: hashes alone are also shared by images with one
/// edge in the same place. Of 10,000 images of CIFAR-10, 38 pairs have hashes that allow it, and 22 of them correlate by so
/// much and have the colour: all but one are the same picture by eye. Below, other pictures begin.
const LEAST: f64 = 0.92;

/// Images whose mean red, green or blue differs by more are of another colour.
const OTHER_COLOUR: f64 = 48.0;

/// An earlier image that another one looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alike {
    pub(crate) to: usize,
    /// The correlation of the small copies.
    pub(crate) correlation: f64,
}

/// The earlier images that an image looks like most: one of its own part, and for those of the test part one of the
/// training part.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Nearest {
    pub(crate) own: Option<Alike>,
    pub(crate) training: Option<Alike>,
}

/// Compares every image with every earlier one, the first `training` of which are those of the training part. Images
/// with the same values, those of one colour, and those with fewer pixels than the copies are passed over. The time grows with the square of the number of
/// images: about a second for 60,000.
pub(crate) fn nearest(looks: &[Look], training: usize) -> Vec<Nearest> {
    let hashes: Vec<u128> = looks.iter().map(|look| look.hash).collect();
    let thumbs: Vec<Thumb> = looks.iter().map(Thumb::of).collect();
    let of = |at: usize| {
        let mut found = Nearest::default();
        if !is_comparable(&looks[at]) {
            return found;
        }
        for (to, hash) in hashes[..at].iter().enumerate() {
            if (hash ^ hashes[at]).count_ones() > DIFFERENT
                || !is_comparable(&looks[to])
                || looks[to].exact == looks[at].exact
            {
                continue;
            }
            let correlation = thumbs[to].correlation(&thumbs[at]);
            let place = match to < training && at >= training {
                true => &mut found.training,
                false => &mut found.own,
            };
            let better = place.is_none_or(|best| correlation > best.correlation);
            if correlation >= LEAST && better {
                *place = Some(Alike { to, correlation });
            }
        }
        found
    };
    (0..looks.len())
        .into_par_iter()
        .with_max_len(64)
        .map(of)
        .collect()
}

/// Whether an image has enough in it to be told from others: of the digits, 8x8 pixels, two thirds would look like another.
fn is_comparable(look: &Look) -> bool {
    look.range > FLAT && look.height.min(look.width) >= THUMB
}

/// A small copy with what its correlations need.
struct Thumb<'a> {
    values: &'a [u8],
    /// The mean of each channel.
    means: [f64; 3],
    deviation: f64,
}

impl<'a> Thumb<'a> {
    fn of(look: &'a Look) -> Self {
        let values = &look.thumb;
        let count = values.len() as f64;
        let mean = |channel: usize| {
            let channel = values.iter().skip(channel).step_by(3);
            3.0 * channel.map(|&value| f64::from(value)).sum::<f64>() / count
        };
        let means = [0, 1, 2].map(mean);
        let squares: u64 = values.iter().map(|&v| u64::from(v) * u64::from(v)).sum();
        let variance = squares as f64 / count - product_of_means(means, means);
        Self {
            values,
            means,
            deviation: variance.max(0.0).sqrt(),
        }
    }

    /// The correlation of the values, less the mean of their channel: colours alone make no images alike. 0 for images
    /// of different colours.
    fn correlation(&self, other: &Self) -> f64 {
        let mut means = self.means.iter().zip(other.means);
        if means.any(|(a, b)| (a - b).abs() > OTHER_COLOUR) {
            return 0.0;
        }
        let pairs = self.values.iter().zip(other.values);
        let products: u64 = pairs.map(|(&a, &b)| u64::from(a) * u64::from(b)).sum();
        let mean = products as f64 / self.values.len() as f64;
        let covariance = mean - product_of_means(self.means, other.means);
        let scale = self.deviation * other.deviation;
        if scale > 0.0 { covariance / scale } else { 0.0 }
    }
}

fn product_of_means(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet::data::image_files::Image;
    use stepnet::nn::Resize;
    use stepnet::rng::RandomState;

    /// A photograph of sorts: smooth waves in three channels.
    fn image(seed: u32) -> Image {
        let mut random = RandomState::new(seed);
        let waves: Vec<[f64; 5]> = (0..5)
            .map(|_| std::array::from_fn(|_| random.uniform()))
            .collect();
        let value = |row: usize, column: usize, channel: usize| {
            let wave = |w: &[f64; 5]| {
                let phase = 0.2 * (w[0] * row as f64 + w[1] * column as f64) + 6.0 * w[2];
                (phase + w[3 + channel % 2]).sin()
            };
            (127.0 + 25.0 * waves.iter().map(wave).sum::<f64>()) as u8
        };
        let places = (0..64).flat_map(|row| (0..64).map(move |column| (row, column)));
        let values = places.flat_map(|(row, column)| [0, 1, 2].map(|c| value(row, column, c)));
        Image::new(64, 64, 3, values.collect()).unwrap()
    }

    fn altered(image: &Image) -> Image {
        let values = image.to_shape([50, 50, 3], Resize::Stretch).unwrap();
        let values = values.iter().map(|&v| (0.9 * f64::from(v)) as u8 + 9);
        Image::new(50, 50, 3, values.collect()).unwrap()
    }

    #[test]
    fn a_resized_and_paler_copy_is_found_among_others() {
        let originals: Vec<Image> = (0..40).map(image).collect();
        let mut images = originals.clone();
        images.push(altered(&originals[17]));
        images.push(originals[5].clone());
        images.push(Image::new(4, 4, 1, vec![3; 16]).unwrap());
        images.push(Image::new(4, 4, 1, vec![9; 16]).unwrap());
        for size in [[12, 15, 3], [15, 12, 3]] {
            let values = originals[9].to_shape(size, Resize::Stretch).unwrap();
            images.push(Image::new(size[0], size[1], 3, values).unwrap());
        }
        let looks: Vec<Look> = (images.iter())
            .map(|image| Look::of(image, false).unwrap())
            .collect();
        let found = nearest(&looks, 41);
        let alike = |place: Option<Alike>| place.map(|alike| alike.to);
        assert_eq!(alike(found[40].own), Some(17));
        assert_eq!(alike(found[40].training), None);
        // Exact copies, images of one colour and very small ones are not the matter of this.
        let others: Vec<usize> = (0..images.len())
            .filter(|&at| found[at] != Nearest::default())
            .collect();
        assert_eq!(others, [40]);
        // The same with a boundary between the parts before the copy.
        let found = nearest(&looks, 40);
        assert_eq!(alike(found[40].training), Some(17));
        assert_eq!(alike(found[40].own), None);
    }
}
