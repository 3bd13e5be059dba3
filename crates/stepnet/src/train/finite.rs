//! Where numbers left the finite range: the first layer whose values, or array whose gradients, did.

use crate::data::Dataset;
use crate::error::{Error, Result, short};
use crate::memory;
use crate::nn::Number;
use crate::nn::{Batch, Network, Node, PlanOptions, Preprocessing, Workspace};

/// Values of a chunk that are looked at together, so that the loop is one over vectors.
const LANES: usize = 16;

/// Examples that are searched together: all their values are kept.
const SEARCHED: usize = 16;

/// Whether all values are finite, in one pass.
pub(super) fn all_finite<T: Number>(values: &[T]) -> bool {
    let (chunks, rest) = values.as_chunks::<LANES>();
    // Nothing but a finite value times 0 is 0.
    let mut sums = [T::zero(); LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += value * T::zero();
        }
    }
    sums.iter().chain(rest).all(|value| value.is_finite())
}

/// What the message is about.
pub(super) struct Moment<'a, 'b, T> {
    pub(super) network: &'a Network<T>,
    pub(super) batch: &'a Batch<'b, T>,
    /// The update that was not done, from 1.
    pub(super) update: u64,
    pub(super) learning_rate: f64,
}

impl<T: Number> Moment<'_, '_, T> {
    /// The error for a loss that is not finite. The forward passes run once more on the same batch,
    /// with all values kept, to find where it came from.
    pub(super) fn of_loss(&self, loss: f64) -> Error {
        if let Some(input) = self.input() {
            return Error::Training(format!("the loss is {loss} {}: {input}", self.when()));
        }
        let place = match self.first_value() {
            Ok(Some(place)) => place,
            Ok(None) => format!(
                "all layers' values are finite, so the loss itself is too large ({})",
                self.network.loss()
            ),
            // Not enough memory to look: the loss is reported all the same.
            Err(_) => "where it left the finite range could not be looked up".to_owned(),
        };
        Error::Training(format!(
            "the loss is {loss} {}: {place}; {}",
            self.when(),
            self.advice()
        ))
    }

    /// The error for gradients that are not finite though the loss is.
    pub(super) fn of_gradients(&self, gradients: &[T]) -> Error {
        // The passes went backwards: the last layer's are the first that were computed.
        let nodes = self
            .network
            .nodes()
            .iter()
            .rev()
            .filter(|node| node.trains());
        let mut arrays = nodes.flat_map(|node| node.placed_parameters().map(move |p| (node, p)));
        let first = arrays.find(|(_, (_, range))| !all_finite(&gradients[range.clone()]));
        let place = match first {
            Some((node, (parameter, range))) => format!(
                "the gradient by the {} of layer {} ({}) was the first to leave the finite range: {}",
                parameter.name,
                node.name(),
                node.layer().text(),
                counted(&gradients[range])
            ),
            None => "a gradient left the finite range".to_owned(),
        };
        Error::Training(format!(
            "the gradients are not finite {}, though the loss is: {place}; {}",
            self.when(),
            self.advice()
        ))
    }

    fn when(&self) -> String {
        format!(
            "at update {} (epoch {})",
            self.update,
            self.batch.noise.epoch + 1
        )
    }

    fn advice(&self) -> String {
        format!(
            "a lower learning rate than {} or another initialisation may help",
            short(self.learning_rate)
        )
    }

    /// The first value of the examples that is not finite.
    fn input(&self) -> Option<String> {
        let (x, len) = (self.batch.x, self.network.input().len());
        let at = x.iter().position(|value| !value.is_finite())?;
        let number = self.batch.noise.examples.get(at / len);
        Some(format!(
            "the input is not finite: value {} of example {} is {}",
            at % len,
            number.copied().unwrap_or_default(),
            x[at]
        ))
    }

    /// The first place after the input, in the order of the passes, with a value that is not finite.
    fn first_value(&self) -> Result<Option<String>> {
        let network = self.network;
        let examples = self.batch.x.len() / network.input().len();
        let options = PlanOptions::TRAINING.keep_values(true);
        let mut workspace = Workspace::new(network, examples, options)?;
        workspace.train(network, self.batch)?;
        // A parameter may be spoiled whose layer's values do not show it.
        Ok(first_layer(network, &workspace, examples).or_else(|| not_finite(network)))
    }
}

/// The first layer, in the order of the passes, that left values in the workspace which are not finite.
fn first_layer<T: Number>(
    network: &Network<T>,
    workspace: &Workspace<T>,
    examples: usize,
) -> Option<String> {
    let mut nodes = network.nodes().iter().enumerate();
    nodes.find_map(|(number, node)| {
        let values = workspace.value(number, examples)?;
        (!all_finite(values)).then(|| at(network, node, values))
    })
}

fn at<T: Number>(network: &Network<T>, node: &Node<T>, values: &[T]) -> String {
    let cause = match spoiled(network, node) {
        Some(spoiled) => format!(", for {spoiled}"),
        None => String::new(),
    };
    format!(
        "layer {} ({}) is the first whose values left the finite range: {}{cause}",
        node.name(),
        node.layer().text(),
        counted(values)
    )
}

/// The first layer whose values leave the finite range where a network is run over a data set, in words;
/// nothing if all stay in it.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn first_overflow<T: Number>(
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
) -> Result<Option<String>> {
    let options = PlanOptions::default().keep_values(true);
    let batch = SEARCHED.min(data.len().max(1));
    let mut workspace = Workspace::new(network, batch, options)?;
    let len = network.input().len();
    let mut x = memory::zeros("a batch of examples", batch.saturating_mul(len))?;
    let order: Vec<usize> = (0..data.len()).collect();
    for chunk in order.chunks(batch) {
        let x = &mut x[..chunk.len() * len];
        data.fill_batch(chunk, preprocessing, x)?;
        workspace.predict(network, x)?;
        if let Some(place) = first_layer(network, &workspace, chunk.len()) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// The first of a network's arrays with values that are not finite, in words.
pub fn not_finite<T: Number>(network: &Network<T>) -> Option<String> {
    let mut nodes = network.nodes().iter();
    nodes.find_map(|node| spoiled(network, node))
}

/// A layer's first array with values that are not finite, in words.
fn spoiled<T: Number>(network: &Network<T>, node: &Node<T>) -> Option<String> {
    node.placed_parameters().find_map(|(parameter, range)| {
        let values = &network.parameters()[range];
        (!all_finite(values)).then(|| {
            format!(
                "the {} of layer {} is not finite: {}",
                parameter.name,
                node.name(),
                counted(values)
            )
        })
    })
}

/// How many of the values are not finite, and the first of them.
fn counted<T: Number>(values: &[T]) -> String {
    let mut wrong = values.iter().filter(|value| !value.is_finite());
    let first = wrong.clone().next().copied().unwrap_or_else(T::zero);
    format!(
        "{} of {} are not, the first is {first}",
        wrong.by_ref().count(),
        values.len()
    )
}

#[cfg(test)]
mod tests {
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

    fn step<T: Number>(
        network: Network<T>,
        x: &[T],
        rate: f64,
        steps: usize,
    ) -> (String, Learner<T>) {
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
        let mut network =
            network::<f32>("flatten -> linear(4) -> linear(4) -> linear(3) -> softmax");
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
}
