//! The description of a model in JSON, of Keras 1 to 3: which layers it has, and which takes whose output.

use serde_json::{Map, Value as Json};

use crate::problem::Checked;

/// The longest description that is read. Those of large networks have some hundred thousand bytes.
const LONGEST: usize = 16 << 20;

/// The most layers of a model.
const MOST_LAYERS: usize = 4096;

/// A layer as a model describes it.
#[derive(Debug)]
pub(crate) struct LayerConfig<'a> {
    /// Its class, such as `Conv2D`.
    pub(crate) class: &'a str,
    /// Its name in the model.
    pub(crate) name: &'a str,
    config: &'a Map<String, Json>,
    /// What it takes; one list for each time that it is used. `None` where the model is a list, and each layer takes the
    /// output of the one before.
    pub(crate) inbound: Option<Vec<Vec<Operand<'a>>>>,
}

/// What a layer takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand<'a> {
    /// The output of the layer of this name.
    Output(&'a str),
    /// A number for all values, or one for each channel; empty where a constant is neither.
    Numbers(Vec<f64>),
}

/// A model: its layers, and those that its outputs come from.
#[derive(Debug)]
pub(crate) struct ModelConfig<'a> {
    pub(crate) layers: Vec<LayerConfig<'a>>,
    /// The layers that stand for its inputs, and those that its outputs come from; empty in a list of layers.
    pub(crate) inputs: Vec<&'a str>,
    pub(crate) outputs: Vec<&'a str>,
}

/// Reads a text of JSON.
///
/// # Errors
/// A text that is too long, or is not JSON.
pub(crate) fn parse(text: &str) -> Checked<Json> {
    if text.len() > LONGEST {
        return Err(format!(
            "its description has {} bytes, expected at most {LONGEST}",
            text.len()
        )
        .into());
    }
    let json = serde_json::from_str(text);
    Ok(json.map_err(|error| format!("its description is not JSON: {error}"))?)
}

/// The classes that are models themselves.
pub(crate) fn is_model(class: &str) -> bool {
    matches!(class, "Sequential" | "Functional" | "Model")
}

/// The layers of a model described as `{class_name, config}`.
///
/// # Errors
/// A class that is no model, or a description without layers.
pub(crate) fn model(json: &Json) -> Checked<ModelConfig<'_>> {
    let class = json
        .get("class_name")
        .and_then(Json::as_str)
        .unwrap_or_default();
    if !is_model(class) {
        return Err(format!(
            "the model is of class {class:?}, expected Sequential or Functional: others keep their network in their code"
        )
        .into());
    }
    let config = json.get("config").unwrap_or(&Json::Null);
    // In Keras 1 and 2.0, a Sequential is a list without a name.
    let layers = config.get("layers").unwrap_or(config);
    let Some(layers) = layers.as_array() else {
        return Err("the description of the model has no layers".into());
    };
    if layers.len() > MOST_LAYERS {
        return Err(format!(
            "the model has {} layers, expected at most {MOST_LAYERS}",
            layers.len()
        )
        .into());
    }
    let sequential = class == "Sequential";
    let layers: Checked<Vec<_>> = layers.iter().map(|json| layer(json, sequential)).collect();
    Ok(ModelConfig {
        layers: layers?,
        inputs: ends(config.get("input_layers")),
        outputs: ends(config.get("output_layers")),
    })
}

fn layer(json: &Json, sequential: bool) -> Checked<LayerConfig<'_>> {
    let class = json.get("class_name").and_then(Json::as_str);
    let config = json.get("config").and_then(Json::as_object);
    let (Some(class), Some(config)) = (class, config) else {
        return Err("a layer is described without its class or its config".into());
    };
    let name = json
        .get("name")
        .or_else(|| config.get("name"))
        .and_then(Json::as_str);
    let inbound = (!sequential).then(|| inbound(json.get("inbound_nodes")));
    Ok(LayerConfig {
        class,
        name: name.unwrap_or(class),
        config,
        inbound,
    })
}

/// The names in `["conv1", 0, 0]`, or in a list of such.
fn ends(json: Option<&Json>) -> Vec<&str> {
    match json.and_then(Json::as_array).map(Vec::as_slice) {
        Some([Json::String(name), ..]) => vec![name],
        Some(list) => list.iter().flat_map(|json| ends(Some(json))).collect(),
        None => Vec::new(),
    }
}

/// What each use of a layer takes.
fn inbound(json: Option<&Json>) -> Vec<Vec<Operand<'_>>> {
    let uses = json
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut all = Vec::new();
    for one in uses {
        let mut operands = Vec::new();
        match one {
            // Keras 3: arguments, among them tensors with the layer that made them.
            Json::Object(call) => {
                let positional = call.get("args").and_then(Json::as_array);
                let named = call.get("kwargs").and_then(Json::as_object);
                let positional = positional.into_iter().flatten();
                let named = named.into_iter().flat_map(|named| named.values());
                positional
                    .chain(named)
                    .for_each(|json| argument(json, &mut operands));
            }
            // Before: `[["conv1", 0, 0, {}], ...]`, or one of these alone.
            Json::Array(list) if matches!(list.first(), Some(Json::String(_))) => {
                older(list, &mut operands);
            }
            Json::Array(lists) => {
                for list in lists.iter().filter_map(Json::as_array) {
                    older(list, &mut operands);
                }
            }
            _ => {}
        }
        all.push(operands);
    }
    all
}

