//! The gradient itself.

use crate::error::Result;
use crate::explain::attribution::{Attribution, Channels};
use crate::explain::method::{About, Asked, Method};
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "saliency",
    summary: "how much the score would change with each pixel: the gradient's largest magnitude over the channels",
    source: "Simonyan et al., \"Deep Inside Convolutional Networks\", 2013",
    options: &[],
};

/// `map = max over the channels of |dS/dx|`, with `S` the score.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        let size = asked.size()?;
        let gradient = asked.gradient()?;
        let channels = Channels::LargestMagnitude;
        Ok(Attribution::of_values(ABOUT.name, size, gradient, channels))
    }
}
