//! Layers of a program's own: what they say is wrapped, and what they would have changed is tried.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stepnet::ndarray::ArrayD;
use stepnet::nn::layer::{Advise, Backward, Forward, Layer, LayerError, Remedy};
use stepnet::nn::notation::{LayerText, ParameterKind, Signature};
use stepnet::nn::{Diagnosis, Network, Registry, Shape};

/// Takes vectors whose length is a multiple of its number, and says it in two lines.
#[derive(Debug)]
struct Chunks {
    text: LayerText,
    of: usize,
    helps: bool,
}

impl Layer<f32> for Chunks {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        match input {
            Shape::Features(features) if features % self.of == 0 => Ok(input),
            other => Err(format!("no chunks\nof {} in {other}", self.of).into()),
        }
    }

    fn forward(&self, pass: Forward<'_, f32>) {
        pass.y.copy_from_slice(pass.x);
    }

    fn backward(&self, pass: Backward<'_, f32>) {
        if let Some(dx) = pass.dx {
            dx.copy_from_slice(pass.dy);
        }
    }

    fn advise(&self) -> &dyn Advise {
        self
    }
}

impl Advise for Chunks {
    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let divides = |of: &usize| input.len().is_multiple_of(*of);
        let fitting = (1..=self.of).rev().find(divides).filter(|_| self.helps);
        let text = fitting.map(|of| self.text.clone().with("of", of));
        let remedy = |text| Remedy { text, cost: 3 };
        text.into_iter().flatten().map(remedy).collect()
    }
}

fn registry(helps: bool) -> Registry<f32> {
    let mut registry = Registry::builtin();
    let signature = Signature::new("chunks", "Chunks.").required("of", ParameterKind::Count);
    registry
        .register(signature, move |text| {
            let of = text.count("of").number().unwrap_or(1);
            let text = text.clone();
            Ok(Arc::new(Chunks { text, of, helps }))
        })
        .unwrap();
    registry
}

fn diagnosis(text: &str, helps: bool) -> Diagnosis {
    let builder = Network::builder().registry(registry(helps));
    let error = builder.build(text, [4, 4, 1]).expect_err(text);
    let found = error.detail::<Diagnosis>();
    found.unwrap_or_else(|| panic!("{error}")).clone()
}

#[test]
fn what_an_own_layer_says_is_told_in_one_line() {
    let found = diagnosis("linear(10) -> chunks(4) -> linear(2)", false);
    assert!(
        found.to_string().starts_with(
            "layer chunks1 at column 15, chunks(4) on 10: no chunks of 4 in 10; try \""
        ),
        "{found}"
    );
}

#[test]
fn what_an_own_layer_would_change_is_suggested() {
    let found = diagnosis("linear(10) -> chunks(4) -> linear(2)", true);
    let text = found.fix.unwrap().network.unwrap();
    assert_eq!(text, "linear(10) -> chunks(2) -> linear(2)");
    Network::<f32>::builder()
        .registry(registry(true))
        .build(&text, [4, 4, 1])
        .unwrap();
}

#[test]
fn a_vector_for_an_own_layer_is_made_by_flatten() {
    let found = diagnosis("relu -> chunks(4) -> linear(2)", false);
    let text = found.fix.unwrap().network.unwrap();
    assert_eq!(text, "relu -> flatten -> chunks(4) -> linear(2)");
}

#[test]
fn advice_can_be_left_out() {
    let error = Network::<f32>::builder()
        .advice(false)
        .build("conv(8, 5)", [4, 4, 1])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer conv1 at column 1, conv(8, 5) on 4x4x1: window height is 5, expected at most 4, the \
         input's height: floor((4 - 5 + 0 + 0) / 1) + 1 = 0"
    );
}

#[test]
fn long_networks_of_strangers_do_not_keep_the_doctor_busy() {
    let many = vec!["conv(1, 2) -> relu -> maxpool(2)"; 1500].join(" -> ");
    let nested = "[[[[relu -> conv(1, 2, stride=2)] x 9] x 9] x 9] x 9";
    for text in [
        many.as_str(),
        nested,
        "[maxpool(2, 2)] x 9000",
        "[flatten -> conv(1, 1)] x 4000",
    ] {
        let start = Instant::now();
        let error = Network::<f32>::new(text, [64, 64, 1]).unwrap_err();
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{:?} for {:.60}",
            start.elapsed(),
            text
        );
        let line = error.to_string();
        assert!(line.len() < 6000, "{} characters", line.len());
    }
}

#[test]
fn predictions_for_channels_in_front_are_refused() {
    let network = Network::<f32>::new("linear(2)", [5, 6, 3]).unwrap();
    let error = network.predict(ArrayD::zeros(vec![2, 3, 5, 6]).view());
    assert_eq!(
        error.unwrap_err().to_string(),
        "predict: x has shape [2, 3, 5, 6], expected (examples, 5x6x3); the channels are in front: \
         move axis 1 to the end"
    );
    for shape in [vec![2, 5, 6, 3], vec![2, 90]] {
        assert_eq!(
            network.predict(ArrayD::zeros(shape).view()).unwrap().dim(),
            (2, 2)
        );
    }
    // One channel lies in memory alike, wherever its axis stands.
    let grey = Network::<f32>::new("linear(2)", [5, 6, 1]).unwrap();
    for shape in [vec![1, 1, 5, 6], vec![1, 5, 6]] {
        assert!(grey.predict(ArrayD::zeros(shape).view()).is_ok());
    }
}
