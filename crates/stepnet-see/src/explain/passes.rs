//! The passes that all methods are made of, over one network.

use std::sync::Arc;

use super::guided::GuidedRelu;
use crate::error::{Error, Result};
use crate::memory;
use stepnet_base::text::{hint, listed};
use stepnet_nn::{Layer, Network, Number, Plan, PlanOptions, Shape, Targets, Workspace};

/// The memory that the workspace for a batch may take: a larger one would not be faster.
const BATCH_BYTES: usize = 128 << 20;

/// The most examples of a batch.
const MOST_EXAMPLES: usize = 16;

/// The gradients of a score with respect to the input or to a layer's output, and scores alone. A score is a weighted
/// sum of the outputs before the activation that the network's loss is fused with.
#[derive(Debug)]
pub(super) struct Passes<T> {
    /// With all layers frozen, so that no gradients of parameters are computed.
    network: Network<T>,
    gradients: Option<Workspace<T>>,
    scores: Option<Workspace<T>>,
}

/// The output of a layer for one example, and the gradient of the score with respect to it.
#[derive(Debug)]
pub(super) struct AtLayer<T> {
    pub(super) layer: String,
    /// Height, width and channels.
    pub(super) size: [usize; 3],
    pub(super) values: Vec<T>,
    pub(super) gradient: Vec<T>,
}

impl<T: Number> Passes<T> {
    pub(super) fn new(network: &Network<T>) -> Self {
        let mut network = network.clone();
        network.set_frozen(|_| true);
        Self {
            network,
            gradients: None,
            scores: None,
        }
    }

    /// The passes of the same network whose `relu` layers hold back negative gradients, too.
    ///
    /// # Errors
    /// When it has no such layer.
    pub(super) fn guided(&self) -> Result<Self> {
        let mut network = self.network.clone();
        let replaced = network.replace_layers(|layer| {
            let text = layer.text();
            let is_relu = text.kind() == "relu";
            is_relu.then(|| -> Arc<dyn Layer<T>> { Arc::new(GuidedRelu(text)) })
        })?;
        if replaced == 0 {
            let problem = "guided-relu: the network has no relu layer, which the method changes: choose another method";
            return Err(Error::Training(problem.into()));
        }
        Ok(Self {
            network,
            gradients: None,
            scores: None,
        })
    }

    pub(super) fn network(&self) -> &Network<T> {
        &self.network
    }

    /// How many examples go through at once.
    fn batch(&self, options: PlanOptions, examples: usize) -> Result<usize> {
        let one = Plan::new(&self.network, 1, options)?.bytes::<T>();
        let most = (BATCH_BYTES / one.max(1)).clamp(1, MOST_EXAMPLES);
        Ok(most.min(examples.max(1)))
    }

    /// The gradients of the score with respect to the input at `examples` inputs, which `fill` writes by their numbers; each
    /// is given to `take`.
    pub(super) fn input_gradients(
        &mut self,
        examples: usize,
        seed: &[T],
        mut fill: impl FnMut(usize, &mut [T]),
        mut take: impl FnMut(usize, &[T]),
    ) -> Result<()> {
        let options = PlanOptions::DIFFERENTIATION.input_gradient(true);
        let batch = self.batch(options, examples)?;
        let mut workspace = match self.gradients.take() {
            Some(there) if there.plan().batch() >= batch => there,
            _ => Workspace::new(&self.network, batch, options)?,
        };
        let len = self.network.input().len();
        let mut x: Vec<T> = memory::zeros("the inputs of a batch", batch * len)?;
        let seeds = seed.repeat(batch);
        for first in (0..examples).step_by(batch) {
            let count = batch.min(examples - first);
            let x = &mut x[..count * len];
            for (at, x) in x.chunks_exact_mut(len).enumerate() {
                fill(first + at, x);
            }
            let seeds = &seeds[..count * seed.len()];
            workspace.differentiate_outputs(&self.network, x, seeds)?;
            let gradients = workspace.value_gradient(0, count).unwrap_or_default();
            for (at, gradient) in gradients.chunks_exact(len).enumerate() {
                take(first + at, gradient);
            }
        }
        self.gradients = Some(workspace);
        Ok(())
    }

