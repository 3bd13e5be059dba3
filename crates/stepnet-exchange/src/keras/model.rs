//! From a description and weights to a graph, layer by layer.

use std::collections::HashMap;

use super::build::{Build, Site};
use super::config::{LayerConfig, ModelConfig, Operand, is_model, model};
use super::layers;
use super::weights::{Place, snake_case};
use crate::Shape;
use crate::graph::Value;
use crate::problem::Checked;
use serde_json::Value as Json;

/// Models in models are built so deep.
const DEEPEST: usize = 16;

/// The shape of a model's input.
///
/// # Errors
/// A description that does not say it, or several inputs.
pub(crate) fn input_shape(json: &Json, given: Option<Shape>) -> Checked<Shape> {
    let described = model(json)?;
    if described.inputs.len() > 1 {
        return Err(format!(
            "the model has {} inputs, expected one",
            described.inputs.len()
        )
        .into());
    }
    let first = described.layers.first();
    let Some(first) = first else {
        return Err("the model has no layers".into());
    };
    let input = match described.inputs.first() {
        Some(name) => described
            .layers
            .iter()
            .find(|layer| layer.name == *name)
            .unwrap_or(first),
        None => first,
    };
    if is_model(input.class) && given.is_none() {
        // A model in a list, without an input of its own.
        return match described.inputs.is_empty() {
            true => input_shape(&input.nested(), given),
            false => Err("the model's input is a model".into()),
        };
    }
    if let Some(shape) = given {
        return Ok(shape);
    }
    let shape = input
        .get("batch_shape")
        .or_else(|| input.get("batch_input_shape"));
    let extents = shape
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let whole = |json: &Json| json.as_u64().and_then(|n| usize::try_from(n).ok());
    let shape = match extents {
        [_, height, width, channels] => match [height, width, channels].map(whole) {
            [Some(height), Some(width), Some(channels)] => {
                Some(Shape::volume(height, width, channels))
            }
            [_, _, Some(channels)] => {
                return Err(format!(
                    "the model leaves the size of its images open: give it as `input`, such as 224x224x{channels}"
                )
                .into());
            }
            _ => None,
        },
        [_, features] => whole(features).map(Shape::Features),
        _ => None,
    };
    let shape = shape.ok_or(
        "the model does not say the shape of its input: give it as `input`, such as 224x224x3",
    )?;
    Ok(shape.checked()?)
}

impl Build<'_> {
    /// Builds a whole model, and gives its output.
    ///
    /// # Errors
    /// The first layer that cannot be expressed.
    pub(crate) fn run(&mut self, json: &Json) -> Checked<Value> {
        let input = self.graph.input();
        let output = self.model(json, input, &Place::default(), 0)?;
        match (self.until, self.ended) {
            (Some(until), None) => Err(format!("no layer is called {until:?} (`until`)").into()),
            (_, Some(ended)) => Ok(ended),
            (None, None) => Ok(output),
        }
    }

    /// Builds the layers of a model that takes `input`.
    fn model(&mut self, json: &Json, input: Value, around: &Place, depth: usize) -> Checked<Value> {
        if depth > DEEPEST {
            return Err(format!("models are nested more than {DEEPEST} deep").into());
        }
        let described = model(json)?;
        let places = places(&described, around);
        match described.layers.iter().all(|layer| layer.inbound.is_none()) {
            true => self.list(&described, &places, input, depth),
            false => self.functional(&described, &places, input, depth),
        }
    }

    fn list(
        &mut self,
        described: &ModelConfig<'_>,
        places: &[Place],
        input: Value,
        depth: usize,
    ) -> Checked<Value> {
        let mut value = input;
        for (layer, place) in described.layers.iter().zip(places) {
            value = self.layer(layer, (place, &[]), &[value], depth)?;
            if self.ended.is_some() {
                break;
            }
        }
        Ok(value)
    }

    fn functional(
        &mut self,
        described: &ModelConfig<'_>,
        places: &[Place],
        input: Value,
        depth: usize,
    ) -> Checked<Value> {
        let [output] = described.outputs[..] else {
            let count = described.outputs.len();
            return Err(format!(
                "the model has {count} outputs, expected one: `until` names a layer to end at"
            )
            .into());
        };
        let mut values: HashMap<&str, Value> = HashMap::new();
        let mut waiting: Vec<(&LayerConfig<'_>, &Place)> =
            described.layers.iter().zip(places).collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut later = Vec::new();
            for (layer, place) in waiting {
                if layer.class == "InputLayer" {
                    values.insert(layer.name, input);
                    continue;
                }
                let uses = layer.inbound.as_deref().unwrap_or_default();
                let operands = match uses {
                    [one] => one,
                    [] => return Err(format!("{} takes nothing", layer.shown()).into()),
                    _ => {
                        let problem = "is used more than once, which the notation cannot write";
                        return Err(format!("{} {problem}", layer.shown()).into());
                    }
                };
                let outputs = operands.iter().filter_map(|operand| match operand {
                    Operand::Output(name) => Some(values.get(name).copied()),
                    Operand::Numbers(_) => None,
                });
                let taken: Option<Vec<Value>> = outputs.collect();
                let Some(taken) = taken else {
                    later.push((layer, place));
                    continue;
                };
                let value = self.layer(layer, (place, operands), &taken, depth)?;
                if self.ended.is_some() {
                    return Ok(value);
                }
                values.insert(layer.name, value);
            }
            if later.len() == before {
                let first = later
                    .first()
                    .map(|(layer, _)| layer.shown())
                    .unwrap_or_default();
                return Err(format!(
                    "{first} takes the output of a layer that is not there, or of itself"
                )
                .into());
            }
            waiting = later;
        }
        let found = values.get(output).copied();
        Ok(found.ok_or_else(|| format!("the output {output:?} is no layer of the model"))?)
    }

    fn layer(
        &mut self,
        layer: &LayerConfig<'_>,
        (place, operands): (&Place, &[Operand<'_>]),
        inputs: &[Value],
        depth: usize,
    ) -> Checked<Value> {
        let value = match (is_model(layer.class), inputs) {
            (true, &[input]) => self.model(&layer.nested(), input, place, depth + 1)?,
            _ => {
                let place = place.clone();
                let site = Site {
                    layer,
                    place,
                    operands,
                };
                layers::add(self, &site, inputs)?
            }
        };
        if depth == 0 && self.until == Some(layer.name) {
            self.ended = Some(value);
        }
        Ok(value)
    }
}

/// Where the layers of a model stand. Keras 3 numbers those of a class, in their order.
fn places(described: &ModelConfig<'_>, around: &Place) -> Vec<Place> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut models = around.around.clone();
    if !around.name.is_empty() {
        models.push(around.name.clone());
    }
    let path = match around.path.as_str() {
        "" => String::new(),
        path => format!("{path}/"),
    };
    let places = described.layers.iter().map(|layer| {
        let count = counts.entry(layer.class).or_default();
        let number = match *count {
            0 => String::new(),
            number => format!("_{number}"),
        };
        *count += 1;
        Place {
            around: models.clone(),
            name: layer.name.to_owned(),
            path: format!("{path}layers/{}{number}", snake_case(layer.class)),
        }
    });
    places.collect()
}
