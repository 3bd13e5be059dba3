//! A misfit in its text, and the changes that were thought of.

use std::collections::HashMap;

use super::diagnosis::Change;
use crate::Number;
use crate::network::attempt::Terms;
use crate::network::misfit::Misfit;
use crate::notation::{Count, LayerText, NetworkText, ParameterKind, Step, Value};
use crate::shape::Shape;

/// A network that may fit.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) text: NetworkText,
    pub(super) input: Shape,
    pub(super) changes: Vec<Change>,
    pub(super) cost: u32,
}

/// A misfit in its text.
pub(super) struct Site<'a, T> {
    pub(super) terms: &'a Terms<'a, T>,
    pub(super) text: &'a NetworkText,
    pub(super) input: Shape,
    pub(super) misfit: &'a Misfit<T>,
    /// The names of the layers at each column of the text before anything changed.
    pub(super) names: &'a HashMap<usize, Vec<String>>,
    pub(super) found: Vec<Candidate>,
}

/// The parameter that says how many numbers a layer gives out: filters, units.
pub(super) fn outputs_parameter(layer: &LayerText) -> Option<&str> {
    let parameters = layer.signature().parameters().iter();
    let mut counts = parameters.filter(|p| p.kind == ParameterKind::CountOrClasses);
    counts.next().map(|p| p.name.as_str())
}

/// Whether a layer's text has a parameter of this name and kind.
pub(super) fn has(layer: &LayerText, name: &str, kind: ParameterKind) -> bool {
    let mut parameters = layer.signature().parameters().iter();
    parameters.any(|p| p.name == name && p.kind == kind)
}

/// A layer of one kind for the end of a network; its outputs, if it counts any, are `classes`.
pub(super) fn closing_layer<T: Number>(
    terms: &Terms<'_, T>,
    kind: &str,
    units: Option<Count>,
) -> Option<Step> {
    let arguments = units.map(|units| ("units", Value::Count(units)));
    let layer = LayerText::new(terms.registry.kinds(), kind, arguments);
    layer.ok().map(Step::layer)
}
