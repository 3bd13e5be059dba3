//! From a graph to the arrow notation: a series-parallel decomposition.
//!
//! Everything that leads from a value to another one is a sequence of steps: layers, and joins whose inputs all start
//! from one value, their dominator. The paths from there to the inputs are sequences again: the body and the shortcut
//! of a `residual`, the paths of a `branch`, the body of a `scale`. A graph that cannot be divided so would need a node
//! twice, and is refused by that node.

use super::core::{Graph, Operation, Value};
use super::dominators::{dominators, nearest_common};
use super::groups::grouped;
use crate::problem::Checked;
use crate::{LayerText, NetworkText, Step};
use stepnet_nn::notation::MAX_DEPTH;

/// A graph in the notation.
#[derive(Debug)]
pub(super) struct Assembled {
    /// Its text.
    pub(super) text: NetworkText,
    /// The node of each layer of the text, groups written out; `None` for an `identity` that no node stands for.
    pub(super) nodes: Vec<Option<usize>>,
}

/// Writes everything that leads from the input of a graph to `output` in the notation.
///
/// # Errors
/// Names the first node that the notation has no place for.
pub(super) fn assemble(graph: &Graph, output: Value) -> Checked<Assembled> {
    let mut assembly = Assembly {
        graph,
        above: dominators(graph),
        written: vec![false; graph.nodes.len()],
        nodes: Vec::new(),
    };
    let steps = assembly.sequence(graph.input(), output, 0)?;
    if steps.is_empty() {
        return Err("its output is its input: there is no layer between them".into());
    }
    Ok(Assembled {
        text: NetworkText {
            steps: grouped(steps),
        },
        nodes: assembly.nodes,
    })
}

struct Assembly<'g> {
    graph: &'g Graph,
    above: Vec<Value>,
    /// The nodes that the text has.
    written: Vec<bool>,
    nodes: Vec<Option<usize>>,
}

