//! `Predictor`: the outputs of the network it was made of, for any batch, from any number of threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ndarray::{Array4, ArrayD};
use stepnet::nn::{
    Init, Model, ModelFile, Network, PlanOptions, Preprocessing, Registry, Shape, Workspace,
    example_networks,
};
use stepnet::rng::RandomState;
use stepnet::{Error, Number, Predictor};

/// Networks with every kind of step that is prepared: convolutions with and without bias, normalisation,
/// ReLU and pooling after them, small and large, grouped and depthwise; dense layers; residual blocks.
const NETWORKS: &[(&str, [usize; 3])] = &[
    ("lenet5", [28, 28, 1]),
    ("digits-cnn", [8, 8, 1]),
    (
        "conv(8, 3) -> bn -> relu -> maxpool(2) -> linear(10) -> softmax",
        [12, 12, 2],
    ),
    (
        "conv(16, 3, same, bias=false) -> bn -> relu -> residual(conv(16, 3, same) -> bn -> relu -> \
         conv(16, 3, same, bias=false) -> bn) -> relu -> layernorm -> linear(40) -> bn -> relu -> linear(10)",
        [16, 16, 3],
    ),
    // Winograd's method.
    (
        "conv(32, 3, same) -> bn -> relu -> conv(48, 3, same) -> relu -> conv(32, 3, same) -> globalavgpool \
         -> linear(10) -> softmax",
        [24, 20, 16],
    ),
    (
        "conv(24, 3, same, groups=8) -> bn -> relu -> conv(24, 3, same, groups=24, stride=2) -> bn -> \
         silu -> conv(2, 5, same) -> relu -> conv(3, 5, same, dilation=2) -> tanh -> conv(10, 1) -> maxpool(2) \
         -> linear(3) -> sigmoid",
        [14, 13, 8],
    ),
    (
        "linear(70) -> relu -> linear(64) -> tanh -> linear(3)",
        [9, 9, 1],
    ),
    ("linear(3) -> softmax", [20, 20, 1]),
    ("relu -> maxpool(2)", [6, 6, 2]),
    ("flatten", [3, 3, 2]),
];

fn network<T: Number>(text: &str, input: impl Into<Shape>, seed: u32) -> Network<T> {
    let builder = Network::builder().classes(10);
    let mut network: Network<T> = builder.build(text, input).unwrap();
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    // Running variances are at least 1.
    for value in network.parameters_mut() {
        *value += T::from_f64(0.05 * random.uniform());
    }
    network
}

fn drawn<T: Number>(count: usize, seed: u32) -> Vec<T> {
    let mut random = RandomState::new(seed);
    (0..count).map(|_| T::from_f64(random.normal())).collect()
}

/// The outputs by a workspace for exactly this batch.
fn by_workspace<T: Number>(network: &Network<T>, x: &[T]) -> Vec<T> {
    let examples = x.len() / network.input().len();
    let mut workspace = Workspace::new(network, examples, PlanOptions::default()).unwrap();
    workspace.predict(network, x).unwrap().to_vec()
}

/// The outputs by a predictor.
fn by_predictor<T: Number>(predictor: &Predictor<T>, x: &[T]) -> Vec<T> {
    let examples = x.len() / predictor.input().len();
    let mut y = vec![T::zero(); examples * predictor.output().len()];
    predictor.predict_into(x, &mut y).unwrap();
    y
}

/// Their bits, for values that may be anything.
fn bits<T: Number>(values: &[T]) -> Vec<u64> {
    values
        .iter()
        .map(|value| value.as_f64().to_bits())
        .collect()
}

fn outputs_are_those_of_a_workspace<T: Number>(exact: bool) {
    for &(text, input) in NETWORKS {
        let mut network = network::<T>(text, input, 7);
        network.set_exact(exact);
        let predictor = Predictor::new(&network).unwrap();
        let most = 40;
        let x = drawn::<T>(most * network.input().len(), 3);
        let outputs = network.output().len();
        let all = by_workspace(&network, &x);
        // Growing and shrinking batches, each of them by both, and as part of the largest one.
        for examples in [1, 2, 3, 4, 5, 16, 17, 40, 1, 33] {
            let x = &x[..examples * network.input().len()];
            let ours = bits(&by_predictor(&predictor, x));
            assert_eq!(ours, bits(&by_workspace(&network, x)), "{text}: {examples}");
            assert_eq!(ours, bits(&all[..examples * outputs]), "{text}: {examples}");
        }
        let array = ndarray::ArrayView2::from_shape((most, network.input().len()), &x[..]);
        let array = array.unwrap().into_dyn();
        let by_network = network.predict(array.view()).unwrap();
        assert_eq!(bits(by_network.as_slice().unwrap()), bits(&all));
    }
}

