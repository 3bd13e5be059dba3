//! Equal consecutive steps as groups.

use crate::{Item, NetworkText, Step};

/// The most steps of a repeated block that is looked for.
const LONGEST_BLOCK: usize = 24;

/// The same steps, equal consecutive blocks written as `[..] x n`. Layers in a group without a label are named as if
/// it was written out, so this changes no name.
pub(super) fn grouped(steps: Vec<Step>) -> Vec<Step> {
    let texts: Vec<String> = steps.iter().map(text).collect();
    let mut grouped = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let (length, times) = best(&texts[at..]);
        if times > 1 {
            let body = NetworkText {
                steps: steps[at..at + length].to_vec(),
            };
            grouped.push(Step::group(body, times));
        } else {
            grouped.push(steps[at].clone());
        }
        at += length * times;
    }
    grouped
}

/// The block that stands at the beginning most often one after the other, by the steps that it saves: its length, and
/// how often it stands there.
fn best(texts: &[String]) -> (usize, usize) {
    let mut best = (1, 1);
    for length in 1..=LONGEST_BLOCK.min(texts.len() / 2) {
        let (block, rest) = texts.split_at(length);
        let again = rest.chunks(length).take_while(|next| *next == block);
        let times = 1 + again.count();
        // A single short layer that stands twice reads better so.
        let trivial = length == 1 && times < 3 && block[0].len() < 40;
        if !trivial && length * (times - 1) > best.0 * (best.1 - 1) {
            best = (length, times);
        }
    }
    best
}

/// A step as text; its label, too, so that labelled steps are equal to no other.
fn text(step: &Step) -> String {
    let label = step.label.as_deref().unwrap_or_default();
    match &step.item {
        Item::Layer(layer) => format!("{label}:{layer}"),
        Item::Group { body, times } => format!("{label}:[{body}] x {times}"),
    }
}
