//! The words of networks and settings, for completion and controls.

use serde_json::{Value, json};
use stepnet::nn::Registry;
use stepnet::nn::notation::{DefaultValue, Signature, presets};

use crate::answer::{Answer, Arrays, Failure};
use crate::request::{NoParams, Request};
use crate::settings::{described, offered};

pub(crate) fn answer(request: &Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    let registry = Registry::<f32>::builtin();
    let kinds: Vec<Value> = registry.kinds().iter().map(kind).collect();
    let presets: Vec<Value> = presets::ALL
        .iter()
        .map(|preset| {
            json!({
                "name": preset.name,
                "text": preset.text,
                "summary": preset.summary,
                "input": preset.input,
                "classes": preset.classes,
            })
        })
        .collect();
    let settings: Vec<Value> = offered().map(|setting| described(&setting)).collect();
    let vocabulary = json!({ "kinds": kinds, "presets": presets, "settings": settings });
    Answer::of(&vocabulary, Arrays::default())
}

fn kind(signature: &Signature) -> Value {
    let parameters = signature.parameters().iter().map(|parameter| {
        let default = match &parameter.default {
            DefaultValue::Value(value) => Some(value.to_string()),
            DefaultValue::SameAs(earlier) => Some(earlier.clone()),
            DefaultValue::Required | DefaultValue::Absent => None,
        };
        json!({
            "name": parameter.name,
            "expected": parameter.kind.expected(),
            "default": default,
            "required": parameter.default == DefaultValue::Required,
        })
    });
    json!({
        "name": signature.name(),
        "aliases": signature.aliases(),
        "summary": signature.summary(),
        "usage": signature.usage(),
        "parameters": parameters.collect::<Vec<_>>(),
        "examples": signature.examples(),
    })
}
