//! Changes of a network's text at one of its layers.

use crate::notation::{Item, LayerText, NetworkText, Step};

/// Where a layer stands in a text whose groups and joined networks are not written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The steps it stands in, from the outermost in; the last one is the layer.
    pub(super) path: Vec<Hop>,
    /// For each step of the path but the last, which repetition of the group the layer belongs to,
    /// from 0.
    pub(super) repetitions: Vec<usize>,
}

/// A step of a text on the way to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hop {
    /// The number of the step in its network.
    pub(super) step: usize,
    /// Which of the networks that the step joins holds the layer; `None` for a group, and for the
    /// layer itself.
    pub(super) network: Option<usize>,
}

/// How many layers a step is when it is written out. A text that was expanded has no more than the
/// notation allows, so nothing overflows.
fn layers(step: &Step) -> usize {
    match &step.item {
        Item::Layer(layer) if layer.joins() => {
            1 + layer.networks_inside().map(layers_of).sum::<usize>()
        }
        Item::Layer(_) => 1,
        Item::Group { body, times } => layers_of(body).saturating_mul(*times),
    }
}

fn layers_of(network: &NetworkText) -> usize {
    network.steps.iter().map(layers).sum()
}

/// The place of the layer number `index` when groups and joined networks are written out.
pub(super) fn locate(network: &NetworkText, mut index: usize) -> Option<Place> {
    let mut place = Place {
        path: Vec::new(),
        repetitions: Vec::new(),
    };
    let mut inside = network;
    loop {
        let mut found = None;
        for (at, step) in inside.steps.iter().enumerate() {
            let count = layers(step);
            if index < count {
                found = Some((at, step));
                break;
            }
            index -= count;
        }
        let (step, written) = found?;
        let mut hop = Hop {
            step,
            network: None,
        };
        match &written.item {
            Item::Layer(layer) => {
                let mut joined = layer
                    .networks_inside()
                    .filter(|_| layer.joins())
                    .enumerate();
                let found = joined.find_map(|(number, network)| {
                    let count = layers_of(network);
                    let here = (index < count).then_some((number, network));
                    index = if here.is_some() { index } else { index - count };
                    here
                });
                hop.network = found.map(|(number, _)| number);
                place.path.push(hop);
                let Some((_, network)) = found else {
                    return Some(place);
                };
                place.repetitions.push(0);
                inside = network;
            }
            Item::Group { body, .. } => {
                let once = layers_of(body).max(1);
                place.path.push(hop);
                place.repetitions.push(index / once);
                index %= once;
                inside = body;
            }
        }
    }
}

/// The network that a step leads into.
fn within<'a>(steps: &'a [Step], hop: &Hop) -> Option<&'a NetworkText> {
    match (&steps.get(hop.step)?.item, hop.network) {
        (Item::Group { body, .. }, None) => Some(body),
        (Item::Layer(layer), Some(number)) => layer.networks_inside().nth(number),
        _ => None,
    }
}

/// The steps among which the place's layer stands, and its number among them.
pub(super) fn around<'a>(
    network: &'a mut NetworkText,
    place: &Place,
) -> Option<(&'a mut Vec<Step>, usize)> {
    let (last, hops) = place.path.split_last()?;
    let mut steps = &mut network.steps;
    for hop in hops {
        steps = match (&mut steps.get_mut(hop.step)?.item, hop.network) {
            (Item::Group { body, .. }, None) => &mut body.steps,
            (Item::Layer(layer), Some(number)) => {
                &mut layer.networks_inside_mut().nth(number)?.steps
            }
            _ => return None,
        };
    }
    (last.step < steps.len()).then_some((steps, last.step))
}

/// The layer as the text has it, `classes` unresolved.
pub(super) fn layer_at<'a>(network: &'a NetworkText, place: &Place) -> Option<&'a LayerText> {
    let (last, hops) = place.path.split_last()?;
    let mut steps = &network.steps;
    for hop in hops {
        steps = &within(steps, hop)?.steps;
    }
    match &steps.get(last.step)?.item {
        Item::Layer(layer) => Some(layer),
        Item::Group { .. } => None,
    }
}

