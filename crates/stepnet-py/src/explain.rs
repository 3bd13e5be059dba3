//! Maps of the parts of images that speak for a class.

use std::sync::atomic::Ordering;

use pyo3::prelude::*;
use stepnet::nn::Model;
use stepnet::see::explain::draw::{Finding, Page};
use stepnet::see::explain::{Attribution, Explainer, Options, Target, method, random_twin};
use stepnet::see::why::Subject;
use stepnet::{Error, Number, Result};

use crate::convert::{raised, to_numpy};
use crate::examples::{Rows, Slices};
use crate::kept::each;
use crate::network::{Network, json};
use crate::signals::run_listening;

/// A page shows as many examples; arrays hold all of them.
const MOST_SHOWN: usize = 12;

/// What maps are asked for.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct AskedMaps {
    names: Vec<String>,
    method: String,
    class: Option<String>,
    layer: Option<String>,
    sanity: bool,
    steps: usize,
    samples: usize,
    noise: f64,
    seed: u32,
    patch: Option<usize>,
    stride: Option<usize>,
    baseline: String,
    divisor: f64,
}

/// The maps of all examples, their attributions by value and the maps of the twin with random weights, where there are
/// any; all of the rest as JSON, and a page.
type Maps = (
    Py<PyAny>,
    Option<Py<PyAny>>,
    Option<Py<PyAny>>,
    String,
    String,
);

/// An example, explained.
struct Explained {
    subject: Subject,
    target: Target,
    map: Attribution,
    twin: Option<Attribution>,
}

impl Explained {
    fn finding(&self) -> Finding<'_> {
        Finding {
            map: &self.map,
            target: &self.target,
            twin: self.twin.as_ref(),
        }
    }
}

/// Explains examples by one method.
#[pyfunction]
pub(crate) fn explain(
    py: Python<'_>,
    network: &Network,
    x: &Bound<'_, PyAny>,
    asked: AskedMaps,
) -> PyResult<Maps> {
    let rows = Rows::of(x)?;
    let name = method(&asked.method).map_err(raised)?.name;
    let options = Options::default()
        .layer(asked.layer.clone())
        .steps(asked.steps)
        .samples(asked.samples)
        .noise(asked.noise)
        .seed(asked.seed)
        .patch(asked.patch)
        .stride(asked.stride)
        .baseline(asked.baseline.parse().map_err(raised)?);
    let held = network.held();
    let (found, page) = each!(&held, model => {
        let x = rows.slices(model.network.input().len())?;
        let raw = (0..x.examples).map(|example| x.raw(example));
        let raw = raw.collect::<PyResult<Vec<_>>>()?;
        run_listening(py, true, |stop| {
            let stopped = || stop.load(Ordering::Relaxed);
            let found = all(model, (x, raw), &asked, (name, &options), stopped)?;
            let page = page(model, name, &found)?;
            Ok((found, page))
        })?
    });
    let described: Vec<serde_json::Value> = found.iter().map(described).collect();
    let stacked = |of: &dyn Fn(&Explained) -> Option<&[f64]>, channels: usize| {
        let values: Vec<f64> = found.iter().filter_map(of).flatten().copied().collect();
        let [height, width] = found
            .first()
            .map_or([0, 0], |one| [one.map.height, one.map.width]);
        let shape = [found.len(), height, width, channels];
        let shape = if channels == 0 {
            &shape[..3]
        } else {
            &shape[..]
        };
        (!values.is_empty())
            .then(|| to_numpy(py, &values, shape))
            .transpose()
    };
    let channels = found
        .first()
        .map_or(0, |one| one.map.values.len() / one.map.map.len().max(1));
    let maps = stacked(&|one| Some(&one.map.map[..]), 0)?;
    let Some(maps) = maps else {
        return Err(raised(Error::value(
            "explain",
            "x",
            "no examples",
            "at least one",
        )));
    };
    let values = stacked(&|one| Some(&one.map.values[..]), channels)?;
    let twins = stacked(&|one| one.twin.as_ref().map(|twin| &twin.map[..]), 0)?;
    Ok((maps, values, twins, json(&described)?, page))
}

/// Explains all examples, until it is told to stop.
fn all<T: Number>(
    model: &Model<T>,
    (x, raw): (Slices<'_>, Vec<Vec<f64>>),
    asked: &AskedMaps,
    (name, options): (&str, &Options),
    stopped: impl Fn() -> bool,
) -> Result<Vec<Explained>> {
    let preprocessing = model.preprocessing.clone().divisor(asked.divisor);
    let twin = match asked.sanity {
        true => Some(random_twin(model, asked.seed)),
        false => None,
    };
    let mut explainer = Explainer::new(model);
    let mut twin = twin.as_ref().map(Explainer::new);
    let mut input = vec![T::zero(); model.network.input().len()];
    let mut found = Vec::with_capacity(raw.len());
    for (example, raw) in raw.into_iter().enumerate() {
        if stopped() {
            return Err(Error::Stopped);
        }
        x.write(example..example + 1, &preprocessing, &mut input);
        let target = explainer.target(&input, asked.class.as_deref())?;
        let map = explainer.explain(&input, &target, name, options)?;
        let twin = match &mut twin {
            Some(twin) => Some(twin.explain(&input, &target, name, options)?),
            None => None,
        };
        let called = asked.names.get(example).cloned();
        found.push(Explained {
            subject: Subject {
                name: called.unwrap_or_else(|| format!("example {example}")),
                raw,
                preprocessing: preprocessing.clone(),
            },
            target,
            map,
            twin,
        });
    }
    Ok(found)
}

/// The first examples as a page.
fn page<T: Number>(model: &Model<T>, name: &str, found: &[Explained]) -> Result<String> {
    let text = model.network.text().to_string();
    let mut page = Page::head("the network", &text, &[name]);
    for one in found.iter().take(MOST_SHOWN) {
        let drawing = one.subject.drawing();
        page += &Page::section(&one.subject.name, &drawing, &one.target, &[one.finding()])?;
    }
    page += Page::foot();
    Ok(page)
}

fn described(one: &Explained) -> serde_json::Value {
    let finding = one.finding();
    serde_json::json!({
        "name": one.subject.name,
        "target": one.target,
        "map": one.map,
        "strongest": one.map.strongest(),
        "rank_correlation": finding.likeness(),
    })
}
