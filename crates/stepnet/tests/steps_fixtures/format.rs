//! The fixture file as Rust types; its README says what the fields mean.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use stepnet::ndarray::ArrayD;
use stepnet::rng::RandomState;

/// Arrays by name, as `f64`; booleans are 0 and 1, numbers have no dimension.
pub(crate) type Arrays = BTreeMap<String, ArrayD<f64>>;

#[derive(Deserialize)]
pub(crate) struct Fixtures {
    pub(crate) cases: Vec<Case>,
    pub(crate) errata: Vec<Erratum>,
}

#[derive(Deserialize)]
pub(crate) struct Erratum {
    pub(crate) id: String,
    pub(crate) cases: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) inputs: Inputs,
    #[serde(default)]
    pub(crate) input_checks: BTreeMap<String, Expected>,
    pub(crate) expected: BTreeMap<String, Expected>,
    pub(crate) printed: Vec<Printed>,
}

#[derive(Deserialize)]
pub(crate) struct Inputs {
    pub(crate) rng: Option<Rng>,
    #[serde(default)]
    pub(crate) literal: BTreeMap<String, Value>,
    #[serde(default)]
    derived: BTreeMap<String, Derived>,
    pub(crate) hyperparameters: Hyperparameters,
}

#[derive(Deserialize)]
pub(crate) struct Rng {
    pub(crate) seed: u32,
    call: String,
    draws: Vec<Draw>,
}

#[derive(Deserialize)]
struct Draw {
    name: String,
    shape: Vec<usize>,
    offset: usize,
    count: usize,
    first: f64,
    last: f64,
    sum: f64,
}

#[derive(Deserialize)]
struct Derived {
    case: String,
    expected: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hyperparameters {
    pub(crate) stride: Option<usize>,
    pub(crate) pad: Option<usize>,
    pub(crate) f: Option<usize>,
    pub(crate) mode: Option<String>,
    pub(crate) activation: Option<String>,
    pub(crate) activations: Option<Vec<String>>,
    pub(crate) learning_rate: Option<f64>,
    pub(crate) scale: Option<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) shape: Vec<usize>,
    pub(crate) dtype: String,
    pub(crate) value: Option<Value>,
    pub(crate) sum: Option<f64>,
    pub(crate) mean: Option<f64>,
    #[serde(default)]
    pub(crate) slices: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct Printed {
    pub(crate) text: String,
    pub(crate) of: String,
    pub(crate) agrees: bool,
    pub(crate) erratum: Option<String>,
    #[serde(default)]
    pub(crate) truncated: bool,
}

pub(crate) fn load() -> Fixtures {
    serde_json::from_str(include_str!("../../fixtures/seeds.json")).unwrap()
}

/// A nested list as an array.
pub(crate) fn array(value: &Value) -> ArrayD<f64> {
    let (mut shape, mut values, mut inner) = (Vec::new(), Vec::new(), value);
    while let Value::Array(items) = inner {
        shape.push(items.len());
        inner = &items[0];
    }
    flatten(value, &mut values);
    ArrayD::from_shape_vec(shape, values).unwrap()
}

fn flatten(value: &Value, values: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flatten(item, values)),
        Value::Bool(truth) => values.push(f64::from(u8::from(*truth))),
        other => values.push(other.as_f64().unwrap()),
    }
}

impl Fixtures {
    /// The inputs of a case: drawn by our own generator, given, or taken from another case.
    pub(crate) fn inputs(&self, case: &Case) -> Arrays {
        let mut arrays = Arrays::new();
        if let Some(rng) = &case.inputs.rng {
            arrays.extend(draw(rng));
        }
        let literals = case
            .inputs
            .literal
            .iter()
            .map(|(name, value)| (name.clone(), array(value)));
        arrays.extend(literals);
        for (name, source) in &case.inputs.derived {
            let origin = self
                .cases
                .iter()
                .find(|case| case.id == source.case)
                .unwrap();
            arrays.insert(name.clone(), origin.expected[&source.expected].array());
        }
        arrays
    }
}

fn draw(rng: &Rng) -> Arrays {
    assert_eq!(rng.call, "randn");
    let mut random = RandomState::new(rng.seed);
    let mut drawn = 0;
    let mut arrays = Arrays::new();
    for Draw {
        name,
        shape,
        offset,
        count,
        first,
        last,
        sum,
    } in &rng.draws
    {
        let array = random.randn(shape.as_slice()).unwrap();
        assert_eq!((drawn, array.len()), (*offset, *count), "{name}");
        assert_eq!(array.iter().next(), Some(first), "{name}");
        assert_eq!(array.iter().last(), Some(last), "{name}");
        let total = crate::compare::sum(&array);
        assert!(
            (total - sum).abs() <= 1e-12 * sum.abs(),
            "{name}: sum {total}, expected {sum}"
        );
        drawn += count;
        arrays.insert(name.clone(), array);
    }
    arrays
}

impl Expected {
    pub(crate) fn array(&self) -> ArrayD<f64> {
        let array = array(self.value.as_ref().unwrap());
        assert_eq!(array.shape(), self.shape);
        array
    }
}
