//! Layers that scale values: before the first other layer they become the preprocessing.

use super::refusals::{one, refuse};
use crate::graph::Value;
use crate::keras::build::{Build, Site};
use crate::problem::Checked;

/// Normalization divides by at least this.
const SMALLEST: f64 = 1e-7;

/// Adds factors and offsets, each for all values or for each channel.
pub(super) fn scaled(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
    factors: &[f64],
    offsets: &[f64],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    let channels = build.graph.shape(input).channels();
    let spread = |values: &[f64]| match values {
        [one] => vec![*one; channels],
        more => more.to_vec(),
    };
    build
        .graph
        .affine(site.origin(), spread(factors), spread(offsets), input)
}

/// `Rescaling`: `scale x + offset`.
pub(super) fn rescaling(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let numbers = |name: &str, default: f64| {
        let numbers = site
            .layer
            .numbers(name)
            .filter(|numbers| !numbers.is_empty());
        numbers.unwrap_or(vec![default])
    };
    let (factors, offsets) = (numbers("scale", 1.0), numbers("offset", 0.0));
    scaled(build, site, inputs, &factors, &offsets)
}

/// `Normalization`: `(x - mean) / sqrt(variance)`, with numbers of its description or of its weights.
pub(super) fn normalization(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let given = site
        .layer
        .numbers("mean")
        .zip(site.layer.numbers("variance"));
    let (mean, variance) =
        match given.filter(|(mean, variance)| !mean.is_empty() && !variance.is_empty()) {
            Some(given) => given,
            None => {
                let all = |index, name| -> Checked<Vec<f64>> {
                    let numbers = build.array(site, index, &[name])?.numbers;
                    Ok((0..numbers.len()).map(|at| numbers.at(at)).collect())
                };
                (all(0, "mean")?, all(1, "variance")?)
            }
        };
    if mean.len() != variance.len() {
        return refuse(site, "it has not as many means as variances");
    }
    let factors: Vec<f64> = (variance.iter())
        .map(|v| 1.0 / v.sqrt().max(SMALLEST))
        .collect();
    let offsets: Vec<f64> = mean
        .iter()
        .zip(&factors)
        .map(|(mean, factor)| -mean * factor)
        .collect();
    scaled(build, site, inputs, &factors, &offsets)
}
