//! The building blocks' cases as Rust types: inputs, expected arrays and printed texts, from
//! `fixtures/seeds.json`. The file is part of the library, so that what it lacks is our own fault
//! and stops the program.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use stepnet::Result;
use stepnet::rng::RandomState;

/// Arrays by name, as `f64`; booleans are 0 and 1, numbers have no dimension.
pub(super) type Arrays = BTreeMap<String, ArrayD<f64>>;

#[derive(Deserialize)]
pub(super) struct Fixtures {
    pub(super) cases: Vec<CaseText>,
    pub(super) errata: Vec<Erratum>,
}

#[derive(Deserialize)]
pub(super) struct Erratum {
    pub(super) id: String,
    pub(super) cases: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct CaseText {
    pub(super) id: String,
    pub(super) seed_documents: Vec<String>,
    pub(super) function: String,
    pub(super) inputs: Inputs,
    #[serde(default)]
    pub(super) input_checks: BTreeMap<String, ExpectedArray>,
    pub(super) expected: BTreeMap<String, ExpectedArray>,
    pub(super) printed: Vec<Printed>,
}

#[derive(Deserialize)]
pub(super) struct Inputs {
    pub(super) rng: Option<Rng>,
    #[serde(default)]
    pub(super) literal: BTreeMap<String, Value>,
    #[serde(default)]
    derived: BTreeMap<String, DerivedCase>,
    pub(super) hyperparameters: Hyperparameters,
}

#[derive(Deserialize)]
pub(super) struct Rng {
    pub(super) seed: u32,
    draws: Vec<RandomDraw>,
}

#[derive(Deserialize)]
struct RandomDraw {
    name: String,
    shape: Vec<usize>,
    offset: usize,
    count: usize,
    first: f64,
    last: f64,
    sum: f64,
}

#[derive(Deserialize)]
struct DerivedCase {
    case: String,
    expected: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hyperparameters {
    pub(super) stride: Option<usize>,
    pub(super) pad: Option<usize>,
    pub(super) f: Option<usize>,
    pub(super) mode: Option<String>,
    pub(super) activation: Option<String>,
    pub(super) activations: Option<Vec<String>>,
    pub(super) learning_rate: Option<f64>,
    pub(super) scale: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct ExpectedArray {
    pub(super) shape: Vec<usize>,
    pub(super) dtype: String,
    pub(super) value: Option<Value>,
    pub(super) sum: Option<f64>,
    pub(super) mean: Option<f64>,
    #[serde(default)]
    pub(super) slices: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct Printed {
    pub(super) documents: Vec<String>,
    pub(super) label: String,
    pub(super) text: String,
    pub(super) of: String,
    pub(super) agrees: bool,
    pub(super) erratum: Option<String>,
    #[serde(default)]
    pub(super) truncated: bool,
}

pub(super) fn load() -> Fixtures {
    let text = include_str!("../../fixtures/seeds.json");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("fixtures/seeds.json: {error}"))
}

/// A nested list as an array.
pub(super) fn array(value: &Value) -> ArrayD<f64> {
    let (mut shape, mut values, mut inner) = (Vec::new(), Vec::new(), value);
    while let Value::Array(items) = inner {
        shape.push(items.len());
        inner = items.first().unwrap_or(&Value::Null);
    }
    flatten(value, &mut values);
    ArrayD::from_shape_vec(shape, values)
        .unwrap_or_else(|error| panic!("fixtures/seeds.json: a ragged list: {error}"))
}

fn flatten(value: &Value, values: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flatten(item, values)),
        Value::Bool(truth) => values.push(f64::from(u8::from(*truth))),
        other => values.push(other.as_f64().unwrap_or(f64::NAN)),
    }
}

impl Fixtures {
    /// The inputs of a case: drawn by our own generator, given, or taken from another case.
    pub(super) fn inputs(&self, case: &CaseText) -> Result<Arrays> {
        let mut arrays = Arrays::new();
        if let Some(rng) = &case.inputs.rng {
            arrays.extend(draw(rng)?);
        }
        let literals = case
            .inputs
            .literal
            .iter()
            .map(|(name, value)| (name.clone(), array(value)));
        arrays.extend(literals);
        for (name, source) in &case.inputs.derived {
            let mut origins = self.cases.iter().filter(|case| case.id == source.case);
            let array = origins
                .next()
                .and_then(|origin| origin.expected.get(&source.expected)?.array())
                .unwrap_or_else(|| panic!("fixtures/seeds.json: {}: no {name}", case.id));
            arrays.insert(name.clone(), array);
        }
        Ok(arrays)
    }
}

/// The generator is seeded once and draws one array after the other.
fn draw(rng: &Rng) -> Result<Arrays> {
    let mut random = RandomState::new(rng.seed);
    let mut arrays = Arrays::new();
    for draw in &rng.draws {
        let array = random.randn(draw.shape.as_slice())?;
        arrays.insert(draw.name.clone(), array);
    }
    Ok(arrays)
}

/// The published facts about a drawn array.
pub(super) struct DrawFacts<'a> {
    pub(super) name: &'a str,
    /// Values drawn before it, and its own.
    pub(super) span: [usize; 2],
    pub(super) ends: [f64; 2],
    pub(super) sum: f64,
}

impl Rng {
    pub(super) fn facts(&self) -> impl Iterator<Item = DrawFacts<'_>> {
        self.draws.iter().map(|draw| DrawFacts {
            name: &draw.name,
            span: [draw.offset, draw.count],
            ends: [draw.first, draw.last],
            sum: draw.sum,
        })
    }
}

impl ExpectedArray {
    /// All values, where they are stated.
    pub(super) fn array(&self) -> Option<ArrayD<f64>> {
        self.value.as_ref().map(array)
    }
}
