//! Fusion: rewrite rules over the nodes of a network that make several layers run as one.
//!
//! All rules are in one table, [`rules`]. At each node they are tried in order; the first one that applies takes
//! its nodes, and the search continues after them. A rule sees a chain of nodes: each one but the first reads
//! the output of the node before it and nothing else, and no other node reads that output. So the values inside
//! of a fused segment need not be stored.
//!
//! Rules recognise layers by their Rust types, never by the names of the notation: a program's own layer is never
//! mistaken for a built-in one, whatever its text says.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::Number;
use crate::layer::Layer;
use crate::layers::{
    BatchNorm, Conv, ConvPool, ConvRelu, FoldedNorm, Linear, MaxPool, PointwiseLayer, Relu,
};
use crate::network::{Node, readers};
use crate::shape::Shape;

/// The passes that a fused layer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FusedPasses {
    /// Forward and backward passes. Values have the same bits as those of the separate layers; gradients
    /// too, unless the fused layer sums them in another order.
    All,
    /// Forward passes, with the same bits; backward passes run layer by layer.
    Forward,
    /// Forward passes at inference, which round once more than those of the separate layers.
    Inference,
}

/// A fusion rule as a table shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FusionRule {
    /// Its name: `conv-relu`, ...
    pub name: &'static str,
    /// The layers it fuses, in the arrow notation; those in brackets may be missing.
    pub pattern: &'static str,
    /// The passes that the fused layer runs.
    pub passes: FusedPasses,
    /// Further conditions on the sizes or the layers.
    pub condition: &'static str,
}

/// Consecutive nodes of a network with the rule that fuses them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FusedNodes {
    /// The nodes' numbers.
    pub nodes: Range<usize>,
    /// The rule.
    pub rule: FusionRule,
}

/// All fusion rules, in the order in which they are tried.
pub fn fusion_rules() -> Vec<FusionRule> {
    rules::<f32>().into_iter().map(|rule| rule.about).collect()
}

impl fmt::Display for FusedPasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::All => "all passes",
            Self::Forward => "forward passes",
            Self::Inference => "inference",
        })
    }
}

impl fmt::Display for FusionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            pattern,
            passes,
            condition,
        } = self;
        write!(f, "{name}: {pattern} ({passes}; {condition})")
    }
}

/// A rule with the function that applies it to the start of a chain.
struct Rule<T> {
    about: FusionRule,
    apply: fn(&[&Node<T>]) -> Option<Match<T>>,
}

/// The layer that replaces the first `nodes` nodes of a chain. Its parameters are theirs, one after the other.
struct Match<T> {
    layer: Arc<dyn Layer<T>>,
    nodes: usize,
}

/// The most nodes that a rule takes.
const LONGEST: usize = 4;

/// The table of rules, in the order in which they are tried.
fn rules<T: Number>() -> [Rule<T>; 5] {
    let rule = |name, pattern, passes, condition, apply| {
        let about = FusionRule {
            name,
            pattern,
            passes,
            condition,
        };
        Rule { about, apply }
    };
    [
        rule(
            "fold-bn",
            "conv|linear -> bn [-> relu] [-> maxpool]",
            FusedPasses::Inference,
            "after bn as conv-pool and conv-relu have it",
            fold_bn,
        ),
        rule(
            "conv-pool",
            "conv [-> relu] -> maxpool",
            FusedPasses::All,
            "windows without padding or overlap, rows that fit the cache, not Winograd's method",
            |chain| conv_pool(conv(chain.first()?)?, chain.first()?.input(), &chain[1..]),
        ),
        rule(
            "conv-relu",
            "conv -> relu",
            FusedPasses::All,
            "always",
            |chain| conv_relu(conv(chain.first()?)?, &chain[1..]),
        ),
        rule("bn-relu", "bn -> relu", FusedPasses::All, "always", bn_relu),
        rule(
            "add-relu",
            "add -> relu",
            FusedPasses::Forward,
            "always",
            add_relu,
        ),
    ]
}

fn conv<T: Number>(node: &Node<T>) -> Option<&Conv> {
    node.layer().downcast_ref()
}

/// Whether a chain goes on with a ReLU.
fn begins_with_relu<T: Number>(chain: &[&Node<T>]) -> bool {
    let next = chain.first().map(|node| node.layer());
    next.is_some_and(|layer| layer.downcast_ref::<PointwiseLayer<Relu>>().is_some())
}

fn conv_pool<T: Number>(conv: &Conv, input: Shape, after: &[&Node<T>]) -> Option<Match<T>> {
    let relu = begins_with_relu(after);
    let before = usize::from(relu);
    let next = after.get(before)?;
    let pool = next
        .layer()
        .downcast_ref::<MaxPool>()?
        .geometry(next.input());
    Some(Match {
        layer: Arc::new(ConvPool::new::<T>(conv, input, pool, relu)?),
        nodes: before + 2,
    })
}

fn conv_relu<T: Number>(conv: &Conv, after: &[&Node<T>]) -> Option<Match<T>> {
    begins_with_relu(after).then(|| Match {
        layer: Arc::new(ConvRelu::new(conv)),
        nodes: 2,
    })
}

fn bn_relu<T: Number>(chain: &[&Node<T>]) -> Option<Match<T>> {
    let (first, after) = chain.split_first()?;
    let bn = first.layer().downcast_ref::<BatchNorm>()?;
    begins_with_relu(after).then(|| Match {
        layer: Arc::new(bn.with_relu()),
        nodes: 2,
    })
}

