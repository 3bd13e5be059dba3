//! The smallest whole run: the embedded digits, a small network, the accuracy on a held-out fifth.
//!
//! Run with `cargo run --release --example 01_digits`.

use stepnet::{Init, Network, Preprocessing, RandomState, TrainOptions, Trainer, data};

fn main() -> stepnet::Result<()> {
    let (train, held_out) = data::digits().split(0.2, 1)?;
    let text = "conv(16, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax";
    let mut network = Network::<f32>::builder()
        .classes(10)
        .build(text, [8, 8, 1])?;
    network.initialize(Init::He, &mut RandomState::new(1));

    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let options = TrainOptions::default().epochs(10);
    let mut trainer = Trainer::new(network, preprocessing, options, train.len())?;
    trainer.fit(&train, |end| {
        let loss = end.scores.mean_loss();
        println!("epoch {}: loss {loss:.4}", end.epoch + 1);
    })?;
    let evaluation = trainer.evaluate(&held_out)?;
    println!(
        "held-out accuracy {:.2} %",
        100.0 * evaluation.scores.accuracy()
    );
    Ok(())
}
