//! Layers of a network replaced by others that have the same shapes and parameters.

use std::sync::Arc;

use super::core::Network;
use crate::Number;
use crate::error::{Error, Result};
use crate::fuse::Segments;
use crate::layer::{Layer, Parameter};

impl<T: Number> Network<T> {
    /// Replaces each layer for which `replacement` gives another one, and returns how many were replaced. The
    /// parameters and the text stay as they are, so a replacement has the shapes and parameters of its predecessor.
    /// Merges, in which residual blocks and branches end, are not offered.
    ///
    /// # Errors
    /// When a replacement has another output shape or other parameters; the network is then unchanged.
    pub fn replace_layers(
        &mut self,
        replacement: impl Fn(&dyn Layer<T>) -> Option<Arc<dyn Layer<T>>>,
    ) -> Result<usize> {
        let mut nodes = self.nodes.clone();
        let mut replaced = 0;
        for node in nodes.iter_mut().filter(|node| node.merge().is_none()) {
            let Some(layer) = replacement(node.layer()) else {
                continue;
            };
            let output = layer.output_shape(node.input);
            let shapes = |arrays: &[Parameter]| -> Vec<_> {
                arrays.iter().map(|array| array.shape.clone()).collect()
            };
            let same = shapes(&layer.parameters(node.input)) == shapes(&node.parameters);
            if !same || !output.is_ok_and(|output| output == node.output) {
                let expected = "a layer with the same output shape and parameters";
                let what = format!("the replacement of {}", node.name);
                return Err(Error::value("network", what, layer.text(), expected));
            }
            node.layer = layer;
            replaced += 1;
        }
        self.segments = Segments::of(&nodes);
        self.nodes = nodes;
        Ok(replaced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Registry;
    use crate::workspace::Workspace;
    use crate::{Init, PlanOptions};
    use stepnet_base::rng::RandomState;

    /// The layers of a text, in order.
    fn layer(text: &str, input: [usize; 3]) -> Arc<dyn Layer<f64>> {
        Network::<f64>::builder()
            .registry(Registry::builtin())
            .build(text, input)
            .unwrap()
            .nodes[0]
            .layer
            .clone()
    }

    #[test]
    fn passes_run_through_the_replacement_also_where_layers_were_fused() {
        let text = |relu: &str| format!("conv(4, 3) -> {relu} -> maxpool(2) -> linear(3)");
        let mut network = Network::<f64>::new(&text("relu"), [8, 8, 2]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let mut other = Network::<f64>::new(&text("tanh"), [8, 8, 2]).unwrap();
        other.parameters_mut().copy_from_slice(network.parameters());
        let tanh = layer("tanh", [6, 6, 4]);
        let is_relu = |layer: &dyn Layer<f64>| layer.text().kind() == "relu";
        let replaced = network.replace_layers(|layer| is_relu(layer).then(|| tanh.clone()));
        assert_eq!(replaced.unwrap(), 1);
        let mut x = vec![0.0; 128];
        RandomState::new(2).fill_randn(&mut x);
        let outputs = |network: &Network<f64>| {
            let mut workspace = Workspace::new(network, 1, PlanOptions::INFERENCE).unwrap();
            workspace.predict(network, &x).unwrap().to_vec()
        };
        assert_eq!(outputs(&network), outputs(&other));
    }

    #[test]
    fn a_replacement_of_another_shape_is_refused() {
        let mut network = Network::<f64>::new("conv(4, 3) -> relu", [8, 8, 2]).unwrap();
        let wider = layer("conv(5, 3)", [8, 8, 2]);
        let is_conv = |layer: &dyn Layer<f64>| layer.text().kind() == "conv";
        let refused = network.replace_layers(|layer| is_conv(layer).then(|| wider.clone()));
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("the replacement of conv1"), "{message}");
        assert_eq!(network.nodes[0].layer.text().to_string(), "conv(4, 3)");
    }
}