fn add_relu<T: Number>(chain: &[&Node<T>]) -> Option<Match<T>> {
    let (first, after) = chain.split_first()?;
    let merge = first.merge().filter(|merge| merge.adds())?;
    begins_with_relu(after).then(|| Match {
        layer: Arc::new(merge.with_relu()),
        nodes: 2,
    })
}

fn fold_bn<T: Number>(chain: &[&Node<T>]) -> Option<Match<T>> {
    let [first, bn, after @ ..] = chain else {
        return None;
    };
    let bn = bn.layer().downcast_ref::<BatchNorm>()?;
    let input = first.input();
    if let Some(conv) = conv(first) {
        let biased = conv.with_bias();
        let fused = conv_pool(&biased, input, after).or_else(|| conv_relu(&biased, after));
        let (layer, nodes) = match fused {
            Some(fused) => (fused.layer, fused.nodes),
            None => (Arc::new(biased) as Arc<dyn Layer<T>>, 1),
        };
        return Some(Match {
            layer: Arc::new(FoldedNorm::of_conv(conv, input, layer, bn)?),
            nodes: nodes + 1,
        });
    }
    let linear = first.layer().downcast_ref::<Linear>()?;
    Some(Match {
        layer: Arc::new(FoldedNorm::of_linear(linear, input, bn)?),
        nodes: 2,
    })
}

/// Consecutive nodes that run as one: a single node, or those that a rule fuses.
#[derive(Debug, Clone)]
pub(crate) struct Segment<T> {
    /// The first node's number, and how many there are.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// The layer that does their work, with its rule; `None` for a single node.
    pub(crate) fused: Option<(Arc<dyn Layer<T>>, FusionRule)>,
}

/// A segment in the plan of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The segment's number, and whether it is one of those of training.
    pub(crate) segment: usize,
    pub(crate) training: bool,
    /// Its first node, and the one after its last.
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// Whether the backward passes of its nodes run one by one.
    pub(crate) split_backward: bool,
}

impl Span {
    /// Whether a fused layer does the work of several nodes.
    pub(crate) fn is_fused(self) -> bool {
        self.end - self.first > 1
    }

    /// The nodes whose backward passes run as one, the last ones first.
    pub(crate) fn backward_parts(self) -> impl Iterator<Item = Range<usize>> {
        let whole = self.end - self.first;
        let len = if self.split_backward { 1 } else { whole };
        let starts = (self.first..self.end).step_by(len).rev();
        starts.map(move |start| start..start + len)
    }
}

/// The segments of a network's passes.
#[derive(Debug, Clone)]
pub(crate) struct Segments<T> {
    training: Vec<Segment<T>>,
    inference: Vec<Segment<T>>,
}

impl<T: Number> Segments<T> {
    pub(crate) fn of(nodes: &[Node<T>]) -> Self {
        let readers = readers(nodes);
        let [training, inference] =
            [true, false].map(|training| segments(nodes, &readers, training));
        Self {
            training,
            inference,
        }
    }

    /// Those of a network that is never trained.
    pub(crate) fn of_inference(segments: Vec<Segment<T>>) -> Self {
        Self {
            training: Vec::new(),
            inference: segments,
        }
    }

    /// Those of the passes in training, or at inference.
    pub(crate) fn of_passes(&self, training: bool) -> &[Segment<T>] {
        match training {
            true => &self.training,
            false => &self.inference,
        }
    }

    /// The spans of the passes in training, or at inference.
    pub(crate) fn spans(&self, training: bool) -> impl Iterator<Item = Span> {
        let segments = self.of_passes(training).iter().enumerate();
        segments.map(move |(number, segment)| Span {
            segment: number,
            training,
            first: segment.first,
            end: segment.first + segment.count,
            split_backward: (segment.fused.as_ref())
                .is_some_and(|(_, rule)| rule.passes == FusedPasses::Forward),
        })
    }

    /// The nodes that rules fuse, in training or at inference.
    pub(crate) fn fused(&self, training: bool) -> impl Iterator<Item = FusedNodes> {
        self.of_passes(training).iter().filter_map(|segment| {
            let (_, rule) = segment.fused.as_ref()?;
            Some(FusedNodes {
                nodes: segment.first..segment.first + segment.count,
                rule: *rule,
            })
        })
    }
}

/// The segments of `nodes`, whose outputs are read by `readers`.
fn segments<T: Number>(
    nodes: &[Node<T>],
    readers: &[Vec<usize>],
    training: bool,
) -> Vec<Segment<T>> {
    let rules = rules::<T>();
    let mut segments = Vec::new();
    let mut first = 0;
    while first < nodes.len() {
        let chain = chain(nodes, readers, first);
        let usable = rules
            .iter()
            .filter(|rule| !training || rule.about.passes != FusedPasses::Inference);
        let found = usable
            .into_iter()
            .find_map(|rule| Some(((rule.apply)(&chain)?, rule.about)));
        let (count, fused) = match found {
            Some((found, rule)) => (found.nodes, Some((found.layer, rule))),
            None => (1, None),
        };
        segments.push(Segment {
            first,
            count,
            fused,
        });
        first += count;
    }
    segments
}

/// The node `first` and those after it that a rule may take.
fn chain<'n, T: Number>(
    nodes: &'n [Node<T>],
    readers: &[Vec<usize>],
    first: usize,
) -> Vec<&'n Node<T>> {
    let follows = |&number: &usize| {
        number == first || (nodes[number].inputs() == [number] && readers[number].len() == 1)
    };
    let numbers = first..nodes.len().min(first + LONGEST);
    numbers
        .take_while(follows)
        .map(|number| &nodes[number])
        .collect()
}

#[cfg(test)]
mod tests;