/// The text with another layer in the place.
pub(super) fn replaced(
    network: &NetworkText,
    place: &Place,
    layer: LayerText,
) -> Option<NetworkText> {
    let mut network = network.clone();
    let (steps, at) = around(&mut network, place)?;
    steps[at].item = Item::Layer(layer);
    Some(network)
}

/// The text with layers before the place.
pub(super) fn inserted(
    network: &NetworkText,
    place: &Place,
    layers: Vec<Step>,
) -> Option<NetworkText> {
    let mut network = network.clone();
    let (steps, at) = around(&mut network, place)?;
    steps.splice(at..at, layers);
    Some(network)
}

/// The text without the layer; groups that would be empty go with it. `None` if nothing remains.
pub(super) fn removed(network: &NetworkText, place: &Place) -> Option<NetworkText> {
    let mut network = network.clone();
    let mut place = place.clone();
    loop {
        let (steps, at) = around(&mut network, &place)?;
        if steps.len() > 1 {
            steps.remove(at);
            return Some(network);
        }
        place.path.pop();
        if place.path.last()?.network.is_some() {
            // A block without a body is more than a layer less.
            return None;
        }
    }
}

/// The text with the group at `depth` around the place repeated `times`, and how often it was.
pub(super) fn repeated(
    network: &NetworkText,
    place: &Place,
    depth: usize,
    times: usize,
) -> Option<(NetworkText, usize)> {
    let mut network = network.clone();
    let group = Place {
        path: place.path.get(..=depth)?.to_vec(),
        repetitions: Vec::new(),
    };
    let (steps, at) = around(&mut network, &group)?;
    let Item::Group { times: before, .. } = &mut steps[at].item else {
        return None;
    };
    let from = std::mem::replace(before, times);
    Some((network, from))
}

/// Where the group at `depth` around the place starts in its text; 0 without a text.
pub(super) fn column(network: &NetworkText, place: &Place, depth: usize) -> usize {
    let mut steps = &network.steps;
    for (level, hop) in place.path.iter().enumerate() {
        if level == depth {
            return steps.get(hop.step).map_or(0, |step| step.column);
        }
        match within(steps, hop) {
            Some(inner) => steps = &inner.steps,
            None => break,
        }
    }
    0
}

/// Replaces each layer, in groups and joined networks too, that `change` gives another for, and
/// counts them.
pub(super) fn for_each_layer(
    network: &mut NetworkText,
    change: &mut dyn FnMut(&LayerText) -> Option<LayerText>,
) -> usize {
    let mut changed = 0;
    for step in &mut network.steps {
        match &mut step.item {
            Item::Group { body, .. } => changed += for_each_layer(body, change),
            Item::Layer(layer) => {
                if layer.joins() {
                    for inner in layer.networks_inside_mut() {
                        changed += for_each_layer(inner, change);
                    }
                } else if let Some(other) = change(layer) {
                    *layer = other;
                    changed += 1;
                }
            }
        }
    }
    changed
}

