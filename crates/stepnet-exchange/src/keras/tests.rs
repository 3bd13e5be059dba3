//! Descriptions of all versions of Keras, with weights that the tests make up.

mod operators;

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::build;
use super::weights::{Loaded, Place, Weights};
use crate::Shape;
use crate::graph::Numbers;
use crate::imported::Imported;
use crate::options::ImportOptions;
use crate::problem::Checked;

/// Weights by the layer's name and the array's: each of a shape, with the numbers 0, 1, 2, ...
struct Made(HashMap<(&'static str, &'static str), Vec<usize>>);

impl Weights for Made {
    fn find(&self, place: &Place, _: usize, names: &[&str]) -> Checked<Option<Loaded>> {
        let found = names.iter().find_map(|name| {
            let mut all = self.0.iter();
            all.find(|((layer, array), _)| *layer == place.name && array == name)
        });
        Ok(found.map(|(_, shape)| Loaded {
            shape: shape.clone(),
            numbers: Numbers::F32(
                (0..shape.iter().product())
                    .map(|at: usize| at as f32)
                    .collect(),
            ),
        }))
    }
}

fn made(weights: &[(&'static str, &'static str, &[usize])]) -> Made {
    let each = weights
        .iter()
        .map(|(layer, name, shape)| ((*layer, *name), shape.to_vec()));
    Made(each.collect())
}

fn layer(class: &str, name: &str, mut config: Json) -> Json {
    config["name"] = name.into();
    json!({"class_name": class, "config": config, "name": name})
}

/// A layer of a functional model, as Keras 2 (`second`) and 3 describe what it takes.
fn taking(mut layer: Json, inputs: &[&str], second: bool) -> Json {
    layer["inbound_nodes"] = match second {
        true => json!([inputs
            .iter()
            .map(|name| json!([name, 0, 0, {}]))
            .collect::<Vec<_>>()]),
        false => {
            let tensor = |name: &&str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}});
            let tensors: Vec<Json> = inputs.iter().map(tensor).collect();
            json!([{"args": if tensors.len() > 1 { json!([tensors]) } else { json!(tensors) }, "kwargs": {}}])
        }
    };
    layer
}

fn read(description: &Json, weights: &Made) -> Result<Imported<f32>, String> {
    let options = ImportOptions::default().keep_logits(true);
    build(description, weights, true, &options).map_err(|problem| problem.to_string())
}

