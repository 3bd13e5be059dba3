//! Several labels for each image: a network says which digits are in an image of two, of the embedded digits, side by
//! side.
//!
//! Run with `cargo run --release --example 06_labels`; a number after it is the seed.

use stepnet::data::{self, DIGITS_DIVISOR, Examples, Targets};
use stepnet::train::Measures;
use stepnet::{
    Dataset, Init, Network, Preprocessing, RandomState, TrainOptions, Trainer, task_for,
};

const SIDE: usize = 8;

/// Two digits in each image, drawn from some.
#[derive(Debug)]
struct Pairs {
    digits: Dataset,
    pairs: Vec<[usize; 2]>,
}

impl Pairs {
    fn drawn(digits: Dataset, count: usize, seed: u32) -> Self {
        let mut random = RandomState::new(seed);
        let mut draw = || (random.uniform() * digits.len() as f64) as usize;
        Self {
            pairs: (0..count).map(|_| [draw(), draw()]).collect(),
            digits,
        }
    }
}

impl Examples for Pairs {
    fn shape(&self) -> [usize; 3] {
        [SIDE, 2 * SIDE, 1]
    }

    fn targets(&self) -> Targets {
        let names = self.digits.classes().to_vec();
        let mut marks = vec![0; self.pairs.len() * names.len()];
        for (row, pair) in marks.chunks_mut(names.len()).zip(&self.pairs) {
            for &digit in pair {
                row[self.digits.labels()[digit] as usize] = 1;
            }
        }
        Targets::Labels { marks, names }
    }

    fn fill(&self, index: usize, values: &mut [f32]) -> stepnet::Result<()> {
        let [left, right] = self.pairs[index];
        let (left, right) = (
            self.digits.images().image(left)?,
            self.digits.images().image(right)?,
        );
        let rows = left.chunks(SIDE).zip(right.chunks(SIDE));
        for (out, (left, right)) in values.chunks_mut(2 * SIDE).zip(rows) {
            for (out, &value) in out.iter_mut().zip(left.iter().chain(right)) {
                *out = value as f32;
            }
        }
        Ok(())
    }
}

fn main() -> stepnet::Result<()> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(1);
    // No digit of the held-out images is in the others.
    let (train, held_out) = data::digits().split(0.2, seed)?;
    let train = Dataset::of(Pairs::drawn(train, 8000, seed))?;
    let held_out = Dataset::of(Pairs::drawn(held_out, 2000, seed.wrapping_add(1000)))?;

    let text = "conv(16, 3, same) -> relu -> conv(32, 3, same) -> relu -> maxpool(2) -> dropout(0.25) \
                -> linear(128) -> relu -> dropout(0.25) -> linear(outputs) -> sigmoid";
    let mut network = Network::<f32>::builder()
        .output_names(train.classes())
        .build(text, [SIDE, 2 * SIDE, 1])?;
    network.initialize(Init::He, &mut RandomState::new(seed));

    let preprocessing =
        Preprocessing::scaled(SIDE, 2 * SIDE, 1, DIGITS_DIVISOR).task(task_for(&network, &train));
    let options = TrainOptions::default().epochs(10).seed(seed);
    let mut trainer = Trainer::new(network, preprocessing, options, train.len())?;
    trainer.fit(&train, |end| {
        let loss = end.scores.mean_loss();
        println!("epoch {}: loss {loss:.4}", end.epoch + 1);
    })?;
    let evaluation = trainer.evaluate(&held_out)?;
    if let Measures::Labels(tally) = &evaluation.measures {
        let metrics = tally.metrics();
        println!(
            "held-out mAP {:.4}, F1 {:.4}, all labels right {:.2} %",
            metrics.mean_average_precision,
            metrics.macro_average.f1,
            100.0 * metrics.subset_accuracy
        );
    }
    Ok(())
}
