//! How each kind of layer is written: a row in the table, and a function.

use serde_json::{Value as Json, json};
use stepnet_base::Result;
use stepnet_nn::Shape;

use super::graph::Graph;
use super::windows;
use crate::outgoing::{Array, OutLayer};

/// Writes a layer that takes these values, and gives the number of the last node.
type Writer = fn(&mut Graph, &OutLayer, &[usize]) -> Result<usize>;

/// The kinds of layers, and `add`, `concat` and `multiply`, which are what `residual`, `branch` and `scale` end in.
const WRITERS: &[(&str, Writer)] = &[
    ("adaptiveavgpool", windows::adaptive_average),
    ("add", |graph, layer, inputs| {
        plain(graph, layer, inputs, "Add", json!({}))
    }),
    ("avgpool", windows::average),
    ("bn", batch_norm),
    ("channelshuffle", shuffle),
    ("concat", |graph, layer, inputs| {
        plain(graph, layer, inputs, "Concatenate", json!({"axis": -1}))
    }),
    ("conv", windows::conv),
    ("convtranspose", windows::conv_transpose),
    ("dropout", |graph, layer, inputs| {
        dropout(graph, layer, inputs, "Dropout")
    }),
    ("dropout2d", |graph, layer, inputs| match layer.input() {
        Shape::Volume { .. } => dropout(graph, layer, inputs, "SpatialDropout2D"),
        Shape::Features(_) => dropout(graph, layer, inputs, "Dropout"),
    }),
    ("droppath", drop_path),
    ("elu", |graph, layer, inputs| {
        plain(
            graph,
            layer,
            inputs,
            "ELU",
            json!({"alpha": layer.text.number("alpha")}),
        )
    }),
    ("flatten", flatten),
    ("gelu", |graph, layer, inputs| {
        activation(graph, layer, inputs, "gelu")
    }),
    ("gelutanh", gelu_tanh),
    ("globalavgpool", |graph, layer, inputs| {
        global(graph, layer, inputs, "GlobalAveragePooling2D")
    }),
    ("globalmaxpool", |graph, layer, inputs| {
        global(graph, layer, inputs, "GlobalMaxPooling2D")
    }),
    ("groupnorm", group_norm),
    ("hardsigmoid", |graph, layer, inputs| {
        activation(graph, layer, inputs, "hard_sigmoid")
    }),
    ("hardswish", |graph, layer, inputs| {
        activation(graph, layer, inputs, "hard_silu")
    }),
    ("identity", |_, _, inputs| Ok(inputs[0])),
    ("instancenorm", instance_norm),
    ("layernorm", layer_norm),
    ("layerscale", layer_scale),
    ("leakyrelu", |graph, layer, inputs| {
        plain(
            graph,
            layer,
            inputs,
            "LeakyReLU",
            json!({"negative_slope": layer.text.number("slope")}),
        )
    }),
    ("linear", linear),
    ("maxpool", windows::maximum),
    ("multiply", multiply),
    ("pad", windows::pad),
    ("prelu", prelu),
    ("relu", |graph, layer, inputs| {
        plain(graph, layer, inputs, "ReLU", json!({}))
    }),
    ("relu6", |graph, layer, inputs| {
        plain(graph, layer, inputs, "ReLU", json!({"max_value": 6.0}))
    }),
    ("sigmoid", |graph, layer, inputs| {
        activation(graph, layer, inputs, "sigmoid")
    }),
    ("silu", |graph, layer, inputs| {
        activation(graph, layer, inputs, "silu")
    }),
    ("softmax", |graph, layer, inputs| {
        activation(graph, layer, inputs, "softmax")
    }),
    ("tanh", |graph, layer, inputs| {
        activation(graph, layer, inputs, "tanh")
    }),
    ("upsample", windows::upsample),
];

/// Writes a layer.
///
/// # Errors
/// A kind that Keras does not have, or an argument, by the layer's name.
pub(super) fn write(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    match WRITERS.iter().find(|(kind, _)| *kind == layer.kind()) {
        Some((_, writer)) => writer(graph, layer, inputs),
        None => Err(layer.refused("cannot be written for Keras, which has no such layer")),
    }
}

/// A layer without weights.
pub(super) fn plain(
    graph: &mut Graph,
    layer: &OutLayer,
    inputs: &[usize],
    class: &'static str,
    config: Json,
) -> Result<usize> {
    Ok(graph.layer(class, &layer.name, config, inputs, Vec::new()))
}

fn activation(graph: &mut Graph, layer: &OutLayer, inputs: &[usize], name: &str) -> Result<usize> {
    plain(
        graph,
        layer,
        inputs,
        "Activation",
        json!({"activation": name}),
    )
}

/// The approximation, for which layers have no word.
fn gelu_tanh(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let operator = ("keras.src.ops.nn", "Gelu");
    let config = json!({"approximate": true});
    Ok(graph.operator(operator, &layer.name, config, inputs[0], None))
}

fn dropout(
    graph: &mut Graph,
    layer: &OutLayer,
    inputs: &[usize],
    class: &'static str,
) -> Result<usize> {
    plain(
        graph,
        layer,
        inputs,
        class,
        json!({"rate": layer.text.number("rate")}),
    )
}

/// Whole examples.
fn drop_path(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let mut shape = vec![Json::Null];
    shape.extend(layer.input().extents().iter().map(|_| Json::from(1)));
    let config = json!({"rate": layer.text.number("rate"), "noise_shape": shape});
    plain(graph, layer, inputs, "Dropout", config)
}

