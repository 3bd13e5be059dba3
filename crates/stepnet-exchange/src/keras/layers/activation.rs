//! Activations: layers of their own, and functions that other layers end in.

use super::refusals::{one, refuse};
use crate::graph::{Array, Value};
use crate::keras::build::{Build, Site};
use crate::problem::Checked;

/// Adds the function that a layer ends in.
pub(super) fn function(build: &mut Build<'_>, site: &Site<'_>, input: Value) -> Checked<Value> {
    let Some(name) = site.layer.word("activation") else {
        return match site.layer.get("activation") {
            Some(_) => refuse(site, "its activation has no name that is known"),
            None => Ok(input),
        };
    };
    let kind = match name {
        "linear" => return Ok(input),
        "relu" | "sigmoid" | "tanh" | "softmax" | "gelu" | "silu" | "elu" | "relu6" => name,
        "swish" => "silu",
        "hard_silu" | "hard_swish" => "hardswish",
        // Before Keras 3 it was clipped 0.2 x + 0.5, which the notation has not.
        "hard_sigmoid" if build.third => "hardsigmoid",
        "leaky_relu" => {
            let slope = if build.third { 0.2 } else { 0.01 };
            let text = build.graph.text("leakyrelu", [("slope", slope.into())])?;
            return build.graph.layer(site.origin(), text, Vec::new(), input);
        }
        other => {
            return refuse(
                site,
                &format!("its activation {other:?} has no counterpart in the notation"),
            );
        }
    };
    build.graph.plain(site.origin(), kind, input)
}

/// `Activation`.
pub(super) fn activation(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    function(build, site, input)
}

/// A function of Keras that was called on a layer's value, such as `keras.ops.relu6`: its class is its name.
pub(super) fn operator(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let kind = match site.layer.class {
        "HardSilu" => "hardswish".to_owned(),
        // As an operator it is the approximation unless it says otherwise.
        "Gelu" if site.layer.flag("approximate", true) => "gelutanh".to_owned(),
        class => class.to_lowercase(),
    };
    build.graph.plain(site.origin(), &kind, input)
}

/// `ReLU`, with a bound or a slope.
pub(super) fn relu(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let number = |name: &str| {
        site.layer
            .numbers(name)
            .and_then(|numbers| numbers.first().copied())
    };
    if number("threshold").unwrap_or(0.0) != 0.0 {
        return refuse(site, "it has a threshold, which the notation has not");
    }
    let slope = number("negative_slope").unwrap_or(0.0);
    match (number("max_value"), slope == 0.0) {
        (None, true) => build.graph.plain(site.origin(), "relu", input),
        (Some(6.0), true) => build.graph.plain(site.origin(), "relu6", input),
        (None, false) => leaky(build, site, slope, input),
        (Some(bound), _) => refuse(
            site,
            &format!("its bound is {bound}, expected 6 or none, without a slope"),
        ),
    }
}

fn leaky(build: &mut Build<'_>, site: &Site<'_>, slope: f64, input: Value) -> Checked<Value> {
    let text = build.graph.text("leakyrelu", [("slope", slope.into())])?;
    build.graph.layer(site.origin(), text, Vec::new(), input)
}

/// `LeakyReLU`.
pub(super) fn leaky_relu(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    let slope = site
        .layer
        .number("negative_slope")
        .or_else(|| site.layer.number("alpha"));
    leaky(build, site, slope.unwrap_or(0.3), input)
}

/// `PReLU`, with slopes that all pixels of a channel share.
pub(super) fn prelu(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let slopes = build.array(site, 0, &["alpha", "alphas"])?;
    let channels = build.graph.shape(input).channels();
    if slopes.numbers.len() != channels {
        return refuse(
            site,
            "it has a slope for each pixel, expected one for each channel (shared_axes=[1, 2])",
        );
    }
    let text = build.graph.text("prelu", [])?;
    let arrays = vec![Array::new("slope", slopes.numbers)];
    build.graph.layer(site.origin(), text, arrays, input)
}

/// `ELU`.
pub(super) fn elu(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let alpha = site.layer.number("alpha").unwrap_or(1.0);
    let text = build.graph.text("elu", [("alpha", alpha.into())])?;
    build.graph.layer(site.origin(), text, Vec::new(), input)
}

/// `Softmax`, over the last axis.
pub(super) fn softmax(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    build.graph.plain(site.origin(), "softmax", input)
}
