//! The Open Inference Protocol, version 2, as KServe and Triton speak it.
//!
//! A model has one input, `input`, and one output, `output`, whose first axis counts examples. Tensors are JSON, or binary with
//! the header `Inference-Header-Content-Length`.

mod binary;
mod infer;
mod metadata;
mod names;
mod reply;
mod request;
mod tensor;

pub(crate) use infer::infer;
pub(crate) use metadata::{index, model, server};
pub(crate) use names::VERSION;
pub(crate) use request::LENGTH;

/// Reads a request as far as no model is needed for it.
pub(crate) fn read_for_fuzzing(headers: &hyper::HeaderMap, body: &[u8]) {
    let Ok(read) = request::read(headers, body) else {
        return;
    };
    let request::Data::Binary(place) = read.data else {
        return;
    };
    let tensor = &body[place];
    match read.datatype {
        tensor::Datatype::Number(datatype) => drop(binary::numbers(tensor, datatype)),
        tensor::Datatype::Bytes => {
            let count = read.shape.first().copied().unwrap_or_default();
            if let Ok(texts) = binary::texts(tensor, count) {
                let written: usize = texts.iter().map(|text| 4 + text.len()).sum();
                assert!(written <= tensor.len() && texts.len() <= count.saturating_add(1));
            }
        }
        tensor::Datatype::Uint8 => {}
    }
}