fn sequential() -> Json {
    json!({"class_name": "Sequential", "config": {"name": "net", "layers": [
        layer("InputLayer", "in", json!({"batch_shape": [null, 8, 8, 3]})),
        layer("Rescaling", "r", json!({"scale": 0.00392156862745098, "offset": 0.0})),
        layer("Conv2D", "c", json!({"filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "activation": "relu"})),
        layer("BatchNormalization", "b", json!({"axis": [3], "scale": false, "momentum": 0.9})),
        layer("DepthwiseConv2D", "d", json!({"kernel_size": 3, "depth_multiplier": 2, "use_bias": false})),
        layer("ReLU", "r6", json!({"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0})),
        layer("Flatten", "f", json!({})),
        layer("Dense", "out", json!({"units": 2, "activation": "softmax"})),
    ]}})
}

fn sequential_weights() -> Made {
    made(&[
        ("c", "kernel", &[3, 3, 3, 4]),
        ("c", "bias", &[4]),
        ("b", "beta", &[4]),
        ("b", "moving_mean", &[4]),
        ("b", "moving_variance", &[4]),
        ("d", "depthwise_kernel", &[3, 3, 4, 2]),
        ("out", "kernel", &[32, 2]),
        ("out", "bias", &[2]),
    ])
}

#[test]
fn a_sequential_model_is_read() {
    let imported = read(&sequential(), &sequential_weights()).unwrap();
    let network = &imported.model.network;
    assert_eq!(
        network.text().to_string(),
        "conv(4, 3, same, stride=2) -> relu -> bn(epsilon=0.001) -> conv(8, 3, groups=4, bias=false) -> relu6 -> flatten -> linear(2) -> softmax"
    );
    assert!((imported.model.preprocessing.divisor - 255.0).abs() < 1e-9);
    assert_eq!(imported.model.classes, ["0", "1"]);
    let values = |name: &str, parameter: &str| {
        let node = network
            .nodes()
            .iter()
            .find(|node| node.name() == name)
            .unwrap();
        let (_, range) = node
            .placed_parameters()
            .find(|(known, _)| known.name == parameter)
            .unwrap();
        network.parameters()[range].to_vec()
    };
    assert_eq!(values("bn1", "gamma"), [1.0; 4], "not scaled");
    assert_eq!(
        values("conv1", "weight")[..3],
        [0.0, 1.0, 2.0],
        "the same order"
    );
    assert_eq!(values("conv2", "weight")[..3], [0.0, 1.0, 2.0]);
    let dense = values("linear1", "weight");
    assert_eq!([dense[1], dense[32]], [2.0, 1.0], "transposed");
    let mapping = imported
        .mappings
        .iter()
        .find(|mapping| mapping.layer == "conv2")
        .unwrap();
    assert_eq!(mapping.sources, ["d"]);
}

/// A block with a gate and a sum.
fn functional(second: bool) -> Json {
    let layers = [
        taking(
            layer(
                "InputLayer",
                "in",
                json!({"batch_input_shape": [null, 4, 4, 2]}),
            ),
            &[],
            second,
        ),
        // Its input stands later in the file.
        taking(layer("Add", "sum", json!({})), &["gated", "in"], second),
        taking(
            layer(
                "Conv2D",
                "c",
                json!({"filters": 2, "kernel_size": [1, 1], "use_bias": false}),
            ),
            &["in"],
            second,
        ),
        taking(
            layer("GlobalAveragePooling2D", "p", json!({"keepdims": true})),
            &["c"],
            second,
        ),
        taking(
            layer("Reshape", "s", json!({"target_shape": [1, 1, 2]})),
            &["p"],
            second,
        ),
        taking(
            layer(
                "Conv2D",
                "e",
                json!({"filters": 2, "kernel_size": [1, 1], "activation": "sigmoid"}),
            ),
            &["s"],
            second,
        ),
        taking(layer("Multiply", "gated", json!({})), &["c", "e"], second),
        taking(
            layer("GlobalAveragePooling2D", "end", json!({})),
            &["sum"],
            second,
        ),
    ];
    json!({"class_name": "Functional", "config": {
        "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["end", 0, 0]],
    }})
}

#[test]
fn a_functional_model_of_both_versions_is_read() {
    let weights = made(&[
        ("c", "kernel", &[1, 1, 2, 2]),
        ("e", "kernel", &[1, 1, 2, 2]),
        ("e", "bias", &[2]),
    ]);
    for second in [true, false] {
        let imported = read(&functional(second), &weights).unwrap();
        assert_eq!(
            imported.model.network.text().to_string(),
            "residual(conv(2, 1, bias=false) -> scale(globalavgpool -> linear(2) -> sigmoid)) -> globalavgpool"
        );
    }
    let options = ImportOptions::default().until(Some("c".into()));
    let part = build::<f32>(&functional(false), &weights, true, &options).unwrap();
    assert_eq!(
        part.model.network.text().to_string(),
        "conv(2, 1, bias=false)"
    );
    let options = ImportOptions::default().until(Some("nothing".into()));
    let message = build::<f32>(&functional(false), &weights, true, &options)
        .unwrap_err()
        .to_string();
    assert!(message.contains("\"nothing\""), "{message}");
}

#[test]
fn a_model_in_a_model_is_read() {
    let weights = sequential_weights();
    let mut nested = sequential();
    nested["config"]["name"] = "inner".into();
    let outer = json!({"class_name": "Sequential", "config": {"layers": [nested, layer("Dropout", "d2", json!({"rate": 0.5}))]}});
    let imported = read(&outer, &weights).unwrap();
    assert!(
        imported
            .model
            .network
            .text()
            .to_string()
            .ends_with("softmax -> dropout(0.5)")
    );
    assert_eq!(imported.model.network.input(), Shape::volume(8, 8, 3));
    assert_eq!(imported.mappings[0].sources, ["inner/c"]);
}

#[test]
fn what_the_notation_has_not_is_refused_by_name() {
    let weights = sequential_weights();
    let with = |at: usize, change: Json| {
        let mut model = sequential();
        model["config"]["layers"][at] = change;
        read(&model, &weights).map(drop).unwrap_err()
    };
    for (message, expected) in [
        (
            with(5, layer("LSTM", "l", json!({}))),
            "layer \"l\" (LSTM) has no counterpart",
        ),
        (
            with(5, layer("Activation", "a", json!({"activation": "selu"}))),
            "\"selu\" has no counterpart",
        ),
        (
            with(
                2,
                layer("Conv2D", "c", json!({"filters": 5, "kernel_size": 3})),
            ),
            "its kernel has shape [3, 3, 3, 4], expected [3, 3, 3, 5]",
        ),
        (
            with(
                2,
                layer("Conv2D", "x", json!({"filters": 4, "kernel_size": 3})),
            ),
            "layer \"x\" (Conv2D): the file has no kernel",
        ),
        (
            with(2, layer("Conv2D", "c", json!({"kernel_size": 3}))),
            "nb_filter is missing",
        ),
        (
            with(
                2,
                layer(
                    "Conv2D",
                    "c",
                    json!({"filters": 4, "kernel_size": 3, "data_format": "channels_first"}),
                ),
            ),
            "channels_first",
        ),
        (
            with(3, layer("BatchNormalization", "b", json!({"axis": 1}))),
            "along [1.0]",
        ),
        (
            with(
                0,
                layer(
                    "InputLayer",
                    "in",
                    json!({"batch_shape": [null, null, null, 3]}),
                ),
            ),
            "`input`, such as 224x224x3",
        ),
    ] {
        assert!(message.contains(expected), "{message}");
    }
    let message = read(&json!({"class_name": "Mine", "config": {}}), &weights).unwrap_err();
    assert!(message.contains("\"Mine\""), "{message}");
    let mut circle = functional(true);
    circle["config"]["layers"][2]["inbound_nodes"] = json!([[["sum", 0, 0, {}]]]);
    let message = read(&circle, &made(&[])).unwrap_err();
    assert!(message.contains("not there, or of itself"), "{message}");
}
