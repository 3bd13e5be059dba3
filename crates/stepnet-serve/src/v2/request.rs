//! A request for inference: its JSON, and the binary tensors after that.

use std::ops::Range;

use hyper::header::HeaderMap;
use serde::Deserialize;

use super::names::{INPUT, OUTPUT};
use super::tensor::{Datatype, Elements};
use crate::few::Few;
use crate::http::{Answer, Refusal};

/// The header that says where the JSON ends and binary tensors begin.
pub(crate) const LENGTH: &str = "inference-header-content-length";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    binary_data_size: Option<usize>,
    binary_data: Option<bool>,
    binary_data_output: Option<bool>,
    classification: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct InputTensor {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    #[serde(default)]
    parameters: Parameters,
    data: Option<Elements>,
}

#[derive(Debug, Deserialize)]
struct OutputTensor {
    name: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Deserialize)]
struct Content {
    id: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    inputs: Few<InputTensor>,
    #[serde(default)]
    outputs: Few<OutputTensor>,
}

/// The elements of the input.
#[derive(Debug)]
pub(super) enum Data {
    Json(Elements),
    /// Where they lie in the body.
    Binary(Range<usize>),
}

/// How the output is wanted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) binary: bool,
    /// As the names of the likeliest classes, so many of them.
    pub(super) classes: Option<usize>,
}

/// A request that has been read.
#[derive(Debug)]
pub(super) struct InferRequest {
    pub(super) id: Option<String>,
    pub(super) datatype: Datatype,
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
    pub(super) wanted: Wanted,
}

/// The length of the JSON in a body of some bytes, as the headers say.
fn json_length(headers: &HeaderMap, body: usize) -> Answer<usize> {
    let Some(header) = headers.get(LENGTH) else {
        return Ok(body);
    };
    let said = header.to_str().ok().and_then(|text| text.parse().ok());
    said.filter(|&length: &usize| length <= body)
        .ok_or_else(|| {
            Refusal::wrong(format!(
                "the header Inference-Header-Content-Length is {header:?}, expected a number up to the {body} bytes of the body"
            ))
        })
}

/// Reads the JSON of a request, and finds its binary tensors.
///
/// # Errors
/// What is not a request for the one input that models have.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Answer<InferRequest> {
    let (json, binary) = body.split_at(json_length(headers, body.len())?);
    let content: Content = serde_json::from_slice(json).map_err(|error| {
        Refusal::wrong(format!("the request is not what was expected: {error}"))
    })?;
    let [input]: [InputTensor; 1] = content.inputs.0.try_into().map_err(|inputs: Vec<_>| {
        Refusal::wrong(format!(
            "{} inputs, expected one, called {INPUT:?}",
            inputs.len()
        ))
    })?;
    if input.name != INPUT {
        let name = &input.name;
        return Err(Refusal::wrong(format!(
            "the input is called {name:?}, expected {INPUT:?}"
        )));
    }
    let datatype = Datatype::named(&input.datatype).ok_or_else(|| {
        Refusal::wrong(format!(
            "the input has datatype {:?}, expected one of {}",
            input.datatype,
            Datatype::names()
        ))
    })?;
    let data = match (input.parameters.binary_data_size, input.data) {
        (Some(size), None) if size == binary.len() => Data::Binary(json.len()..body.len()),
        (Some(size), None) => {
            return Err(Refusal::wrong(format!(
                "binary_data_size is {size}, but {} bytes follow the JSON",
                binary.len()
            )));
        }
        (None, Some(data)) if binary.is_empty() => Data::Json(data),
        (None, Some(_)) => {
            return Err(Refusal::wrong(format!(
                "{} bytes follow the JSON, but no input has binary_data_size",
                binary.len()
            )));
        }
        _ => {
            return Err(Refusal::wrong(
                "expected either data or binary_data_size for the input",
            ));
        }
    };
    Ok(InferRequest {
        id: content.id,
        datatype,
        shape: input.shape,
        data,
        wanted: wanted(&content.outputs.0, &content.parameters)?,
    })
}

fn wanted(outputs: &[OutputTensor], all: &Parameters) -> Answer<Wanted> {
    let binary = all.binary_data_output.unwrap_or(false);
    match outputs {
        [] => Ok(Wanted {
            binary,
            classes: None,
        }),
        [output] if output.name == OUTPUT => Ok(Wanted {
            binary: output.parameters.binary_data.unwrap_or(binary),
            classes: output.parameters.classification,
        }),
        [output] => Err(Refusal::wrong(format!(
            "there is no output {:?}, expected {OUTPUT:?}",
            output.name
        ))),
        several => Err(Refusal::wrong(format!(
            "{} outputs, expected one, called {OUTPUT:?}",
            several.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(
        json: &str,
        binary: &[u8],
        headers: &[(&'static str, &str)],
    ) -> Answer<InferRequest> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(*name, value.parse().unwrap());
        }
        read(&all, &[json.as_bytes(), binary].concat())
    }

    #[test]
    fn binary_tensors_lie_after_the_json() {
        let json = r#"{"id":"7","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}"#;
        let length = json.len().to_string();
        let read = request(json, &[0; 8], &[(LENGTH, &length)]).unwrap();
        assert_eq!(read.id.as_deref(), Some("7"));
        assert!(matches!(read.data, Data::Binary(range) if range == (json.len()..json.len() + 8)));
        assert!(read.wanted.binary && read.wanted.classes.is_none());
        for (bytes, length, said) in [
            (&[0; 7][..], length.as_str(), "is 8, but 7 bytes"),
            (&[0; 8], "100000", "expected a number up to"),
            (&[0; 8], "-1", "expected a number up to"),
            (&[0; 8], "0", "not what was expected"),
        ] {
            let refusal = request(json, bytes, &[(LENGTH, length)]).unwrap_err();
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |input: &str| format!("{{\"inputs\":[{input}]}}");
        let good = r#"{"name":"input","shape":[1],"datatype":"FP32","data":[1]}"#;
        assert!(request(&with(good), &[], &[]).is_ok());
        for (json, said) in [
            (with(""), "0 inputs"),
            (with(&format!("{good},{good}")), "2 inputs"),
            (with(&good.replace("\"input\"", "\"x\"")), "called \"x\""),
            (with(&good.replace("FP32", "FP99")), "expected one of BYTES"),
            (with(&good.replace("[1]}", "[1}")), "not what was expected"),
            (
                with(&good.replace("[1],", "[-1],")),
                "not what was expected",
            ),
            (with(&good.replace(",\"data\":[1]", "")), "either data or"),
            ("[]".into(), "not what was expected"),
            (String::new(), "not what was expected"),
            (
                format!("{{\"inputs\":[{good}],\"outputs\":[{{\"name\":\"y\"}}]}}"),
                "no output \"y\"",
            ),
        ] {
            let refusal = request(&json, &[], &[]).unwrap_err();
            assert!(
                refusal.message.contains(said),
                "{json}: {}",
                refusal.message
            );
        }
    }
}
