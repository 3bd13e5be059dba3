use std::path::Path;

use ndarray::ArrayViewD;
use stepnet_base::TargetScale;
use stepnet_nn::Network;

use super::*;
use crate::{ImportOptions, import_bytes};

fn model(text: &str, input: [usize; 3]) -> Model<f32> {
    let mut network = Network::<f32>::new(text, input).unwrap();
    for (place, value) in network.parameters_mut().iter_mut().enumerate() {
        *value = ((place * 7 + 3) % 11) as f32 * 0.05 + 0.1;
    }
    let [height, width, channels] = input;
    let preprocessing = Preprocessing::scaled(height, width, channels, 16.0);
    Model::new(network, Vec::new(), preprocessing)
}

fn outputs(network: &Network<f32>, input: &[f32]) -> Vec<f32> {
    let extents = [vec![1], network.input().extents()].concat();
    let x = ArrayViewD::from_shape(extents, input).unwrap();
    network.predict(x).unwrap().into_raw_vec_and_offset().0
}

fn imported(model: &Model<f32>) -> Model<f32> {
    let bytes = export_keras(model).unwrap().bytes;
    let options = ImportOptions::default().keep_logits(true);
    let imported = import_bytes(Path::new("a.keras"), &bytes, &options);
    imported.unwrap().model
}

/// Read again, a model is the same: its text, but for what Keras writes otherwise, and its numbers.
#[test]
fn models_come_back_as_they_were() {
    for (text, again) in [
        (
            "conv(4, 3, same) -> bn -> relu -> maxpool(2) -> flatten -> linear(3) -> softmax",
            None,
        ),
        (
            "conv(4, 2, stride=2, bias=false) -> leakyrelu(0.2) -> globalavgpool -> linear(1) -> sigmoid",
            None,
        ),
        (
            "conv(8, 3, groups=4) -> prelu -> avgpool(2, same) -> layernorm -> globalmaxpool",
            None,
        ),
        (
            "residual(conv(4, 1) -> elu(0.5), shortcut=conv(4, 3, same)) -> relu6 -> upsample(2)",
            None,
        ),
        (
            "branch(conv(2, 1) | conv(3, 3, same) -> conv(1, 1) -> tanh | identity) -> groupnorm(7)",
            None,
        ),
        (
            "scale(globalavgpool -> linear(2) -> silu -> linear(4) -> hardsigmoid) -> hardswish",
            None,
        ),
        (
            "pad(1/0/2/1) -> gelu -> gelutanh -> dropout(0.5) -> linear(2)",
            Some("pad(1/0/2/1) -> gelu -> gelutanh -> dropout(0.5) -> flatten -> linear(2)"),
        ),
        (
            "convtranspose(3, 3, stride=2, output_padding=1) -> instancenorm",
            Some("convtranspose(3, 3, stride=2, output_padding=1) -> groupnorm(3)"),
        ),
        (
            "layerscale -> adaptiveavgpool(2)",
            Some("conv(4, 1, groups=4, bias=false) -> avgpool(3)"),
        ),
    ] {
        let model = model(text, [6, 6, 4]);
        let found = imported(&model);
        // The padding in numbers.
        let expected = again.unwrap_or(text).replace("3, same)", "3, 1)");
        let expected = Network::<f32>::new(&expected, model.network.input()).unwrap();
        let found_text = found.network.text().to_string();
        assert_eq!(found_text, expected.text().to_string());
        assert_eq!(found.preprocessing.divisor, 16.0);
        let input: Vec<f32> = (0..144).map(|at| (at % 13) as f32 * 0.1 - 0.5).collect();
        let pairs = outputs(&found.network, &input)
            .into_iter()
            .zip(outputs(&model.network, &input));
        for (found, expected) in pairs {
            assert!(
                (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
                "{text}: {found} {expected}"
            );
        }
    }
}

/// Keras takes a functional model from no other place.
#[test]
fn the_model_is_of_the_class_that_keras_loads() {
    let bytes = export_keras(&model("relu", [2, 2, 3])).unwrap().bytes;
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(r#""module":"keras.src.models.functional""#));
}

#[test]
fn scaling_is_a_layer_and_numbers_are_in_their_unit() {
    let mut model = model("conv(2, 1) -> flatten -> linear(1)", [2, 2, 3]);
    model.preprocessing = model
        .preprocessing
        .mean(vec![0.5, 0.25, 0.0])
        .deviation(vec![0.5, 2.0, 1.0]);
    let scale = TargetScale {
        mean: vec![40.0],
        deviation: vec![12.5],
    };
    model.preprocessing = model.preprocessing.clone().task(Task::Numbers(scale));
    let found = imported(&model);
    for channel in 0..3 {
        let expected: f64 = model.preprocessing.for_pictures().value(51.0, channel);
        let value: f64 = found.preprocessing.value(51.0, channel);
        assert!((value - expected).abs() < 1e-9, "{value} {expected}");
    }
    let input = [0.5; 12];
    let expected = outputs(&model.network, &input)[0] * 12.5 + 40.0;
    let output = outputs(&found.network, &input)[0];
    assert!((output - expected).abs() < 1e-3, "{output} {expected}");
}

#[test]
fn what_keras_has_not_is_refused_by_the_layers_name() {
    for (text, problem) in [
        ("start: lrn(3)", "start: lrn cannot be written for Keras"),
        (
            "conv(2, 2, stride=2, dilation=2)",
            "conv1: conv has a stride and a dilation",
        ),
        (
            "avgpool(2, 1)",
            "avgpool1: avgpool averages over a border that it does not count",
        ),
        ("adaptiveavgpool(4)", "windows of several sizes"),
        ("convtranspose(4, 2, groups=2)", "has groups"),
    ] {
        let error = export_keras(&model(text, [6, 6, 4]))
            .unwrap_err()
            .to_string();
        assert!(error.contains(problem), "{error}");
    }
}
