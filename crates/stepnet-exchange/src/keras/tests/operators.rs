//! Layers that compute with numbers, and those that make images larger.

use super::*;

fn input(scaled: Json) -> Vec<Json> {
    vec![
        taking(
            layer("InputLayer", "in", json!({"batch_shape": [null, 4, 4, 2]})),
            &[],
            false,
        ),
        scaled,
    ]
}

/// An operator of Python between a layer and a number, as Keras 3 and Keras 2 describe it.
fn operator(class: &str, name: &str, of: &str, number: Json, first: bool) -> Json {
    let mut made = taking(layer(class, name, json!({})), &[of], false);
    let arguments = made["inbound_nodes"][0]["args"].as_array_mut().unwrap();
    arguments.insert(if first { 0 } else { 1 }, number);
    made
}

fn older(function: &str, name: &str, of: Json) -> Json {
    let mut made = layer("TFOpLambda", name, json!({"function": function}));
    made["inbound_nodes"] = json!([of]);
    made
}

fn model(layers: Vec<Json>, output: &str) -> Json {
    json!({"class_name": "Functional", "config": {
        "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [[output, 0, 0]],
    }})
}

fn conv(name: &str, of: &str) -> Json {
    let config = json!({"filters": 2, "kernel_size": [1, 1], "use_bias": false});
    taking(layer("Conv2D", name, config), &[of], false)
}

fn weights() -> Made {
    made(&[("c", "kernel", &[1, 1, 2, 2])])
}

#[test]
fn numbers_before_the_first_layer_are_preprocessing_and_merged_after_it() {
    let mut layers = input(operator("TrueDivide", "half", "in", json!(2.0), false));
    let each = json!({"class_name": "__numpy__", "config": {"value": [[[4.0, 8.0]]]}});
    layers.push(operator("Subtract", "less", "half", each, false));
    layers.push(conv("c", "less"));
    layers.push(operator("Subtract", "from", "c", json!(1.0), true));
    let imported = read(&model(layers, "from"), &weights()).unwrap();
    let network = &imported.model.network;
    assert_eq!(network.text().to_string(), "conv(2, 1)");
    // 1 - c(x) with the filters 0, 1, 2, 3.
    assert_eq!(network.parameters(), [0.0, -1.0, -2.0, -3.0, 1.0, 1.0]);
    let preprocessing = &imported.model.preprocessing;
    assert_eq!(preprocessing.mean, [8.0, 16.0]);
    assert_eq!(preprocessing.deviation, [2.0, 2.0]);
    assert!(imported.notes.is_empty(), "{:?}", imported.notes);
}

#[test]
fn what_the_options_say_of_the_input_comes_before_what_the_model_does() {
    let rescaling = layer("Rescaling", "r", json!({"scale": 0.25, "offset": 0.0}));
    let layers = [
        input(taking(rescaling, &["in"], false)),
        vec![conv("c", "r")],
    ]
    .concat();
    let options = ImportOptions::default()
        .divisor(Some(2.0))
        .keep_logits(true);
    let imported = build::<f32>(&model(layers, "c"), &weights(), true, &options);
    let imported = imported.map_err(|problem| problem.to_string()).unwrap();
    assert_eq!(imported.model.preprocessing.divisor, 2.0);
    let text = imported.model.network.text().to_string();
    assert_eq!(text, "bn -> conv(2, 1, bias=false)");
}

#[test]
fn an_input_that_is_used_unscaled_too_keeps_the_scaling_in_the_network() {
    let rescaling = layer("Rescaling", "r", json!({"scale": 0.25, "offset": 0.0}));
    let mut layers = input(taking(rescaling, &["in"], false));
    layers.push(taking(layer("Add", "sum", json!({})), &["r", "in"], false));
    let imported = read(&model(layers, "sum"), &made(&[])).unwrap();
    let text = imported.model.network.text().to_string();
    assert_eq!(text, "residual(bn)");
    assert!(imported.notes[0].contains("does not say how images"));
}

