use super::*;
use crate::data::{Images, Values};
use crate::nn::layer::Noise;
use crate::nn::{Init, Targets};
use crate::optim::Rule;
use crate::rng::RandomState;
use crate::train::Learner;

const TEXT: &str = "conv(2, 3, same) -> relu -> maxpool(2) -> conv(3, 3) -> relu -> linear(4) -> linear(3) -> softmax";

fn network<T: Number>(text: &str) -> Network<T> {
    let mut network = Network::new(text, [6, 6, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

/// Fills an array with one value.
fn plant<T: Number>(network: &mut Network<T>, array: &str, value: f64) {
    let (layer, name) = array.split_once('.').unwrap();
    let node = network
        .nodes()
        .iter()
        .find(|node| node.name() == layer)
        .unwrap();
    let (_, range) = node
        .placed_parameters()
        .find(|(p, _)| p.name == name)
        .unwrap();
    network.parameters_mut()[range].fill(T::from_f64(value));
}

fn step<T: Number>(network: Network<T>, x: &[T], rate: f64, steps: usize) -> (String, Learner<T>) {
    let mut learner = Learner::new(network, Rule::GradientDescent, 2, 0.0).unwrap();
    for _ in 0..steps {
        let batch = Batch {
            x,
            targets: Targets::Classes(&[0, 2]),
            noise: Noise {
                seed: 0,
                epoch: 4,
                examples: &[7, 8],
            },
        };
        if let Err(error) = learner.step(&batch, rate) {
            return (error.to_string(), learner);
        }
    }
    panic!("every step was fine");
}

fn x() -> Vec<f32> {
    (0..72).map(|i| (i % 7) as f32 / 7.0).collect()
}

#[test]
fn the_first_layer_that_left_the_finite_range_is_named() {
    for (array, value, parts) in [
        ("conv1.weight", f32::MAX.into(), ["layer conv1 (", "inf"]),
        ("conv2.weight", f32::MAX.into(), ["layer conv2 (", "inf"]),
        (
            "linear1.weight",
            f32::MAX.into(),
            ["layer linear1 (", "inf"],
        ),
        (
            "linear2.bias",
            f64::NAN,
            ["layer linear2 (", "for the bias of layer linear2"],
        ),
        (
            "conv2.bias",
            f64::INFINITY,
            ["layer conv2 (", "for the bias of layer conv2"],
        ),
    ] {
        let mut network = network::<f32>(TEXT);
        plant(&mut network, array, value);
        let (message, learner) = step(network.clone(), &x(), 0.1, 1);
        for part in parts {
            assert!(message.contains(part), "{array}: {message}");
        }
        assert!(message.contains("update 1 (epoch 5)"), "{message}");
        let bits = |network: &Network<f32>| -> Vec<u32> {
            network
                .parameters()
                .iter()
                .map(|value| value.to_bits())
                .collect()
        };
        assert_eq!(
            bits(learner.network()),
            bits(&network),
            "no weight has changed"
        );
    }
}

#[test]
fn an_input_is_named_by_its_example() {
    let mut x = x();
    x[36 + 5] = f32::NAN;
    let (message, _) = step(network::<f32>(TEXT), &x, 0.1, 1);
    assert!(
        message.ends_with("value 5 of example 8 is NaN"),
        "{message}"
    );
}

#[test]
fn a_rate_that_is_too_high_leaves_the_weights_before_it() {
    let start = network::<f32>(TEXT);
    let (message, learner) = step(start.clone(), &x(), 1e30, 9);
    assert!(message.contains("update 2 (epoch 5)"), "{message}");
    assert!(
        message.contains("is the first whose values left the finite range"),
        "{message}"
    );
    assert!(
        learner.network().parameters() == start.parameters(),
        "rolled back"
    );
}

#[test]
fn a_loss_too_large_for_finite_outputs_is_said_to_be() {
    let mut network = network::<f64>("flatten -> linear(3)");
    plant(&mut network, "linear1.bias", 1e200);
    let (message, _) = step(network, &[0.5; 72], 0.1, 1);
    assert!(
        message.contains("all layers' values are finite"),
        "{message}"
    );
}

#[test]
fn gradients_that_overflow_do_not_reach_the_weights() {
    // The weights of the second layer are so large that what it sends back overflows, while a
    // weight of 0 before it keeps every output finite.
    let mut network = network::<f32>("flatten -> linear(4) -> linear(4) -> linear(3) -> softmax");
    plant(&mut network, "linear1.weight", 0.0);
    plant(&mut network, "linear2.weight", 3e38);
    let range = network
        .nodes()
        .iter()
        .find(|n| n.name() == "linear3")
        .unwrap()
        .range();
    for (place, value) in network.parameters_mut()[range].iter_mut().enumerate() {
        *value = if place < 4 { 1e3 } else { 0.0 };
    }
    let before = network.clone();
    let (message, learner) = step(network, &x(), 0.1, 1);
    assert!(
        message.starts_with("the gradients are not finite at update 1"),
        "{message}"
    );
    assert!(message.contains("of layer linear1"), "{message}");
    assert!(learner.network().parameters() == before.parameters());
}

#[test]
fn a_layer_that_overflows_on_some_example_is_found() {
    let mut network = network::<f32>("flatten -> linear(2) -> relu -> linear(3)");
    plant(&mut network, "linear2.weight", 1e38);
    let values = |last: u8| {
        let mut values = vec![0; 36 * 40];
        values[36 * 39] = last;
        values
    };
    let preprocessing = Preprocessing::scaled(6, 6, 1, 1.0);
    plant(&mut network, "linear1.weight", 1.0);
    let found = |last| {
        let images = Images::new([6, 6, 1], Values::U8(values(last))).unwrap();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let data = Dataset::new(images, vec![0; 40], classes).unwrap();
        first_overflow(&network, &data, &preprocessing).unwrap()
    };
    assert_eq!(found(0), None);
    let place = found(255).unwrap();
    assert!(place.starts_with("layer linear2 ("), "{place}");
    assert!(place.contains("3 of 24 are not"), "{place}");
}

#[test]
fn the_pass_sees_every_place() {
    for len in [1, 15, 16, 17, 100] {
        let mut values = vec![f32::MAX; len];
        assert!(all_finite(&values));
        for place in 0..len {
            for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                values[place] = wrong;
                assert!(!all_finite(&values));
            }
            values[place] = -0.0;
        }
    }
}
