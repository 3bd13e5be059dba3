//! Whatever the bytes are, reading a model file returns; what is read predicts and is saved again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use stepnet::nn::{Model, ModelFile, Plan, PlanOptions, Registry, Workspace};

/// Larger workspaces, and longer passes, would only make the fuzzer slow.
const MOST_BYTES: usize = 64 << 20;
const MOST_WORK: u64 = 1 << 26;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = ModelFile::from_bytes(Path::new("fuzz"), bytes) else {
        return;
    };
    let Ok(model) = file.model::<f32>(Registry::builtin()) else {
        return;
    };
    predict(&model);
    save_and_read(&model);
});

/// One pass over a picture of zeros.
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

/// What was read can be written, and reads as the same numbers.
fn save_and_read(model: &Model<f32>) {
    let bytes = model.to_bytes().expect("a model that was read is written");
    let again = ModelFile::from_bytes(Path::new("fuzz"), &bytes)
        .and_then(|file| file.model::<f32>(Registry::builtin()))
        .expect("a model that was written is read");
    let bits = |model: &Model<f32>| -> Vec<u32> {
        let values = model.network.parameters().iter();
        values.map(|value| value.to_bits()).collect()
    };
    assert_eq!(bits(model), bits(&again));
}
