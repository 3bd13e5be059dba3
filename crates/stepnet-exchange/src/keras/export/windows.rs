//! Convolutions, pooling, borders and larger images.

use serde_json::json;
use stepnet_base::Result;
use stepnet_kernels::Padding;
use stepnet_nn::notation::PaddingText;

use super::graph::Graph;
use super::layers::plain;
use crate::outgoing::{Array, OutLayer, conv_padding, pool_padding, transposed_padding};

/// Less than any value: a border that no maximum is found in.
const LOWEST: f64 = -3.0e38;

fn weights(layer: &OutLayer, kernel: Array) -> Result<Vec<Array>> {
    let mut weights = vec![kernel];
    if layer.has("bias") {
        weights.push(layer.array("bias")?.clone());
    }
    Ok(weights)
}

/// The input with a border of zeros.
fn bordered(graph: &mut Graph, layer: &OutLayer, padding: Padding, input: usize) -> usize {
    if padding == Padding::VALID {
        return input;
    }
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    let config = json!({"padding": [[top, bottom], [left, right]]});
    let name = format!("{}.border", layer.name);
    graph.layer("ZeroPadding2D", &name, config, &[input], Vec::new())
}

/// The input with a border of another kind.
fn filled(
    graph: &mut Graph,
    name: &str,
    (padding, mode): (Padding, &str),
    input: usize,
    filling: Option<f64>,
) -> usize {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    let config = json!({"pad_width": [[0, 0], [top, bottom], [left, right], [0, 0]], "mode": mode});
    let operator = ("keras.src.ops.numpy", "Pad");
    graph.operator(operator, name, config, input, filling)
}

/// Filters are in Keras's order; those of one input channel each are a depthwise convolution.
pub(super) fn conv(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let text = &layer.text;
    let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| text.pair(name));
    if stride != [1, 1] && dilation != [1, 1] {
        return Err(layer.refused("has a stride and a dilation, and Keras takes one of them"));
    }
    let input = bordered(graph, layer, conv_padding(layer)?, inputs[0]);
    let groups = text.count("groups").number().unwrap_or(1);
    let weight = layer.array("weight")?;
    let (channels, filters) = (layer.input().channels(), weight.shape[3]);
    let mut config = json!({
        "kernel_size": kernel, "strides": stride, "dilation_rate": dilation, "use_bias": layer.has("bias"),
    });
    let depthwise = groups == channels && groups > 1 && stride[0] == stride[1];
    let (class, weight) = match depthwise {
        true => {
            let multiplier = filters / channels;
            config["depth_multiplier"] = multiplier.into();
            let shape = vec![kernel[0], kernel[1], channels, multiplier];
            ("DepthwiseConv2D", weight.reshaped(shape))
        }
        false => {
            config["filters"] = filters.into();
            config["groups"] = groups.into();
            ("Conv2D", weight.clone())
        }
    };
    let weights = weights(layer, weight)?;
    Ok(graph.layer(class, &layer.name, config, &[input], weights))
}

/// What is cropped from the output is a layer after it.
pub(super) fn conv_transpose(
    graph: &mut Graph,
    layer: &OutLayer,
    inputs: &[usize],
) -> Result<usize> {
    let text = &layer.text;
    let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| text.pair(name));
    if text.count("groups").number() != Some(1) {
        return Err(layer.refused("has groups, which Keras does not have"));
    }
    if stride != [1, 1] && dilation != [1, 1] {
        return Err(layer.refused("has a stride and a dilation, and Keras takes one of them"));
    }
    let (
        Padding {
            top,
            bottom,
            left,
            right,
        },
        more,
    ) = transposed_padding(layer);
    let weight = layer.array("weight")?.clone();
    let config = json!({
        "filters": weight.shape[2], "kernel_size": kernel, "strides": stride, "dilation_rate": dilation,
        "output_padding": more, "use_bias": layer.has("bias"),
    });
    let weights = weights(layer, weight)?;
    let value = graph.layer("Conv2DTranspose", &layer.name, config, inputs, weights);
    if [top, bottom, left, right] == [0; 4] {
        return Ok(value);
    }
    let config = json!({"cropping": [[top, bottom], [left, right]]});
    let name = format!("{}.crop", layer.name);
    Ok(graph.layer("Cropping2D", &name, config, &[value], Vec::new()))
}

/// Whether a pooling's padding is what Keras calls `same`.
fn is_same(layer: &OutLayer) -> bool {
    layer.text.padding("padding") == PaddingText::Same && !layer.text.flag("ceil_mode")
}

fn pool(
    graph: &mut Graph,
    layer: &OutLayer,
    input: usize,
    class: &'static str,
    padding: &str,
) -> Result<usize> {
    let (size, stride) = (layer.text.pair("size"), layer.text.pair("stride"));
    let config = json!({"pool_size": size, "strides": stride, "padding": padding});
    plain(graph, layer, &[input], class, config)
}

/// Over a border of values that are no maximum.
pub(super) fn maximum(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let class = "MaxPooling2D";
    if is_same(layer) {
        return pool(graph, layer, inputs[0], class, "same");
    }
    let padding = pool_padding(layer)?.whole();
    let input = match padding == Padding::VALID {
        true => inputs[0],
        false => {
            let name = format!("{}.border", layer.name);
            filled(graph, &name, (padding, "constant"), inputs[0], Some(LOWEST))
        }
    };
    pool(graph, layer, input, class, "valid")
}

pub(super) fn average(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let class = "AveragePooling2D";
    let counts = layer.text.flag("count_padding");
    if is_same(layer) && !counts {
        return pool(graph, layer, inputs[0], class, "same");
    }
    let padding = pool_padding(layer)?;
    let none = |padding: Padding| padding == Padding::VALID;
    if !none(padding.beyond) || !(counts || none(padding.given)) {
        return Err(layer.refused(
            "averages over a border that it does not count, which Keras has for same padding only",
        ));
    }
    let input = bordered(graph, layer, padding.given, inputs[0]);
    pool(graph, layer, input, class, "valid")
}

/// As a pooling, where all windows are of one size.
pub(super) fn adaptive_average(
    graph: &mut Graph,
    layer: &OutLayer,
    inputs: &[usize],
) -> Result<usize> {
    let [height, width, _] = layer.volume()?;
    let [rows, cols] = layer.text.pair("size");
    if !height.is_multiple_of(rows) || !width.is_multiple_of(cols) {
        return Err(layer.refused("has windows of several sizes, which Keras does not have"));
    }
    let size = [height / rows, width / cols];
    let config = json!({"pool_size": size, "strides": size, "padding": "valid"});
    plain(graph, layer, inputs, "AveragePooling2D", config)
}

pub(super) fn pad(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = layer.text.padding("padding")
    else {
        return Ok(inputs[0]);
    };
    let padding = Padding {
        top,
        bottom,
        left,
        right,
    };
    match layer.text.word("mode") {
        "zeros" => {
            let config = json!({"padding": [[top, bottom], [left, right]]});
            plain(graph, layer, inputs, "ZeroPadding2D", config)
        }
        mode => Ok(filled(graph, &layer.name, (padding, mode), inputs[0], None)),
    }
}

pub(super) fn upsample(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let config =
        json!({"size": layer.text.pair("factor"), "interpolation": layer.text.word("mode")});
    plain(graph, layer, inputs, "UpSampling2D", config)
}
