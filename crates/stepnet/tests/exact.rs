//! `Network::set_exact`: the direct method, in both passes and where layers run as one.

use stepnet::nn::{Init, Network, PlanOptions, Targets, Workspace};
use stepnet::rng::RandomState;

/// Without a kink: in other precision a value would come out on its other side.
const TEXT: &str =
    "conv(64, 3, same) -> conv(64, 3, same) -> bn -> globalavgpool -> linear(3) -> softmax";
const EXAMPLES: usize = 4;

/// Outputs, and the gradients with respect to the weights, for inputs of which a few are large.
fn passes<T: stepnet::Number>(network: &Network<T>) -> [Vec<f64>; 2] {
    let mut random = RandomState::new(3);
    let len = EXAMPLES * network.input().len();
    let mut x: Vec<T> = (0..len)
        .map(|_| T::from_f64(f64::from(random.normal() as f32)))
        .collect();
    x.iter_mut()
        .step_by(5000)
        .for_each(|x| *x = T::from_f64(1e4));
    let wide = |values: &[T]| values.iter().map(|v| v.as_f64()).collect::<Vec<_>>();
    let mut workspace = Workspace::new(network, EXAMPLES, PlanOptions::default()).unwrap();
    let y = wide(workspace.predict(network, &x).unwrap());
    let options = PlanOptions::DIFFERENTIATION;
    let mut workspace = Workspace::new(network, EXAMPLES, options).unwrap();
    let targets = Targets::Classes(&[0, 1, 2, 0]);
    workspace.differentiate(network, &x, &targets).unwrap();
    [y, wide(workspace.gradients())]
}

fn network<T: stepnet::Number>() -> Network<T> {
    let mut network = Network::new(TEXT, [16, 16, 32]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn error(found: &[f64], truth: &[f64]) -> f64 {
    let apart = found.iter().zip(truth).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f64::max) / truth.iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

#[test]
fn an_exact_network_keeps_its_digits_with_large_values_and_can_be_set_back() {
    let mut double = network::<f64>();
    let mut single = network::<f32>();
    for (to, from) in double.parameters_mut().iter_mut().zip(single.parameters()) {
        *to = f64::from(*from);
    }
    let truth = passes(&double);
    let usual = passes(&single);
    assert!(!single.exact());
    single.set_exact(true);
    assert!(single.exact() && single.clone().exact());
    let exact = passes(&single);
    assert_ne!(exact, usual);
    // Of the outputs and of the gradients.
    for (pass, gain) in [(0, 2.0), (1, 1.5)] {
        let [ours, theirs] = [&exact, &usual].map(|passes| error(&passes[pass], &truth[pass]));
        assert!(gain * ours < theirs, "{pass} {ours:e} {theirs:e}");
        assert!(ours < 3e-6, "{pass} {ours:e}");
    }
    single.set_exact(false);
    assert_eq!(passes(&single), usual);
}

/// Outputs of one convolution around a single large value, at a pixel that shares Winograd's tiles with it, but
/// whose own window does not see it.
fn unseen<T: stepnet::Number>(network: &Network<T>) -> Vec<f64> {
    let [height, width, channels] = [16, 16, 32];
    let mut random = RandomState::new(4);
    let len = EXAMPLES * height * width * channels;
    let mut x: Vec<T> = (0..len)
        .map(|_| T::from_f64(f64::from(random.normal() as f32)))
        .collect();
    x[(6 * width + 6) * channels] = T::from_f64(1e4);
    let mut workspace = Workspace::new(network, EXAMPLES, PlanOptions::default()).unwrap();
    let y = workspace.predict(network, &x).unwrap();
    let at = (4 * width + 4) * 64;
    y[at..at + 64].iter().map(|value| value.as_f64()).collect()
}

#[test]
fn a_large_value_costs_no_digits_of_windows_that_do_not_see_it() {
    let mut single = Network::<f32>::new("conv(64, 3, same)", [16, 16, 32]).unwrap();
    single.initialize(Init::He, &mut RandomState::new(1));
    let mut double = Network::<f64>::new("conv(64, 3, same)", [16, 16, 32]).unwrap();
    for (to, from) in double.parameters_mut().iter_mut().zip(single.parameters()) {
        *to = f64::from(*from);
    }
    let truth = unseen(&double);
    let usual = error(&unseen(&single), &truth);
    single.set_exact(true);
    let exact = error(&unseen(&single), &truth);
    assert!(exact < 1e-6, "{exact:e}");
    assert!(usual > 30.0 * exact, "{usual:e} {exact:e}");
}

#[test]
fn numbers_of_64_bits_have_one_method() {
    let mut double = network::<f64>();
    let usual = passes(&double);
    double.set_exact(true);
    assert_eq!(passes(&double), usual);
}
