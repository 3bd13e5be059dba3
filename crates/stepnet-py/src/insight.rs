//! Looking into a network: gradients checked, values explained.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use stepnet::nn::{Model, Network as Layers};
use stepnet::see::gradcheck::{Examples, Options, network as check};
use stepnet::see::why::{Question, Subject, Why};
use stepnet::{Element, Result};

use crate::convert::{raised, run};
use crate::examples::{Rows, Slices};
use crate::network::{Network, each, json};

/// Terms of each sum in a text.
const USUAL_TOP: usize = 10;

/// What is asked about a value.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Asked {
    name: String,
    at: Option<String>,
    gradient: bool,
    class: Option<String>,
    trace: usize,
    top: Option<usize>,
}

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
    let question = Question {
        at: at.map_err(raised)?,
        gradient: asked.gradient,
        class: asked.class,
        trace: asked.trace,
        branches: asked.top.unwrap_or(usual.branches),
    };
    let mut told = run(py, || {
        each!(&held, model => {
            let subject = Subject {
                name: asked.name,
                raw: x.raw(0),
                preprocessing: x.preprocessing(&model.preprocessing),
            };
            let mut why = Why::of(&model.network, subject)?.with_classes(&model.classes);
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
    examples: Option<(Bound<'_, PyAny>, PyReadonlyArray1<'_, u32>)>,
    batch: usize,
    jitter: f64,
    settings: (u32, usize, Option<f64>, f64),
) -> PyResult<Told> {
    let (seed, samples, eps, tolerance) = settings;
    let options = Options {
        seed,
        samples,
        eps,
        tolerance,
        ..Options::default()
    };
    let held = network.get().held();
    let given = match &examples {
        Some((x, labels)) => Some((Rows::of(x)?, labels.as_slice()?)),
        None => None,
    };
    let len = each!(&held, model => model.network.input().len());
    let given = match &given {
        Some((rows, labels)) => Some((rows.slices(len)?, *labels)),
        None => None,
    };
    let report = run(py, || {
        let (layers, examples) =
            each!(&held, model => subject(model, given, (batch, jitter), seed)?);
        check(&layers, &examples, &options)
    })?;
    Ok((report.passed(), report.to_string(), json(&report)?))
}
/// The network in double precision, and what it is run on.
fn subject<T: Element>(
    model: &Model<T>,
    given: Option<(Slices<'_>, &[u32])>,
    (batch, jitter): (usize, f64),
    seed: u32,
) -> Result<(Layers<f64>, Examples)> {
    let own = &model.network;
    let builder = Layers::builder().loss(own.loss());
    let mut network = builder.build_text(own.text().clone(), own.input())?;
    for (to, from) in network.parameters_mut().iter_mut().zip(own.parameters()) {
        *to = from.as_f64();
    }
    let examples = match given {
        None => Examples::drawn(&network, batch, seed)?,
        Some((x, labels)) => {
            let mut inputs = vec![0.0; x.examples * own.input().len()];
            let preprocessing = x.preprocessing(&model.preprocessing);
            x.write(0..x.examples, &preprocessing, &mut inputs);
            let mut examples = Examples::classes(inputs, labels.to_vec());
            examples.jitter(jitter, seed);
            examples
        }
    };
    Ok((network, examples))
}
