//! Changes of a network's text at one of its layers.

use crate::nn::notation::{Item, LayerText, NetworkText, Step};

/// Where a layer stands in a text whose groups are not written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the step in each network from the outermost in.
    pub(super) path: Vec<usize>,
    /// For each group around it, which repetition the layer belongs to, from 0.
    pub(super) repetitions: Vec<usize>,
}

/// How many layers a step is when groups are written out. A text that was expanded has no more
/// than the notation allows, so nothing overflows.
fn layers(step: &Step) -> usize {
    match &step.item {
        Item::Layer(_) => 1,
        Item::Group { body, times } => {
            let inside: usize = body.steps.iter().map(layers).sum();
            inside.saturating_mul(*times)
        }
    }
}

/// The place of the layer number `index` when groups are written out.
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
        let (at, step) = found?;
        place.path.push(at);
        match &step.item {
            Item::Layer(_) => return Some(place),
            Item::Group { body, .. } => {
                let once: usize = body.steps.iter().map(layers).sum();
                place.repetitions.push(index / once.max(1));
                index %= once.max(1);
                inside = body;
            }
        }
    }
}

/// The steps among which the place's layer stands, and its number among them.
pub(super) fn around<'a>(
    network: &'a mut NetworkText,
    place: &Place,
) -> Option<(&'a mut Vec<Step>, usize)> {
    let (&last, groups) = place.path.split_last()?;
    let mut steps = &mut network.steps;
    for &at in groups {
        match &mut steps.get_mut(at)?.item {
            Item::Group { body, .. } => steps = &mut body.steps,
            Item::Layer(_) => return None,
        }
    }
    (last < steps.len()).then_some((steps, last))
}

/// The layer as the text has it, `classes` unresolved.
pub(super) fn layer_at<'a>(network: &'a NetworkText, place: &Place) -> Option<&'a LayerText> {
    let (&last, groups) = place.path.split_last()?;
    let mut steps = &network.steps;
    for &at in groups {
        match &steps.get(at)?.item {
            Item::Group { body, .. } => steps = &body.steps,
            Item::Layer(_) => return None,
        }
    }
    match &steps.get(last)?.item {
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
    for (level, &at) in place.path.iter().enumerate() {
        match steps.get(at) {
            Some(step) if level == depth => return step.column,
            Some(Step {
                item: Item::Group { body, .. },
                ..
            }) => steps = &body.steps,
            _ => break,
        }
    }
    0
}

/// Replaces each layer, in groups too, that `change` gives another for, and counts them.
pub(super) fn for_each_layer(
    network: &mut NetworkText,
    change: &mut dyn FnMut(&LayerText) -> Option<LayerText>,
) -> usize {
    let mut changed = 0;
    for step in &mut network.steps {
        match &mut step.item {
            Item::Group { body, .. } => changed += for_each_layer(body, change),
            Item::Layer(layer) => {
                if let Some(other) = change(layer) {
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
    use crate::nn::notation::{Kinds, expand, parse};

    const TEXT: &str =
        "relu -> [tanh -> b: [conv(2, 3) -> softmax] x 3 -> flatten] x 2 -> linear(classes)";

    fn network() -> NetworkText {
        parse(TEXT, &Kinds::builtin()).unwrap()
    }

    #[test]
    fn every_layer_is_found_where_it_stands() {
        let network = network();
        let layers = expand(&network).unwrap();
        for (index, named) in layers.iter().enumerate() {
            let place = locate(&network, index).unwrap();
            assert_eq!(layer_at(&network, &place), Some(&named.layer), "{index}");
        }
        assert_eq!(locate(&network, layers.len()), None);
        // The second convolution of the second repetition of the outer group.
        let place = locate(&network, 1 + 8 + 1 + 2).unwrap();
        assert_eq!(place.path, [1, 1, 0]);
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
