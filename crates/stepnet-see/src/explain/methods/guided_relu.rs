//! The gradient through ReLUs that hold back what would lower the score.

use crate::error::Result;
use crate::explain::attribution::{Attribution, Channels};
use crate::explain::method::{About, Asked, Method, gradient};
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "guided-relu",
    summary: "saliency whose backward pass holds back negative gradients at each relu: fine edges, but hardly dependent on the class",
    source: "Springenberg et al., \"Striving for Simplicity: The All Convolutional Net\", 2015",
    options: &[],
};

/// The largest magnitude over the channels of the gradient that [`GuidedRelu`](crate::explain::guided::GuidedRelu)
/// sends back.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        let size = asked.size()?;
        let passes = match asked.guided {
            Some(passes) => passes,
            None => asked.guided.insert(asked.passes.guided()?),
        };
        let gradient = gradient(passes, asked.x, asked.seed)?;
        let channels = Channels::LargestMagnitude;
        Ok(Attribution::of_values(ABOUT.name, size, gradient, channels))
    }
}
