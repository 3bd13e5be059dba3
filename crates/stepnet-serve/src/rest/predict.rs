//! `POST /api/models/NAME/predict`

use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value, json};
use stepnet::nn::Task;

use super::files::{self, Named};
use super::heat_map::heat_map;
use super::query::Query;
use crate::http::body::Body;
use crate::http::{Answer, Refusal, answer};
use crate::input::aside;
use crate::model::{Loaded, Slot};
use crate::ranking::ranked;
use crate::state::State;

/// The most images of a request with heat maps: each takes a backward pass.
const MOST_HEAT_MAPS: usize = 16;

/// Predicts for image files or values.
///
/// # Errors
/// What is wrong with the request, or that it comes at a bad time.
pub(crate) async fn predict(
    state: &Arc<State>,
    slot: &Slot,
    headers: &HeaderMap,
    query: &str,
    body: Body,
) -> Answer {
    let query = Query::read(query)?;
    let loaded = slot.current();
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let work = {
        let (state, loaded) = (Arc::clone(state), Arc::clone(&loaded));
        let query_maps = query.heat_map;
        move || {
            let mut body = body;
            // Texts and numbers of JSON, next to the body itself.
            if !body.lease.grow(4 * body.bytes.len()) {
                return Err(Refusal::busy(
                    "too many large requests at a time; try again",
                ));
            }
            let named = files::read(&state, loaded, &kind, &body.bytes)?;
            let maps = match query_maps {
                None => Vec::new(),
                Some(_) if named.names.len() > MOST_HEAT_MAPS => {
                    return Err(Refusal::too_large(format!(
                        "{} images, expected at most {MOST_HEAT_MAPS} with heat maps",
                        named.names.len()
                    )));
                }
                Some(wanted) => (0..named.names.len())
                    .map(|number| {
                        let x = named.inputs.example(number);
                        heat_map(&named.inputs.loaded, x, &wanted, named.sizes[number])
                    })
                    .collect::<Answer<Vec<Value>>>()?,
            };
            Ok((named, maps))
        }
    };
    let (Named { inputs, names, .. }, maps) = aside(work).await?;
    let (loaded, input) = inputs.into_parts();
    let outputs = slot.predict(&loaded, input, state.limits.time).await?;
    let rows = outputs.chunks_exact(loaded.output_len());
    let mut maps = maps.into_iter();
    let pictures: Vec<Value> = rows
        .zip(names)
        .map(|(row, name)| {
            let mut picture = described(&loaded, row, query.top);
            picture.insert("picture".into(), name.into());
            if let Some(map) = maps.next() {
                picture.insert("heatmap".into(), map);
            }
            Value::from(picture)
        })
        .collect();
    Ok(answer::json(
        &json!({"model": slot.name(), "hash": loaded.hash.short(), "pictures": pictures}),
    ))
}

/// The outputs for one example, in the form of `stepnet predict --json`.
fn described(loaded: &Loaded, row: &[f32], top: Option<usize>) -> Map<String, Value> {
    let names = &loaded.names;
    let mut picture = Map::new();
    let named = names.iter().zip(row);
    match &loaded.model.preprocessing.task {
        Task::Classes => {
            let value = match loaded.model.network.loss() {
                loss if loss.is_of_numbers() => "score",
                _ => "probability",
            };
            let ranked = ranked(row).into_iter().take(top.unwrap_or(usize::MAX));
            let classes: Vec<Value> = ranked
                .map(|(class, of)| json!({"class": names[class], value: of}))
                .collect();
            picture.insert("predictions".into(), classes.into());
        }
        Task::Labels => {
            let labels: Vec<Value> = named
                .map(|(label, &of)| json!({"label": label, "probability": of, "applies": of > 0.5}))
                .collect();
            picture.insert("labels".into(), labels.into());
        }
        Task::Numbers(_) => {
            let numbers = named.map(|(name, &number)| (name.clone(), number.into()));
            let numbers: Map<String, Value> = numbers.collect();
            picture.insert("numbers".into(), numbers.into());
        }
    }
    picture
}
