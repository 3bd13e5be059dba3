//! What a prediction is asked about: image files or values, in each of the forms that they come in.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Bytes;
use serde::Deserialize;

use super::multipart;
use crate::few::Few;
use crate::http::{Answer, Refusal};
use crate::input::Inputs;
use crate::model::Loaded;
use crate::state::State;

/// The name of an image that has none.
const UNNAMED: &str = "image";

/// A request in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Image files in base64.
    #[serde(default)]
    images: Few<String>,
    #[serde(default)]
    values: Few<Vec<f32>>,
}

/// The inputs of a request, and the name of each.
pub(super) struct Named {
    pub(super) inputs: Inputs,
    pub(super) names: Vec<String>,
    /// The height and width of each image; `None` for values.
    pub(super) sizes: Vec<Option<[usize; 2]>>,
}

/// Reads a body by its content type.
///
/// # Errors
/// What is neither images nor values.
pub(super) fn read(
    state: &State,
    loaded: Arc<Loaded>,
    content_type: &str,
    body: &Bytes,
) -> Answer<Named> {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if let Some(boundary) = multipart::boundary(content_type) {
        let parts = multipart::parts(body, boundary)?;
        let places = parts.into_iter().map(|part| (part.name, part.content));
        return images(state, loaded, body, places.collect());
    }
    if media.eq_ignore_ascii_case("application/json") {
        return json(state, loaded, body);
    }
    if body.is_empty() {
        return Err(Refusal::wrong(
            "the body is empty, expected an image file, a form with image files, or JSON",
        ));
    }
    let whole = 0..body.len();
    images(state, loaded, body, vec![(UNNAMED.to_owned(), whole)])
}

fn images(
    state: &State,
    loaded: Arc<Loaded>,
    body: &[u8],
    files: Vec<(String, Range<usize>)>,
) -> Answer<Named> {
    let mut named = Named::for_examples(state, loaded, files.len())?;
    for (name, place) in files {
        named.image(state, name, &body[place])?;
    }
    Ok(named)
}

fn json(state: &State, loaded: Arc<Loaded>, body: &[u8]) -> Answer<Named> {
    let asked: Asked = serde_json::from_slice(body).map_err(|error| {
        Refusal::wrong(format!(
            "the JSON is not what was expected, {{\"images\": [BASE64, ...]}} or {{\"values\": [[...], ...]}}: {error}"
        ))
    })?;
    match (asked.images.0.as_slice(), asked.values.0.as_slice()) {
        (images, []) => {
            let mut named = Named::for_examples(state, loaded, images.len())?;
            for (number, image) in images.iter().enumerate() {
                let name = format!("image {number}");
                let file = BASE64_STANDARD.decode(image).map_err(|error| {
                    Refusal::wrong(format!("{name}: expected base64 of a file: {error}"))
                })?;
                named.image(state, name, &file)?;
            }
            Ok(named)
        }
        ([], values) => {
            let len = loaded.input_len();
            let mut named = Named::for_examples(state, loaded, values.len())?;
            for (number, values) in values.iter().enumerate() {
                if values.len() != len {
                    return Err(Refusal::wrong(format!(
                        "example {number} has {} values, expected {len}",
                        values.len()
                    )));
                }
                named.inputs.values(values.iter().copied())?;
                named.names.push(format!("example {number}"));
                named.sizes.push(None);
            }
            Ok(named)
        }
        _ => Err(Refusal::wrong("expected either images or values")),
    }
}

/// Reads JSON and its base64.
pub(super) fn read_json_for_fuzzing(body: &[u8]) {
    if let Ok(asked) = serde_json::from_slice::<Asked>(body) {
        for image in asked.images.0 {
            drop(BASE64_STANDARD.decode(image));
        }
    }
}

impl Named {
    fn for_examples(state: &State, loaded: Arc<Loaded>, examples: usize) -> Answer<Self> {
        Ok(Self {
            inputs: Inputs::for_examples(state, loaded, examples)?,
            names: Vec::new(),
            sizes: Vec::new(),
        })
    }

    fn image(&mut self, state: &State, name: String, content: &[u8]) -> Answer<()> {
        let size = self.inputs.image(state, &name, content)?;
        self.names.push(name);
        self.sizes.push(Some(size));
        Ok(())
    }
}
