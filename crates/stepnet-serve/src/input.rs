//! From what clients send to a network's input: images, bytes, numbers.

use std::path::Path;
use std::sync::Arc;

use stepnet::data::image_files;

use crate::http::{Answer, Refusal};
use crate::model::{Input, Loaded};
use crate::state::State;

/// Memory for the inputs of one request.
const REQUEST: usize = 64 << 20;

/// Bodies up to this many bytes are read by the thread that has all connections; larger ones would have the others wait.
pub(crate) const SMALL: usize = 16 << 10;

/// Inputs of one request while they are made.
pub(crate) struct Inputs {
    pub(crate) loaded: Arc<Loaded>,
    input: Input,
}

impl Inputs {
    /// Room for the inputs of some examples.
    ///
    /// # Errors
    /// More than a request may have, or than there is memory for at the moment.
    pub(crate) fn for_examples(
        state: &State,
        loaded: Arc<Loaded>,
        examples: usize,
    ) -> Answer<Self> {
        let numbers = loaded.input_len() + loaded.output_len();
        let bytes = numbers.saturating_mul(size_of::<f32>());
        let most = (REQUEST / bytes.max(1)).max(1);
        if examples == 0 || examples > most {
            let shape = loaded.predictor.input();
            let message =
                format!("{examples} examples, expected 1 to {most} of {shape} in a request");
            return Err(match examples {
                0 => Refusal::wrong(message),
                _ => Refusal::too_large(message),
            });
        }
        let busy = || Refusal::busy("too many examples are waiting; try again");
        let lease = state.inputs.take(bytes.saturating_mul(examples));
        let lease = lease.ok_or_else(busy)?;
        let values = Vec::with_capacity(examples * loaded.input_len());
        Ok(Self {
            loaded,
            input: Input {
                values,
                _lease: lease,
            },
        })
    }

    /// Adds the content of an image file; `name` is for messages. Gives the image's height and width.
    ///
    /// # Errors
    /// What is no image, is damaged, or has too many pixels.
    pub(crate) fn image(
        &mut self,
        state: &State,
        name: &str,
        content: &[u8],
    ) -> Answer<[usize; 2]> {
        if let Some(why) = &self.loaded.no_images {
            return Err(Refusal::wrong(why));
        }
        let path = Path::new(name);
        let header = image_files::header(path, content)?;
        let (height, width) = (header.height, header.width);
        let pixels = (height as u64).saturating_mul(width as u64);
        if pixels > state.limits.pixels {
            let most = state.limits.pixels;
            let found = format!("{name}: {width}x{height} = {pixels} pixels");
            return Err(Refusal::too_large(format!(
                "{found}, expected at most {most}"
            )));
        }
        let preprocessing = &self.loaded.model.preprocessing;
        let image = image_files::from_bytes(path, content)?;
        let values = image.to_shape(preprocessing.shape(), preprocessing.resize)?;
        drop(image);
        self.bytes(&values);
        Ok([height, width])
    }

    /// Adds the 8-bit values of images of the network's size.
    pub(crate) fn bytes(&mut self, values: &[u8]) {
        let preprocessing = self.loaded.model.preprocessing.for_pictures();
        let channels = preprocessing.channels;
        let values = values.iter().enumerate();
        let values =
            values.map(|(at, &value)| preprocessing.value(f32::from(value), at % channels));
        self.input.values.extend(values);
    }

    /// Adds values in the unit of the training data.
    ///
    /// # Errors
    /// The first one that is not finite.
    pub(crate) fn values(&mut self, values: impl Iterator<Item = f32>) -> Answer<()> {
        let preprocessing = &self.loaded.model.preprocessing;
        let channels = preprocessing.channels;
        for (at, value) in values.enumerate() {
            if !value.is_finite() {
                return Err(Refusal::wrong(format!(
                    "value {at} of the input is {value}, expected finite numbers (of 32 bits)"
                )));
            }
            let value = preprocessing.value(value, at % channels);
            self.input.values.push(value);
        }
        Ok(())
    }

    /// What is to be computed, and by which model.
    pub(crate) fn into_parts(self) -> (Arc<Loaded>, Input) {
        (self.loaded, self.input)
    }

    /// The values of one example.
    pub(crate) fn example(&self, number: usize) -> &[f32] {
        let len = self.loaded.input_len();
        let values = self.input.values.get(number * len..(number + 1) * len);
        values.unwrap_or_default()
    }
}

/// Runs work of some milliseconds away from the thread that has all connections.
///
/// # Errors
/// Those of the work, and when the server is stopping.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => Err(Refusal::new(
            hyper::StatusCode::INTERNAL_SERVER_ERROR,
            "a fault in the server: reading the request has panicked",
        )),
        Err(_) => Err(Refusal::busy("the server is stopping")),
    }
}
