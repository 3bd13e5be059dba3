//! The gradient, averaged over noisy copies of the image.

use crate::error::Result;
use crate::explain::attribution::{Attribution, Channels};
use crate::explain::method::{About, Asked, Method};
use stepnet_base::rng::RandomState;
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "smoothgrad",
    summary: "saliency of the gradient's mean over noisy copies of the image, which removes its noise",
    source: "Smilkov et al., \"SmoothGrad: removing noise by adding noise\", 2017",
    options: &["samples", "noise", "seed"],
};

/// `dS/dx` at `x + e`, averaged over `samples` draws of `e` from the normal distribution with the standard deviation
/// `noise (max x - min x)`; the map has the largest magnitude over the channels.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        let size = asked.size()?;
        let (x, options) = (asked.x, asked.options);
        let values = x.iter().map(|value| value.as_f64());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let deviation = options.noise * (high - low);
        // Of each image alone: its map does not depend on those before it.
        let mut random = RandomState::new(options.seed);
        let mut sum = vec![0.0; x.len()];
        asked.passes.input_gradients(
            options.samples,
            asked.seed,
            |_, noisy| {
                for (noisy, x) in noisy.iter_mut().zip(x) {
                    *noisy = T::from_f64(x.as_f64() + deviation * random.normal());
                }
            },
            |_, gradient| {
                for (sum, value) in sum.iter_mut().zip(gradient) {
                    *sum += value.as_f64();
                }
            },
        )?;
        let samples = options.samples as f64;
        sum.iter_mut().for_each(|sum| *sum /= samples);
        let channels = Channels::LargestMagnitude;
        Ok(Attribution::of_values(ABOUT.name, size, sum, channels))
    }
}
