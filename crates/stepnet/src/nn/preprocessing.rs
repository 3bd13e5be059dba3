//! How raw pictures become a network's input: stored with every model and repeated at prediction.

use serde::{Deserialize, Serialize};

use crate::Element;

/// How a picture is brought to the network's height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Height and width are scaled independently: nothing is cut off, the aspect may change.
    #[default]
    Stretch,
    /// The largest centred cut-out of the wanted aspect is scaled: nothing is distorted, edges are lost.
    Crop,
    /// The whole picture is scaled to fit and centred on black: nothing is lost or distorted.
    Fit,
}

/// The steps from a picture (or an array of raw values) to a network's input.
///
/// A picture is turned upright by its EXIF orientation, blended over white where it is
/// transparent, converted to the wanted number of channels (grey by ITU-R BT.601 luma), and
/// resized with a triangle (bilinear, antialiased) filter. Then each value `v` of channel `c`
/// becomes `(v / divisor - mean[c]) / deviation[c]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// The height of the input in pixels.
    pub height: usize,
    /// The width of the input in pixels.
    pub width: usize,
    /// The channels of the input: 1 (grey) or 3 (red, green, blue) for pictures.
    pub channels: usize,
    /// How other sizes are brought to this one.
    pub resize: Resize,
    /// What raw values are divided by: 255 for 8-bit pictures.
    pub divisor: f64,
    /// Subtracted after the division, a value per channel; empty for none.
    #[serde(default)]
    pub mean: Vec<f64>,
    /// Divided by after `mean`, a value per channel; empty for none.
    #[serde(default)]
    pub deviation: Vec<f64>,
}

impl Preprocessing {
    /// 8-bit values of this shape scaled to 0..1, pictures stretched to it.
    pub fn scaled(height: usize, width: usize, channels: usize, divisor: f64) -> Self {
        Self {
            height,
            width,
            channels,
            resize: Resize::default(),
            divisor,
            mean: Vec::new(),
            deviation: Vec::new(),
        }
    }

    /// The network's input shape: height, width, channels.
    pub fn shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// One raw value of channel `channel` as the network sees it, computed in `T`
    /// exactly as `(value / divisor - mean) / deviation`.
    pub fn value<T: Element>(&self, value: T, channel: usize) -> T {
        let scaled = value / T::from_f64(self.divisor);
        let centred = match self.mean.get(channel) {
            Some(&mean) => scaled - T::from_f64(mean),
            None => scaled,
        };
        match self.deviation.get(channel) {
            Some(&deviation) => centred / T::from_f64(deviation),
            None => centred,
        }
    }
}
