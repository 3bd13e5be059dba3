//! A layer of your own: written, registered, trained, saved, loaded and explained.
//!
//! `gain(start)` multiplies each channel by a number that it learns:
//! `y[.., c] = s[c] * x[.., c]`, so `dx = s * dy` and `ds[c] = sum of x[.., c] * dy[.., c]`.
//!
//! Run with `cargo run --release --example 03_own_layer`.

use std::ops::ControlFlow;
use std::sync::Arc;

use stepnet::data;
use stepnet::nn::account::{Account, ExampleValues, Feed, Feeds, Term};
use stepnet::nn::layer::{Backward, Explain, Forward, Layer, LayerError, Parameter, Start};
use stepnet::nn::notation::{LayerText, ParameterKind, Signature};
use stepnet::nn::{Init, Model, ModelFile, Network, Preprocessing, Registry, Shape};
use stepnet::rng::RandomState;
use stepnet::see::why::{Question, Why};
use stepnet::train::{TrainOptions, Trainer, evaluate};

#[derive(Debug)]
struct Gain {
    text: LayerText,
}

impl Layer<f32> for Gain {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let start = Start::Constant(self.text.number("start"));
        vec![Parameter {
            name: "gain",
            shape: vec![input.channels()],
            start,
            decays: false,
            trainable: true,
        }]
    }

    fn forward(&self, pass: Forward<'_, f32>) {
        let scale = pass.parameters;
        for (y, x) in pass
            .y
            .chunks_exact_mut(scale.len())
            .zip(pass.x.chunks_exact(scale.len()))
        {
            for ((y, x), s) in y.iter_mut().zip(x).zip(scale) {
                *y = s * x;
            }
        }
    }

    fn backward(&self, pass: Backward<'_, f32>) {
        let scale = pass.parameters;
        if let Some(gradients) = pass.gradients {
            gradients.fill(0.0);
            for (dy, x) in pass
                .dy
                .chunks_exact(scale.len())
                .zip(pass.x.chunks_exact(scale.len()))
            {
                for ((gradient, dy), x) in gradients.iter_mut().zip(dy).zip(x) {
                    *gradient += dy * x;
                }
            }
        }
        if let Some(dx) = pass.dx {
            for (dx, dy) in dx
                .chunks_exact_mut(scale.len())
                .zip(pass.dy.chunks_exact(scale.len()))
            {
                for ((dx, dy), s) in dx.iter_mut().zip(dy).zip(scale) {
                    *dx = s * dy;
                }
            }
        }
    }

    fn explain(&self) -> &dyn Explain<f32> {
        self
    }
}

/// With this `stepnet::see::why` shows where a scaled value comes from.
impl Explain<f32> for Gain {
    fn account(
        &self,
        place: usize,
        example: &ExampleValues<'_, f32>,
    ) -> stepnet::Result<Option<Account>> {
        let scale = f64::from(example.parameters[place % example.parameters.len()]);
        let term = Term::new(place, f64::from(example.x[place]), scale);
        Ok(Some(Account::sum("y = s x", vec![term], None)))
    }

    fn feeds(
        &self,
        place: usize,
        example: &ExampleValues<'_, f32>,
    ) -> stepnet::Result<Option<Feeds>> {
        let scale = f64::from(example.parameters[place % example.parameters.len()]);
        let feed = Feed::new(place, scale);
        Ok(Some(Feeds::new("dx = dy s", vec![feed])))
    }
}

/// The built-in layers and `gain`.
fn registry() -> stepnet::Result<Registry<f32>> {
    let mut registry = Registry::builtin();
    let signature = Signature::new("gain", "Multiplies each channel by a learnt number.").optional(
        "start",
        ParameterKind::Number,
        1.0,
    );
    registry.register(signature, |text| Ok(Arc::new(Gain { text: text.clone() })))?;
    Ok(registry)
}

fn main() -> stepnet::Result<()> {
    let digits = data::digits();
    let (train, held_out) = digits.split(0.2, 1)?;
    let text = "conv(8, 3, same) -> gain(0.5) -> relu -> maxpool(2) -> linear(10) -> softmax";
    let mut network = Network::builder()
        .registry(registry()?)
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

    let path = std::env::temp_dir().join(format!("own-layer-{}.safetensors", std::process::id()));
    let model = Model::new(
        trainer.into_network(),
        train.classes().to_vec(),
        preprocessing,
    );
    model.save(&path)?;
    // A registry that knows the layer is all that loading needs.
    let loaded = ModelFile::open(&path)?.model(registry()?)?;
    let evaluation = evaluate(&loaded.network, &held_out, &loaded.preprocessing)?;
    println!(
        "held-out accuracy {:.2} %",
        100.0 * evaluation.scores.accuracy()
    );
    let mut x = vec![0.0; loaded.network.input().len()];
    held_out.fill_batch(&[0], &loaded.preprocessing, &mut x)?;
    let question = Question::default()
        .at(Some("gain1[3,3,0]".parse()?))
        .gradient(true);
    println!("\n{}", Why::new(&loaded.network, &x)?.explain(&question)?);
    std::fs::remove_file(&path).ok();
    Ok(())
}
