//! Starting from a trained network: the same layers, with a new last one where the classes differ.

use crate::data::TargetKind;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::nn::notation::{Count, Item, LayerText, NetworkText, Step, Value};
use crate::nn::{Init, Loss, Network, Registry};
use crate::rng::RandomState;

/// A network that starts from the weights of `trained`, for as many classes as `rows` has entries: each names
/// the class of `trained` that it is, as [`match_classes`](crate::data::match_classes) finds by name, or that it
/// is none of them.
///
/// If they are the classes of `trained` in their order, it is a copy. Otherwise its last `linear` layer
/// gets as many units as there are classes, drawn by `init`; the classes that `trained` knows keep their
/// weights, in their new places. A closing `linear(1) -> sigmoid` becomes `linear(classes) -> softmax` for
/// more than two. Where a `conv` makes the classes, as in SqueezeNet, `globalavgpool -> linear` takes the place of it and
/// what follows it, and all of the last layer is drawn.
///
/// # Errors
/// When the classes differ, and the network does not end in `linear`, or `linear` and an activation, or in `conv` and
/// layers without parameters.
pub fn transfer<T: Number>(
    trained: &Network<T>,
    registry: Registry<T>,
    rows: &[Option<usize>],
    (init, random): (Init, &mut RandomState),
) -> Result<Network<T>> {
    let apart = if trained.output().len() == 1 {
        2
    } else {
        trained.output().len()
    };
    let own = |(class, row): (usize, &Option<usize>)| *row == Some(class);
    if rows.len() == apart && rows.iter().enumerate().all(own) {
        return Ok(trained.clone());
    }
    let (text, loss) = with_classes(trained, &registry, rows.len())?;
    let mut network = with_last(trained, registry, (text, loss), (init, random))?;
    if let Ok(last) = trained.last_linear() {
        keep_known(trained, &mut network, last, rows);
    }
    Ok(network)
}

/// A network that starts from the weights of `trained`, whatever its outputs say: a new last `linear` layer of `outputs`
/// units, drawn by `init`, with the activation and the loss that suit `kind`: softmax for classes, sigmoid for labels,
/// none and the mean squared error for numbers.
///
/// # Errors
/// As [`transfer`].
pub fn transfer_outputs<T: Number>(
    trained: &Network<T>,
    registry: Registry<T>,
    (kind, outputs): (TargetKind, usize),
    (init, random): (Init, &mut RandomState),
) -> Result<Network<T>> {
    let (mut text, linear, _) = last_steps(trained, &registry)?;
    let (closing, loss) = match kind {
        TargetKind::Classes => (Some("softmax"), Loss::SoftmaxCrossEntropy),
        TargetKind::Labels => (Some("sigmoid"), Loss::BinaryCrossEntropy),
        TargetKind::Numbers => (None, Loss::MeanSquaredError),
    };
    let (step, layer) = linear;
    text.steps.push(Step {
        item: Item::Layer(layer.with("units", outputs)?),
        ..step
    });
    if let Some(kind) = closing {
        let closing = LayerText::new(registry.kinds(), kind, [])?;
        text.steps.push(Step::layer(closing));
    }
    with_last(trained, registry, (text, loss), (init, random))
}

/// The network of `text`, which is that of `trained` up to the last `linear`, with the weights of `trained` before that,
/// and its own drawn.
fn with_last<T: Number>(
    trained: &Network<T>,
    registry: Registry<T>,
    (text, loss): (NetworkText, Loss),
    (init, random): (Init, &mut RandomState),
) -> Result<Network<T>> {
    let mut network = Network::builder()
        .registry(registry)
        .loss(loss)
        .advice(false)
        .build_text(text, trained.input())?;
    let is_linear =
        |network: &Network<T>, node: usize| network.nodes()[node].layer().text().kind() == "linear";
    let last = (0..network.nodes().len()).rfind(|&node| is_linear(&network, node));
    if let Some(last) = last {
        for node in 0..last {
            let (from, to) = (trained.nodes()[node].range(), network.nodes()[node].range());
            // A pooling layer that stands where `trained` has its last convolution has none.
            if !to.is_empty() {
                network.parameters_mut()[to].copy_from_slice(&trained.parameters()[from]);
            }
        }
        // After it, nothing has parameters.
        network.initialize_node(last, init, random);
    }
    Ok(network)
}

