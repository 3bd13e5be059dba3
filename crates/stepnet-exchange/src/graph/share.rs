//! Concatenations that continue earlier ones, as those of densely connected networks do.

use std::collections::HashMap;

use super::core::{Graph, Operation, Value};

impl Graph {
    /// Replaces the first inputs of concatenations by an earlier concatenation of just these: `concat(a, b, c)` after
    /// `ab = concat(a, b)` becomes `concat(ab, c)`. `c` is then the only thing that is new, and what made it starts from
    /// `ab`, as the notation needs it.
    pub(super) fn share_concats(&mut self) {
        // Beginnings of lists of inputs, each by the one before it and the input that it adds.
        let mut beginnings: HashMap<(usize, Value), usize> = HashMap::new();
        let mut values: HashMap<usize, Value> = HashMap::new();
        for place in 0..self.nodes.len() {
            let node = &mut self.nodes[place];
            if !matches!(node.operation, Operation::Concat) {
                continue;
            }
            let mut shared = None;
            let mut beginning = 0;
            for (number, &input) in node.inputs.iter().enumerate() {
                let next = beginnings.len() + 1;
                beginning = *beginnings.entry((beginning, input)).or_insert(next);
                if let Some(&value) = values.get(&beginning).filter(|_| number > 0) {
                    shared = Some((number + 1, value));
                }
            }
            values.entry(beginning).or_insert(Value(place + 1));
            if let Some((count, value)) = shared.filter(|&(count, _)| count < node.inputs.len()) {
                node.inputs.splice(..count, [value]);
            }
        }
    }
}