/// The network without the layers of some kinds, and without groups that would be empty; `None` if
/// nothing remains.
pub(super) fn without(network: NetworkText, kinds: &[&str]) -> Option<NetworkText> {
    let kept = |mut step: Step| {
        step.item = match step.item {
            Item::Layer(layer) if kinds.contains(&layer.kind()) => return None,
            Item::Group { body, times } => Item::Group {
                body: without(body, kinds)?,
                times,
            },
            Item::Layer(mut layer) if layer.joins() => {
                for inner in layer.networks_inside_mut() {
                    *inner = without(inner.clone(), kinds)?;
                }
                Item::Layer(layer)
            }
            layer @ Item::Layer(_) => layer,
        };
        Some(step)
    };
    let steps: Vec<Step> = network.steps.into_iter().filter_map(kept).collect();
    (!steps.is_empty()).then_some(NetworkText { steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{Kinds, expand, parse};

    const TEXT: &str =
        "relu -> [tanh -> b: [conv(2, 3) -> softmax] x 3 -> flatten] x 2 -> linear(classes)";
    const JOINED: &str =
        "relu -> [residual(tanh -> branch(relu | [flatten] x 2), shortcut=conv(2, 3))] x 2 -> tanh";

    fn network() -> NetworkText {
        parse(TEXT, &Kinds::builtin()).unwrap()
    }

    #[test]
    fn every_layer_is_found_where_it_stands() {
        for text in [TEXT, JOINED] {
            let mut network = parse(text, &Kinds::builtin()).unwrap();
            let layers = expand(&network).unwrap();
            for (index, named) in layers.iter().enumerate() {
                let place = locate(&network, index).unwrap();
                assert_eq!(layer_at(&network, &place), Some(&named.layer), "{index}");
                let (steps, at) = around(&mut network, &place).unwrap();
                assert_eq!(steps[at].item, Item::Layer(named.layer.clone()));
                assert_eq!(place.repetitions.len() + 1, place.path.len());
            }
            assert_eq!(locate(&network, layers.len()), None);
        }
        let network = network();
        // The second convolution of the second repetition of the outer group.
        let place = locate(&network, 1 + 8 + 1 + 2).unwrap();
        assert_eq!(
            place.path.iter().map(|hop| hop.step).collect::<Vec<_>>(),
            [1, 1, 0]
        );
        assert_eq!(place.repetitions, [1, 1]);
        assert_eq!(column(&network, &place, 0), 9);
        assert_eq!(column(&network, &place, 1), 18);
    }

    #[test]
    fn edits_touch_their_place_alone() {
        let network = network();
        let place = locate(&network, 2).unwrap();
        let relu = LayerText::new(&Kinds::builtin(), "relu", []).unwrap();
        let text = |network: Option<NetworkText>| network.unwrap().to_string();
        assert_eq!(
            text(replaced(&network, &place, relu.clone())),
            TEXT.replace("conv(2, 3)", "relu")
        );
        assert_eq!(
            text(inserted(&network, &place, vec![Step::layer(relu)])),
            TEXT.replace("conv", "relu -> conv")
        );
        assert_eq!(
            text(removed(&network, &place)),
            TEXT.replace("conv(2, 3) -> ", "")
        );
        let (fewer, from) = repeated(&network, &place, 1, 2).unwrap();
        assert_eq!((fewer.to_string(), from), (TEXT.replace("x 3", "x 2"), 3));
        assert!(repeated(&network, &place, 2, 2).is_none());
    }

    #[test]
    fn joined_networks_are_edited_too() {
        let mut network = parse(JOINED, &Kinds::builtin()).unwrap();
        // The second flatten, in the second path of the branch of the second block.
        let index = 1 + 7 + 3;
        let place = locate(&network, index).unwrap();
        assert_eq!(place.repetitions, [1, 0, 0, 1]);
        let (fewer, from) = repeated(&network, &place, 3, 1).unwrap();
        assert_eq!(
            (fewer.to_string(), from),
            (JOINED.replace("[flatten] x 2", "[flatten] x 1"), 2)
        );
        assert_eq!(column(&network, &place, 3), 41);
        assert_eq!(removed(&network, &place), None, "a path would be empty");
        let less = removed(&network, &locate(&network, 8).unwrap());
        assert_eq!(less.unwrap().to_string(), JOINED.replace("tanh -> b", "b"));
        let bare = without(network.clone(), &["tanh"]).unwrap().to_string();
        assert_eq!(
            bare,
            JOINED.replace("tanh -> b", "b").replace(" -> tanh", "")
        );
        // A block without one of its networks is none.
        let none = without(network.clone(), &["conv"]).unwrap();
        assert_eq!(none.to_string(), "relu -> tanh");
        let relu = LayerText::new(&Kinds::builtin(), "relu", []).unwrap();
        let to_relu = &mut |layer: &LayerText| (layer.kind() == "conv").then(|| relu.clone());
        assert_eq!(for_each_layer(&mut network, to_relu), 1);
        assert_eq!(network.to_string(), JOINED.replace("conv(2, 3)", "relu"));
    }

    #[test]
    fn what_would_be_empty_goes() {
        let network = parse("[[relu] x 2] x 3 -> tanh", &Kinds::builtin()).unwrap();
        let place = locate(&network, 0).unwrap();
        assert_eq!(removed(&network, &place).unwrap().to_string(), "tanh");
        let bare = without(network.clone(), &["relu"]).unwrap();
        assert_eq!(bare.to_string(), "tanh");
        assert_eq!(without(network, &["relu", "tanh"]), None);
        let single = parse("[relu] x 2", &Kinds::builtin()).unwrap();
        assert_eq!(removed(&single, &locate(&single, 1).unwrap()), None);
    }
}
