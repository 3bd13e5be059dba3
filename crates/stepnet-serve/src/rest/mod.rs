//! The endpoints for people and their scripts: image files in, classes out.

mod files;
mod heat_map;
mod multipart;
mod predict;
mod query;

use std::time::SystemTime;

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};
use stepnet::nn::Resize;

use crate::http::{Reply, answer};
use crate::model::Slot;
use crate::state::State;

pub(crate) use predict::predict;

/// Reads a request as far as no model is needed for it.
pub(crate) fn read_for_fuzzing(headers: &HeaderMap, body: &[u8]) {
    let header = headers.get(CONTENT_TYPE).map(|value| value.to_str());
    let Some(Ok(header)) = header else {
        return;
    };
    drop(query::Query::read(header));
    files::read_json_for_fuzzing(body);
    let boundary = multipart::boundary(header);
    if let Some(Ok(parts)) = boundary.map(|boundary| multipart::parts(body, boundary)) {
        for part in parts {
            // A place outside of the body ends the run.
            let _content = &body[part.content];
        }
    }
}

/// `GET /api/models`
pub(crate) fn models(state: &State) -> Reply {
    let models: Vec<Value> = state.slots.iter().map(described).collect();
    answer::json(&json!({"models": models}))
}

fn described(slot: &Slot) -> Value {
    let loaded = slot.current();
    let preprocessing = &loaded.model.preprocessing;
    let since = loaded.since.duration_since(SystemTime::UNIX_EPOCH);
    json!({
        "name": slot.name(),
        "input": preprocessing.shape(),
        "task": preprocessing.task.name(),
        "names": loaded.names,
        "resize": match preprocessing.resize {
            Resize::Stretch => "stretch",
            Resize::Crop => "crop",
            Resize::Fit => "fit",
        },
        "images": loaded.no_images.is_none(),
        "hash": loaded.hash.short(),
        "loaded": since.unwrap_or_default().as_secs(),
        "problem": slot.problem(),
    })
}
