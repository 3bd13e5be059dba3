//! Hard sigmoid and hard swish that a file has written out in operations with numbers.

use super::core::{Graph, Node, Operation, Value};
use crate::problem::Checked;

/// How far numbers of a file may be from 1, 3 and 1/6: they may be `f32`.
const TOLERANCE: f64 = 1e-6;

impl Graph {
    /// Writes `relu6(x + 3) / 6` as `hardsigmoid`, and a value times its own hard sigmoid as `hardswish`: the last node of
    /// each becomes the layer, and takes what the first took. Others that are still needed elsewhere stay.
    ///
    /// # Errors
    /// None but those of building a layer's text.
    pub(super) fn join_hard_activations(&mut self, output: Value) -> Checked<()> {
        let readers = self.readers(output);
        for place in 0..self.nodes.len() {
            if readers[place + 1] == 0 {
                continue;
            }
            let found = self.hard_sigmoid(place).map(|found| ("hardsigmoid", found));
            let found = found.or_else(|| Some(("hardswish", self.hard_swish(place)?)));
            let Some((kind, (input, parts))) = found else {
                continue;
            };
            let text = self.text(kind, [])?;
            let sources: Vec<String> = (parts.iter())
                .flat_map(|&part| self.nodes[part].origin.sources.clone())
                .collect();
            let node = &mut self.nodes[place];
            node.operation = Operation::Layer(text, Vec::new());
            node.inputs = vec![input];
            node.origin = node.origin.clone().and(sources);
        }
        Ok(())
    }

    /// The node that makes a value.
    fn maker(&self, value: Value) -> Option<(usize, &Node)> {
        let place = value.0.checked_sub(1)?;
        Some((place, self.nodes.get(place)?))
    }

    /// What a hard sigmoid that ends in node `place` takes, and the nodes before the last that it is written in.
    fn hard_sigmoid(&self, place: usize) -> Option<(Value, Vec<usize>)> {
        let last = &self.nodes[place];
        if !is_line(&last.operation, 1.0 / 6.0, 0.0) {
            return None;
        }
        let (clip, clipped) = self.maker(last.inputs[0])?;
        let Operation::Layer(text, _) = &clipped.operation else {
            return None;
        };
        let (first, shifted) = self.maker(clipped.inputs[0])?;
        let found = text.kind() == "relu6" && is_line(&shifted.operation, 1.0, 3.0);
        found.then(|| (shifted.inputs[0], vec![first, clip]))
    }

    /// The same of a hard swish.
    fn hard_swish(&self, place: usize) -> Option<(Value, Vec<usize>)> {
        let last = &self.nodes[place];
        if !matches!(last.operation, Operation::Multiply) {
            return None;
        }
        let [a, b] = [last.inputs[0], last.inputs[1]];
        [(a, b), (b, a)].into_iter().find_map(|(value, gate)| {
            let (place, gate) = self.maker(gate)?;
            let Operation::Layer(text, _) = &gate.operation else {
                return None;
            };
            let own = text.kind() == "hardsigmoid" && gate.inputs == [value];
            own.then(|| (value, vec![place]))
        })
    }
}

/// Whether an operation multiplies all channels by `factor` and adds `offset`.
fn is_line(operation: &Operation, factor: f64, offset: f64) -> bool {
    let Operation::Affine { scale, shift } = operation else {
        return false;
    };
    let near = |values: &[f64], expected: f64| {
        let mut all = values.iter();
        !values.is_empty() && all.all(|&value| (value - expected).abs() <= TOLERANCE)
    };
    near(scale, factor) && near(shift, offset)
}
