//! Changes at the end of a network: what it must tell apart, and the activation that closes it.

use super::diagnosis::Change;
use super::site::{Site, closing_layer, outputs_parameter};
use super::{cost, edit};
use crate::Number;
use crate::loss::Loss;
use crate::notation::{Count, Item, NamedLayer, NetworkText, Step};
use crate::shape::Shape;

/// The number of the layer that decides how many outputs there are: the last with filters or units.
pub(super) fn deciding(layers: &[NamedLayer]) -> usize {
    let counts = |named: &NamedLayer| outputs_parameter(&named.layer).is_some();
    let last = layers.len().saturating_sub(1);
    layers.iter().rposition(counts).unwrap_or(last)
}

/// Whether the last layer is an activation that a loss is fused with.
fn is_closed(layers: &[NamedLayer]) -> bool {
    let fused = |named: &NamedLayer| Loss::for_closing_kind(named.layer.kind()).fused_kind();
    layers.last().is_some_and(|named| fused(named).is_some())
}

/// The loss needs `needed` at the end.
pub(super) fn closing<T: Number>(site: &mut Site<'_, T>, needed: &str) {
    let Some(step) = closing_layer(site.terms, needed, None) else {
        return;
    };
    let last = site.misfit.layers.len() - 1;
    if is_closed(&site.misfit.layers) {
        if let Item::Layer(layer) = step.item {
            site.replace(last, layer, cost::SLIP);
        }
        return;
    }
    let (text, change) = appended(site.text, vec![step]);
    site.push(Some(text), vec![change], cost::SLIP);
}

/// The closing activation has a volume before it.
pub(super) fn volume<T: Number>(site: &mut Site<'_, T>) {
    let channels = match site.misfit.input {
        Shape::Volume { channels, .. } => channels,
        Shape::Features(_) => return,
    };
    let last = site.misfit.layers.len() - 1;
    let pooled = if site.terms.classes == Some(channels) {
        cost::PADDING
    } else {
        cost::STRUCTURE
    };
    before_closing(site, last, "globalavgpool", None, pooled);
    if site.terms.classes.is_some() {
        before_closing(site, last, "linear", Some(Count::Classes), cost::ARGUMENT);
    }
}

fn before_closing<T: Number>(
    site: &mut Site<'_, T>,
    last: usize,
    kind: &str,
    units: Option<Count>,
    cost: u32,
) {
    let (Some(step), Some(place)) = (
        closing_layer(site.terms, kind, units),
        edit::locate(site.text, last),
    ) else {
        return;
    };
    let change = Change::Insert {
        what: step.to_string(),
        before: Some(site.name(last)),
    };
    let text = edit::inserted(site.text, &place, vec![step]);
    site.push(text, vec![change], cost);
}

/// The outputs are not one for each class.
pub(super) fn classes<T: Number>(site: &mut Site<'_, T>) {
    let layers = &site.misfit.layers;
    let (index, last) = (deciding(layers), layers.len() - 1);
    let closed = is_closed(layers);
    let one_for_two = !site.terms.named_outputs
        && closed
        && layers[last].layer.kind() == "sigmoid"
        && site.terms.classes == Some(2);
    let units = if one_for_two {
        Count::Number(1)
    } else {
        Count::Classes
    };
    // Units of its own: the layer's number changes.
    let own = edit::locate(site.text, index).filter(|place| place.path.len() == 1);
    let layer = own
        .as_ref()
        .and_then(|place| edit::layer_at(site.text, place));
    let changed = layer.and_then(|layer| {
        let name = outputs_parameter(layer)?;
        layer.clone().with(name, units).ok()
    });
    if let (Some(place), Some(to)) = (own, changed) {
        let cost = match to.kind() {
            "linear" if closed || index == last => cost::SLIP,
            "linear" => cost::STRUCTURE,
            _ => cost::ARGUMENT,
        };
        let change = Change::Replace {
            layer: site.name(index),
            to: to.to_string(),
        };
        let text = edit::replaced(site.text, &place, to);
        close(site, text, vec![change], cost);
    }
    // Another layer at the end.
    if closed {
        let added = closing_layer(site.terms, "linear", Some(units));
        let place = edit::locate(site.text, last);
        if let (Some(step), Some(place)) = (added, place) {
            let change = Change::Insert {
                what: step.to_string(),
                before: Some(site.name(last)),
            };
            let text = edit::inserted(site.text, &place, vec![step]);
            close(site, text, vec![change], cost::STRUCTURE);
        }
        return;
    }
    let pooled = site.misfit.nodes.last().is_some_and(|node| {
        matches!(node.output(), Shape::Volume { channels, .. } if Some(channels) == site.terms.classes)
    });
    let (kind, units) = if pooled {
        ("globalavgpool", None)
    } else {
        ("linear", Some(Count::Classes))
    };
    let cost = if pooled || index < last {
        cost::PADDING
    } else {
        cost::ARGUMENT
    };
    let steps = [
        closing_layer(site.terms, kind, units),
        closing_layer(site.terms, "softmax", None),
    ];
    let (text, change) = appended(site.text, steps.into_iter().flatten().collect());
    site.push(Some(text), vec![change], cost);
}

/// Pushes a text whose last layer makes one output for each class, with the activation that goes
/// with them: softmax, but sigmoid for one output.
fn close<T: Number>(
    site: &mut Site<'_, T>,
    text: Option<NetworkText>,
    mut changes: Vec<Change>,
    cost: u32,
) {
    let Some(mut text) = text else { return };
    let softmax = closing_layer(site.terms, "softmax", None);
    let kind = text.steps.last().and_then(|step| match &step.item {
        Item::Layer(layer) => Some(layer.kind().to_owned()),
        Item::Group { .. } => None,
    });
    let many = site.terms.classes != Some(2);
    match (kind.as_deref(), softmax) {
        (Some("softmax"), _) => {}
        (Some("sigmoid"), Some(softmax)) if many => {
            changes.push(Change::Replace {
                layer: site.name(site.misfit.layers.len() - 1),
                to: softmax.to_string(),
            });
            text.steps.pop();
            text.steps.push(softmax);
        }
        (Some("sigmoid"), _) | (_, None) => {}
        (_, Some(softmax)) => {
            let change;
            (text, change) = appended(&text, vec![softmax]);
            changes.push(change);
        }
    }
    site.push(Some(text), changes, cost);
}

/// The text with layers at its end.
fn appended(text: &NetworkText, steps: Vec<Step>) -> (NetworkText, Change) {
    let mut text = text.clone();
    let written: Vec<String> = steps.iter().map(Step::to_string).collect();
    text.steps.extend(steps);
    let change = Change::Insert {
        what: written.join(" -> "),
        before: None,
    };
    (text, change)
}
