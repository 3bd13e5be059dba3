//! Looking into a network: gradients checked, values explained.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pyo3::prelude::*;
use stepnet::nn::{Loss, Model, Network as Layers, Preprocessing};
use stepnet::see::gradcheck::{Examples, Options, network_watched as check};
use stepnet::see::why::{Question, Subject, Why};
use stepnet::{Number, Result};
use stepnet_base::memory;

use crate::convert::{raised, run};
use crate::examples::{Rows, Slices};
use crate::kept::each;
use crate::network::{Network, json};
use crate::signals::run_apart;
use crate::targets::Given;

/// Terms of each sum in a text.
const USUAL_TOP: usize = 10;

/// The question about a value.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Asked {
    name: String,
    at: Option<String>,
    gradient: bool,
    class: Option<String>,
    trace: usize,
    top: Option<usize>,
    divisor: f64,
}

/// Examples to check gradients on, their targets by their kind, and what raw values are divided by.
type Checked<'py> = (Bound<'py, PyAny>, (String, Bound<'py, PyAny>), f64);

/// The class of each example; or labels or numbers, row by row.
type Wanted<'a> = (&'a [u32], &'a [f64]);

/// Whether all is as it should be, and the whole as a text, as JSON, and, of a value, as a page.
type Told = (bool, String, String);

/// Takes a value of the first example apart: text, JSON and page.
#[pyfunction]
pub(crate) fn why(
    py: Python<'_>,
    network: Py<Network>,
    x: &Bound<'_, PyAny>,
    asked: Asked,
) -> PyResult<(bool, String, String, String)> {
    let rows = Rows::of(x)?;
    let held = network.get().held();
    let len = each!(&held, model => model.network.input().len());
    let x = rows.slices(len)?;
    let at = asked.at.as_deref().map(str::parse).transpose();
    let usual = Question::default();
    let branches = asked.top.unwrap_or(usual.branches);
    let question = usual
        .at(at.map_err(raised)?)
        .gradient(asked.gradient)
        .class(asked.class)
        .trace(asked.trace)
        .branches(branches);
    let raw = x.raw(0)?;
    let mut told = run_apart(py, move |_| {
        each!(&held, model => {
            let subject = Subject {
                name: asked.name,
                raw,
                preprocessing: divided(&model.preprocessing, asked.divisor),
            };
            let why = Why::of(&model.network, subject)?.with_classes(&model.classes);
            let mut why = why.with_task(&model.preprocessing.task);
            why.explain(&question)
        })
    })?;
    let (page, ok) = (told.page(asked.top), told.ok());
    let text = told.text(asked.top.unwrap_or(USUAL_TOP)).to_string();
    if let Some(top) = asked.top {
        told.limit(top);
    }
    Ok((ok, text, json(&told)?, page))
}

/// Holds the gradients against differences, on the examples or, without, on drawn ones.
#[pyfunction]
pub(crate) fn gradcheck(
    py: Python<'_>,
    network: Py<Network>,
    examples: Option<Checked<'_>>,
    asked: (usize, f64, Option<String>, Option<f64>),
    settings: (u32, usize, Option<f64>, f64),
) -> PyResult<Told> {
    let (seed, samples, eps, tolerance) = settings;
    let (batch, jitter, loss, seconds) = asked;
    let options = Options::default()
        .seed(seed)
        .samples(samples)
        .eps(eps)
        .tolerance(tolerance)
        .time_limit(seconds.map(Duration::from_secs_f64));
    let loss: Option<Loss> = loss.map(|loss| loss.parse()).transpose().map_err(raised)?;
    let held = network.get().held();
    let given = match &examples {
        Some((x, targets, divisor)) => Some((Rows::of(x)?, Given::of(targets)?, *divisor)),
        None => None,
    };
    let len = each!(&held, model => model.network.input().len());
    let given = match &given {
        Some((rows, targets, divisor)) => Some((
            rows.slices(len)?,
            (targets.classes()?, targets.rows()?),
            *divisor,
        )),
        None => None,
    };
    let (layers, examples) = run(
        py,
        || each!(&held, model => subject((model, loss), given, (batch, jitter), seed)),
    )?;
    let report = run_apart(py, move |stop| {
        check(&layers, &examples, &options, |_| {
            match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    })?;
    Ok((report.passed(), report.to_string(), json(&report)?))
}

/// The preprocessing with what these raw values are divided by.
fn divided(preprocessing: &Preprocessing, divisor: f64) -> Preprocessing {
    preprocessing.clone().divisor(divisor)
}

/// The network in double precision, and what it is run on.
fn subject<T: Number>(
    (model, loss): (&Model<T>, Option<Loss>),
    given: Option<(Slices<'_>, Wanted<'_>, f64)>,
    (batch, jitter): (usize, f64),
    seed: u32,
) -> Result<(Layers<f64>, Examples)> {
    let own = &model.network;
    let builder = Layers::builder().loss(loss.unwrap_or(own.loss()));
    let mut network = builder.build_text(own.text().clone(), own.input())?;
    for (to, from) in network.parameters_mut().iter_mut().zip(own.parameters()) {
        *to = from.as_f64();
    }
    let examples = match given {
        None => Examples::drawn(&network, batch, seed)?,
        Some((x, (labels, values), divisor)) => {
            let len = x.examples.saturating_mul(own.input().len());
            let mut inputs = memory::zeros("the inputs", len)?;
            let preprocessing = divided(&model.preprocessing, divisor);
            x.write(0..x.examples, &preprocessing, &mut inputs);
            let outputs = own.output().len();
            let scaled = |(at, &value): (usize, &f64)| match model.preprocessing.task.scale() {
                Some(scale) => scale.scaled(value, at % outputs),
                None => value,
            };
            let mut examples = match labels.is_empty() {
                true => Examples::values(inputs, values.iter().enumerate().map(scaled).collect()),
                false => Examples::classes(inputs, labels.to_vec()),
            };
            examples.jitter(jitter, seed);
            examples
        }
    };
    Ok((network, examples))
}
