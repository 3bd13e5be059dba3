//! The example to explain, as it was before preprocessing.

use super::Why;
use super::explanation::Drawing;
use stepnet_nn::Number;
use stepnet_nn::Preprocessing;
use stepnet_nn::account::operand;

/// An example's raw values, and how they become the network's input.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Its name: an image's path.
    pub name: String,
    /// The raw values in the shape of the network's input, row-major.
    pub raw: Vec<f64>,
    /// How they become the input. Images are resized before: `raw` is after that.
    pub preprocessing: Preprocessing,
}

impl Subject {
    /// An image file, preprocessed for the network as for prediction.
    ///
    /// # Errors
    /// When the file cannot be read as an image.
    #[cfg(feature = "pictures")]
    pub fn image(
        path: impl AsRef<std::path::Path>,
        preprocessing: &Preprocessing,
    ) -> crate::Result<Self> {
        let path = path.as_ref();
        preprocessing.check()?;
        let preprocessing = preprocessing.for_pictures();
        let raw = stepnet_data::image_files::load_for(path, &preprocessing)?;
        Ok(Self {
            name: path.display().to_string(),
            raw: raw.into_iter().map(f64::from).collect(),
            preprocessing,
        })
    }

    /// The network's input: each raw value by [`Preprocessing::value`].
    pub fn input<T: Number>(&self) -> Vec<T> {
        let channels = self.preprocessing.channels.max(1);
        let values = self.raw.iter().enumerate();
        values
            .map(|(at, &raw)| self.preprocessing.value(T::from_f64(raw), at % channels))
            .collect()
    }

    /// How raw values become the input, in symbols.
    pub(super) fn formula(&self) -> &'static str {
        let Preprocessing {
            mean, deviation, ..
        } = &self.preprocessing;
        match (mean.is_empty(), deviation.is_empty()) {
            (true, true) => "x = raw value / divisor",
            (false, true) => "x = raw value / divisor - mean",
            (true, false) => "x = raw value / divisor / deviation",
            (false, false) => "x = (raw value / divisor - mean) / deviation",
        }
    }

    /// How the raw value at `place` became the input's, with numbers: `(200 / 255 - 0.5) / 0.25`.
    pub(super) fn numbers(&self, place: usize) -> Option<String> {
        let raw = *self.raw.get(place)?;
        let channel = place % self.preprocessing.channels.max(1);
        let mut text = format!("{} / {}", operand(raw), self.preprocessing.divisor);
        let mean = self.preprocessing.mean.get(channel);
        let deviation = self.preprocessing.deviation.get(channel);
        if let Some(&mean) = mean {
            text = format!("{text} - {}", operand(mean));
        }
        if let Some(&deviation) = deviation {
            text = format!("({text}) / {}", operand(deviation));
        }
        Some(text)
    }

    /// Its raw values as an image, as bright as they are.
    pub fn drawing(&self) -> Drawing {
        let divisor = self.preprocessing.divisor;
        let values = self.raw.iter().map(|raw| raw / divisor).collect();
        Drawing::of(self.preprocessing.shape(), values)
    }
}

impl Drawing {
    /// Values of a shape as an image: grey or RGB; of other volumes the mean of the channels.
    fn of([height, width, channels]: [usize; 3], mut values: Vec<f64>) -> Self {
        let finite = values.iter().copied().filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        // Values beyond 0 to 1 are not an image's: their own range is drawn.
        if !(low >= 0.0 && high <= 1.0) && high > low {
            values
                .iter_mut()
                .for_each(|v| *v = (*v - low) / (high - low));
        }
        let byte = |value: f64| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        let rgb = values
            .chunks_exact(channels.max(1))
            .flat_map(|pixel| match pixel {
                [red, green, blue] => [byte(*red), byte(*green), byte(*blue)],
                several => [byte(several.iter().sum::<f64>() / channels as f64); 3],
            })
            .collect();
        Self { height, width, rgb }
    }
}

impl<T: Number> Why<'_, T> {
    /// The input as an image, where it is one.
    pub(super) fn drawing(&self) -> Option<Drawing> {
        let [height, width, channels] = self.network.input().extents()[..] else {
            return None;
        };
        Some(match &self.subject {
            Some(subject) => subject.drawing(),
            None => {
                let values = self.x.iter().map(|x| x.as_f64()).collect();
                Drawing::of([height, width, channels], values)
            }
        })
    }
}
