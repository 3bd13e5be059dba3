//! The smallest whole run: the embedded digits, a small network, the accuracy on a held-out fifth.
//!
//! Run with `cargo run --release --example 01_digits`.

use std::ops::ControlFlow;

use stepnet::data;
use stepnet::nn::{Init, Network, Preprocessing};
use stepnet::rng::RandomState;
use stepnet::train::{TrainOptions, Trainer, evaluate};

fn main() -> stepnet::Result<()> {
    let (train, held_out) = data::digits().split(0.2, 1)?;
    let text = "conv(16, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax";
    let mut network = Network::<f32>::builder()
        .classes(10)
        .build(text, [8, 8, 1])?;
    network.initialize(Init::He, &mut RandomState::new(1));

    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let options = TrainOptions::default().epochs(10);
    let mut trainer = Trainer::new(network, preprocessing.clone(), options, train.len())?;
    for _ in 0..10 {
        let end = trainer.epoch(&train, |_| ControlFlow::Continue(()))?;
        println!(
            "epoch {}: loss {:.4}",
            end.epoch + 1,
            end.scores.mean_loss()
        );
    }
    let evaluation = evaluate(trainer.network(), &held_out, &preprocessing)?;
    println!(
        "held-out accuracy {:.2} %",
        100.0 * evaluation.scores.accuracy()
    );
    Ok(())
}
