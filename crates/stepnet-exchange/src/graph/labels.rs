//! Which names of a file become labels.

use std::collections::HashSet;

use super::core::{Graph, Operation};
use stepnet_nn::notation::{Kinds, MAX_LABEL};

impl Graph {
    /// Forgets the labels that could not be kept: those that are no words, that other layers have, and those that are
    /// the automatic name of some layer, such as `conv1`, and so say nothing more than that.
    pub(super) fn check_labels(&mut self) {
        let kinds = self.kinds().clone();
        let mut taken = HashSet::new();
        for node in &mut self.nodes {
            let joins = !matches!(node.operation, Operation::Layer(..));
            let kept = node.origin.label.take().filter(|label| {
                !joins && is_label(label, &kinds) && taken.insert(label.to_lowercase())
            });
            node.origin.label = kept;
        }
    }
}

fn is_label(label: &str, kinds: &Kinds) -> bool {
    let word = label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && label.len() <= MAX_LABEL;
    let stem = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let automatic = |name: &str| kinds.get(name).is_some();
    word && !automatic(stem) && !automatic(label)
}
