//! Checking the gradients of a layer of your own, before any training.
//!
//! `myprelu`, which the library has as `prelu`, is a ReLU that learns its slope below zero, one for each channel (He et al., 2015):
//! `y = x` where `x > 0`, else `a[c] * x`; so `dx = dy` or `a[c] * dy`, and `da[c]` is the sum of
//! `x * dy` over the places where `x <= 0`. The second time a mistake is in it.
//!
//! Run with `cargo run --release --example 04_check_own_layer`.

use std::sync::Arc;

use stepnet::nn::layer::{
    Backward, Explain, Forward, Layer, LayerError, Parameter, PassValues, Start, mark_signs,
};
use stepnet::nn::notation::{LayerText, Signature};
use stepnet::nn::{Network, Registry, Shape};
use stepnet::see::gradcheck::{self, Examples, Options};

#[derive(Debug)]
struct PRelu {
    text: LayerText,
    /// Keeps the last term of `da` instead of the sum.
    mistaken: bool,
}

impl Layer<f64> for PRelu {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        vec![Parameter {
            name: "slope",
            shape: vec![input.channels()],
            start: Start::Constant(0.25),
            decays: false,
            trainable: true,
        }]
    }

    fn forward(&self, pass: Forward<'_, f64>) {
        let slopes = pass.parameters.iter().cycle();
        for ((y, &x), slope) in pass.y.iter_mut().zip(pass.x).zip(slopes) {
            *y = if x > 0.0 { x } else { slope * x };
        }
    }

    fn backward(&self, pass: Backward<'_, f64>) {
        let channels = pass.parameters.len();
        if let Some(gradients) = pass.gradients {
            gradients.fill(0.0);
            for (at, (&x, dy)) in pass.x.iter().zip(pass.dy).enumerate() {
                let term = if x > 0.0 { 0.0 } else { x * dy };
                let gradient = &mut gradients[at % channels];
                *gradient = if self.mistaken {
                    term
                } else {
                    *gradient + term
                };
            }
        }
        if let Some(dx) = pass.dx {
            let slopes = pass.parameters.iter().cycle();
            for (((dx, dy), &x), slope) in dx.iter_mut().zip(pass.dy).zip(pass.x).zip(slopes) {
                *dx = if x > 0.0 { *dy } else { slope * dy };
            }
        }
    }

    fn explain(&self) -> &dyn Explain<f64> {
        self
    }
}

impl Explain<f64> for PRelu {
    /// There is no derivative at zero: differences across it are left out.
    fn sides(&self, pass: PassValues<'_, f64>, mark: &mut dyn FnMut(u64)) {
        mark_signs(pass.x, mark);
    }
}

/// The built-in layers and `myprelu`.
fn registry(mistaken: bool) -> stepnet::Result<Registry<f64>> {
    let mut registry = Registry::builtin();
    let signature = Signature::new("myprelu", "A ReLU that learns its slope below zero.");
    registry.register(signature, move |text| {
        let text = text.clone();
        Ok(Arc::new(PRelu { text, mistaken }))
    })?;
    Ok(registry)
}

fn main() -> stepnet::Result<()> {
    let options = Options::default();
    for mistaken in [false, true] {
        let registry = registry(mistaken)?;
        // The layer by itself ...
        let text = LayerText::new(registry.kinds(), "myprelu", [])?;
        let layer = registry.build("myprelu", &text)?;
        let report = gradcheck::layer(layer.as_ref(), [6, 6, 3], &options)?;
        println!("{report}\n");
        assert_eq!(report.passed(), !mistaken);

        // ... and inside a network, under its loss.
        let text = "conv(4, 3) -> myprelu -> maxpool(2) -> linear(3) -> softmax";
        let mut network = Network::builder()
            .registry(registry)
            .build(text, [8, 8, 1])?;
        let examples = Examples::drawn(&network, 3, 1)?;
        gradcheck::draw_weights(&mut network, &examples, 1)?;
        let report = gradcheck::network(&network, &examples, &options)?;
        println!("{report}\n");
        assert_eq!(report.passed(), !mistaken);
    }
    Ok(())
}
