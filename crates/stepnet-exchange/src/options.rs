//! What a user may say about a file that is to be read.

use std::path::Path;

use crate::Shape;
use crate::problem::{Checked, Problem};
use stepnet_base::setters;
use stepnet_nn::{Preprocessing, Resize};

/// What a file does not say about its network, and which part of it is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The network whose weights a file without a network has, such as `resnet18`.
    pub recipe: Option<String>,
    /// The same as a text in the arrow notation: weights go to its layers by order and shape.
    pub model: Option<String>,
    /// Which weights are meant where a file has several sets, such as `ema`.
    pub part: Option<String>,
    /// The last node that is read: a model's features instead of its classes, or the part that can be read.
    pub until: Option<String>,
    /// The names of the classes; without them, those of the file, or else numbers.
    pub classes: Vec<String>,
    /// The shape of the input, where the file leaves it open or another is wanted.
    pub input: Option<Shape>,
    /// Subtracted from each channel after the division; none if empty.
    pub mean: Vec<f64>,
    /// What each channel is divided by after that; nothing if empty.
    pub deviation: Vec<f64>,
    /// What 8-bit values are divided by first; 255 unless the file says otherwise.
    pub divisor: Option<f64>,
    /// How images are brought to the input's size.
    pub resize: Option<Resize>,
    /// Whether outputs stay logits; otherwise a classifier that ends in them gets a softmax.
    pub keep_logits: bool,
}

setters! { ImportOptions {
    recipe: Option<String>,
    model: Option<String>,
    part: Option<String>,
    until: Option<String>,
    classes: Vec<String>,
    input: Option<Shape>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    divisor: Option<f64>,
    resize: Option<Resize>,
    keep_logits: bool,
} }

impl ImportOptions {
    /// Whether they say how raw values become the network's input.
    pub(crate) fn scales(&self) -> bool {
        !self.mean.is_empty() || !self.deviation.is_empty() || self.divisor.is_some()
    }
}

/// A file that is to be read.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// Its path; formats of several files have the others next to it.
    pub(crate) path: &'a Path,
    /// Its content.
    pub(crate) bytes: &'a [u8],
}

/// The preprocessing of a network for `input`, from the options; `divisor` is that of the file.
///
/// # Errors
/// Numbers that cannot preprocess anything.
pub(crate) fn preprocessing(
    input: Shape,
    options: &ImportOptions,
    divisor: f64,
) -> Checked<Preprocessing> {
    let [height, width, channels] = input.as_image();
    let divisor = options.divisor.unwrap_or(divisor);
    let made = Preprocessing::scaled(height, width, channels, divisor)
        .picture_divisor(divisor)
        .mean(options.mean.clone())
        .deviation(options.deviation.clone())
        .resize(options.resize.unwrap_or_default());
    made.check().map_err(Problem::Other)?;
    Ok(made)
}
