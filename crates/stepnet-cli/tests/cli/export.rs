//! `export`.

use std::fs;
use std::path::Path;

use stepnet::nn::{Model, Network, Preprocessing};

use crate::run::Desk;

/// A model file with weights of zeros.
fn model(path: &Path, text: &str, [height, width, channels]: [usize; 3]) {
    let network = Network::<f32>::new(text, [height, width, channels]).unwrap();
    let preprocessing = Preprocessing::scaled(height, width, channels, 255.0);
    Model::new(network, Vec::new(), preprocessing)
        .save(path)
        .unwrap();
}

/// A desk with a model, `m.safetensors`.
fn desk(network: &str) -> Desk {
    let desk = Desk::new();
    model(&desk.join("m.safetensors"), network, [4, 4, 3]);
    desk
}

#[test]
fn a_model_is_written_for_others_and_the_choice_is_told() {
    let desk = desk("conv(2, 3) -> relu -> linear(2) -> softmax");
    let told = desk
        .run("export m.safetensors --onnx m.onnx --torch m_torch.py")
        .fine();
    for line in [
        "saved m.onnx",
        "  ONNX opset 18",
        "  input images: uint8 (batch, height, width, 3)",
        "  output probabilities: float32 (batch, 2)",
        "  output logits: float32 (batch, 2)",
        "saved m_torch.py and m_torch.safetensors",
    ] {
        assert!(
            told.lines().any(|found| found == line),
            "{line:?} is not in {told}"
        );
    }
    assert!(told.contains("are stretched to 4x4 in the file"), "{told}");
    assert!(
        desk.bytes("m.onnx")
            .windows(13)
            .any(|bytes| bytes == b"conv1.weight\x4a")
    );
    let program = String::from_utf8(desk.bytes("m_torch.py")).unwrap();
    assert!(
        program.contains("nn.Conv2d(3, 2, 3),  # conv1"),
        "{program}"
    );
    let told = desk
        .run("export m.safetensors --onnx m2.onnx --input model-size")
        .fine();
    assert!(
        told.contains("opset 13") && told.contains("uint8 (batch, 4, 4, 3)"),
        "{told}"
    );
}

#[test]
fn a_model_for_keras_can_be_read_again() {
    let desk = desk("conv(2, 3) -> relu -> linear(2) -> softmax");
    let told = desk.run("export m.safetensors --keras m.keras").fine();
    assert!(told.starts_with("saved m.keras\n"), "{told}");
    assert!(
        told.contains("  it takes images of 4x4 with values from 0 to 255"),
        "{told}"
    );
    let told = desk.run("import m.keras --out again.safetensors").fine();
    let network = "network: conv(2, 3) -> relu -> flatten -> linear(2) -> softmax";
    assert!(told.lines().any(|line| line == network), "{told}");
    desk.run("export m.safetensors --keras m.h5")
        .fails(2, &["--keras: m.h5 does not end in .keras"]);
    model(&desk.join("lrn.safetensors"), "lrn(3)", [4, 4, 3]);
    desk.run("export lrn.safetensors --keras n.keras")
        .fails(2, &["lrn1", "cannot be written for Keras"]);
    assert!(!desk.join("n.keras").exists());
}

#[test]
fn nothing_is_replaced_unless_asked_and_the_model_never() {
    let desk = desk("linear(2) -> softmax");
    fs::write(desk.join("m.onnx"), "mine").unwrap();
    desk.run("export m.safetensors --onnx m.onnx")
        .fails(2, &["--onnx", "m.onnx is there already", "--overwrite"]);
    assert_eq!(desk.bytes("m.onnx"), b"mine");
    desk.run("export m.safetensors --onnx m.onnx --overwrite")
        .fine();
    // The weights of m.py would be the model itself.
    let before = desk.bytes("m.safetensors");
    desk.run("export m.safetensors --torch m.py --overwrite")
        .fails(2, &["m.safetensors is one of this command's inputs"]);
    assert_eq!(desk.bytes("m.safetensors"), before);
    assert!(!desk.join("m.py").exists());
}

#[test]
fn wrong_input_is_one_line() {
    let desk = desk("linear(2) -> softmax");
    desk.run("export m.safetensors")
        .fails(2, &["--onnx", "--torch"]);
    desk.run("export m.safetensors --torch m.pt")
        .fails(2, &["--torch: m.pt does not end in .py"]);
    desk.run("export none.safetensors --onnx n.onnx")
        .fails(2, &["none.safetensors"]);
    fs::write(desk.join("text"), "no model").unwrap();
    desk.run("export text --onnx n.onnx").fails(2, &["text"]);
    desk.run("export m.safetensors --onnx none/n.onnx")
        .fails(2, &["none"]);
    desk.run("export m.safetensors --onnx n.onnx --input picture")
        .fails(2, &["any-size", "model-size", "values"]);
    model(&desk.join("grey.safetensors"), "linear(2)", [4, 4, 2]);
    desk.run("export grey.safetensors --onnx n.onnx --input any-size")
        .fails(
            2,
            &[
                "grey.safetensors",
                "a network that takes 4x4x2",
                "1 or 3 channels",
            ],
        );
    assert!(!desk.join("n.onnx").exists());
}
