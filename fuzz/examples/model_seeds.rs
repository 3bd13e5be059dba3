//! Writes the seeds of the target `model_file`: models as they are saved, with every kind of layer.
//!
//! Run it where the file format has changed, with the folder for the files:
//! `cargo run --manifest-path fuzz/Cargo.toml --example model_seeds -- fuzz/seeds/model_file`

mod plain;

use std::path::{Path, PathBuf};

use serde_json::json;
use stepnet::Number;
use stepnet::nn::{Init, Model, Network, Preprocessing};
use stepnet::rng::RandomState;

/// Name, network, input.
const SEEDS: [(&str, &str, [usize; 3]); 5] = [
    (
        "small-conv",
        "conv(4, 3) -> bright: relu -> maxpool(2) -> linear(3) -> softmax",
        [6, 6, 1],
    ),
    (
        "signs",
        "conv(2, 4, same) -> relu -> maxpool(8, same) -> conv(3, 2, same) -> relu -> maxpool(4, same) -> flatten -> linear(6) -> softmax",
        [16, 16, 3],
    ),
    (
        "cat",
        "flatten -> [linear(3) -> relu] x 2 -> linear(1) -> sigmoid",
        [4, 4, 3],
    ),
    (
        "every-layer",
        "conv(4, 3x2, 1/0/2/1, 2x1, 1x2, groups=2, bias=false) -> leakyrelu(0.1) -> avgpool(2, same, 1, count_padding=true) -> tanh -> dropout(0.5) -> pad(1/0/0/2) -> gelu -> conv(2, 1) -> silu -> globalavgpool -> linear(2) -> tanh",
        [5, 4, 2],
    ),
    (
        "labels",
        "a: [b: conv(2, 3, same) -> relu] x 2 -> globalavgpool -> linear(2) -> softmax",
        [4, 4, 1],
    ),
];

fn model<T: Number>(text: &str, input: [usize; 3]) -> stepnet::Result<Model<T>> {
    let mut network = Network::new(text, input)?;
    network.initialize(Init::He, &mut RandomState::new(1));
    let [height, width, channels] = input;
    let classes = network.output().len().max(2);
    let classes = (0..classes).map(|class| class.to_string()).collect();
    let preprocessing = Preprocessing::scaled(height, width, channels, 255.0)
        .mean(vec![0.5; channels])
        .deviation(vec![0.25; channels]);
    let training = [("seed".to_owned(), json!(7))].into_iter().collect();
    Ok(Model::new(network, classes, preprocessing).training(training))
}

fn main() -> stepnet::Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder = folder.map_or_else(|| PathBuf::from("fuzz/seeds/model_file"), PathBuf::from);
    let place = |name: &str| Path::new(&folder).join(format!("{name}.safetensors"));
    for (name, text, input) in SEEDS {
        model::<f32>(text, input)?.save(&place(name))?;
        plain::without_checksums(&place(name))?;
    }
    let (_, text, input) = SEEDS[2];
    model::<f64>(text, input)?.save(&place("cat-f64"))?;
    plain::without_checksums(&place("cat-f64"))
}