#[test]
fn the_outputs_are_bitwise_those_of_a_workspace_whatever_the_batch() {
    outputs_are_those_of_a_workspace::<f32>(false);
    outputs_are_those_of_a_workspace::<f64>(false);
}

#[test]
fn every_kind_of_layer_is_prepared() {
    for (seed, (text, input)) in example_networks().into_iter().enumerate() {
        let network = network::<f32>(&text, input, seed as u32);
        let predictor = Predictor::new(&network).unwrap();
        let x = drawn::<f32>(3 * network.input().len(), 4);
        let expected = bits(&by_workspace(&network, &x));
        assert_eq!(bits(&by_predictor(&predictor, &x)), expected, "{text}");
    }
}

#[test]
fn an_exact_network_is_predicted_exactly() {
    outputs_are_those_of_a_workspace::<f32>(true);
}

#[test]
fn values_that_are_not_finite_reach_the_outputs_that_they_reach_in_a_workspace() {
    let (text, input) = NETWORKS[4];
    let network = network::<f32>(text, input, 1);
    let predictor = Predictor::new(&network).unwrap();
    let mut x = drawn::<f32>(3 * network.input().len(), 5);
    let len = network.input().len();
    (x[7], x[len + 100]) = (f32::INFINITY, f32::NAN);
    x[2 * len + 31] = f32::MAX;
    let ours = by_predictor(&predictor, &x);
    assert_eq!(bits(&ours), bits(&by_workspace(&network, &x)));
    assert!(ours.iter().any(|value| value.is_nan()));
}

#[test]
fn large_batches_go_through_in_parts() {
    let network = network::<f32>("conv(4, 3) -> relu -> linear(3)", [6, 6, 1], 2);
    let predictor = Predictor::new(&network).unwrap();
    let examples = 2 * predictor.most_examples() + 3;
    let x = drawn::<f32>(examples * network.input().len(), 8);
    let expected = bits(&by_workspace(&network, &x));
    assert_eq!(bits(&by_predictor(&predictor, &x)), expected);
    let mut y = vec![0.0; examples * 3];
    let mut parts = Vec::new();
    let fill = |part: std::ops::Range<usize>, to: &mut [f32]| {
        to.copy_from_slice(&x[part.start * 36..part.end * 36]);
        parts.push(part);
    };
    predictor.predict_with(&mut y, None, fill).unwrap();
    assert_eq!(bits(&y), expected);
    assert!(
        parts.len() > 2
            && parts
                .iter()
                .all(|part| part.len() <= predictor.most_examples())
    );
    assert!(predictor.bytes() > size_of_val(network.parameters()));
}

#[test]
fn threads_share_a_predictor_with_batches_of_any_size() {
    const THREADS: usize = 6;
    const ROUNDS: usize = 30;
    for &(text, input) in &NETWORKS[2..5] {
        let network = network::<f32>(text, input, 4);
        let predictor = Predictor::new(&network).unwrap();
        let len = network.input().len();
        let x = drawn::<f32>(24 * len, 6);
        let expected = bits(&by_workspace(&network, &x));
        let outputs = network.output().len();
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (predictor, x, expected) = (&predictor, &x, &expected);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let first = (5 * number + round) % 12;
                        let count = 1 + (7 * round + number) % 12;
                        let x = &x[first * len..(first + count) * len];
                        let expected = &expected[first * outputs..(first + count) * outputs];
                        assert_eq!(bits(&by_predictor(predictor, x)), expected, "{text}");
                    }
                });
            }
        });
    }
}

#[test]
fn a_predictor_is_of_the_network_as_it_was() {
    let (text, input) = NETWORKS[3];
    let mut network = network::<f32>(text, input, 1);
    let x = drawn::<f32>(2 * network.input().len(), 2);
    let predictor = Predictor::new(&network).unwrap();
    let before = by_predictor(&predictor, &x);
    // Some numbers of every array: weights, biases, scales, shifts and running statistics.
    let nodes = network.nodes().iter();
    let arrays = nodes.flat_map(|node| node.placed_parameters().map(|(_, range)| range));
    let arrays: Vec<_> = arrays.collect();
    assert!(arrays.len() >= 20, "{arrays:?}");
    for array in arrays {
        let mut changed = 0;
        for place in array.clone().step_by(array.len().div_ceil(8)) {
            let value = &mut network.parameters_mut()[place];
            let was = std::mem::replace(value, *value + 0.5);
            let prepared = Predictor::new(&network).unwrap();
            let found = by_predictor(&prepared, &x);
            assert_eq!(found, by_workspace(&network, &x), "{place}");
            changed += usize::from(found != before);
            network.parameters_mut()[place] = was;
        }
        // A ReLU may hide what a number does, not what all of an array do.
        assert!(changed > 0, "{array:?}");
    }
    network.parameters_mut().fill(0.25);
    network.freeze(&["conv"]).unwrap();
    network.set_exact(true);
    assert_eq!(by_predictor(&predictor, &x), before);
    assert_ne!(by_workspace(&network, &x), before);
    drop(network);
    assert_eq!(by_predictor(&predictor, &x), before);
}

