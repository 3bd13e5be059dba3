//! Normalisations.

use super::refusals::{one, refuse};
use crate::graph::{Array, Numbers, Value};
use crate::keras::build::{Build, Site};
use crate::problem::Checked;

/// The epsilon of Keras's normalisations.
const EPSILON: f64 = 1e-3;

/// The vectors of a normalisation in the order of the file, where `scale` and `center` say which are there; one that is
/// not stays as it is where nothing is multiplied or added.
fn affine(build: &Build<'_>, site: &Site<'_>, channels: usize) -> Checked<(Vec<Array>, usize)> {
    let mut arrays = Vec::new();
    let mut index = 0;
    for (argument, name, neutral) in [("scale", "gamma", 1.0), ("center", "beta", 0.0)] {
        let array = match site.layer.flag(argument, true) {
            true => {
                index += 1;
                vector(build, site, index - 1, name, name, channels)?
            }
            false => Array::new(name, Numbers::F64(vec![neutral; channels])),
        };
        arrays.push(array);
    }
    Ok((arrays, index))
}

fn vector(
    build: &Build<'_>,
    site: &Site<'_>,
    index: usize,
    stored: &str,
    name: &'static str,
    channels: usize,
) -> Checked<Array> {
    let found = build.array(site, index, &[stored])?;
    match found.shape == [channels] {
        true => Ok(Array::new(name, found.numbers)),
        false => refuse(
            site,
            &format!(
                "its {stored} has shape {:?}, expected [{channels}]",
                found.shape
            ),
        ),
    }
}

/// Refuses another axis than the channels.
fn last_axis(build: &Build<'_>, site: &Site<'_>, input: Value) -> Checked<()> {
    let last = build.graph.shape(input).extents().len() as f64;
    match site.layer.numbers("axis").as_deref() {
        None | Some([-1.0] | []) => Ok(()),
        Some([axis]) if *axis == last => Ok(()),
        Some(axes) => refuse(
            site,
            &format!("it normalises along {axes:?}, expected the channels (-1)"),
        ),
    }
}

/// `BatchNormalization`.
pub(super) fn batch(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    last_axis(build, site, input)?;
    let channels = build.graph.shape(input).channels();
    let (mut arrays, index) = affine(build, site, channels)?;
    arrays.push(vector(build, site, index, "moving_mean", "mean", channels)?);
    arrays.push(vector(
        build,
        site,
        index + 1,
        "moving_variance",
        "variance",
        channels,
    )?);
    let momentum = site.layer.number("momentum").unwrap_or(0.99);
    let epsilon = site.layer.number("epsilon").unwrap_or(EPSILON);
    let arguments = [("momentum", momentum.into()), ("epsilon", epsilon.into())];
    let text = build.graph.text("bn", arguments)?;
    build.graph.layer(site.origin(), text, arrays, input)
}

/// `LayerNormalization` over the channels.
pub(super) fn layer(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    last_axis(build, site, input)?;
    let channels = build.graph.shape(input).channels();
    let (arrays, _) = affine(build, site, channels)?;
    let epsilon = site.layer.number("epsilon").unwrap_or(EPSILON);
    let text = build
        .graph
        .text("layernorm", [("epsilon", epsilon.into())])?;
    build.graph.layer(site.origin(), text, arrays, input)
}

/// `GroupNormalization`.
pub(super) fn group(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    last_axis(build, site, input)?;
    let channels = build.graph.shape(input).channels();
    let (arrays, _) = affine(build, site, channels)?;
    let groups = match site.layer.number("groups") {
        // Instance normalisation.
        Some(-1.0) => channels,
        _ => site.layer.pair("groups", [32; 2])?[0],
    };
    let epsilon = site.layer.number("epsilon").unwrap_or(EPSILON);
    let arguments = [("groups", groups.into()), ("epsilon", epsilon.into())];
    let text = build.graph.text("groupnorm", arguments)?;
    build.graph.layer(site.origin(), text, arrays, input)
}
