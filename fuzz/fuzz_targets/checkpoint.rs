//! Whatever the bytes are, reading a checkpoint returns; what is read is gone on with or refused, and
//! is written again as the same bytes.
#![no_main]

use std::ops::ControlFlow;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use stepnet::data::{Dataset, Images, Values};
use stepnet::nn::{ModelFile, Plan, PlanOptions, Registry};
use stepnet::optim::Rule;
use stepnet::train::{BatchSize, Checkpoint, TrainOptions, Trainer};

/// Larger workspaces, and longer passes, would only make the fuzzer slow.
const MOST_BYTES: usize = 64 << 20;
const MOST_WORK: u64 = 1 << 24;

/// The examples that the run is over: three steps an epoch.
const EXAMPLES: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = ModelFile::from_bytes(Path::new("fuzz"), bytes) else {
        return;
    };
    let Ok(checkpoint) = Checkpoint::<f32>::of_file(&file, Registry::builtin()) else {
        return;
    };
    let network = &checkpoint.model.network;
    let training = PlanOptions::TRAINING;
    let plan = Plan::new(network, 2, training).expect("the builder planned it");
    if plan.bytes::<f32>() > MOST_BYTES || network.work() > MOST_WORK {
        return;
    }
    for rule in [Rule::GradientDescent, Rule::CLASSIC_MOMENTUM, Rule::ADAM] {
        go_on(&checkpoint, rule);
    }
});

/// Goes on as a run by `rule` would.
fn go_on(checkpoint: &Checkpoint<f32>, rule: Rule) {
    let options = TrainOptions::default().epochs(4).batch(BatchSize::Examples(2)).rule(rule);
    let model = &checkpoint.model;
    let (network, preprocessing) = (model.network.clone(), model.preprocessing.clone());
    let Ok(mut trainer) = Trainer::new(network, preprocessing, options, EXAMPLES) else {
        return;
    };
    if trainer.resume(checkpoint, EXAMPLES).is_err() {
        return;
    }
    let position = *trainer.position();
    let written = |trainer: &Trainer<f32>| {
        let run = &checkpoint.run;
        Checkpoint::to_bytes(model, trainer.learner(), position, run).expect("what was read is written")
    };
    let bytes = written(&trainer);
    let file = ModelFile::from_bytes(Path::new("again"), &bytes).expect("what was written is read");
    let again = Checkpoint::of_file(&file, Registry::builtin()).expect("it is a checkpoint");
    trainer.resume(&again, EXAMPLES).expect("it is of the same run");
    assert_eq!(bytes, written(&trainer));
    if let Some(data) = data(model.preprocessing.shape()) {
        // A loss that is not finite, or a class that the network has not, is an error.
        trainer.epoch(&data, |_| ControlFlow::Continue(())).ok();
    }
}

/// Pictures of the network's shape.
fn data(shape: [usize; 3]) -> Option<Dataset> {
    let values = (0..EXAMPLES * shape.iter().product::<usize>()).map(|place| (place * 37) as u8);
    let images = Images::new(shape, Values::U8(values.collect())).ok()?;
    let labels = (0..EXAMPLES as u32).map(|example| example % 2).collect();
    Dataset::new(images, labels, vec!["no".into(), "yes".into()]).ok()
}
