//! The fuzzers' seeds are files that PyTorch and Keras wrote: they must be read.

use std::path::{Path, PathBuf};

use stepnet_exchange::{ImportOptions, fuzzing, import};
use stepnet_nn::Shape;

fn seed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(name)
}

/// The network of a file as it is imported, with `model` where the file has only weights.
fn network(name: &str, model: Option<&str>) -> String {
    let options = ImportOptions::default().keep_logits(true);
    let mut options = options.model(model.map(str::to_owned));
    if model.is_some() {
        options = options.input(Some(Shape::volume(4, 4, 3)));
    }
    let imported = import::<f32>(seed(name), &options);
    imported.unwrap().model.network.text().to_string()
}

#[test]
fn files_that_pytorch_wrote_are_read() {
    let model = "conv(2, 1) -> bn -> flatten -> linear(2)";
    for name in ["pickle/zip.pt", "pickle/old.pt", "pickle/checkpoint.pt"] {
        assert_eq!(network(name, Some(model)), model, "{name}");
    }
}

#[test]
fn files_that_keras_wrote_are_read() {
    assert_eq!(
        network("keras/functional.h5", None),
        "conv(2, 3, same) -> relu -> residual(bn(momentum=0.99, epsilon=0.001)) -> flatten -> linear(2) -> softmax"
    );
    assert_eq!(
        network("keras/sequential.keras", None),
        "conv(3, 3, groups=3, bias=false) -> conv(2, 1) -> globalavgpool -> linear(2)"
    );
}

#[test]
fn every_seed_is_read_without_a_panic() {
    for target in ["pickle", "keras", "tfjs"] {
        let mut files = 0;
        for entry in std::fs::read_dir(seed(target)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(fuzzing::format(target, &bytes));
            files += 1;
        }
        assert!(files > 1, "{target}");
    }
}
