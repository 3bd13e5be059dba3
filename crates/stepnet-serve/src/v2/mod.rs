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
