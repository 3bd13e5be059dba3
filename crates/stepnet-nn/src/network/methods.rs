//! How the layers of a network are computed: the method of each pass, and why.

use super::Network;
use crate::Number;
use stepnet_kernels::{Pass, PassPlan};

/// How the layers of one step of a pass are computed.
#[derive(Debug, Clone, PartialEq)]
pub struct StepMethods {
    /// The names of the layers, of several where they run as one.
    pub layers: Vec<String>,
    /// The passes that there is more than one method for: those of convolutions and dense layers.
    pub passes: Vec<PassPlan>,
}

impl<T: Number> Network<T> {
    /// The method of every pass over batches of `batch` examples, in training or at inference, step by step as
    /// they run; steps whose passes have one method alone are left out.
    ///
    /// The backward passes are those that a training step runs: down to the first layer that trains.
    pub fn methods(&self, batch: usize, training: bool) -> Vec<StepMethods> {
        // Whether the gradient with respect to each value is needed: whether something before it trains.
        let mut moved = vec![false; self.nodes().len() + 1];
        for (number, node) in self.nodes().iter().enumerate() {
            moved[number + 1] = node.trains() || node.inputs().iter().any(|&value| moved[value]);
        }
        let mut methods = Vec::new();
        for span in self.segments().spans(training) {
            let nodes = &self.nodes()[span.first..span.end];
            let Some(first) = nodes.first() else { continue };
            let layer = self.span_layer(span);
            let runs = |pass: &PassPlan| match pass.pass {
                Pass::Forward => true,
                Pass::Weights => training && first.trains(),
                Pass::Data => training && first.inputs().iter().any(|&value| moved[value]),
            };
            let mut passes = layer.methods(first.input(), batch);
            passes.retain(runs);
            if !passes.is_empty() {
                let layers = nodes.iter().map(|node| node.name().to_owned()).collect();
                methods.push(StepMethods { layers, passes });
            }
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(methods: &[StepMethods]) -> Vec<(String, Vec<(Pass, &'static str)>)> {
        let passes = |step: &StepMethods| {
            let passes = step.passes.iter();
            passes.map(|pass| (pass.pass, pass.method)).collect()
        };
        let steps = methods.iter();
        steps
            .map(|step| (step.layers.join(" + "), passes(step)))
            .collect()
    }

    #[test]
    fn every_step_says_how_its_passes_are_computed() {
        let text =
            "conv(4, 5) -> relu -> maxpool(2) -> conv(24, 3, same) -> bn -> relu -> linear(10)";
        let mut network = Network::<f32>::new(text, [28, 28, 1]).unwrap();
        let all = |forward, weights, data| {
            vec![
                (Pass::Forward, forward),
                (Pass::Weights, weights),
                (Pass::Data, data),
            ]
        };
        let training = told(&network.methods(32, true));
        assert_eq!(
            training[0],
            (
                "conv1 + relu1 + maxpool1".to_owned(),
                vec![(Pass::Forward, "pixels"), (Pass::Weights, "winners")]
            )
        );
        assert_eq!(
            training[1],
            ("conv2".to_owned(), all("windows", "windows", "pixels"))
        );
        assert_eq!(
            training[2],
            ("linear1".to_owned(), all("rows", "wide", "rows"))
        );
        assert_eq!(training.len(), 3);
        // At inference the normalisation is in the convolution, and no backward pass follows.
        let inference = told(&network.methods(1, false));
        let names: Vec<&str> = inference.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["conv1 + relu1 + maxpool1", "conv2 + bn1 + relu2", "linear1"]
        );
        assert_eq!(inference[2].1, [(Pass::Forward, "few")]);
        // Of layers that are frozen nothing is computed but outputs, down to the first that trains.
        network.freeze(&["conv1", "conv2", "bn1"]).unwrap();
        let frozen = told(&network.methods(32, true));
        assert_eq!(frozen[1].1, [(Pass::Forward, "windows")]);
        assert_eq!(
            frozen[2].1,
            [(Pass::Forward, "rows"), (Pass::Weights, "wide")]
        );
    }
}
