//! Regression: a network says at which angle, from 0 to 90 degrees, a line lies in an image of 28 x 28 pixels. The
//! program draws the images itself.
//!
//! Run with `cargo run --release --example 05_numbers`; a number after it is the seed.

use stepnet::data::{Examples, Targets};
use stepnet::train::Measures;
use stepnet::{
    Dataset, Init, Network, Preprocessing, RandomState, TrainOptions, Trainer, task_for,
};

const SIDE: usize = 28;

/// Lines at random angles, each through a random place near the centre.
#[derive(Debug)]
struct Lines {
    /// The angle in degrees, and a point of the line.
    lines: Vec<[f64; 3]>,
}

impl Lines {
    fn drawn(count: usize, seed: u32) -> Self {
        let mut random = RandomState::new(seed);
        let centre = (SIDE - 1) as f64 / 2.0;
        let mut line = || {
            let angle = 90.0 * random.uniform();
            let [right, down] = [0; 2].map(|_| centre + 6.0 * random.uniform() - 3.0);
            [angle, right, down]
        };
        Self {
            lines: (0..count).map(|_| line()).collect(),
        }
    }
}

impl Examples for Lines {
    fn shape(&self) -> [usize; 3] {
        [SIDE, SIDE, 1]
    }

    fn targets(&self) -> Targets {
        Targets::Numbers {
            values: self.lines.iter().map(|[angle, ..]| *angle).collect(),
            names: vec!["angle".into()],
        }
    }

    /// A pixel is the brighter the nearer it is to the line, so that the line is smooth (anti-aliased).
    fn fill(&self, index: usize, values: &mut [f32]) -> stepnet::Result<()> {
        let [angle, right, down] = self.lines[index];
        let (sin, cos) = angle.to_radians().sin_cos();
        for (at, value) in values.iter_mut().enumerate() {
            let (x, y) = ((at % SIDE) as f64 - right, (at / SIDE) as f64 - down);
            // Rows go down, so that angles are counted counterclockwise.
            let distance = (sin * x + cos * y).abs();
            *value = (1.5 - distance).clamp(0.0, 1.0) as f32;
        }
        Ok(())
    }
}

fn main() -> stepnet::Result<()> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(1);
    let train = Dataset::of(Lines::drawn(3000, seed))?;
    let held_out = Dataset::of(Lines::drawn(1000, seed.wrapping_add(1000)))?;

    let text = "conv(8, 5, same) -> relu -> maxpool(2) -> conv(16, 3, same) -> relu -> maxpool(2) \
                -> linear(32) -> relu -> linear(outputs)";
    let mut network = Network::<f32>::builder()
        .output_names(train.classes())
        .build(text, [SIDE, SIDE, 1])?;
    network.initialize(Init::He, &mut RandomState::new(seed));

    let task = task_for(&network, &train);
    let preprocessing = Preprocessing::scaled(SIDE, SIDE, 1, 1.0).task(task);
    let options = TrainOptions::default().epochs(12).seed(seed);
    let mut trainer = Trainer::new(network, preprocessing, options, train.len())?;
    trainer.fit(&train, |end| {
        let loss = end.scores.mean_loss();
        println!("epoch {}: loss {loss:.4}", end.epoch + 1);
    })?;
    let evaluation = trainer.evaluate(&held_out)?;
    if let Measures::Numbers(tally) = &evaluation.measures {
        let metrics = tally.metrics().mean;
        println!(
            "held-out R2 {:.4}, mean absolute error {:.2} degrees",
            metrics.r2, metrics.mae
        );
    }
    Ok(())
}
