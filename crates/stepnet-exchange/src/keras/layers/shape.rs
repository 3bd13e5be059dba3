//! Layers without weights: pooling, padding, shapes, joins.

use super::conv::padding;
use super::refusals::{channels_last, one, refuse};
use crate::Shape;
use crate::graph::Value;
use crate::keras::build::{Build, Site};
use crate::problem::Checked;
use serde_json::Value as Json;
use stepnet_nn::notation::{PaddingText, Value as Argument};

/// A layer that changes nothing.
pub(super) fn same(_: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    one(site, inputs)
}

/// A layer that changes nothing but in training.
pub(super) fn only_training(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let note = format!(
        "{} acts in training alone, and was left out",
        site.layer.class
    );
    if !build.notes.contains(&note) {
        build.notes.push(note);
    }
    one(site, inputs)
}

fn pool(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value], kind: &str) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    let size = site.layer.pair("pool_size", [2; 2])?;
    let stride = site.layer.pair("strides", size)?;
    let padding = padding(site)?;
    let arguments: [(&str, Argument); 3] = [
        ("size", size.into()),
        ("padding", padding.into()),
        ("stride", stride.into()),
    ];
    let text = build.graph.text(kind, arguments)?;
    build.graph.layer(site.origin(), text, Vec::new(), input)
}

/// `MaxPooling2D`.
pub(super) fn max_pool(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    pool(build, site, inputs, "maxpool")
}

/// `AveragePooling2D`, which does not count padding.
pub(super) fn average_pool(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    pool(build, site, inputs, "avgpool")
}

/// `GlobalAveragePooling2D`, whether it keeps the axes or not.
pub(super) fn global_average(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    build.graph.plain(site.origin(), "globalavgpool", input)
}

/// `GlobalMaxPooling2D`.
pub(super) fn global_max(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    build.graph.plain(site.origin(), "globalmaxpool", input)
}

/// `ZeroPadding2D`: `n`, `(rows, columns)`, or `((top, bottom), (left, right))`.
pub(super) fn pad(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    let sides = site.layer.numbers("padding").unwrap_or_default();
    let nested = matches!(site.layer.get("padding"), Some(Json::Array(list)) if list.iter().any(Json::is_array));
    let sides: Vec<usize> = sides.iter().map(|&side| side as usize).collect();
    let [top, bottom, left, right] = match (&sides[..], nested) {
        (&[all], false) => [all; 4],
        (&[rows, columns], false) => [rows, rows, columns, columns],
        (&[top, bottom, left, right], true) => [top, bottom, left, right],
        _ => {
            return refuse(
                site,
                "its padding is none of n, (rows, columns), ((top, bottom), (left, right))",
            );
        }
    };
    let padding = PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    };
    let text = build.graph.text("pad", [("padding", padding.into())])?;
    build.graph.layer(site.origin(), text, Vec::new(), input)
}

/// `Flatten`, by row, column and channel as the notation does.
pub(super) fn flatten(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    match build.graph.shape(input) {
        Shape::Features(_) => Ok(input),
        Shape::Volume { .. } => build.graph.plain(site.origin(), "flatten", input),
    }
}

/// `Reshape` to a row of features, or of features to single pixels: factors for a volume are written so.
pub(super) fn reshape(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let target = site.layer.numbers("target_shape").unwrap_or_default();
    let shape = build.graph.shape(input);
    let len = shape.len();
    let known: f64 = target.iter().filter(|&&extent| extent >= 0.0).product();
    // One extent may follow from the others.
    let extents: Vec<usize> = target
        .iter()
        .map(|&extent| {
            if extent < 0.0 {
                len as f64 / known.max(1.0)
            } else {
                extent
            }
        })
        .map(|extent| extent as usize)
        .collect();
    match (&extents[..], shape) {
        (&[features], Shape::Volume { .. }) if features == len => {
            build.graph.plain(site.origin(), "flatten", input)
        }
        (&[features] | &[1, 1, features], Shape::Features(_)) if features == len => Ok(input),
        (&[h, w, c], Shape::Volume { .. }) if Shape::volume(h, w, c) == shape => Ok(input),
        _ => refuse(
            site,
            &format!("it turns {shape} into {extents:?}, which the notation cannot"),
        ),
    }
}

fn dropped(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value], kind: &str) -> Checked<Value> {
    let input = one(site, inputs)?;
    let rate = site.layer.number("rate").or_else(|| site.layer.number("p"));
    match rate.unwrap_or(0.0) {
        0.0 => Ok(input),
        rate => {
            let text = build.graph.text(kind, [("rate", rate.into())])?;
            build.graph.layer(site.origin(), text, Vec::new(), input)
        }
    }
}

/// `Dropout`.
pub(super) fn dropout(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let shape = site.layer.get("noise_shape").and_then(Json::as_array);
    // Whole channels, or whole branches, are dropped in training alone.
    match shape {
        Some(_) => only_training(build, site, inputs),
        None => dropped(build, site, inputs, "dropout"),
    }
}

/// `SpatialDropout2D`: whole channels.
pub(super) fn spatial_dropout(
    build: &mut Build<'_>,
    site: &Site<'_>,
    inputs: &[Value],
) -> Checked<Value> {
    match build.graph.kinds().get("dropout2d").is_some() {
        true => dropped(build, site, inputs, "dropout2d"),
        false => only_training(build, site, inputs),
    }
}

/// `Concatenate` of channels.
pub(super) fn concat(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let Some(&first) = inputs.first() else {
        return refuse(site, "it joins nothing");
    };
    let last = build.graph.shape(first).extents().len() as f64;
    match site.layer.number("axis") {
        Some(axis) if axis != -1.0 && axis != last => refuse(
            site,
            &format!("it joins along axis {axis}, expected the channels (-1)"),
        ),
        _ => build.graph.concat(site.origin(), inputs.to_vec()),
    }
}

/// `UpSampling2D` by whole factors.
pub(super) fn upsample(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    channels_last(site)?;
    let factor = site.layer.pair("size", [2; 2])?;
    let mode = site.layer.word("interpolation").unwrap_or("nearest");
    if !matches!(mode, "nearest" | "bilinear") {
        return refuse(
            site,
            &format!("its interpolation is {mode:?}, expected \"nearest\" or \"bilinear\""),
        );
    }
    let arguments: [(&str, Argument); 2] = [("factor", factor.into()), ("mode", mode.into())];
    let text = build.graph.text("upsample", arguments)?;
    build.graph.layer(site.origin(), text, Vec::new(), input)
}
