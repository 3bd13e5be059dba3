//! Networks as plain data: what a text says, without sizes or weights.

use super::LayerText;
use crate::{Error, Result};

/// A network as the notation writes it: steps one after another.
///
/// `Display` prints the canonical text; equality ignores where in a text the steps stood.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkText {
    /// The steps, first to last.
    pub steps: Vec<Step>,
}

/// A layer or a group, with its label.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name given in the text.
    pub label: Option<String>,
    /// The layer or the group.
    pub item: Item,
    /// Where the step starts in its text, label included, in characters from 1; 0 without a text.
    pub column: usize,
    /// Where it ends, exclusive, in characters from 1; 0 without a text.
    pub end: usize,
}

/// A layer, or a group of repeated steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// One layer.
    Layer(LayerText),
    /// Steps that are repeated.
    Group {
        /// The repeated steps.
        body: NetworkText,
        /// How often.
        times: usize,
    },
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.item == other.item
    }
}

impl Step {
    /// A layer without a label.
    pub fn layer(layer: LayerText) -> Self {
        Self {
            label: None,
            item: Item::Layer(layer),
            column: 0,
            end: 0,
        }
    }

    /// A group without a label.
    pub fn group(body: NetworkText, times: usize) -> Self {
        Self {
            label: None,
            item: Item::Group { body, times },
            column: 0,
            end: 0,
        }
    }

    /// The same step with a label; [`super::expand`] checks its form.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

impl FromIterator<LayerText> for NetworkText {
    /// The layers one after another, without labels.
    fn from_iter<I: IntoIterator<Item = LayerText>>(layers: I) -> Self {
        Self {
            steps: layers.into_iter().map(Step::layer).collect(),
        }
    }
}

impl NetworkText {
    /// Whether a count is the word `classes`, which [`resolve_classes`] replaces by a number.
    pub fn uses_classes(&self) -> bool {
        self.steps.iter().any(|step| match &step.item {
            Item::Group { body, .. } => body.uses_classes(),
            Item::Layer(layer) => {
                layer.counts_classes() || layer.networks_inside().any(NetworkText::uses_classes)
            }
        })
    }
}

/// Replaces the word `classes` by the number of classes, in groups and nested networks too.
///
/// # Errors
///
/// [`Error::Value`] when `classes` is 0 or larger than [`super::LARGEST_NUMBER`].
pub fn resolve_classes(network: &mut NetworkText, classes: usize) -> Result<()> {
    if !(1..=super::LARGEST_NUMBER).contains(&classes) {
        let expected = format!("1 to {}", super::LARGEST_NUMBER);
        return Err(Error::value(
            "resolve_classes",
            "classes",
            classes,
            expected,
        ));
    }
    replace_classes(network, classes);
    Ok(())
}

fn replace_classes(network: &mut NetworkText, classes: usize) {
    for step in &mut network.steps {
        match &mut step.item {
            Item::Group { body, .. } => replace_classes(body, classes),
            Item::Layer(layer) => {
                layer.replace_classes(classes);
                layer
                    .networks_inside_mut()
                    .for_each(|inner| replace_classes(inner, classes));
            }
        }
    }
}
