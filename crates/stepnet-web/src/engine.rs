//! Which request is answered where.

use serde_json::json;
use stepnet::kernels::instruction_set;

use crate::answer::{Answer, Arrays, Failure};
use crate::request::{NoParams, Request};
use crate::state::State;
use crate::{check, load, look, measure, model, steps, training, vocabulary};

/// The engine of a page.
#[derive(Debug, Default)]
pub struct Engine(State);

impl Engine {
    /// An engine without data and network.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a request. `params` is JSON; where it has `{"$": n}`, `bytes[n]` belongs.
    ///
    /// # Errors
    /// What is wrong with the request, or why a training ended, in one line.
    pub fn call(
        &mut self,
        kind: &str,
        params: &str,
        bytes: Vec<Vec<u8>>,
    ) -> Result<Answer, Failure> {
        let state = &mut self.0;
        let request = &mut Request::new(kind, params, bytes);
        match kind {
            "about" => about(request),
            "vocabulary" => vocabulary::answer(request),
            "check" => check::answer(request),
            "load-digits" => load::digits(state, request),
            "load-images" => load::images(state, request),
            "load-files" => load::files(state, request),
            "examples" => load::examples(state, request),
            "new-run" => training::begin(state, request),
            "slice" => training::slice(state, request),
            "train-example" => training::one_example(state, request),
            "set-learning-rate" => training::set_learning_rate(state, request),
            "progress" => training::progress(state, request),
            "hash" => training::hash(state, request),
            "evaluate" => measure::answer(state, request),
            "predict" => look::predict(state, request),
            "activations" => look::activations(state, request),
            "parameters" => look::parameters(state, request),
            "why" => look::why(state, request),
            "gradcheck" => look::gradcheck(state, request),
            "grad-cam" => look::grad_cam(state, request),
            "save-model" => model::save(state, request),
            "open-model" => model::open(state, request),
            "step" => steps::answer(request),
            _ => Err(Failure::input(format!("{kind:?} is not a request"))),
        }
    }
}

fn about(request: &Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    let about = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "instructionSet": instruction_set(),
        "threads": 1,
    });
    Answer::of(&about, Arrays::default())
}
