use std::sync::Arc;

use super::*;
use crate::layer::Layer;
use crate::notation::{LayerText, Signature};

/// The registry of a program with its own layer kind `rectify`, which is a ReLU.
fn own_registry() -> Registry<f32> {
    let relu = || -> Result<Arc<dyn Layer<f32>>> {
        let builtin = Registry::builtin();
        let text = LayerText::new(builtin.kinds(), "relu", [])?;
        builtin.build("relu", &text)
    };
    let mut registry = Registry::builtin();
    registry
        .register(Signature::new("rectify", "A ReLU."), move |_| Ok(relu()?))
        .expect("a new name");
    registry
}

/// A file with the network `text`.
fn file(text: &str) -> ModelFile {
    let builder = Network::builder().registry(own_registry());
    let network = builder.build(text, [2, 2, 1]).expect("a network");
    let model = Model::new(network, Vec::new(), Preprocessing::scaled(2, 2, 1, 255.0));
    let bytes = model.to_bytes().expect("the content of a file");
    ModelFile::from_bytes(Path::new("own.safetensors"), &bytes).expect("a file")
}

/// The text of a file was right where it was written: its layer kinds are not taken for misspelt ones.
#[test]
fn an_unknown_layer_kind_is_not_taken_for_a_misspelt_one() {
    for (text, column) in [
        ("flatten -> rectify -> linear(2)", 12),
        ("[rectify] x 2 -> linear(2)", 2),
        ("rectify", 1),
    ] {
        let file = file(text);
        file.model(own_registry()).expect("a model");
        let error = file.model(Registry::<f32>::builtin());
        let error = error.expect_err("the kind is unknown").to_string();
        let start = format!("its network: column {column}: unknown layer kind \"rectify\"; ");
        assert!(error.contains(&start), "{error}");
        assert!(error.contains("a newer Stepnet"), "{error}");
        assert!(!error.contains("did you mean"), "{error}");
        assert!(!error.contains("expected"), "{error}");
    }
}
