//! What methods can be asked for.

use std::str::FromStr;

use crate::error::{Error, Result};
use stepnet_base::text::or_list;
use stepnet_nn::{Number, Preprocessing};

/// The most passes that one map may take.
const MOST_PASSES: usize = 1_000_000;

/// The settings of all methods; each uses those that concern it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The layer of Grad-CAM and Grad-CAM++; `None`: the last one as large as the last convolution's output.
    pub layer: Option<String>,
    /// Steps on the way from the baseline to the image, of integrated gradients.
    pub steps: usize,
    /// Noisy copies that SmoothGrad averages over.
    pub samples: usize,
    /// The standard deviation of SmoothGrad's noise, as a share of the range of the image's values.
    pub noise: f64,
    /// The seed of what is drawn.
    pub seed: u32,
    /// The side of the patch that occlusion covers, in pixels; `None`: an eighth of the image's shorter side.
    pub patch: Option<usize>,
    /// How far the patch moves; `None`: half of its side.
    pub stride: Option<usize>,
    /// What integrated gradients begin with, and what occlusion covers the image with.
    pub baseline: Baseline,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            layer: None,
            steps: 50,
            samples: 25,
            noise: 0.15,
            seed: 1,
            patch: None,
            stride: None,
            baseline: Baseline::Zero,
        }
    }
}

stepnet_base::setters! { Options {
    layer: Option<String>,
    steps: usize,
    samples: usize,
    noise: f64,
    seed: u32,
    patch: Option<usize>,
    stride: Option<usize>,
    baseline: Baseline,
} }

impl Options {
    /// Fails if a number is out of its range.
    pub(super) fn check(&self) -> Result<()> {
        let positive = [
            ("the number of steps", Some(self.steps)),
            ("the number of samples", Some(self.samples)),
            ("the patch", self.patch),
            ("the stride", self.stride),
        ];
        for (what, value) in positive {
            if let Some(value) = value.filter(|value| !(1..=MOST_PASSES).contains(value)) {
                let expected = format!("a whole number from 1 to {MOST_PASSES}");
                return Err(Error::value("explain", what, value, expected));
            }
        }
        match self.noise {
            noise if (0.0..=100.0).contains(&noise) => Ok(()),
            noise => {
                let expected = "a share of the range of the image's values from 0 to 100";
                Err(Error::value("explain", "the noise", noise, expected))
            }
        }
    }

    /// The sides of occlusion's patch, and how far it moves: no more than its side, so that it covers every pixel.
    pub(super) fn patch_for(&self, height: usize, width: usize) -> Result<(usize, usize)> {
        let shorter = height.min(width);
        let patch = self.patch.unwrap_or((shorter / 8).max(1));
        if patch > shorter {
            let expected = format!("at most {shorter}, the image's shorter side");
            return Err(Error::value("explain", "the patch", patch, expected));
        }
        let stride = self.stride.unwrap_or(patch.div_ceil(2));
        if stride > patch {
            let expected = format!("at most {patch}, the patch, so that every pixel is covered");
            return Err(Error::value("explain", "the stride", stride, expected));
        }
        Ok((patch, stride))
    }
}

/// An image without information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Baseline {
    /// The network's input 0: the mean colour of the training data where the preprocessing subtracts it, else black.
    #[default]
    Zero,
    /// Black.
    Black,
    /// White.
    White,
    /// The mean colour of the image itself.
    Mean,
}

impl Baseline {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Zero, "zero"),
        (Self::Black, "black"),
        (Self::White, "white"),
        (Self::Mean, "mean"),
    ];

    /// A value for each channel of the network's input.
    pub(super) fn colour<T: Number>(self, x: &[T], preprocessing: &Preprocessing) -> Vec<T> {
        let channels = preprocessing.channels.max(1);
        let pixels = (x.len() / channels).max(1) as f64;
        let raw = |value: f64, channel| preprocessing.value(T::from_f64(value), channel);
        let value = |channel: usize| match self {
            Self::Zero => T::zero(),
            Self::Black => raw(0.0, channel),
            Self::White => raw(preprocessing.divisor, channel),
            Self::Mean => {
                let own = x.iter().skip(channel).step_by(channels);
                T::from_f64(own.map(|value| value.as_f64()).sum::<f64>() / pixels)
            }
        };
        (0..channels).map(value).collect()
    }
}

impl FromStr for Baseline {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(baseline, _)| *baseline).ok_or_else(|| {
            let names = Self::ALL.map(|(_, name)| name);
            let given = format!("{text:?}");
            Error::value("explain", "the baseline", given, or_list(&names))
        })
    }
}