    /// The scores of `examples` inputs, which `fill` writes by their numbers.
    pub(super) fn scores(
        &mut self,
        examples: usize,
        seed: &[T],
        mut fill: impl FnMut(usize, &mut [T]),
    ) -> Result<Vec<f64>> {
        let options = PlanOptions::SCORING;
        let batch = self.batch(options, examples)?;
        let mut workspace = match self.scores.take() {
            Some(there) if there.plan().batch() >= batch => there,
            _ => Workspace::new(&self.network, batch, options)?,
        };
        let len = self.network.input().len();
        let mut x: Vec<T> = memory::zeros("the inputs of a batch", batch * len)?;
        let targets = vec![T::zero(); batch * seed.len()];
        let mut scores = Vec::with_capacity(examples);
        for first in (0..examples).step_by(batch) {
            let count = batch.min(examples - first);
            let x = &mut x[..count * len];
            for (at, x) in x.chunks_exact_mut(len).enumerate() {
                fill(first + at, x);
            }
            // The loss itself is of no interest, so that any targets do.
            let targets = Targets::Values(&targets[..count * seed.len()]);
            let (_, outputs) = workspace.score(&self.network, x, &targets)?;
            scores.extend(outputs.chunks_exact(seed.len()).map(|z| weighted(z, seed)));
        }
        self.scores = Some(workspace);
        Ok(scores)
    }

    /// The output of layer number `node` for an input, and the gradient of the score with respect to it.
    pub(super) fn at_layer(&self, node: usize, x: &[T], seed: &[T]) -> Result<AtLayer<T>> {
        let described = &self.network.nodes()[node];
        let size = image(described.output()).ok_or_else(|| {
            let what = format!("the output of {}", described.name());
            let expected = "an image of height, width and channels";
            Error::value("grad-cam", what, described.output(), expected)
        })?;
        let options = PlanOptions::DIFFERENTIATION
            .keep_values(true)
            .input_gradient(true);
        let mut workspace = Workspace::new(&self.network, 1, options)?;
        workspace.differentiate_outputs(&self.network, x, seed)?;
        let Some(gradient) = workspace.value_gradient(node + 1, 1) else {
            let problem = format!("the output of {} has no gradient", described.name());
            return Err(Error::Training(problem));
        };
        Ok(AtLayer {
            layer: described.name().to_owned(),
            size,
            values: workspace.value(node, 1).unwrap_or(x).to_vec(),
            gradient: gradient.to_vec(),
        })
    }
}

fn weighted<T: Number>(z: &[T], seed: &[T]) -> f64 {
    let products = z.iter().zip(seed).filter(|(_, seed)| !seed.is_zero());
    products.map(|(z, seed)| z.as_f64() * seed.as_f64()).sum()
}

/// The sides and channels of a shape that is an image.
pub(super) fn image(shape: Shape) -> Option<[usize; 3]> {
    match shape {
        Shape::Volume {
            height,
            width,
            channels,
        } => Some([height, width, channels]),
        Shape::Features(_) => None,
    }
}

/// The number of the layer that is named; without a name of the last one as high and wide as the last convolution's output.
pub(super) fn layer_of<T: Number>(network: &Network<T>, layer: Option<&str>) -> Result<usize> {
    match layer {
        Some(name) => named(network, name),
        None => last_image(network),
    }
}

fn named<T: Number>(network: &Network<T>, layer: &str) -> Result<usize> {
    let names = || network.nodes().iter().map(|node| node.name());
    names().position(|name| name == layer).ok_or_else(|| {
        let known: Vec<&str> = names().collect();
        let expected = format!("one of {}{}", listed(&known), hint(layer, names()));
        Error::value("explain", "the layer", format!("{layer:?}"), expected)
    })
}

fn last_image<T: Number>(network: &Network<T>) -> Result<usize> {
    let nodes = network.nodes();
    let size = |node: usize| image(nodes[node].output()).map(|[height, width, _]| [height, width]);
    let is_conv = |node: &usize| {
        let arrays = nodes[*node].parameters();
        arrays
            .iter()
            .any(|array| array.trainable && array.shape.len() == 4)
    };
    let conv = (0..nodes.len()).rev().find(is_conv);
    let conv = conv.filter(|&conv| size(conv).is_some()).ok_or_else(|| {
        let problem = "has no convolution, whose output Grad-CAM would show: name a layer whose output is an image, or choose another method";
        Error::Training(format!("grad-cam: the network {problem}"))
    })?;
    let last = (conv..nodes.len())
        .rev()
        .find(|&node| size(node) == size(conv));
    Ok(last.unwrap_or(conv))
}