#[test]
fn a_model_is_prepared_as_its_network_is() {
    let network = network::<f64>(NETWORKS[2].0, NETWORKS[2].1, 3);
    let preprocessing = Preprocessing::scaled(12, 12, 2, 255.0);
    let model = Model::new(network.clone(), Vec::new(), preprocessing);
    let file = ModelFile::from_bytes("a model".as_ref(), &model.to_bytes().unwrap()).unwrap();
    let read = file.model::<f64>(Registry::builtin());
    let x = drawn::<f64>(network.input().len(), 1);
    let expected = by_workspace(&network, &x);
    for model in [model, read.unwrap()] {
        let predictor = Predictor::new(&model).unwrap();
        assert_eq!(predictor.input(), network.input());
        assert_eq!(predictor.output(), network.output());
        assert_eq!(by_predictor(&predictor, &x), expected);
    }
}

#[test]
fn shapes_and_lengths_that_do_not_fit_are_refused() {
    let network = network::<f32>("conv(4, 3) -> linear(2)", [6, 5, 3], 1);
    let predictor = Predictor::new(&network).unwrap();
    let message = |x: usize, y: usize| {
        let done = predictor.predict_into(&vec![0.0; x], &mut vec![0.0; y]);
        done.unwrap_err().to_string()
    };
    assert_eq!(
        message(91, 2),
        "predict: x is 91 values, expected a whole number of examples of 6x5x3 = 90 values"
    );
    assert_eq!(
        message(180, 2),
        "predict: y is 2 values, expected 2 x 2, the outputs of all examples"
    );
    let filled = predictor.predict_with(&mut [0.0; 3], None, |_, _| ());
    assert_eq!(
        filled.unwrap_err().to_string(),
        "predict: y is 3 values, expected a whole number of examples of 2 outputs"
    );
    let in_front = predictor.predict(ArrayD::zeros(vec![2, 3, 6, 5]).view());
    assert!(in_front.unwrap_err().to_string().contains("move axis 1"));
    // Nothing is asked, nothing is answered; and memory that does not lie in order is read as it should be.
    predictor.predict_into(&[], &mut []).unwrap();
    let x = Array4::from_shape_fn((2, 6, 5, 3), |(n, i, j, c)| {
        (n + 2 * i) as f32 - (j * c) as f32
    });
    let straight = predictor.predict(x.view().into_dyn()).unwrap();
    let turned = x
        .view()
        .permuted_axes([0, 3, 2, 1])
        .as_standard_layout()
        .into_owned();
    let back = turned.view().permuted_axes([0, 3, 2, 1]).into_dyn();
    assert!(!back.is_standard_layout());
    assert_eq!(predictor.predict(back).unwrap(), straight);
    assert_eq!(straight.dim(), (2, 2));
}

#[test]
fn a_call_that_is_stopped_ends_with_an_error_and_the_next_one_runs() {
    let network = network::<f32>(NETWORKS[3].0, NETWORKS[3].1, 1);
    let predictor = Predictor::new(&network).unwrap();
    let x = drawn::<f32>(network.input().len(), 1);
    let stop = Arc::new(AtomicBool::new(true));
    let mut y = vec![0.0; 10];
    let fill = |_, to: &mut [f32]| to.copy_from_slice(&x);
    let stopped = predictor.predict_with(&mut y, Some(&stop), fill);
    assert!(matches!(stopped, Err(Error::Stopped)));
    // The same buffers, without that flag and with it cleared.
    assert_eq!(by_predictor(&predictor, &x), by_workspace(&network, &x));
    stop.store(false, Ordering::Relaxed);
    predictor.predict_with(&mut y, Some(&stop), fill).unwrap();
    assert_eq!(y, by_workspace(&network, &x));
}

#[test]
fn a_predictor_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Predictor<f32>>();
    shared::<Predictor<f64>>();
    let predictor = Predictor::new(&network::<f32>("linear(2)", [2, 2, 1], 1)).unwrap();
    let text = format!("{predictor:?}");
    assert!(text.contains("linear(2)") && text.len() < 200, "{text}");
}
