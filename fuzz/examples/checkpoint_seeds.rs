//! Writes the seeds of the target `checkpoint`: runs of each rule, stopped at the beginning, in the
//! middle of an epoch and at the end.
//!
//! Run it where the file format has changed, with the folder for the files:
//! `cargo run --manifest-path fuzz/Cargo.toml --example checkpoint_seeds -- fuzz/seeds/checkpoint`

mod plain;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use stepnet::data::{Dataset, Images, Values};
use stepnet::nn::{Init, Model, Network, Preprocessing};
use stepnet::optim::Rule;
use stepnet::rng::RandomState;
use stepnet::train::{BatchSize, Checkpoint, TrainOptions, Trainer};

/// Name, network, rule, steps of the three an epoch has.
const SEEDS: [(&str, &str, Rule, usize); 4] = [
    ("start", "flatten -> linear(2) -> softmax", Rule::GradientDescent, 0),
    ("middle", "conv(2, 2) -> relu -> linear(2) -> softmax", Rule::ADAM, 4),
    ("momentum", "dropout(0.5) -> linear(1) -> sigmoid", Rule::CLASSIC_MOMENTUM, 8),
    ("end", "conv(2, 2) -> maxpool(2) -> linear(2)", Rule::ADAM, 12),
];

fn main() -> stepnet::Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder = folder.map_or_else(|| PathBuf::from("fuzz/seeds/checkpoint"), PathBuf::from);
    for (name, text, rule, steps) in SEEDS {
        write(&folder.join(format!("{name}.safetensors")), text, rule, steps)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str, rule: Rule, steps: usize) -> stepnet::Result<()> {
    let values = (0..5 * 16).map(|place| (place * 37) as u8).collect();
    let images = Images::new([4, 4, 1], Values::U8(values))?;
    let data = Dataset::new(images, vec![0, 1, 0, 1, 0], vec!["no".into(), "yes".into()])?;
    let mut network = Network::<f32>::new(text, [4, 4, 1])?;
    network.initialize(Init::He, &mut RandomState::new(1));
    let preprocessing = Preprocessing::scaled(4, 4, 1, 255.0);
    let options = TrainOptions::default().epochs(4).batch(BatchSize::Examples(2)).rule(rule);
    let mut trainer = Trainer::new(network, preprocessing.clone(), options, data.len())?;
    while trainer.learner().updates() < steps as u64 {
        trainer.epoch(&data, |_| ControlFlow::Break(()))?;
    }
    let model = Model::new(trainer.network().clone(), data.classes().to_vec(), preprocessing);
    Checkpoint::save(path, &model, trainer.learner(), *trainer.position(), "{}")?;
    plain::without_checksums(path)
}
