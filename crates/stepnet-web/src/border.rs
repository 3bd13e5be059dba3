//! The border to JavaScript.

use js_sys::{Float32Array, Uint8Array, Uint8ClampedArray, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::{Answer, Array, Engine, Failure};

/// The engine as JavaScript sees it.
#[wasm_bindgen(js_name = Engine)]
#[derive(Debug)]
pub struct PageEngine(Engine);

#[wasm_bindgen(js_class = Engine)]
impl PageEngine {
    /// An engine without data and network. A panic of the library is thrown as an error with its message; the engine is of
    /// no more use then.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "JavaScript has constructors")]
    pub fn new() -> Self {
        std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
        Self(Engine::new())
    }

    /// Answers a request: `true`, the answer's JSON, and the arrays that belong into it; or `false` and an error as JSON.
    pub fn call(&mut self, kind: &str, params: &str, bytes: Vec<Uint8Array>) -> js_sys::Array {
        let bytes = bytes.iter().map(Uint8Array::to_vec).collect();
        match self.0.call(kind, params, bytes) {
            Ok(answer) => answered(answer),
            Err(failure) => failed(&failure),
        }
    }
}

fn answered(answer: Answer) -> js_sys::Array {
    let whole = js_sys::Array::new();
    whole.push(&JsValue::TRUE);
    whole.push(&answer.json.into());
    for array in answer.arrays {
        let array: JsValue = match array {
            Array::U8(values) => Uint8Array::from(values.as_slice()).into(),
            Array::Clamped(values) => Uint8ClampedArray::from(values.as_slice()).into(),
            Array::U32(values) => Uint32Array::from(values.as_slice()).into(),
            Array::F32(values) => Float32Array::from(values.as_slice()).into(),
        };
        whole.push(&array);
    }
    whole
}

fn failed(failure: &Failure) -> js_sys::Array {
    let whole = js_sys::Array::new();
    whole.push(&JsValue::FALSE);
    whole.push(&failure.json().to_string().into());
    whole
}
