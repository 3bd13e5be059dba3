//! Augmentation: training images altered at random, so that a network learns what does not matter.
//!
//! The random numbers of an image are keyed by the seed, the epoch and the image's number, so that neither
//! threads nor the order of work change it. Only training data is altered.

mod colour;
mod geometry;
mod mixup;
mod parse;
mod raw;

#[cfg(test)]
mod tests;

pub use mixup::Mix;
pub(super) use raw::Raw;

use crate::{Error, Result};
use stepnet_base::{Noise, NoiseGenerator};

/// Numbers that no layer of a network has, where [`Noise`] is keyed by a layer.
const PICTURE: u64 = u64::MAX;
const SHARE: u64 = u64::MAX - 1;
const PAIRS: u64 = u64::MAX - 2;

/// Which halves of an image a flip exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Left and right.
    Horizontal,
    /// Top and bottom.
    Vertical,
}

/// One way to alter an image.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Alteration {
    /// Mirrored, with probability one half.
    Flip(Axis),
    /// Padded with black by this many pixels on each side, and cropped to its own size at a random place.
    Crop(usize),
    /// Rotated about its centre by up to this many degrees either way, drawn uniformly; bilinear, black
    /// outside.
    Rotate(f64),
    /// Brightness, contrast and saturation (of three channels) multiplied by factors that are drawn
    /// evenly from `1 - s` to `1 + s`, with an `s` for each.
    Jitter {
        /// How far brightness goes.
        brightness: f64,
        /// How far contrast goes: the distance from the mean grey.
        contrast: f64,
        /// How far saturation goes: the distance from a pixel's own grey.
        saturation: f64,
    },
    /// A square with sides of this many pixels made black, its centre anywhere in the image, so that a part may
    /// lie outside (DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with
    /// Cutout", 2017).
    Cutout(usize),
}

impl Alteration {
    /// Fails where images of this shape are too small for it.
    fn check(&self, [height, width, _]: [usize; 3]) -> Result<()> {
        let side = height.min(width);
        let most = match self {
            // Padding by a side or more could leave nothing of the image.
            Self::Crop(_) => side - 1,
            Self::Cutout(_) => side,
            _ => return Ok(()),
        };
        match *self {
            Self::Crop(pixels) | Self::Cutout(pixels) if pixels > most => Err(Error::value(
                "augmentation",
                "the augmentation",
                self,
                format!("at most {most} pixels, because the images are {height}x{width}"),
            )),
            _ => Ok(()),
        }
    }

    fn apply<V: Raw>(
        &self,
        shape: [usize; 3],
        pixels: &mut [V],
        spare: &mut [V],
        draw: &mut ImageRng,
    ) {
        match *self {
            Self::Flip(axis) => {
                if draw.below(2) == 1 {
                    geometry::flip(axis, shape, pixels);
                }
            }
            Self::Crop(padding) => {
                let [down, right] = [0; 2].map(|_| draw.below(2 * padding + 1));
                spare.copy_from_slice(pixels);
                geometry::shift(shape, padding, [down, right], spare, pixels);
            }
            Self::Rotate(degrees) => {
                let angle = (draw.between(-degrees, degrees)).to_radians();
                spare.copy_from_slice(pixels);
                geometry::rotate(shape, angle, spare, pixels);
            }
            Self::Jitter {
                brightness,
                contrast,
                saturation,
            } => {
                let factors = [brightness, contrast, saturation];
                let factors = factors.map(|s| draw.between(1.0 - s, 1.0 + s));
                colour::jitter(shape[2], factors, pixels);
            }
            Self::Cutout(side) => {
                let centre = [draw.below(shape[0]), draw.below(shape[1])];
                geometry::cut_out(shape, side, centre, pixels);
            }
        }
    }
}

/// The alterations of training images, in order; none by default.
///
/// It is written as the command takes it: `flip, crop(4), rotate(10), jitter(0.2), cutout(8),
/// mixup(0.2)`. Raw values are altered, before a [`Preprocessing`](stepnet_base::preprocessing::Preprocessing) scales
/// them: black is the raw value 0, and 8-bit values are rounded and kept within 0 and 255 after each
/// step. Mixup comes last, wherever it is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Augmentation {
    alterations: Vec<Alteration>,
    mixup: Option<f64>,
}

impl Augmentation {
    /// The alterations of each image, in order.
    pub fn alterations(&self) -> &[Alteration] {
        &self.alterations
    }

    /// The `alpha` of mixup (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018).
    ///
    /// The images of a batch are paired at random, and each becomes `share` of itself and the rest
    /// of its partner, with a share drawn for each image from `Beta(alpha, alpha)`; its target likewise. In an odd
    /// batch one image stays as it is.
    pub fn mixup(&self) -> Option<f64> {
        self.mixup
    }

    /// Whether nothing is done.
    pub fn is_empty(&self) -> bool {
        self.alterations.is_empty() && self.mixup.is_none()
    }

    /// Fails where images of `shape` (height, width, channels) cannot be altered so.
    ///
    /// # Errors
    /// A crop or a cutout that is larger than the images.
    pub fn check(&self, shape: [usize; 3]) -> Result<()> {
        self.alterations.iter().try_for_each(|one| one.check(shape))
    }

    /// Alters the `example`th image of a batch; `spare` is as long as the image.
    pub(super) fn apply<V: Raw>(
        &self,
        shape: [usize; 3],
        noise: &Noise<'_>,
        example: usize,
        pixels: &mut [V],
        spare: &mut [V],
    ) {
        if self.alterations.is_empty() {
            return;
        }
        let mut draw = ImageRng(noise.generator(PICTURE, example));
        for alteration in &self.alterations {
            alteration.apply(shape, pixels, spare, &mut draw);
        }
    }
}

/// Where random numbers of one image come from.
struct ImageRng(NoiseGenerator);

impl ImageRng {
    /// From 0 to less than `n`, which is far below 2^32, so that none is noticeably likelier.
    fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// Evenly from `low` to `high`.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.uniform()
    }
}
