//! How well the network does on a part of the data, and its worst mistakes.

use serde::Deserialize;
use serde_json::{Value, json};
use stepnet::train::evaluate_with;
use stepnet::train::mistakes::Mistakes;

use crate::answer::{Answer, Array, Arrays, Failure};
use crate::pictures::Part;
use crate::request::Request;
use crate::state::State;

/// More mistakes than a page can show.
const MOST_MISTAKES: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    of: Part,
    mistakes: usize,
}

pub(crate) fn answer(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let Params { of, mistakes } = request.params()?;
    let viewed = state.viewed()?;
    let part = state.part(of)?;
    // A model from elsewhere has its own classes, perhaps in another order, and its own range of values.
    let (own, fitted);
    let (data, preprocessing) = match &state.run {
        Some(_) => (part, viewed.preprocessing),
        None => {
            own = part.clone().with_classes(viewed.classes)?;
            fitted = match state.data()?.pictures {
                true => viewed.preprocessing.for_pictures(),
                false => viewed.preprocessing.clone(),
            };
            (&own, &fitted)
        }
    };
    let loss = viewed.network.loss();
    let mut worst = Mistakes::new(mistakes.min(MOST_MISTAKES));
    let evaluation = evaluate_with(viewed.network, data, preprocessing, |judged| {
        worst.observe(loss, &judged);
    })?;
    let tally = evaluation.tally().ok_or_else(|| {
        Failure::input("evaluate: the data has no classes, which a page shows scores of")
    })?;
    let confusion = tally.confusion();
    let counts = (0..confusion.classes()).flat_map(|actual| confusion.row(actual));
    let counts = counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let names = viewed.classes.iter().map(String::as_str);
    let classes: Vec<Value> = tally
        .metrics()
        .classes
        .iter()
        .zip(names)
        .map(|(class, name)| {
            json!({
                "name": name,
                "examples": class.examples,
                "precision": class.precision,
                "recall": class.recall,
                "f1": class.f1,
            })
        })
        .collect();
    let mistakes: Vec<Value> = worst
        .worst()
        .iter()
        .map(|mistake| {
            json!({
                "index": mistake.example,
                "actual": mistake.actual,
                "predicted": mistake.predicted,
                "probabilities": mistake.probabilities,
                "loss": mistake.loss,
            })
        })
        .collect();
    let mut arrays = Arrays::default();
    let answer = json!({
        "examples": evaluation.scores.examples,
        "loss": evaluation.scores.mean_loss(),
        "accuracy": evaluation.scores.accuracy(),
        "classes": classes,
        "confusion": arrays.place(Array::U32(counts.collect())),
        "mistakes": mistakes,
    });
    Answer::of(&answer, arrays)
}