/// Over a volume; a vector is its own mean.
fn global(
    graph: &mut Graph,
    layer: &OutLayer,
    inputs: &[usize],
    class: &'static str,
) -> Result<usize> {
    match layer.input() {
        Shape::Volume { .. } => plain(graph, layer, inputs, class, json!({})),
        Shape::Features(_) => Ok(inputs[0]),
    }
}

fn flatten(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    match layer.input() {
        Shape::Volume { .. } => plain(graph, layer, inputs, "Flatten", json!({})),
        Shape::Features(_) => Ok(inputs[0]),
    }
}

/// Weights `(in, out)`.
fn linear(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let weight = layer.array("weight")?.permuted(&[1, 0]);
    let units = weight.shape[1];
    let config = json!({"units": units, "use_bias": layer.has("bias")});
    let mut weights = vec![weight];
    if layer.has("bias") {
        weights.push(layer.array("bias")?.clone());
    }
    Ok(graph.layer("Dense", &layer.name, config, inputs, weights))
}

fn arrays(layer: &OutLayer, names: &[&str]) -> Result<Vec<Array>> {
    names
        .iter()
        .map(|name| layer.array(name).cloned())
        .collect()
}

fn batch_norm(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let [momentum, epsilon] = ["momentum", "epsilon"].map(|name| layer.text.number(name));
    let config = json!({"axis": -1, "momentum": momentum, "epsilon": epsilon});
    let weights = arrays(layer, &["gamma", "beta", "mean", "variance"])?;
    Ok(graph.layer("BatchNormalization", &layer.name, config, inputs, weights))
}

fn layer_norm(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let config = json!({"axis": -1, "epsilon": layer.text.number("epsilon")});
    let weights = arrays(layer, &["gamma", "beta"])?;
    Ok(graph.layer("LayerNormalization", &layer.name, config, inputs, weights))
}

fn group_norm(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let groups = layer.text.count("groups").number();
    let config = json!({"axis": -1, "groups": groups, "epsilon": layer.text.number("epsilon")});
    let weights = arrays(layer, &["gamma", "beta"])?;
    Ok(graph.layer("GroupNormalization", &layer.name, config, inputs, weights))
}

/// Groups of one channel.
fn instance_norm(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let affine = layer.has("gamma");
    let config = json!({
        "axis": -1, "groups": -1, "epsilon": layer.text.number("epsilon"), "center": affine, "scale": affine,
    });
    let weights = match affine {
        true => arrays(layer, &["gamma", "beta"])?,
        false => Vec::new(),
    };
    Ok(graph.layer("GroupNormalization", &layer.name, config, inputs, weights))
}

/// A convolution of each channel by one number; the factors of a vector are constants.
fn layer_scale(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let factors = layer.array("gamma")?;
    match layer.input() {
        Shape::Volume { channels, .. } => {
            let config = json!({"kernel_size": [1, 1], "use_bias": false});
            let weights = vec![factors.reshaped(vec![1, 1, channels, 1])];
            Ok(graph.layer("DepthwiseConv2D", &layer.name, config, inputs, weights))
        }
        Shape::Features(_) => {
            let factors = factors.values.clone().into();
            Ok(graph.rescaling(&layer.name, factors, 0.0.into(), inputs[0]))
        }
    }
}

/// A slope for each channel.
fn prelu(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let slopes = layer.array("slope")?;
    let channels = layer.input().channels();
    let values = match slopes.values[..] {
        [one] => vec![one; channels],
        _ => slopes.values.clone(),
    };
    let (shape, config) = match layer.input() {
        Shape::Volume { .. } => (vec![1, 1, channels], json!({"shared_axes": [1, 2]})),
        Shape::Features(_) => (vec![channels], json!({})),
    };
    let weights = vec![Array { shape, values }];
    Ok(graph.layer("PReLU", &layer.name, config, inputs, weights))
}

/// The channels as a table whose rows and columns are exchanged.
fn shuffle(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let groups = layer.text.count("groups").number().unwrap_or(1).max(1);
    let extents = layer.input().extents();
    let channels = layer.input().channels();
    let table = [&extents[..extents.len() - 1], &[groups, channels / groups]].concat();
    // Keras counts the axes of an example from 1 on.
    let mut axes: Vec<usize> = (1..=table.len()).collect();
    let last = axes.len() - 1;
    axes.swap(last - 1, last);
    let name = |step: &str| format!("{}.{step}", layer.name);
    let reshape = |shape: &[usize]| json!({"target_shape": shape});
    let value = graph.layer(
        "Reshape",
        &name("groups"),
        reshape(&table),
        inputs,
        Vec::new(),
    );
    let value = graph.layer(
        "Permute",
        &name("exchange"),
        json!({"dims": axes}),
        &[value],
        Vec::new(),
    );
    Ok(graph.layer(
        "Reshape",
        &layer.name,
        reshape(&extents),
        &[value],
        Vec::new(),
    ))
}

/// A volume times factors of its shape, or one for each channel.
fn multiply(graph: &mut Graph, layer: &OutLayer, inputs: &[usize]) -> Result<usize> {
    let mut inputs = inputs.to_vec();
    if let [Shape::Volume { .. }, Shape::Features(features)] = layer.shapes[..] {
        let config = json!({"target_shape": [1, 1, features]});
        let name = format!("{}.factors", layer.name);
        inputs[1] = graph.layer("Reshape", &name, config, &inputs[1..2], Vec::new());
    }
    plain(graph, layer, &inputs, "Multiply", json!({}))
}
