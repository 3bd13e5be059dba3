//! Whatever the bytes are, importing an ONNX file returns; a network that is imported predicts, is saved and is read.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use stepnet::exchange::{ImportOptions, import_bytes};
use stepnet::nn::{Model, ModelFile, Plan, PlanOptions, Registry, Workspace};

/// Larger workspaces, and longer passes, would only make the fuzzer slow.
const MOST_BYTES: usize = 64 << 20;
const MOST_WORK: u64 = 1 << 26;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz.onnx");
    let Ok(imported) = import_bytes::<f32>(path, bytes, &ImportOptions::default()) else {
        return;
    };
    predict(&imported.model);
    let saved = imported.model.to_bytes().expect("a model that was imported is written");
    ModelFile::from_bytes(Path::new("fuzz"), &saved)
        .and_then(|file| file.model::<f32>(Registry::builtin()))
        .expect("a model that was written is read");
});

/// One pass over an input of zeros.
fn predict(model: &Model<f32>) {
    let network = &model.network;
    let plan = Plan::new(network, 1, PlanOptions::default()).expect("the builder planned it");
    if plan.bytes::<f32>() > MOST_BYTES || network.work() > MOST_WORK {
        return;
    }
    let mut workspace =
        Workspace::new(network, 1, PlanOptions::default()).expect("memory for a small workspace");
    let x = vec![0.0; network.input().len()];
    let outputs = workspace.predict(network, &x).expect("one example");
    assert_eq!(outputs.len(), network.output().len());
}
