//! How raw images become a network's input: stored with every model and repeated at prediction.

use serde::{Deserialize, Serialize};

use crate::{Element, Error, Result, Task};

/// How an image is resized to the network's height and width.
///
/// Exhaustive, so that the compiler finds every place that a new way concerns: adding one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Height and width are scaled independently: nothing is cut off, the aspect may change.
    #[default]
    Stretch,
    /// The largest centred cut-out of the wanted aspect is scaled: nothing is distorted, edges are lost.
    Crop,
    /// The whole image is scaled to fit and centred on black: nothing is lost or distorted.
    Fit,
}

/// The steps from an image (or an array of raw values) to a network's input.
///
/// An image is turned upright by its EXIF orientation, blended over white where it is
/// transparent, converted to the wanted number of channels (grey by ITU-R BT.601 luma), and
/// resized with a triangle (bilinear, antialiased) filter. Then each value `v` of channel `c`
/// becomes `(v / divisor - mean[c]) / deviation[c]`. At the other end, `task` says what the outputs stand for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Preprocessing {
    /// The height of the input in pixels.
    pub height: usize,
    /// The width of the input in pixels.
    pub width: usize,
    /// The channels of the input: 1 (grey) or 3 (red, green, blue) for images.
    pub channels: usize,
    /// How other sizes are resized to this one.
    pub resize: Resize,
    /// The divisor of the training data's raw values: 255 for 8-bit images.
    pub divisor: f64,
    /// The divisor of an image's 8-bit values; another number than `divisor` where the
    /// network was trained on arrays of another range.
    pub picture_divisor: f64,
    /// Subtracted after the division, a value per channel; empty for none.
    #[serde(default)]
    pub mean: Vec<f64>,
    /// Divided by after `mean`, a value per channel; empty for none.
    #[serde(default)]
    pub deviation: Vec<f64>,
    /// What the outputs say, and how numbers among the targets are scaled.
    #[serde(default, skip_serializing_if = "Task::is_classes")]
    pub task: Task,
}

crate::setters! { Preprocessing {
    resize: Resize,
    divisor: f64,
    picture_divisor: f64,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    task: Task,
} }

impl Preprocessing {
    /// 8-bit values of this shape scaled to 0..1, images stretched to it.
    pub fn scaled(height: usize, width: usize, channels: usize, divisor: f64) -> Self {
        Self {
            height,
            width,
            channels,
            resize: Resize::default(),
            divisor,
            picture_divisor: 255.0,
            mean: Vec::new(),
            deviation: Vec::new(),
            task: Task::Classes,
        }
    }

    /// The same for 8-bit images, whatever the training data was.
    #[must_use]
    pub fn for_pictures(&self) -> Self {
        Self {
            divisor: self.picture_divisor,
            ..self.clone()
        }
    }

    /// The network's input shape: height, width, channels.
    pub fn shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// Fails if the numbers cannot preprocess anything.
    ///
    /// # Errors
    /// A zero in the shape, a `mean` or `deviation` that is neither empty nor one value per channel, a mean that
    /// is not finite, or a divisor or a deviation that is not positive: any other would make every
    /// input 0 or infinite.
    pub fn check(&self) -> Result<()> {
        self.check_for::<f64>()
    }

    /// [`check`](Self::check) for a network of numbers of type `T`, which must be able to hold those of the
    /// preprocessing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_for<T: Element>(&self) -> Result<()> {
        let wrong = |argument: &str, found: String, expected: &str| {
            Err(Error::value("preprocessing", argument, found, expected))
        };
        if self.shape().contains(&0) {
            return wrong(
                "the shape",
                format!("{:?}", self.shape()),
                "three positive numbers",
            );
        }
        for (name, divisor) in [
            ("divisor", self.divisor),
            ("picture_divisor", self.picture_divisor),
        ] {
            if !divides::<T>(divisor) {
                return wrong(name, number(divisor), "a positive number of usual size");
            }
        }
        for (name, values) in [("mean", &self.mean), ("deviation", &self.deviation)] {
            if !values.is_empty() && values.len() != self.channels {
                let found = format!("{} values", values.len());
                return wrong(
                    name,
                    found,
                    &format!("none or {}, one a channel", self.channels),
                );
            }
        }
        let largest = T::max_value().as_f64();
        // Written so that NaN is none, too.
        if let Some(&value) = self
            .mean
            .iter()
            .find(|value| value.is_nan() || value.abs() > largest)
        {
            return wrong("mean", number(value), "finite numbers of usual size");
        }
        if let Some(&value) = self.deviation.iter().find(|&&value| !divides::<T>(value)) {
            return wrong("deviation", number(value), "positive numbers of usual size");
        }
        self.task.check()
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

/// Whether numbers of type `T` can be divided by a number.
fn divides<T: Element>(number: f64) -> bool {
    (T::min_positive_value().as_f64()..=T::max_value().as_f64()).contains(&number)
}

/// A number as people write it, however large or small it is.
fn number(value: f64) -> String {
    format!("{value:?}")
}
