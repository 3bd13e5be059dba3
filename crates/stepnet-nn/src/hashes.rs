//! Hashes of a network's numbers.

use super::network::Network;
use crate::Number;
use stepnet_base::{Hash, Hasher};

impl<T: Number> Network<T> {
    /// The hash of all parameters: their names (`conv1.weight`), element type, shapes and bits. Two
    /// networks have the same exactly if these are the same.
    ///
    /// SHA-256 over the text `stepnet weights` and then, for each array in the network's order, its
    /// name, the element's name (`f32`), the number of extents, the extents, the number of values,
    /// and the values. Numbers are 8 bytes, a text follows its length, all is little-endian.
    pub fn hash(&self) -> Hash {
        let mut hasher = Hasher::new("stepnet weights");
        self.each_array(self.parameters(), |name, shape, values| {
            hasher.array(name, shape, values);
        });
        hasher.finish()
    }

    /// The hash of each of some arrays that are laid out as the parameters are (themselves, or their
    /// gradients), with its layer's name and its own, in the network's order.
    ///
    /// # Panics
    /// When `values` has another length than the parameters.
    pub fn array_hashes(&self, values: &[T]) -> Vec<(&str, &'static str, Hash)> {
        assert_eq!(
            values.len(),
            self.parameters().len(),
            "values laid out as the parameters"
        );
        let mut hashes = Vec::new();
        for node in self.nodes() {
            for (parameter, range) in node.placed_parameters() {
                let mut hasher = Hasher::new("stepnet array");
                hasher.array(parameter.name, &parameter.shape, &values[range]);
                hashes.push((node.name(), parameter.name, hasher.finish()));
            }
        }
        hashes
    }

    /// Calls `visit` with the full name, shape and numbers of each array.
    fn each_array(&self, values: &[T], mut visit: impl FnMut(&str, &[usize], &[T])) {
        for node in self.nodes() {
            for (parameter, range) in node.placed_parameters() {
                let name = format!("{}.{}", node.name(), parameter.name);
                visit(&name, &parameter.shape, &values[range]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Init;
    use stepnet_base::rng::RandomState;

    fn network(text: &str) -> Network<f32> {
        let mut network = Network::new(text, [4, 4, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        network
    }

    #[test]
    fn a_bit_a_name_and_a_shape_each_change_the_hash() {
        let text = "conv(2, 3) -> relu -> linear(3) -> softmax";
        let mut changed = network(text);
        let hash = changed.hash();
        assert_eq!(hash, network(text).hash());
        let last = changed.parameters().len() - 1;
        let value = &mut changed.parameters_mut()[last];
        *value = f32::from_bits(value.to_bits() ^ 1);
        assert_ne!(hash, changed.hash());
        assert_ne!(
            hash,
            network("a: conv(2, 3) -> relu -> linear(3) -> softmax").hash()
        );

        let (all, moved) = (network(text), changed);
        let (before, after) = (
            all.array_hashes(all.parameters()),
            moved.array_hashes(moved.parameters()),
        );
        let parted: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
        assert_eq!(parted.len(), 1);
        assert_eq!((parted[0].0.0, parted[0].0.1), ("linear1", "bias"));
    }
}
