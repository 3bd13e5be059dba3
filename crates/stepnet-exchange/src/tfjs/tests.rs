//! Models written by the tests, with their weights next to them.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::{ImportOptions, Shape, import};

fn description() -> Json {
    json!({"class_name": "Sequential", "config": [
        {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [1, 1], "use_bias": true,
            "batch_input_shape": [null, 2, 2, 1]}},
        {"class_name": "Flatten", "config": {"name": "f"}},
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false, "activation": "softmax"}},
    ]})
}

fn weights() -> Json {
    json!([{"paths": ["a.bin", "b.bin"], "weights": [
        {"name": "c/kernel", "shape": [1, 1, 1, 2], "dtype": "float32",
            "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}},
        {"name": "c/bias", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}},
        {"name": "d/kernel", "shape": [8, 2], "dtype": "float32"},
    ]}])
}

fn write(folder: &Path, json: &Json) -> std::path::PathBuf {
    let mut bytes = vec![0, 4, 0, 0x3c, 0, 0xc0];
    bytes.extend((0..16).flat_map(|number| (number as f32).to_le_bytes()));
    // The files may be cut anywhere.
    std::fs::write(folder.join("a.bin"), &bytes[..9]).unwrap();
    std::fs::write(folder.join("b.bin"), &bytes[9..]).unwrap();
    let path = folder.join("model.json");
    std::fs::write(&path, json.to_string()).unwrap();
    path
}

#[test]
fn a_layers_model_is_read_with_its_quantised_weights() {
    let folder = tempfile::tempdir().unwrap();
    let json = json!({"format": "layers-model", "modelTopology": {"model_config": description()}, "weightsManifest": weights()});
    let path = write(folder.path(), &json);
    let imported = import::<f32>(&path, &ImportOptions::default()).unwrap();
    let network = &imported.model.network;
    assert_eq!(
        network.text().to_string(),
        "conv(2, 1) -> flatten -> linear(2, bias=false) -> softmax"
    );
    let expected = [-1.0, 1.0, 1.0, -2.0, 0.0, 2.0, 4.0];
    assert_eq!(network.parameters()[..7], expected);
}

#[test]
fn weights_alone_go_to_the_network_that_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), &weights());
    let message = import::<f32>(&path, &ImportOptions::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("`model`"), "{message}");
    let options = ImportOptions::default().input(Some(Shape::volume(2, 2, 1)));
    let right = options.clone().model(Some(
        "conv(2, 1) -> linear(2, bias=false) -> softmax".into(),
    ));
    let imported = import::<f32>(&path, &right).unwrap();
    assert_eq!(imported.mappings[0].sources, ["c.kernel", "c.bias"]);
    let wrong = options.model(Some("conv(3, 1) -> linear(2, bias=false)".into()));
    let message = import::<f32>(&path, &wrong).unwrap_err().to_string();
    assert!(
        message.contains(
            "layer conv1 of the network: \"c.kernel\" has shape [1, 1, 1, 2], expected [1, 1, 1, 3]"
        ),
        "{message}"
    );
}

#[test]
fn files_of_weights_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let of = |manifest: Json| {
        let path = write(
            folder.path(),
            &json!({"modelTopology": {"model_config": description()}, "weightsManifest": manifest}),
        );
        import::<f32>(&path, &ImportOptions::default())
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    let with = |change: fn(&mut Json)| {
        let mut manifest = weights();
        change(&mut manifest[0]);
        of(manifest)
    };
    for (message, expected) in [
        (
            with(|group| group["paths"][1] = "../b.bin".into()),
            "not in the folder",
        ),
        (
            with(|group| group["paths"][1] = "/etc/passwd".into()),
            "not in the folder",
        ),
        (
            with(|group| group["paths"] = json!(["a.bin"])),
            "\"d/kernel\": 16 values of 4 bytes",
        ),
        (
            with(|group| group["weights"][2]["shape"] = json!([8])),
            "38 bytes, but its files have 70",
        ),
        (
            with(|group| group["weights"][2]["dtype"] = "complex64".into()),
            "of type \"complex64\"",
        ),
        (
            with(|group| group["weights"][2]["shape"] = json!([1_u64 << 40, 1_u64 << 40])),
            "its shape",
        ),
        (
            with(|group| group["weights"][2]["name"] = "e/kernel".into()),
            "layer \"d\" (Dense): the file has no kernel",
        ),
    ] {
        assert!(message.contains(expected), "{message}");
    }
    let graph = write(
        folder.path(),
        &json!({"format": "graph-model", "modelTopology": {"node": []}}),
    );
    let message = import::<f32>(&graph, &ImportOptions::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("graph model"), "{message}");
}
