//! `POST /v2/models/NAME/infer`

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderMap;

use super::names::{axes_of, expected_shape};
use super::request::{self, Data, InferRequest};
use super::tensor::Datatype;
use super::{binary, reply};
use crate::http::body::Body;
use crate::http::{Answer, Refusal};
use crate::input::{Inputs, SMALL, aside};
use crate::model::{Loaded, Slot};
use crate::state::State;

/// How much more memory the numbers of a JSON text take than the text: at least two bytes make a number of eight.
const NUMBERS_PER_TEXT: usize = 4;

/// Answers a request for inference.
///
/// # Errors
/// What is wrong with it, or that it comes at a bad time.
pub(crate) async fn infer(
    state: &Arc<State>,
    slot: &Slot,
    headers: &HeaderMap,
    mut body: Body,
) -> Answer {
    let loaded = slot.current();
    if !body.lease.grow(NUMBERS_PER_TEXT * body.bytes.len()) {
        return Err(Refusal::busy(
            "too many large requests at a time; try again",
        ));
    }
    let read = {
        let (bytes, headers) = (body.bytes.clone(), headers.clone());
        let read = move || request::read(&headers, &bytes);
        match body.bytes.len() <= SMALL {
            true => read(),
            false => aside(read).await,
        }?
    };
    let InferRequest { id, wanted, .. } = &read;
    let (id, wanted) = (id.clone(), *wanted);
    // A small image file may be a large image.
    let small = body.bytes.len() <= SMALL && read.datatype != Datatype::Bytes;
    let work = {
        let state = Arc::clone(state);
        move || inputs(&state, loaded, &read, body)
    };
    let inputs = match small {
        true => work(),
        false => aside(work).await,
    }?;
    let (loaded, input) = inputs.into_parts();
    let outputs = slot.predict(&loaded, input, state.limits.time).await?;
    reply::reply(slot.name(), id.as_deref(), &loaded, &outputs, wanted)
}

/// The network's inputs in a request.
fn inputs(state: &State, loaded: Arc<Loaded>, read: &InferRequest, body: Body) -> Answer<Inputs> {
    let shape = &read.shape;
    let wrong = |expected: &str| {
        let expected = format!("the input has shape {shape:?}, expected {expected}");
        Refusal::wrong(expected)
    };
    let elements = shape
        .iter()
        .try_fold(1_usize, |product, &axis| product.checked_mul(axis));
    let elements = elements.ok_or_else(|| wrong("fewer elements"))?;
    if read.datatype == Datatype::Bytes {
        // One axis, or a second one of length 1, as clients write that batch by hand.
        if !matches!(shape.as_slice(), [_] | [_, 1]) {
            return Err(wrong("[images] for images as files"));
        }
        return images(state, loaded, read, &body, elements);
    }
    let axes = axes_of(loaded.predictor.input());
    let [examples, rest @ ..] = shape.as_slice() else {
        return Err(wrong(&expected_shape(&loaded)));
    };
    let flat = [loaded.input_len()];
    if rest != axes && rest != flat {
        return Err(wrong(&expected_shape(&loaded)));
    }
    let mut inputs = Inputs::for_examples(state, loaded, *examples)?;
    let check = |found: usize| match found == elements {
        true => Ok(()),
        false => Err(wrong_count(found, elements)),
    };
    match (&read.data, read.datatype) {
        (Data::Binary(range), Datatype::Uint8) => {
            check(range.len())?;
            inputs.bytes(&body.bytes[range.clone()]);
        }
        (Data::Binary(range), Datatype::Number(datatype)) => {
            let numbers = binary::numbers(&body.bytes[range.clone()], datatype)?;
            check(numbers.len())?;
            inputs.values(numbers.into_iter())?;
        }
        (Data::Json(data), datatype) => {
            if !data.texts.is_empty() {
                return Err(Refusal::wrong(
                    "the input's data are texts, expected numbers (or the datatype BYTES)",
                ));
            }
            check(data.numbers.len())?;
            match datatype {
                Datatype::Uint8 => inputs.bytes(&bytes_of(&data.numbers)?),
                _ => inputs.values(data.numbers.iter().map(|&number| number as f32))?,
            }
        }
        // Handled above.
        (Data::Binary(_), Datatype::Bytes) => {}
    }
    Ok(inputs)
}

fn wrong_count(found: usize, expected: usize) -> Refusal {
    Refusal::wrong(format!(
        "the input has {found} elements, but its shape says {expected}"
    ))
}

fn bytes_of(numbers: &[f64]) -> Answer<Vec<u8>> {
    let byte = |number: &f64| match number.fract() == 0.0 && (0.0..=255.0).contains(number) {
        true => Ok(*number as u8),
        false => Err(Refusal::wrong(format!(
            "the input has the number {number}, expected 0 to 255 for UINT8"
        ))),
    };
    numbers.iter().map(byte).collect()
}

/// The inputs of image files: binary, or in JSON as base64.
fn images(
    state: &State,
    loaded: Arc<Loaded>,
    read: &InferRequest,
    body: &Body,
    count: usize,
) -> Answer<Inputs> {
    let mut inputs = Inputs::for_examples(state, loaded, count)?;
    match &read.data {
        Data::Binary(range) => {
            let files = binary::texts(&body.bytes[range.clone()], count)?;
            if files.len() != count {
                return Err(wrong_count(files.len(), count));
            }
            for (number, file) in files.into_iter().enumerate() {
                inputs.image(state, &format!("image {number}"), file)?;
            }
        }
        Data::Json(data) => {
            if data.texts.len() != count {
                return Err(wrong_count(data.texts.len(), count));
            }
            for (number, text) in data.texts.iter().enumerate() {
                let name = format!("image {number}");
                let file = BASE64_STANDARD.decode(text).map_err(|error| {
                    Refusal::wrong(format!("{name}, expected base64 of an image file: {error}"))
                })?;
                inputs.image(state, &name, &file)?;
            }
        }
    }
    Ok(inputs)
}
