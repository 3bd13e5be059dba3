use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use stepnet_base::{TargetScale, Task};
use stepnet_nn::notation::{Kinds, Signature};
use stepnet_nn::{Network, Preprocessing, Resize, Shape, example_networks};

use super::*;
use crate::onnx::proto::TensorProto;

fn model(text: &str, input: impl Into<Shape>) -> Model<f32> {
    let input = input.into();
    let mut network = Network::<f32>::new(text, input).unwrap();
    for (place, value) in network.parameters_mut().iter_mut().enumerate() {
        *value = place as f32;
    }
    let [height, width, channels] = input.as_image();
    Model::new(
        network,
        Vec::new(),
        Preprocessing::scaled(height, width, channels, 16.0),
    )
}

fn exported(model: &Model<f32>, input: ExportInput) -> (Exported, GraphProto) {
    let exported = export(model, &ExportOptions::default().input(input)).unwrap();
    let proto = ModelProto::decode(exported.bytes.as_slice()).unwrap();
    (exported, proto.graph.unwrap())
}

/// The operators in order.
fn operators(graph: &GraphProto) -> Vec<&str> {
    graph
        .node
        .iter()
        .map(|node| node.op_type.as_str())
        .collect()
}

fn numbers(tensor: &TensorProto) -> Vec<f32> {
    let bytes = tensor.raw_data.as_deref().unwrap().chunks_exact(4);
    bytes
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// Every value is made once, before it is used, every weight is used, and no two nodes have one name.
fn check_names(graph: &GraphProto) {
    let mut made: BTreeSet<&str> = graph.input.iter().map(|info| info.name.as_str()).collect();
    made.extend(graph.initializer.iter().map(|tensor| tensor.name.as_str()));
    let mut used = BTreeSet::from([""]);
    let names: BTreeSet<&str> = graph.node.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names.len(), graph.node.len(), "nodes have the same name");
    for node in &graph.node {
        for input in node.input.iter().filter(|name| !name.is_empty()) {
            assert!(
                made.contains(input.as_str()),
                "{}: {input} is not made before it",
                node.name
            );
            used.insert(input);
        }
        for output in &node.output {
            assert!(made.insert(output), "{}: {output} is made twice", node.name);
        }
    }
    for output in &graph.output {
        assert!(
            made.contains(output.name.as_str()),
            "{} is not made",
            output.name
        );
    }
    for tensor in &graph.initializer {
        assert!(
            used.contains(tensor.name.as_str()),
            "{} is not used",
            tensor.name
        );
        let values: i64 = tensor.dims.iter().product();
        let size = if tensor.data_type == 7 { 8 } else { 4 };
        assert_eq!(
            tensor.raw_data.as_ref().unwrap().len() as i64,
            values * size,
            "{}",
            tensor.name
        );
    }
}

#[test]
fn every_kind_has_a_writer_or_is_written_out() {
    let written: BTreeSet<&str> = layers::kinds().collect();
    for kind in Kinds::builtin().iter().map(Signature::name) {
        let parts = ["residual", "branch", "scale"].contains(&kind);
        assert!(
            parts || written.contains(kind),
            "there is no writer of {kind} in onnx/export/layers"
        );
    }
}

#[test]
fn the_example_of_every_kind_is_exported() {
    for (text, input) in example_networks() {
        let (_, graph) = exported(&model(&text, input), ExportInput::Values);
        check_names(&graph);
    }
}

#[test]
fn images_of_any_size_are_resized_by_the_models_rule() {
    for (resize, operator) in [
        (Resize::Stretch, "Resize"),
        (Resize::Crop, "Slice"),
        (Resize::Fit, "Pad"),
    ] {
        let mut model = model("conv(2, 3) -> linear(2) -> softmax", [8, 8, 3]);
        model.preprocessing.resize = resize;
        let (told, graph) = exported(&model, ExportInput::Auto);
        check_names(&graph);
        assert!(
            operators(&graph).contains(&operator),
            "{resize:?}: {:?}",
            operators(&graph)
        );
        assert_eq!(
            (told.opset, told.input.as_str()),
            (18, "images: uint8 (batch, height, width, 3)")
        );
    }
    let model = model("conv(2, 3) -> linear(2) -> softmax", [8, 6, 3]);
    let (told, graph) = exported(&model, ExportInput::ModelSize);
    assert_eq!(
        (told.opset, told.input.as_str()),
        (13, "images: uint8 (batch, 8, 6, 3)")
    );
    assert_eq!(operators(&graph)[..3], ["Transpose", "Cast", "Div"]);
}

#[test]
fn layers_and_weights_keep_their_names() {
    let (_, graph) = exported(
        &model(
            "first: conv(2, 2) -> gelu -> linear(2) -> softmax",
            [3, 3, 1],
        ),
        ExportInput::Values,
    );
    let names: Vec<&str> = graph.node.iter().map(|node| node.name.as_str()).collect();
    for name in [
        "first",
        "gelu1",
        "gelu1/Erf",
        "linear1/Flatten",
        "linear1",
        "softmax1",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let weights: BTreeMap<&str, &TensorProto> = graph
        .initializer
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor))
        .collect();
    assert_eq!(weights["first.weight"].dims, [2, 1, 2, 2]);
    // Filters are stored height, width, in, out: the first filter has every second number.
    assert_eq!(
        numbers(weights["first.weight"]),
        [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]
    );
    // The first unit's weights, from 10: two channels of four pixels, now channel by channel.
    assert_eq!(
        numbers(weights["linear1.weight"])[..8],
        [10.0, 12.0, 14.0, 16.0, 11.0, 13.0, 15.0, 17.0]
    );
}