/// An argument of a call, as Keras 3 writes it.
fn argument<'a>(json: &'a Json, operands: &mut Vec<Operand<'a>>) {
    let constant = json.get("class_name").and_then(Json::as_str);
    match (json, constant) {
        (Json::Number(_), _) => operands.extend(vector(json).map(Operand::Numbers)),
        (_, Some("__numpy__" | "__tensor__")) => {
            let value = json.get("config").and_then(|config| config.get("value"));
            let numbers = value.and_then(vector).unwrap_or_default();
            operands.push(Operand::Numbers(numbers));
        }
        _ => tensors(json, operands),
    }
}

fn tensors<'a>(json: &'a Json, operands: &mut Vec<Operand<'a>>) {
    match json {
        Json::Object(map) => {
            let tensor = map.get("class_name").and_then(Json::as_str) == Some("__keras_tensor__");
            let history = map
                .get("config")
                .and_then(|config| config.get("keras_history"));
            match (
                tensor,
                history
                    .and_then(|history| history.get(0))
                    .and_then(Json::as_str),
            ) {
                (true, Some(name)) => operands.push(Operand::Output(name)),
                _ => map.values().for_each(|value| tensors(value, operands)),
            }
        }
        Json::Array(list) => list.iter().for_each(|value| tensors(value, operands)),
        _ => {}
    }
}

/// `["conv1", 0, 0, {"y": 3.0}]`: a layer's output, or a constant in its place, and the other arguments of an operator.
fn older<'a>(list: &'a [Json], operands: &mut Vec<Operand<'a>>) {
    match list.first().and_then(Json::as_str) {
        Some("_CONSTANT_VALUE") => {
            let numbers = list.get(2).and_then(vector).unwrap_or_default();
            operands.push(Operand::Numbers(numbers));
        }
        Some(name) => operands.push(Operand::Output(name)),
        None => {}
    }
    let named = list.get(3).and_then(Json::as_object);
    for value in named.into_iter().flat_map(|named| named.values()) {
        match value.as_array() {
            Some(list) if matches!(list.first(), Some(Json::String(_))) => older(list, operands),
            _ => operands.extend(vector(value).map(Operand::Numbers)),
        }
    }
}

/// A number, or numbers along the last axis.
fn vector(json: &Json) -> Option<Vec<f64>> {
    match json {
        Json::Array(list) => match list.as_slice() {
            [one] => vector(one),
            numbers => numbers.iter().map(Json::as_f64).collect(),
        },
        number => number.as_f64().map(|number| vec![number]),
    }
}

impl<'a> LayerConfig<'a> {
    /// The layer for messages.
    pub(crate) fn shown(&self) -> String {
        format!("layer {:?} ({})", self.name, self.class)
    }

    /// An argument; `None` if it is not given, or null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Json> {
        self.config.get(name).filter(|value| !value.is_null())
    }

    /// The description of a model that is a layer of this one.
    pub(crate) fn nested(&self) -> Json {
        serde_json::json!({"class_name": self.class, "config": self.config})
    }

    fn wrong(&self, name: &str, expected: &str) -> String {
        let found = self.get(name).map_or("missing".to_owned(), Json::to_string);
        format!("{}: {name} is {found}, expected {expected}", self.shown())
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is missing or is something else.
    pub(crate) fn count(&self, name: &str) -> Checked<usize> {
        let number = self.get(name).and_then(whole);
        Ok(number.ok_or_else(|| self.wrong(name, "a whole number"))?)
    }

    /// Height and width, given as both or as one number.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn pair(&self, name: &str, default: [usize; 2]) -> Checked<[usize; 2]> {
        let Some(value) = self.get(name) else {
            return Ok(default);
        };
        let pair = match value.as_array().map(Vec::as_slice) {
            Some([height, width]) => whole(height).zip(whole(width)).map(|(h, w)| [h, w]),
            Some(_) => None,
            None => whole(value).map(|both| [both; 2]),
        };
        Ok(pair.ok_or_else(|| self.wrong(name, "one or two whole numbers"))?)
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            // A layer's number may be an array of one.
            Json::Object(object) => object.get("config")?.get("value")?.as_f64(),
            value => value.as_f64(),
        }
    }

    /// A switch.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).and_then(Json::as_bool).unwrap_or(default)
    }

    /// A word, or the name of a function.
    pub(crate) fn word(&self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Json::String(word) => Some(word),
            Json::Object(object) => {
                let config = object.get("config").and_then(Json::as_str);
                config.or_else(|| object.get("class_name").and_then(Json::as_str))
            }
            _ => None,
        }
    }

    /// Numbers of a list.
    pub(crate) fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        fn flat(json: &Json, into: &mut Vec<f64>) {
            match json {
                Json::Array(list) => list.iter().for_each(|json| flat(json, into)),
                other => into.extend(other.as_f64()),
            }
        }
        let mut numbers = Vec::new();
        flat(self.get(name)?, &mut numbers);
        Some(numbers)
    }
}

fn whole(json: &Json) -> Option<usize> {
    let number = json.as_u64().or_else(|| {
        let number = json.as_f64()?;
        (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64)
    });
    number.and_then(|number| usize::try_from(number).ok())
}
