//! Grad-CAM with weights for each pixel.

use super::grad_cam::weighted;
use crate::error::Result;
use crate::explain::attribution::Attribution;
use crate::explain::method::{About, Asked, Method};
use crate::explain::passes::AtLayer;
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "grad-cam++",
    summary: "grad-cam whose weights count the pixels that raise the score alone: better where an object occurs several times",
    source: "Chattopadhay et al., \"Grad-CAM++\", 2018",
    options: &["layer"],
};

/// With `A` a layer's output, `g = dS/dA`, and the score's exponential as the class's output `Y` (its equations 10, 16
/// and 19): `alpha[k] = g^2 / (2 g^2 + sum(A[k]) g^3)` pixel by pixel, `weight[k] = sum of alpha[k] max(0, g)`, and
/// `map = max(0, sum over the channels of weight[k] A[k])`. The factor `exp(S)` that all weights share is left out.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        weighted(asked, ABOUT.name, weights)
    }
}

/// The weight of each channel.
fn weights<T: Number>(at: &AtLayer<T>) -> Vec<f64> {
    let channels = at.size[2].max(1);
    let mut sums = vec![0.0; channels];
    for pixel in at.values.chunks_exact(channels) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += value.as_f64();
        }
    }
    let mut weights = vec![0.0; channels];
    for pixel in at.gradient.chunks_exact(channels) {
        for ((weight, sum), gradient) in weights.iter_mut().zip(&sums).zip(pixel) {
            let g = gradient.as_f64();
            // g^2 / (2 g^2 + sum g^3) without the common factor, which is 0 for g = 0 and small ones.
            let divisor = 2.0 + sum * g;
            if g > 0.0 && divisor != 0.0 {
                *weight += g / divisor;
            }
        }
    }
    weights
}
