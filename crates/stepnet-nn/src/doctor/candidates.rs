//! The changes that may mend a misfit, before any is tried.

use super::diagnosis::Change;
use super::edit::{self, Place};
use super::patient::InputChange;
use super::site::{Candidate, Site, has, outputs_parameter};
use super::smaller::HALVINGS;
use super::{cost, ending};
use crate::Number;
use crate::network::Node;
use crate::network::misfit::Kind;
use crate::notation::{
    Count, DefaultValue, Item, LayerText, NetworkText, PaddingText, ParameterKind, Step, Value,
};
use crate::shape::Shape;

/// How many layers before the one that does not fit are thought of.
const EARLIER_LAYERS: u32 = 6;

/// Changes that may fix a misfit, in no order.
pub(super) fn candidates<T: Number>(mut site: Site<'_, T>, change: InputChange) -> Vec<Candidate> {
    let misfit = site.misfit;
    if let Some(place) = edit::locate(site.text, misfit.index) {
        match misfit.kind {
            Kind::Arguments => site.acceptable(&place),
            Kind::Input | Kind::Size => site.around(&place),
            Kind::Closing(needed) => ending::closing(&mut site, needed),
            Kind::Volume => ending::volume(&mut site),
            Kind::Classes => ending::classes(&mut site),
        }
    }
    if matches!(misfit.kind, Kind::Input | Kind::Size) {
        site.inputs(change);
    }
    site.found
}

