//! Names and shapes of the protocol.

use stepnet::nn::Shape;

use crate::model::Loaded;

/// The only version of every model: a file that is replaced replaces it.
pub(crate) const VERSION: &str = "1";

/// The name of every model's input.
pub(super) const INPUT: &str = "input";

/// The name of every model's output.
pub(super) const OUTPUT: &str = "output";

/// The axes of an example.
pub(super) fn axes_of(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Volume {
            height,
            width,
            channels,
        } => vec![height, width, channels],
        Shape::Features(features) => vec![features],
    }
}

/// Names the shapes of the model's input, for messages.
pub(super) fn expected_shape(loaded: &Loaded) -> String {
    let axes = axes_of(loaded.predictor.input());
    let axes: Vec<String> = axes.iter().map(usize::to_string).collect();
    format!("[examples, {}]", axes.join(", "))
}
