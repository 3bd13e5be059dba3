//! An engine whose answers are read as JSON, with arrays in their places.

use serde_json::{Value, json};
use stepnet_web::{Array, Engine};

pub(crate) struct Page {
    engine: Engine,
}

impl Page {
    pub(crate) fn new() -> Self {
        let engine = Engine::new();
        Self { engine }
    }

    /// A page with the digits and a small network.
    pub(crate) fn with_run(settings: Value) -> Self {
        let mut page = Self::new();
        page.ask("load-digits", json!({}));
        let network = "conv(6, 3, same) -> relu -> maxpool(2) -> linear(10) -> softmax";
        page.ask(
            "new-run",
            json!({ "network": network, "settings": settings }),
        );
        page
    }

    pub(crate) fn try_ask(
        &mut self,
        kind: &str,
        params: Value,
        bytes: Vec<Vec<u8>>,
    ) -> Result<Value, String> {
        let answer = self.engine.call(kind, &params.to_string(), bytes);
        let answer = answer.map_err(|failure| failure.message)?;
        let json = serde_json::from_str(&answer.json).unwrap();
        Ok(placed(json, &answer.arrays))
    }

    pub(crate) fn ask(&mut self, kind: &str, params: Value) -> Value {
        self.try_ask(kind, params, Vec::new()).unwrap()
    }

    pub(crate) fn refusal(&mut self, kind: &str, params: Value) -> String {
        let message = self.try_ask(kind, params, Vec::new()).unwrap_err();
        assert!(!message.contains('\n'), "{message}");
        message
    }

    /// Trains to the end; the last progress and the records of the epochs.
    pub(crate) fn train(&mut self) -> (Value, Vec<Value>) {
        let mut epochs = Vec::new();
        loop {
            let slice = json!({ "steps": null, "milliseconds": 30, "told": true });
            let answer = self.ask("slice", slice);
            assert_eq!(answer["error"], Value::Null);
            epochs.extend(answer["epochs"].as_array().unwrap().iter().cloned());
            if answer["progress"]["finished"] == true {
                return (answer["progress"].clone(), epochs);
            }
        }
    }
}

fn placed(json: Value, arrays: &[Array]) -> Value {
    match json {
        Value::Object(fields) => match fields.get("$").and_then(Value::as_u64) {
            Some(number) => match &arrays[number as usize] {
                Array::U8(values) | Array::Clamped(values) => json!(values),
                Array::U32(values) => json!(values),
                Array::F32(values) => json!(values),
            },
            None => {
                let fields = fields.into_iter();
                Value::Object(
                    fields
                        .map(|(name, value)| (name, placed(value, arrays)))
                        .collect(),
                )
            }
        },
        Value::Array(values) => {
            let values = values.into_iter();
            Value::Array(values.map(|value| placed(value, arrays)).collect())
        }
        plain => plain,
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values
        .map(|value| value.as_f64().unwrap_or(f64::NAN))
        .collect()
}