impl<T: Number> Site<'_, T> {
    /// The name of layer number `index` in the text before anything changed: removing a layer
    /// renumbers those after it.
    pub(super) fn name(&self, index: usize) -> String {
        let Some(named) = self.misfit.layers.get(index) else {
            return String::new();
        };
        let now = &named.name;
        match self.names.get(&named.column).map(Vec::as_slice) {
            Some([first, rest @ ..]) if named.column > 0 && first != now && !rest.contains(now) => {
                first.clone()
            }
            _ => now.clone(),
        }
    }

    pub(super) fn push(&mut self, text: Option<NetworkText>, changes: Vec<Change>, cost: u32) {
        if let Some(text) = text {
            self.found.push(Candidate {
                text,
                input: self.input,
                changes,
                cost,
            });
        }
    }

    /// The layer number `index` becomes `to`, where the word `classes` stays if its number did.
    pub(super) fn replace(&mut self, index: usize, to: LayerText, cost: u32) {
        let Some(place) = edit::locate(self.text, index) else {
            return;
        };
        let Some(written) = edit::layer_at(self.text, &place) else {
            return;
        };
        let to = self.with_classes(written, to);
        if *written == to {
            return;
        }
        let changes = vec![Change::Replace {
            layer: self.name(index),
            to: to.to_string(),
        }];
        self.push(edit::replaced(self.text, &place, to), changes, cost);
    }

    fn with_classes(&self, written: &LayerText, to: LayerText) -> LayerText {
        let Some(name) = outputs_parameter(written) else {
            return to;
        };
        let kept = written.count(name) == Count::Classes
            && to.kind() == written.kind()
            && to.count(name).number() == self.terms.classes;
        match to.clone().with(name, Count::Classes) {
            Ok(worded) if kept => worded,
            _ => to,
        }
    }

    /// The layer and what is around it.
    fn around(&mut self, place: &Place) {
        let misfit = self.misfit;
        let Some(named) = misfit.layers.get(misfit.index) else {
            return;
        };
        for remedy in &misfit.remedies {
            self.replace(misfit.index, remedy.text.clone(), remedy.cost);
        }
        self.fewer_repetitions(place);
        self.halved(misfit.index, cost::HALVED);
        let learns = outputs_parameter(&named.layer).is_some();
        if misfit.kind == Kind::Size {
            self.strided(misfit.index, &named.layer);
            self.pooled(place);
            self.widest_halved();
            return;
        }
        match misfit.input {
            Shape::Features(_) => self.volume_wanted(place),
            Shape::Volume { .. } => {
                if misfit.remedies.is_empty() {
                    self.insert(place, "flatten", cost::STRUCTURE);
                }
                self.earlier();
                self.all_padded();
            }
        }
        let change = Change::Remove {
            layer: self.name(misfit.index),
        };
        // A whole block is dearer than any change inside of it.
        let cost = match named.layer.joins() {
            true => cost::INPUT,
            false => cost::STRUCTURE + if learns { 3 } else { 0 },
        };
        self.push(edit::removed(self.text, place), vec![change], cost);
    }

    /// Other values where a layer is refused for its own: a negative number without its sign (an epsilon gets its default
    /// alone: its size is rarely chosen on purpose); a number that is the default; a padding in numbers.
    fn acceptable(&mut self, place: &Place) {
        let Some(layer) = edit::layer_at(self.text, place).cloned() else {
            return;
        };
        for parameter in layer.signature().parameters() {
            let name = parameter.name.as_str();
            let mut values: Vec<(Value, u32)> = Vec::new();
            match (parameter.kind, &parameter.default) {
                (ParameterKind::Number, default) => {
                    if layer.number(name) < 0.0 && name != "epsilon" {
                        values.push(((-layer.number(name)).into(), cost::SLIP));
                    }
                    if let DefaultValue::Value(default) = default {
                        values.push((default.clone(), cost::ARGUMENT));
                    }
                }
                (ParameterKind::Padding, DefaultValue::Required) => {
                    values.push((1.into(), cost::ARGUMENT));
                }
                _ => {}
            }
            for (value, cost) in values {
                if let Ok(to) = layer.clone().with(name, value) {
                    self.replace(self.misfit.index, to, cost);
                }
            }
        }
    }

    /// Each group around the layer, only as often as it fitted; for networks that ask for too much
    /// by halves, too.
    fn fewer_repetitions(&mut self, place: &Place) {
        for (depth, &done) in place.repetitions.iter().enumerate() {
            let mut times: Vec<(usize, u32)> = Vec::new();
            if done > 0 {
                times.push((done, cost::REPEAT));
            }
            if self.misfit.kind == Kind::Size {
                let halves = (1..HALVINGS).map(|k| (done >> k, cost::HALVED + k));
                times.extend(halves.take_while(|&(times, _)| times > 0));
            }
            for (to, cost) in times {
                let Some((text, from)) = edit::repeated(self.text, place, depth, to) else {
                    continue;
                };
                let change = Change::Repeat {
                    layer: self.name(self.misfit.index),
                    column: edit::column(self.text, place, depth),
                    from,
                    to,
                };
                self.push(Some(text), vec![change], cost);
            }
        }
    }

    /// The mean of each channel before a dense layer that would see every pixel.
    fn pooled(&mut self, place: &Place) {
        let flattened = self
            .misfit
            .nodes
            .last()
            .is_some_and(|node| node.implied() && matches!(node.input(), Shape::Volume { .. }));
        if flattened {
            self.insert(place, "globalavgpool", cost::STRUCTURE);
        }
    }

    fn insert(&mut self, place: &Place, kind: &str, cost: u32) {
        let kinds = self.terms.registry.kinds();
        if let Ok(layer) = LayerText::new(kinds, kind, []) {
            let change = Change::Insert {
                what: kind.to_owned(),
                before: Some(self.name(self.misfit.index)),
            };
            let text = edit::inserted(self.text, place, vec![Step::layer(layer)]);
            self.push(text, vec![change], cost);
        }
    }

    /// A layer that slides over volumes comes after one that turns them into vectors.
    fn volume_wanted(&mut self, place: &Place) {
        let nodes = &self.misfit.nodes;
        let Some(at) = nodes.iter().rposition(makes_a_vector) else {
            return;
        };
        let written = nodes[..at].iter().filter(|node| !node.implied()).count();
        let Some(before) = edit::locate(self.text, written) else {
            return;
        };
        let after = nodes[at + 1..].iter();
        let trained_after = after.clone().any(|node| !node.range().is_empty());
        if !nodes[at].implied() {
            let change = Change::Remove {
                layer: self.name(written),
            };
            // Where a dense layer has mixed the features there is no volume to go back to.
            let cost = cost::STRUCTURE + if trained_after { 2 } else { 0 };
            self.push(edit::removed(self.text, &before), vec![change], cost);
        }
        let change = Change::Move {
            layer: self.name(self.misfit.index),
            before: self.name(written),
        };
        let cost = cost::STRUCTURE + u32::from(!trained_after);
        self.push(moved(self.text, place, &before), vec![change], cost);
    }

    /// More room from the layers before: `same` padding, smaller strides, no pooling.
    fn earlier(&mut self) {
        let written = self.misfit.nodes.iter().filter(|node| !node.implied());
        let nodes: Vec<(usize, &Node<T>)> = written.enumerate().collect();
        let shrinking = nodes.into_iter().rev().filter(|(_, node)| shrinks(node));
        let mut seen = Vec::new();
        let mut cost = cost::EARLIER;
        for (index, node) in shrinking.take(EARLIER_LAYERS as usize) {
            let Some(place) = edit::locate(self.text, index) else {
                return;
            };
            if seen.contains(&place.path) {
                continue;
            }
            let layer = node.layer().text();
            if has(&layer, "padding", ParameterKind::Padding)
                && let Ok(to) = layer.clone().with("padding", PaddingText::Same)
            {
                self.replace(index, to, cost);
            }
            if outputs_parameter(&layer).is_none() {
                let change = Change::Remove {
                    layer: self.name(index),
                };
                self.push(edit::removed(self.text, &place), vec![change], cost + 1);
            } else if has(&layer, "stride", ParameterKind::Pair)
                && let Ok(to) = layer.clone().with("stride", 1)
            {
                self.replace(index, to, cost + 1);
            }
            seen.push(place.path);
            cost += 1;
        }
    }

    /// `same` padding for every convolution that has none: one decision, not several.
    fn all_padded(&mut self) {
        let mut text = self.text.clone();
        let padded = edit::for_each_layer(&mut text, &mut |layer| {
            let bare = outputs_parameter(layer).is_some()
                && has(layer, "padding", ParameterKind::Padding)
                && layer.padding("padding") == PaddingText::Valid;
            let same = bare.then(|| layer.clone().with("padding", PaddingText::Same).ok());
            same.flatten()
        });
        if padded > 1 {
            self.push(Some(text), vec![Change::AllPadded], cost::STRUCTURE);
        }
    }

    /// For values that are not an image: a dense layer for each convolution, and no pooling.
    pub(super) fn dense(&mut self) {
        let mut text = self.text.clone();
        let kinds = self.terms.registry.kinds();
        let dense = edit::for_each_layer(&mut text, &mut |layer| {
            let filters = (layer.kind() == "conv").then(|| layer.count("filters"))?;
            LayerText::new(kinds, "linear", [("units", Value::Count(filters))]).ok()
        });
        let sliding = ["maxpool", "avgpool", "globalavgpool", "flatten"];
        let bare = edit::without(text, &sliding);
        if dense > 0 && bare.is_some() {
            self.push(bare, vec![Change::Dense], cost::STRUCTURE);
        }
    }
}