impl Assembly<'_> {
    /// The steps from `from`, which dominates `to`, to `to`.
    fn sequence(&mut self, from: Value, to: Value, depth: usize) -> Checked<Vec<Step>> {
        let mut steps = Vec::new();
        for value in self.chain(from, to).into_iter().rev() {
            let node = value.0 - 1;
            if depth > MAX_DEPTH - 2 {
                let problem = format!("its blocks are nested more than {} deep", MAX_DEPTH - 2);
                return self.refuse(node, &problem);
            }
            if self.written[node] {
                return self.refuse(
                    node,
                    "its value is needed in two places that the notation has no common place before",
                );
            }
            self.written[node] = true;
            let layer = match &self.graph.nodes[node].operation {
                Operation::Layer(text, _) => text.clone(),
                Operation::Add => self.sum(node, depth)?,
                Operation::Concat => self.concat(node, depth)?,
                Operation::Multiply => self.product(node, depth)?,
                Operation::Affine { .. } => {
                    return self.refuse(node, "it was not made a layer");
                }
            };
            self.nodes.push(Some(node));
            let step = Step::layer(layer);
            steps.push(match &self.graph.nodes[node].origin.label {
                Some(label) => step.labelled(label),
                None => step,
            });
        }
        Ok(steps)
    }

    /// The values from `to` back to `from`, which is left out.
    fn chain(&self, from: Value, to: Value) -> Vec<Value> {
        let mut chain = Vec::new();
        let mut value = to;
        while value != from && value != self.graph.input() {
            chain.push(value);
            value = self.above[value.0];
        }
        chain
    }

    /// What leads from the dominator of a join to one of its inputs; an `identity` where that is nothing.
    fn path(&mut self, from: Value, to: Value, depth: usize) -> Checked<NetworkText> {
        let mut steps = self.sequence(from, to, depth + 1)?;
        if steps.is_empty() {
            steps.push(Step::layer(self.graph.text("identity", [])?));
            self.nodes.push(None);
        }
        Ok(NetworkText {
            steps: grouped(steps),
        })
    }

    fn sum(&mut self, node: usize, depth: usize) -> Checked<LayerText> {
        let from = self.above[node + 1];
        let inputs = &self.graph.nodes[node].inputs;
        let [first, second] = [inputs[0], inputs[1]];
        // The body is the longer path; what is added to it, the shortcut.
        let longer = self.chain(from, first).len() >= self.chain(from, second).len();
        let (body, shortcut) = match longer {
            true => (first, second),
            false => (second, first),
        };
        let mut arguments = vec![("body", self.path(from, body, depth)?.into())];
        if shortcut != from {
            arguments.push(("shortcut", self.path(from, shortcut, depth)?.into()));
        }
        self.graph.text("residual", arguments)
    }

    fn concat(&mut self, node: usize, depth: usize) -> Checked<LayerText> {
        let from = self.above[node + 1];
        let inputs = self.graph.nodes[node].inputs.clone();
        self.branch(from, &inputs, depth)
    }

    /// Joins `inputs`, all of which start from `from`. Neighbours that have more in common than that are joined by
    /// themselves, after what they have in common.
    fn branch(&mut self, from: Value, inputs: &[Value], depth: usize) -> Checked<LayerText> {
        let mut paths = Vec::new();
        let mut rest = inputs;
        while let Some(&first) = rest.first() {
            let start = self.start(from, first);
            let alike = |&&input: &&Value| start.is_some() && self.start(from, input) == start;
            let count = rest.iter().take_while(alike).count().max(1);
            let (group, others) = rest.split_at(count);
            rest = others;
            paths.push(match group {
                &[input] => self.path(from, input, depth)?,
                group if depth + 2 < MAX_DEPTH => self.group(from, group, depth)?,
                _ => return Err("its blocks are nested too deep".into()),
            });
        }
        self.graph.text("branch", [("paths", paths.into())])
    }

    /// What several inputs of a join have in common, and then these joined.
    fn group(&mut self, from: Value, inputs: &[Value], depth: usize) -> Checked<NetworkText> {
        let common = inputs
            .iter()
            .copied()
            .reduce(|a, b| nearest_common(&self.above, a, b));
        let common = common.unwrap_or(from);
        let mut steps = self.sequence(from, common, depth + 1)?;
        let joined = self.branch(common, inputs, depth + 1)?;
        self.nodes.push(None);
        steps.push(Step::layer(joined));
        Ok(NetworkText {
            steps: grouped(steps),
        })
    }

    /// The first value after `from` that everything between it and `to` goes through; `None` if they are the same.
    fn start(&self, from: Value, to: Value) -> Option<Value> {
        let mut start = None;
        let mut value = to;
        while value != from && value != self.graph.input() {
            start = Some(value);
            value = self.above[value.0];
        }
        start
    }

    fn product(&mut self, node: usize, depth: usize) -> Checked<LayerText> {
        let from = self.above[node + 1];
        let inputs = &self.graph.nodes[node].inputs;
        let [value, gate] = [inputs[0], inputs[1]];
        let same = self.graph.shape(value) == self.graph.shape(gate);
        let body = if value == from {
            gate
        } else if gate == from && same {
            value
        } else {
            return self.refuse(
                node,
                "it multiplies two values, and the notation can only multiply a value by what a body makes of it",
            );
        };
        let body = self.path(from, body, depth)?;
        self.graph.text("scale", [("body", body.into())])
    }

    fn refuse<T>(&self, node: usize, problem: &str) -> Checked<T> {
        let before = self.written.iter().filter(|&&written| written).count();
        let origin = &self.graph.nodes[node].origin;
        Err(format!(
            "node {} cannot be written in the arrow notation: {problem}; {before} of {} nodes came before it",
            origin.shown(),
            self.graph.nodes.len()
        )
        .into())
    }
}
