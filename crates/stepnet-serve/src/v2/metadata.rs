//! What a server and its models are.

use serde_json::{Value, json};
use stepnet::nn::Shape;

use super::names::{INPUT, OUTPUT, VERSION, axes_of};
use crate::http::{Reply, answer};
use crate::model::Slot;
use crate::state::State;

/// `GET /v2`
pub(crate) fn server() -> Reply {
    answer::json(&json!({
        "name": "stepnet",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["binary_tensor_data", "classification"],
    }))
}

/// `GET /v2/models/NAME`
pub(crate) fn model(slot: &Slot) -> Reply {
    let loaded = slot.current();
    answer::json(&json!({
        "name": slot.name(),
        "versions": [VERSION],
        "platform": "stepnet",
        "inputs": [{"name": INPUT, "datatype": "FP32", "shape": shape(loaded.predictor.input())}],
        "outputs": [{"name": OUTPUT, "datatype": "FP32", "shape": shape(loaded.predictor.output())}],
    }))
}

/// `POST /v2/repository/index`, which Triton's clients list models with.
pub(crate) fn index(state: &State) -> Reply {
    let models = state.slots.iter();
    let models = models.map(|slot| {
        let reason = slot.problem().unwrap_or_default();
        json!({"name": slot.name(), "version": VERSION, "state": "READY", "reason": reason})
    });
    answer::json(&models.collect::<Vec<Value>>())
}

/// A shape with an axis of any length before it.
fn shape(of: Shape) -> Vec<i64> {
    let mut axes = vec![-1];
    axes.extend(axes_of(of).iter().map(|&axis| axis as i64));
    axes
}