#[test]
fn functions_of_keras_2_are_operators() {
    let mut layers = input(conv("c", "in"));
    layers.push(older(
        "__operators__.add",
        "three",
        json!(["c", 0, 0, {"y": 3.0, "name": null}]),
    ));
    layers.push(older("nn.relu6", "clip", json!(["three", 0, 0, {}])));
    layers.push(older(
        "math.multiply",
        "sixth",
        json!(["clip", 0, 0, {"y": 0.16666667, "name": null}]),
    ));
    layers.push(taking(
        layer("Multiply", "swish", json!({})),
        &["c", "sixth"],
        false,
    ));
    layers.push(older(
        "math.subtract",
        "one",
        json!(["_CONSTANT_VALUE", -1, 1.0, {"y": ["swish", 0, 0]}]),
    ));
    layers.push(older(
        "__operators__.add",
        "sum",
        json!(["one", 0, 0, {"y": ["swish", 0, 0], "name": null}]),
    ));
    let imported = read(&model(layers, "sum"), &weights()).unwrap();
    assert_eq!(
        imported.model.network.text().to_string(),
        "conv(2, 1, bias=false) -> hardswish -> residual(bn)"
    );
}

#[test]
fn images_are_made_larger() {
    let layers = |more: Json| {
        let mut layers = input(taking(
            layer(
                "UpSampling2D",
                "u",
                json!({"size": [2, 1], "interpolation": "bilinear"}),
            ),
            &["in"],
            false,
        ));
        layers.push(taking(layer("Conv2DTranspose", "t", more), &["u"], false));
        model(layers, "t")
    };
    let weights = made(&[("t", "kernel", &[3, 2, 5, 2]), ("t", "bias", &[5])]);
    for (config, text) in [
        (
            json!({"padding": "same", "strides": 2}),
            "convtranspose(5, 3x2, same, stride=2)",
        ),
        (
            json!({"strides": [1, 3]}),
            "convtranspose(5, 3x2, stride=1x3, output_padding=0x1)",
        ),
        (
            json!({"padding": "same", "strides": [2, 2], "output_padding": [1, 0]}),
            "convtranspose(5, 3x2, padding=0/1/1/1, stride=2)",
        ),
    ] {
        let mut config = config;
        config["filters"] = 5.into();
        config["kernel_size"] = json!([3, 2]);
        let imported = read(&layers(config), &weights).unwrap();
        let found = imported.model.network.text().to_string();
        assert_eq!(found, format!("upsample(2x1, mode=bilinear) -> {text}"));
    }
    let refused = |config: Json| {
        let layers = input(taking(layer("UpSampling2D", "u", config), &["in"], false));
        read(&model(layers, "u"), &made(&[])).map(drop).unwrap_err()
    };
    let message = refused(json!({"interpolation": "bicubic"}));
    assert!(
        message.contains("layer \"u\" (UpSampling2D): its interpolation is \"bicubic\""),
        "{message}"
    );
}

#[test]
fn operations_that_the_notation_has_not_are_refused_by_name() {
    let refused = |last: Json| {
        let layers = [input(conv("c", "in")), vec![last]].concat();
        read(&model(layers, "o"), &weights()).map(drop).unwrap_err()
    };
    for (last, expected) in [
        (
            operator("Divide", "o", "c", json!(1.0), true),
            "layer \"o\" (Divide): it divides a number",
        ),
        (
            operator(
                "Multiply",
                "o",
                "c",
                json!({"class_name": "__numpy__", "config": {"value": [1.0, 2.0, 3.0]}}),
                false,
            ),
            "its constant has values for places",
        ),
        (
            older("math.cumsum", "o", json!(["c", 0, 0, {}])),
            "the function \"math.cumsum\" has no counterpart",
        ),
        (
            taking(layer("Add", "o", json!({})), &["c"], false),
            "it takes 1 values, expected two or more",
        ),
        (
            taking(layer("Divide", "o", json!({})), &["c", "c"], false),
            "it divides a value of the network by another",
        ),
    ] {
        let message = refused(last);
        assert!(message.contains(expected), "{message}");
    }
}