#[test]
fn a_layer_may_be_called_like_an_output() {
    let (_, graph) = exported(
        &model(
            "logits: conv(2, 2) -> images: linear(2) -> probabilities: softmax",
            [3, 3, 1],
        ),
        ExportInput::Auto,
    );
    check_names(&graph);
    assert_eq!(graph.node.last().unwrap().name, "probabilities");
}

#[test]
fn vectors_are_transposed_only_where_their_order_matters() {
    let transposes = |text: &str| {
        let (_, graph) = exported(&model(text, [4, 4, 2]), ExportInput::Values);
        operators(&graph)
            .iter()
            .filter(|&&operator| operator == "Transpose")
            .count()
    };
    assert_eq!(
        transposes("flatten -> relu -> linear(2)"),
        1,
        "at the input alone"
    );
    assert_eq!(transposes("flatten -> bn -> linear(2)"), 2);
    assert_eq!(
        transposes("conv(2, 1)"),
        2,
        "an output with pixels has its channels last"
    );
}

#[test]
fn outputs_are_what_the_model_says() {
    let outputs = |model: &Model<f32>| exported(model, ExportInput::Auto).0.outputs;
    let classes = model("linear(3) -> softmax", Shape::Features(4));
    assert_eq!(
        outputs(&classes),
        [
            "probabilities: float32 (batch, 3)",
            "logits: float32 (batch, 3)"
        ]
    );
    let two = model("linear(1) -> sigmoid", Shape::Features(4));
    assert_eq!(
        outputs(&two),
        [
            "probabilities: float32 (batch, 2)",
            "logits: float32 (batch, 1)"
        ]
    );
    let mut labels = two.clone();
    labels.preprocessing.task = Task::Labels;
    assert_eq!(outputs(&labels)[0], "probabilities: float32 (batch, 1)");
    assert_eq!(
        outputs(&model("linear(3)", Shape::Features(4))),
        ["scores: float32 (batch, 3)"]
    );
    let mut scaled = model("linear(1)", Shape::Features(4));
    scaled.preprocessing.task = Task::Numbers(TargetScale {
        mean: vec![20.0],
        deviation: vec![3.0],
    });
    assert_eq!(outputs(&scaled), ["numbers: float32 (batch, 1)"]);
    let (_, graph) = exported(&scaled, ExportInput::Auto);
    assert_eq!(operators(&graph)[2..], ["Mul", "Add"]);
    check_names(&graph);
}

#[test]
fn a_network_that_does_nothing_still_has_an_output() {
    let (_, graph) = exported(
        &model("dropout(0.5)", Shape::Features(4)).clone(),
        ExportInput::Values,
    );
    check_names(&graph);
    let mut plain = model("dropout(0.5)", Shape::Features(4));
    plain.preprocessing.divisor = 1.0;
    let (_, graph) = exported(&plain, ExportInput::Values);
    assert_eq!(operators(&graph), ["Identity"]);
}

#[test]
fn classes_and_facts_are_in_the_metadata_and_paths_are_not() {
    let mut model = model("linear(2) -> softmax", Shape::Features(4));
    model.classes = vec!["a \"cat\"".to_owned(), "dog".to_owned()];
    model.training = [
        ("epochs".to_owned(), 3.into()),
        ("optimizer".to_owned(), "adam".into()),
        ("origin".to_owned(), "/home/me/photos".into()),
    ]
    .into();
    let bytes = export(&model, &ExportOptions::default()).unwrap().bytes;
    let proto = ModelProto::decode(bytes.as_slice()).unwrap();
    let entries: BTreeMap<&str, &str> = proto
        .metadata_props
        .iter()
        .map(|entry| (entry.key.as_str(), entry.value.as_str()))
        .collect();
    assert_eq!(entries["classes"], r#"["a \"cat\"","dog"]"#);
    assert_eq!(
        (entries["training.epochs"], entries["training.optimizer"]),
        ("3", "adam")
    );
    assert_eq!(
        (entries["task"], entries["network"]),
        ("classes", "linear(2) -> softmax")
    );
    assert!(
        !entries.values().any(|value| value.contains("/home/me")),
        "{entries:?}"
    );
}

#[test]
fn what_cannot_be_exported_is_refused_by_name() {
    let refused = |model: &Model<f32>, input| {
        export(model, &ExportOptions::default().input(input))
            .unwrap_err()
            .to_string()
    };
    let vectors = model("linear(2)", Shape::Features(4));
    assert_eq!(
        refused(&vectors, ExportInput::AnySize),
        "ONNX export: the input is images for a network that takes 4, expected values, as images have 1 or 3 channels"
    );
    let mut broken = vectors;
    broken.network.parameters_mut()[1] = f32::NAN;
    assert!(refused(&broken, ExportInput::Auto).contains("linear1"));
}
