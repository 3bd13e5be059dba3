//! Which value everything that leads to another one goes through.

use super::core::{Graph, Value};

/// For each value the last one before it that all paths from the input to it go through; of the input, itself.
///
/// The dominator of a node's value is the nearest common ancestor of its inputs in the tree of dominators. Nodes stand
/// after those whose values they take, so one pass is enough.
pub(super) fn dominators(graph: &Graph) -> Vec<Value> {
    let mut above = vec![Value(0)];
    for node in &graph.nodes {
        let mut inputs = node.inputs.iter().copied();
        let first = inputs.next().unwrap_or(Value(0));
        let common = inputs.fold(first, |a, b| nearest_common(&above, a, b));
        above.push(common);
    }
    above
}

/// The nearest common ancestor. A value's dominator has a smaller number, so the larger of two climbs.
pub(super) fn nearest_common(above: &[Value], mut a: Value, mut b: Value) -> Value {
    while a != b {
        match a > b {
            true => a = above[a.0],
            false => b = above[b.0],
        }
    }
    a
}
