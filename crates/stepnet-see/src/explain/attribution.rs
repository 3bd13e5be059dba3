//! What a method answers: how much each place of the image speaks for a class.

use serde::Serialize;

use super::resize::resized;

/// A map of an image: how much each place speaks for the target, and where the map is signed, against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attribution {
    /// The name of the method.
    pub method: &'static str,
    /// The layer whose output was used, of methods that use one.
    pub layer: Option<String>,
    /// The height of the map: the layer's, or the image's.
    pub height: usize,
    /// The width of the map.
    pub width: usize,
    /// The map, row by row.
    #[serde(skip)]
    pub map: Vec<f64>,
    /// Whether the map can have values below 0, which speak against the target.
    pub signed: bool,
    /// The attribution of each value of the input, which the map sums up over the channels; empty where the method has
    /// none.
    #[serde(skip)]
    pub values: Vec<f64>,
    /// How far the values are from adding up as the method promises, of methods that promise it.
    pub completeness: Option<Completeness>,
}

/// The sum of all attributions next to the difference that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Completeness {
    /// The sum of the attributions.
    pub sum: f64,
    /// The score of the image minus that of the baseline.
    pub expected: f64,
}

/// How the channels of a pixel become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    /// Their sum, so that a map adds up as the values do.
    Sum,
    /// The largest magnitude among them, as Simonyan et al. (2013) draw saliency.
    LargestMagnitude,
}

impl Attribution {
    /// A map of an image of a method that has an attribution for each value of the input.
    pub(super) fn of_values(
        method: &'static str,
        [height, width, channels]: [usize; 3],
        values: Vec<f64>,
        channel: Channels,
    ) -> Self {
        let pixel = |pixel: &[f64]| match channel {
            Channels::Sum => pixel.iter().sum(),
            Channels::LargestMagnitude => pixel.iter().fold(0.0, |most: f64, v| most.max(v.abs())),
        };
        Self {
            method,
            layer: None,
            height,
            width,
            map: values.chunks_exact(channels.max(1)).map(pixel).collect(),
            signed: channel == Channels::Sum,
            values,
            completeness: None,
        }
    }

    /// The largest magnitude of the map, which ends its scale of colours.
    pub fn largest(&self) -> f64 {
        let finite = self.map.iter().filter(|value| value.is_finite());
        finite.fold(0.0, |most: f64, value| most.max(value.abs()))
    }

    /// The place of the largest value, which speaks most for the target: a row and a column of the map; `None` if no value is above 0.
    pub fn strongest(&self) -> Option<[usize; 2]> {
        let mut best = None;
        let mut most = 0.0;
        for (at, &value) in self.map.iter().enumerate() {
            if value > most {
                (best, most) = (Some([at / self.width, at % self.width]), value);
            }
        }
        best
    }

    /// The map at another size, between its pixels by bilinear interpolation.
    pub fn resized(&self, height: usize, width: usize) -> Vec<f64> {
        resized(&self.map, [self.height, self.width], [height, width])
    }
}
