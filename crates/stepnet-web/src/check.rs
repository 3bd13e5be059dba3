//! A network's text: its layers with their shapes, or what is wrong with it and the change that mends it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use stepnet::nn::notation::{NotationError, expand, parse, presets};
use stepnet::nn::{Diagnosis, Network, Registry, Shape};
use stepnet::optim::Rule;
use stepnet::see::Summary;
use stepnet::train::Learner;

use crate::answer::{Answer, Arrays, Failure};
use crate::request::Request;

/// Larger networks are refused as they are typed: their weights alone take a quarter of a gigabyte.
pub(crate) const MOST_PARAMETERS: usize = 1 << 26;

/// The batch that memory is estimated for.
const BATCH: usize = 32;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    text: String,
    input: Vec<usize>,
    classes: usize,
}

pub(crate) fn answer(request: &Request<'_>) -> Result<Answer, Failure> {
    let Params {
        text,
        input,
        classes,
    } = request.params()?;
    let input = shape(&input)?;
    let preset = presets::find(text.trim());
    let places = match preset {
        Some(_) => HashMap::new(),
        None => places(&text),
    };
    // Names, so that a network with other outputs than classes is refused, as in a training.
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    let builder = Network::<f32>::builder()
        .most_parameters(MOST_PARAMETERS)
        .class_names(&names);
    let checked = match builder.build(&text, input) {
        Ok(network) => json!({
            "ok": true,
            "canonical": network.text().to_string(),
            "preset": preset.map(|preset| preset.name),
            "summary": summary(&network, &places),
            "advice": network.closing_advice(),
            "trainingBytes": Learner::bytes(&network, Rule::ADAM, BATCH, false)?,
        }),
        Err(error) => {
            let diagnosis = error.detail::<Diagnosis>();
            let notation = error.detail::<NotationError>().map(|error| error.column);
            let column = diagnosis.map(|diagnosis| diagnosis.column).or(notation);
            // Columns in the text of a preset mean nothing to who has written its name.
            let column = column.filter(|_| preset.is_none()).unwrap_or(0);
            let layer = diagnosis.and_then(|diagnosis| places.get(&diagnosis.layer));
            let end = match layer {
                Some(&[_, end]) => end,
                None => column + word_at(&text, column),
            };
            json!({
                "ok": false,
                "message": error.to_string(),
                "column": column,
                "end": end,
                "diagnosis": diagnosis,
            })
        }
    };
    Answer::of(&checked, Arrays::default())
}

/// A shape: height, width and channels, or a number of features.
fn shape(extents: &[usize]) -> Result<Shape, Failure> {
    match *extents {
        [features] => Ok(Shape::Features(features)),
        [height, width, channels] => Ok(Shape::from([height, width, channels])),
        _ => Err(Failure::input(format!(
            "the input is {extents:?}, expected height, width and channels, or one number of features"
        ))),
    }
}

/// Where each layer stands in a text, by its name: column and end.
fn places(text: &str) -> HashMap<String, [usize; 2]> {
    let registry = Registry::<f32>::builtin();
    let layers = parse(text, registry.kinds()).and_then(|network| expand(&network));
    let layers = layers.unwrap_or_default().into_iter();
    layers
        .map(|layer| (layer.name, [layer.column, layer.end]))
        .collect()
}

/// The characters of the word at a column, 1 where there is none.
fn word_at(text: &str, column: usize) -> usize {
    let rest = text.chars().skip(column.saturating_sub(1));
    let word = rest.take_while(|c| c.is_alphanumeric() || *c == '_');
    word.count().max(1)
}

/// A network's layers, with their places in the text that it was built from.
pub(crate) fn summary(network: &Network<f32>, places: &HashMap<String, [usize; 2]>) -> Value {
    let summary = Summary::of(network);
    let kinds = network
        .nodes()
        .iter()
        .map(|node| node.layer().text().kind().to_owned());
    let layers: Vec<Value> = summary
        .layers
        .iter()
        .zip(kinds)
        .map(|(layer, kind)| {
            let [column, end] = places.get(&layer.name).copied().unwrap_or_default();
            json!({
                "name": layer.name,
                "text": layer.layer,
                "kind": kind,
                "inputs": layer.inputs,
                "output": layer.output,
                "parameters": layer.parameters,
                "multiplyAdds": layer.multiply_adds,
                "implied": layer.implied,
                "column": column,
                "end": end,
            })
        })
        .collect();
    json!({
        "network": summary.network,
        "input": summary.input,
        "layers": layers,
        "parameters": summary.parameters,
        "trainable": summary.trainable,
        "multiplyAdds": summary.multiply_adds,
        "loss": summary.loss,
    })
}
