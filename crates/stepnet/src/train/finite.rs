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

/// The subject of the message.
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
                "the gradient with respect to the {} of layer {} ({}) was the first to leave the finite range: {}",
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
mod tests;
