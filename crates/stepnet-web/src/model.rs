//! Model files: the run's network as one, and those that were trained elsewhere.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use stepnet::nn::{ModelFile, Registry};

use crate::answer::{Answer, Array, Arrays, Failure};
use crate::check::summary;
use crate::opened::OpenedModel;
use crate::request::{NoParams, Request, Slot};
use crate::state::State;

pub(crate) fn save(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    let (name, bytes) = match (&state.run, &state.model) {
        (Some(run), _) => ("model.safetensors", run.model().to_bytes()?),
        (None, Some(opened)) => (opened.name.as_str(), opened.model.to_bytes()?),
        (None, None) => return Err(Failure::input("there is no network to save")),
    };
    let mut arrays = Arrays::default();
    let saved = json!({ "name": name, "bytes": arrays.place(Array::U8(bytes)) });
    Answer::of(&saved, arrays)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    name: String,
    bytes: Slot,
}

pub(crate) fn open(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let Params { name, bytes } = request.params()?;
    let bytes = request.take(bytes)?;
    let file = ModelFile::from_bytes(Path::new(&name), &bytes)?;
    let model = file.model::<f32>(Registry::builtin())?;
    model.check_finite()?;
    let opened = OpenedModel { name, model };
    let answer = json!({
        "name": opened.name,
        "summary": summary(&opened.model.network, &HashMap::new()),
        "classes": opened.model.classes,
        "input": opened.model.preprocessing.shape(),
        "training": opened.model.training,
        "hash": opened.model.network.hash(),
        "fitsData": state.data.as_ref().is_some_and(|data| opened.fits(data)),
    });
    state.run = None;
    state.model = Some(Box::new(opened));
    Answer::of(&answer, Arrays::default())
}
