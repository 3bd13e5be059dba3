//! Standardisation: a preprocessing that gives each channel mean 0 and deviation 1.

use crate::{Dataset, Images, Values};
use crate::{Error, Result};
use stepnet_base::preprocessing::Preprocessing;

impl Dataset {
    /// Sets `mean` and `deviation` of a preprocessing to those of each channel over all pixels (after the
    /// division); a channel that never changes gets deviation 1.
    ///
    /// # Errors
    /// When the data's channels are not the preprocessing's, or an image that is decoded as it is needed
    /// cannot be.
    pub fn standardize(&self, preprocessing: &mut Preprocessing) -> Result<()> {
        let images = self.images();
        let (channels, divisor) = (preprocessing.channels, preprocessing.divisor);
        if images.shape()[2] != channels {
            return Err(Error::shape(
                "standardize",
                "data",
                &images.shape(),
                format!("{channels} channel(s)"),
            ));
        }
        // Two passes: the sum of squares alone would lose digits where the mean is large.
        let pixels = (images.values().len() / channels).max(1) as f64;
        let mut mean = vec![0.0; channels];
        visit(images, |channel, value| {
            mean[channel] += value / divisor;
        })?;
        mean.iter_mut().for_each(|sum| *sum /= pixels);
        let mut deviation = vec![0.0; channels];
        visit(images, |channel, value| {
            deviation[channel] += (value / divisor - mean[channel]).powi(2);
        })?;
        for sum in &mut deviation {
            let found = (*sum / pixels).sqrt();
            *sum = if found > 0.0 { found } else { 1.0 };
        }
        (preprocessing.mean, preprocessing.deviation) = (mean, deviation);
        Ok(())
    }
}

/// Shows `see` every value with its channel, in order.
fn visit(images: &Images, mut see: impl FnMut(usize, f64)) -> Result<()> {
    let channels = images.shape()[2];
    match images.values() {
        Values::Streamed(images) => images.each(|image| {
            let values = image.into_iter().enumerate();
            values.for_each(|(place, value)| see(place % channels, f64::from(value)));
        })?,
        Values::Provided(images) => images.each(|image| {
            let values = image.into_iter().enumerate();
            values.for_each(|(place, value)| see(place % channels, f64::from(value)));
        })?,
        values => {
            for place in 0..values.len() {
                if let Some(value) = values.get(place) {
                    see(place % channels, value);
                }
            }
        }
    }
    Ok(())
}
