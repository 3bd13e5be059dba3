//! Starting from a trained network: the same layers, with a new last one where the classes differ.

use crate::Element;
use crate::error::{Error, Result};
use crate::nn::notation::{Item, LayerText, NetworkText, Step};
use crate::nn::{Init, Loss, Network, Registry};
use crate::rng::RandomState;

/// A network for `classes` classes that starts from the weights of `trained`.
///
/// If `trained` tells as many classes apart already and `keep_last` holds, it is a copy. Otherwise
/// its last `linear` layer gets as many units as there are classes and is drawn anew by `init`;
/// a closing `linear(1) -> sigmoid` becomes `linear(classes) -> softmax` for more than two.
///
/// # Errors
/// When the network does not end in `linear`, or `linear` and an activation.
pub fn transfer<T: Element>(
    trained: &Network<T>,
    registry: Registry<T>,
    classes: usize,
    keep_last: bool,
    (init, random): (Init, &mut RandomState),
) -> Result<Network<T>> {
    let apart = if trained.output().len() == 1 {
        2
    } else {
        trained.output().len()
    };
    if keep_last && apart == classes {
        return Ok(trained.clone());
    }
    let (text, loss) = with_classes(trained, &registry, classes)?;
    let mut network = Network::builder()
        .registry(registry)
        .loss(loss)
        .advice(false)
        .build_text(text, trained.input())?;
    let last = network
        .nodes()
        .iter()
        .rposition(|node| node.layer().text().kind() == "linear");
    for node in 0..network.nodes().len() {
        if Some(node) == last {
            network.initialize_node(node, init, random);
        } else {
            // Behind the last layer only the places have moved: nothing is learnt there.
            let (from, to) = (trained.nodes()[node].range(), network.nodes()[node].range());
            network.parameters_mut()[to].copy_from_slice(&trained.parameters()[from]);
        }
    }
    Ok(network)
}

/// The text with another last layer, and the loss that goes with it.
fn with_classes<T: Element>(
    trained: &Network<T>,
    registry: &Registry<T>,
    classes: usize,
) -> Result<(NetworkText, Loss)> {
    let unfit = || {
        Error::value(
            "transfer",
            "the end of the trained network",
            trained.text(),
            "linear, or linear and an activation, for its last layer to be replaced",
        )
    };
    let mut text = trained.text().clone();
    let mut loss = trained.loss();
    let closing = text.steps.pop().ok_or_else(unfit)?;
    let (linear, closing) = match kind(&closing) {
        Some("linear") => (closing, None),
        _ => (text.steps.pop().ok_or_else(unfit)?, Some(closing)),
    };
    let Item::Layer(layer) = &linear.item else {
        return Err(unfit());
    };
    if layer.kind() != "linear" {
        return Err(unfit());
    }
    let binary = closing.as_ref().and_then(kind) == Some("sigmoid")
        && layer.count("units").number() == Some(1);
    let units = if binary && classes == 2 { 1 } else { classes };
    text.steps.push(Step {
        item: Item::Layer(layer.clone().with("units", units)?),
        ..linear
    });
    match closing {
        Some(step) if binary && classes > 2 => {
            let softmax = LayerText::new(registry.kinds(), "softmax", [])?;
            text.steps.push(Step {
                item: Item::Layer(softmax),
                ..step
            });
            loss = Loss::SoftmaxCrossEntropy;
        }
        Some(step) => text.steps.push(step),
        None => {}
    }
    Ok((text, loss))
}

fn kind(step: &Step) -> Option<&str> {
    match &step.item {
        Item::Layer(layer) => Some(layer.kind()),
        Item::Group { .. } => None,
    }
}
