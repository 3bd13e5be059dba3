//! The answer to a request for inference.

use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde::Serialize;
use serde_json::json;

use super::binary;
use super::names::{OUTPUT, VERSION, axes_of};
use super::request::{LENGTH, Wanted};
use crate::http::{Answer, Refusal, answer};
use crate::model::Loaded;

#[derive(Serialize)]
struct Output<'a, T> {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a [T]>,
}

#[derive(Serialize)]
struct Content<'a, T> {
    model_name: &'a str,
    model_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: [Output<'a, T>; 1],
}

/// Writes the outputs of some examples as they are wanted.
///
/// # Errors
/// Classes where the model says something else.
pub(super) fn reply(
    model: &str,
    id: Option<&str>,
    loaded: &Loaded,
    outputs: &[f32],
    wanted: Wanted,
) -> Answer {
    let examples = outputs.len() / loaded.output_len();
    if let Some(most) = wanted.classes {
        let named = classes(loaded, outputs, most)?;
        let shape = vec![examples, named.len() / examples.max(1)];
        let bytes = wanted
            .binary
            .then(|| binary::write_texts(named.iter().map(String::as_str)));
        return write(model, id, "BYTES", shape, &named, bytes);
    }
    let mut shape = vec![examples];
    shape.extend(axes_of(loaded.predictor.output()));
    let bytes = || outputs.iter().flat_map(|value| value.to_le_bytes());
    let bytes = wanted.binary.then(|| bytes().collect());
    write(model, id, "FP32", shape, outputs, bytes)
}

/// The likeliest classes of each example as Triton writes them, `VALUE:NUMBER:NAME`.
fn classes(loaded: &Loaded, outputs: &[f32], most: usize) -> Answer<Vec<String>> {
    let task = &loaded.model.preprocessing.task;
    if !task.is_classes() {
        return Err(Refusal::wrong(format!(
            "the parameter classification is about classes, but the model says {}",
            task.name()
        )));
    }
    let rows = outputs.chunks_exact(loaded.output_len());
    let named = rows.flat_map(|row| {
        let ranked = crate::ranking::ranked(row);
        let named = ranked.into_iter().take(most);
        named.map(|(class, value)| format!("{}:{class}:{}", value as f32, loaded.names[class]))
    });
    Ok(named.collect())
}

fn write<T: Serialize>(
    model: &str,
    id: Option<&str>,
    datatype: &'static str,
    shape: Vec<usize>,
    data: &[T],
    bytes: Option<Vec<u8>>,
) -> Answer {
    let size = bytes.as_ref().map(Vec::len);
    let content = Content {
        model_name: model,
        model_version: VERSION,
        id,
        outputs: [Output {
            name: OUTPUT,
            datatype,
            shape,
            parameters: size.map(|size| json!({"binary_data_size": size})),
            data: size.is_none().then_some(data),
        }],
    };
    let Some(bytes) = bytes else {
        return Ok(answer::json(&content));
    };
    let mut body = serde_json::to_vec(&content)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let length = HeaderValue::from(body.len());
    body.extend(bytes);
    let mut reply = answer::with_type(StatusCode::OK, "application/octet-stream", body);
    reply.headers_mut().insert(LENGTH, length);
    Ok(reply)
}