fn makes_a_vector<T: Number>(node: &Node<T>) -> bool {
    matches!(
        (node.input(), node.output()),
        (Shape::Volume { .. }, Shape::Features(_))
    )
}

fn shrinks<T: Number>(node: &Node<T>) -> bool {
    let plane = |shape| match shape {
        Shape::Volume { height, width, .. } => height * width,
        Shape::Features(_) => 0,
    };
    plane(node.output()) < plane(node.input()) && plane(node.output()) > 0
}

/// The text with the layer at `from`, and what follows it up to a dense layer or the closing
/// activation, moved before `to`; both must stand in the same network or group.
fn moved(network: &NetworkText, from: &Place, to: &Place) -> Option<NetworkText> {
    let ((&last, around), (&target, target_around)) =
        (from.path.split_last()?, to.path.split_last()?);
    if around != target_around || target.step >= last.step {
        return None;
    }
    let target = target.step;
    let mut network = network.clone();
    let (steps, at) = edit::around(&mut network, from)?;
    let goes_along = |step: &Step| match &step.item {
        Item::Group { .. } => false,
        Item::Layer(layer) => !matches!(
            layer.kind(),
            "linear" | "flatten" | "globalavgpool" | "softmax" | "sigmoid"
        ),
    };
    let along = steps[at + 1..].iter().take_while(|step| goes_along(step));
    let end = at + 1 + along.count();
    let block: Vec<Step> = steps.drain(at..end).collect();
    steps.splice(target..target, block);
    Some(network)
}
