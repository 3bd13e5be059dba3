//! How the layers of a network are computed: the method of each pass, and why.

use super::Network;
use crate::Number;
use stepnet_kernels::{Pass, PassPlan};

/// The methods that compute the passes of a segment: of one layer, or of several that are fused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SegmentMethods {
    /// The names of its layers.
    pub layers: Vec<String>,
    /// The method of each pass, and why it was chosen.
    pub passes: Vec<PassPlan>,
}

impl<T: Number> Network<T> {
    /// The method of every pass over batches of `batch` examples, in training or at inference, segment by segment in the
    /// order of the forward passes. Segments whose passes have one method only are left out: all but convolutions and
    /// dense layers.
    ///
    /// The backward passes are those that a training step runs: down to the first layer that trains.
    pub fn methods(&self, batch: usize, training: bool) -> Vec<SegmentMethods> {
        let needed = self.needs_gradients(false);
        let mut methods = Vec::new();
        for span in self.segments().spans(training) {
            let nodes = &self.nodes()[span.first..span.end];
            let Some(first) = nodes.first() else { continue };
            let runs = |pass: &PassPlan| match pass.pass {
                Pass::Forward => true,
                Pass::Weights => training && first.trains(),
                Pass::Data => training && first.inputs().iter().any(|&value| needed[value]),
            };
            let mut passes = self.span_layer(span).cost().methods(first.input(), batch);
            passes.retain(runs);
            if !passes.is_empty() {
                let layers = nodes.iter().map(|node| node.name().to_owned()).collect();
                methods.push(SegmentMethods { layers, passes });
            }
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(methods: &[SegmentMethods]) -> Vec<(String, Vec<(Pass, &'static str)>)> {
        let passes = |segment: &SegmentMethods| {
            let passes = segment.passes.iter();
            passes.map(|pass| (pass.pass, pass.method)).collect()
        };
        let segments = methods.iter();
        segments
            .map(|segment| (segment.layers.join(" + "), passes(segment)))
            .collect()
    }

    #[test]
    fn every_segment_names_the_methods_of_its_passes() {
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
        let training = summary(&network.methods(48, true));
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
        // Eight examples are few on every instruction set.
        let few = summary(&network.methods(8, true));
        assert_eq!(few[2].1.last(), Some(&(Pass::Data, "few")));
        // At inference the normalisation is in the convolution, and no backward pass follows.
        let inference = summary(&network.methods(1, false));
        let names: Vec<&str> = inference.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["conv1 + relu1 + maxpool1", "conv2 + bn1 + relu2", "linear1"]
        );
        assert_eq!(inference[2].1, [(Pass::Forward, "few")]);
        // Of layers that are frozen nothing is computed but outputs, down to the first that trains.
        network.freeze(&["conv1", "conv2", "bn1"]).unwrap();
        let frozen = summary(&network.methods(48, true));
        assert_eq!(frozen[1].1, [(Pass::Forward, "windows")]);
        assert_eq!(
            frozen[2].1,
            [(Pass::Forward, "rows"), (Pass::Weights, "wide")]
        );
    }
}
