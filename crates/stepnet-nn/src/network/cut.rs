//! Cutting a network before its last `linear` layer: the part that makes features, and the part that decides by them.

use super::core::Network;
use super::node::Node;
use crate::Number;
use crate::error::{Error, Result};
use crate::fuse::Segments;
use crate::notation::{Item, NetworkText};
use crate::shape::Shape;

/// The two parts of a network: run one after the other, they compute what the whole computes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NetworkParts<T> {
    /// The layers before the last `linear`, whose outputs are the features; none where there are no layers before it,
    /// so that the features are the inputs.
    pub backbone: Option<Network<T>>,
    /// The last `linear`, and the activation after it.
    pub head: Network<T>,
}

impl<T: Number> Network<T> {
    /// The number of the last `linear` layer.
    ///
    /// # Errors
    /// When the network does not end in `linear`, or `linear` and layers without parameters.
    pub fn last_linear(&self) -> Result<usize> {
        let last = self.nodes.iter().rposition(|node| !node.range.is_empty());
        let last = last.filter(|&last| self.nodes[last].layer.text().kind() == "linear");
        let steps = &self.text.steps;
        let written = |last: &usize| {
            // One step each, in no group: the text can be cut there.
            let closing = self.nodes.len() - last;
            let plain = |step: &crate::notation::Step| matches!(step.item, Item::Layer(_));
            steps.len() >= closing && steps[steps.len() - closing..].iter().all(plain)
        };
        last.filter(written).ok_or_else(|| {
            Error::value(
                "features",
                "the end of the network",
                &self.text,
                "linear, or linear and an activation: features are the values before the last linear",
            )
        })
    }

    /// The number of values before the last `linear` layer: how many features an example has.
    ///
    /// # Errors
    /// As [`last_linear`](Self::last_linear).
    pub fn features(&self) -> Result<usize> {
        Ok(self.nodes[self.last_linear()?].input.len())
    }

    /// Copies of its two parts.
    ///
    /// # Errors
    /// As [`last_linear`](Self::last_linear).
    pub fn parts(&self) -> Result<NetworkParts<T>> {
        let linear = self.last_linear()?;
        let features = self.nodes[linear].input;
        let before = match linear.checked_sub(1) {
            // The backbone's own text does not have it, and without it the values are the same.
            Some(flatten) if self.nodes[flatten].implied => flatten,
            _ => linear,
        };
        let steps = self.text.steps.len() - (self.nodes.len() - linear);
        let parameters = self.nodes[linear].range.start;
        let backbone = (before > 0).then(|| {
            let text = NetworkText {
                steps: self.text.steps[..steps].to_vec(),
            };
            self.part(text, self.input, &self.nodes[..before], 0)
        });
        let text = NetworkText {
            steps: self.text.steps[steps..].to_vec(),
        };
        let input = Shape::Features(features.len());
        let mut head = self.part(text, input, &self.nodes[linear..], linear);
        head.parameters = self.parameters[parameters..].to_vec();
        Ok(NetworkParts { backbone, head })
    }

    /// A network of some of its nodes, of which the first is number `first`.
    fn part(&self, text: NetworkText, input: Shape, nodes: &[Node<T>], first: usize) -> Self {
        let start = nodes.first().map_or(0, |node| node.range.start);
        let moved = |node: &Node<T>| {
            let mut node = node.clone();
            for value in &mut node.inputs {
                // Layers after the last linear take the value of the one before.
                *value = value.saturating_sub(first);
            }
            node.range = node.range.start - start..node.range.end - start;
            node
        };
        let nodes: Vec<Node<T>> = nodes.iter().map(moved).collect();
        let end = start + nodes.last().map_or(0, |node| node.range.end);
        Self {
            text,
            input,
            segments: Segments::of(&nodes),
            nodes,
            parameters: self.parameters[start..end].to_vec(),
            loss: self.loss,
            exact: self.exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Init, PlanOptions, Predictor, Workspace};
    use stepnet_base::rng::RandomState;

    fn drawn(text: &str, input: [usize; 3]) -> Network<f64> {
        let mut network = Network::new(text, input).unwrap();
        network.initialize(Init::He, &mut RandomState::new(3));
        network
    }

    #[test]
    fn the_parts_compute_what_the_whole_computes() {
        for text in [
            "conv(4, 3) -> bn -> relu -> maxpool(2) -> linear(3) -> softmax",
            "conv(4, 3) -> relu -> residual(conv(4, 3, same)) -> globalavgpool -> dropout(0.5) -> linear(1) -> sigmoid",
            "flatten -> last: linear(2)",
            "linear(5) -> relu -> linear(4, bias=false) -> dropout(0.1) -> softmax",
        ] {
            let whole = drawn(text, [8, 8, 3]);
            let parts = whole.parts().unwrap();
            let mut x = vec![0.0; 5 * 192];
            RandomState::new(1).fill_randn(&mut x);
            let predict = |network: &Network<f64>, x: &[f64]| {
                let len = x.len() / network.input().len() * network.output().len();
                let mut y = vec![0.0; len];
                let predictor = Predictor::new(network).unwrap();
                predictor.predict_into(x, &mut y).unwrap();
                y
            };
            let features = match &parts.backbone {
                Some(backbone) => {
                    // The text of the part is that of a network that computes the same.
                    let again = Network::<f64>::new(&backbone.text().to_string(), [8, 8, 3]);
                    let mut again = again.unwrap();
                    again
                        .parameters_mut()
                        .copy_from_slice(backbone.parameters());
                    assert_eq!(again.hash(), backbone.hash());
                    predict(backbone, &x)
                }
                None => x.clone(),
            };
            assert_eq!(features.len(), 5 * whole.features().unwrap());
            let (found, expected) = (predict(&parts.head, &features), predict(&whole, &x));
            assert_eq!(found, expected, "{text}");
            assert!(found.iter().any(|&value| value != found[0]), "{text}");
        }
    }

    #[test]
    fn features_are_the_values_before_the_last_linear() {
        // Without a normalisation that a predictor folds into weights, which rounds once more.
        let whole = drawn(
            "conv(4, 3) -> relu -> maxpool(2) -> linear(3) -> softmax",
            [8, 8, 3],
        );
        let mut x = vec![0.0; 2 * 192];
        RandomState::new(1).fill_randn(&mut x);
        let options = PlanOptions::INFERENCE.keep_values(true);
        let mut workspace = Workspace::new(&whole, 2, options).unwrap();
        workspace.predict(&whole, &x).unwrap();
        let linear = whole.last_linear().unwrap();
        let before = workspace.value(linear - 1, 2).unwrap();
        let backbone = whole.parts().unwrap().backbone.unwrap();
        let mut features = vec![0.0; before.len()];
        let predictor = Predictor::new(&backbone).unwrap();
        predictor.predict_into(&x, &mut features).unwrap();
        assert_eq!(features, before);
    }

    #[test]
    fn networks_that_end_otherwise_are_refused() {
        for text in [
            "conv(4, 3) -> relu -> globalavgpool -> softmax",
            "linear(4) -> bn -> softmax",
            "[linear(4) -> relu] x 2",
        ] {
            let error = drawn(text, [8, 8, 3]).parts().unwrap_err().to_string();
            assert!(error.contains("expected linear, or linear and"), "{error}");
        }
    }
}
