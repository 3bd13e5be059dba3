//! Each method next to its definition, in double precision.

mod by_hand;
mod derivatives;
mod things;

use super::{Attribution, Explainer, Options, Target};
use stepnet_base::rng::RandomState;
use stepnet_nn::{Init, Model, Network, Preprocessing, Task};

/// A model of a text with drawn weights and biases, and an input that is drawn, too.
pub(super) fn drawn(text: &str, input: [usize; 3]) -> (Model<f64>, Vec<f64>) {
    let mut network = Network::<f64>::new(text, input).unwrap();
    let mut random = RandomState::new(5);
    network.initialize(Init::He, &mut random);
    for value in network
        .parameters_mut()
        .iter_mut()
        .filter(|value| **value == 0.0)
    {
        *value = 0.2 * random.normal();
    }
    let x = (0..network.input().len())
        .map(|_| random.normal())
        .collect();
    (model(network), x)
}

pub(super) fn model(network: Network<f64>) -> Model<f64> {
    let [height, width, channels] = network.input().as_image();
    let outputs = network.output().len();
    let names = (0..outputs.max(2))
        .map(|class| format!("class {class}"))
        .collect();
    Model::new(
        network,
        names,
        Preprocessing::scaled(height, width, channels, 255.0),
    )
}

/// The score of a target: a sum of outputs of the network without its closing activation.
pub(super) fn score(model: &Model<f64>, x: &[f64], target: &Target) -> f64 {
    let text = model.network.text().to_string();
    let closing = [" -> softmax", " -> sigmoid"].into_iter();
    let text = closing.fold(&text[..], |text, end| {
        text.strip_suffix(end).unwrap_or(text)
    });
    let mut network = Network::<f64>::new(text, model.preprocessing.shape()).unwrap();
    network
        .parameters_mut()
        .copy_from_slice(model.network.parameters());
    let options = stepnet_nn::PlanOptions::INFERENCE;
    let mut workspace = stepnet_nn::Workspace::new(&network, 1, options).unwrap();
    let outputs = workspace.predict(&network, x).unwrap();
    match (&model.preprocessing.task, outputs, target.class) {
        (Task::Classes, [one], 0) => -one,
        (_, [one], _) => *one,
        (_, several, class) => several[class],
    }
}

pub(super) fn explained(
    (model, x): (&Model<f64>, &[f64]),
    class: Option<&str>,
    method: &str,
    options: &Options,
) -> (Attribution, Target) {
    let mut explainer = Explainer::new(model);
    let target = explainer.target(x, class).unwrap();
    let found = explainer.explain(x, &target, method, options).unwrap();
    (found, target)
}

pub(super) fn close(a: f64, b: f64, bound: f64) {
    assert!(
        (a - b).abs() <= bound,
        "{a} and {b} differ by more than {bound}"
    );
}