/// Gives each class that `trained` knows its weights and bias in the last layer, node `last` of both.
///
/// A single unit speaks for class 1: by `sigmoid(z)`, which is the softmax of 0 and z, and whose
/// complement is `sigmoid(-z)`; or by a value near 1, whose complement is `1 - z`.
fn keep_known<T: Number>(
    trained: &Network<T>,
    network: &mut Network<T>,
    last: usize,
    rows: &[Option<usize>],
) {
    let (old, new) = (trained.output().len(), network.output().len());
    let sigmoid = trained.loss() == Loss::BinaryCrossEntropy;
    let placed = network.nodes()[last].placed_parameters();
    let places: Vec<_> = placed.map(|(_, place)| place).collect();
    for ((parameter, from), to) in trained.nodes()[last].placed_parameters().zip(places) {
        // Units are outermost: weights are (out, in).
        let width = from.len() / old;
        let source = &trained.parameters()[from];
        let target = &mut network.parameters_mut()[to];
        if (old, new) == (1, 1) {
            if rows == [Some(1), Some(0)] {
                let whole = if sigmoid || parameter.name != "bias" {
                    T::zero()
                } else {
                    T::one()
                };
                let turned = source.iter().map(|&value| whole - value);
                target
                    .iter_mut()
                    .zip(turned)
                    .for_each(|(to, from)| *to = from);
            }
            continue;
        }
        for (unit, row) in target.chunks_exact_mut(width).zip(rows) {
            match (old, *row) {
                (1, Some(0)) if sigmoid => unit.fill(T::zero()),
                (1, Some(1)) if sigmoid => unit.copy_from_slice(source),
                (1, _) | (_, None) => {}
                (_, Some(row)) => unit.copy_from_slice(&source[row * width..(row + 1) * width]),
            }
        }
    }
}

/// The steps of a network before its last `linear`, that step with its layer, and the step after it.
type LastSteps = (NetworkText, (Step, LayerText), Option<Step>);

fn last_steps<T: Number>(trained: &Network<T>, registry: &Registry<T>) -> Result<LastSteps> {
    let unfit = || {
        Error::value(
            "transfer",
            "the end of the trained network",
            trained.text(),
            "linear, or linear and an activation, or conv and layers without parameters, so that its last layer can be replaced",
        )
    };
    if let Some(pooled) = pooled_before_last_conv(trained, registry)? {
        return Ok(pooled);
    }
    let mut text = trained.text().clone();
    let closing = text.steps.pop().ok_or_else(unfit)?;
    let (linear, closing) = match kind(&closing) {
        Some("linear") => (closing, None),
        _ => (text.steps.pop().ok_or_else(unfit)?, Some(closing)),
    };
    let Item::Layer(layer) = &linear.item else {
        return Err(unfit());
    };
    // What has parameters after it would be lost.
    let last = trained.last_linear().map_err(|_| unfit())?;
    if layer.kind() != "linear"
        || last + 1 + usize::from(closing.is_some()) != trained.nodes().len()
    {
        return Err(unfit());
    }
    let layer = layer.clone();
    Ok((text, (linear, layer), closing))
}

/// For a network whose classes a convolution makes (`conv(1000, 1) -> relu -> globalavgpool -> softmax`): the steps before
/// that, the mean of each channel of what they make, and a `linear` layer to be sized. None for other networks.
fn pooled_before_last_conv<T: Number>(
    trained: &Network<T>,
    registry: &Registry<T>,
) -> Result<Option<LastSteps>> {
    let nodes = trained.nodes();
    let steps = &trained.text().steps;
    let Some(conv) = nodes.iter().rposition(|node| !node.range().is_empty()) else {
        return Ok(None);
    };
    let after = nodes.len() - conv;
    // Each of them is a step of its own, in no group and none of them implied: the text can be cut there.
    let written = steps.len() > after
        && (steps[steps.len() - after..].iter().zip(&nodes[conv..]))
            .all(|(step, node)| kind(step) == Some(node.layer().text().kind()));
    if !written || kind(&steps[steps.len() - after]) != Some("conv") {
        return Ok(None);
    }
    let layer = |name, units: Option<usize>| {
        let arguments = units.map(|units| ("units", Value::Count(Count::Number(units))));
        LayerText::new(registry.kinds(), name, arguments)
    };
    let mut text = trained.text().clone();
    text.steps.truncate(steps.len() - after);
    text.steps.push(Step::layer(layer("globalavgpool", None)?));
    let linear = layer("linear", Some(trained.output().len()))?;
    let closing = steps
        .last()
        .filter(|step| matches!(kind(step), Some("softmax" | "sigmoid")));
    let step = Step::layer(linear.clone());
    Ok(Some((text, (step, linear), closing.cloned())))
}

/// The text with another last layer, and the loss that goes with it.
fn with_classes<T: Number>(
    trained: &Network<T>,
    registry: &Registry<T>,
    classes: usize,
) -> Result<(NetworkText, Loss)> {
    let (mut text, (linear, layer), closing) = last_steps(trained, registry)?;
    let mut loss = trained.loss();
    let closes_with = closing.as_ref().map(|step| kind(step));
    let single = layer.count("units").number() == Some(1);
    let binary = single && closes_with == Some(Some("sigmoid"));
    // One unit speaks for two classes, by a sigmoid or by its own value.
    let speaks_for_two = binary || (single && closes_with.is_none());
    let units = if speaks_for_two && classes == 2 {
        1
    } else {
        classes
    };
    text.steps.push(Step {
        item: Item::Layer(layer.with("units", units)?),
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
