//! Networks that use every kind of layer, for tests.

use super::network::Network;
use super::notation::{Kinds, Signature};
use super::shape::Shape;

/// A small network around each example of each built-in kind, where it fits a volume and where it fits a vector.
pub fn example_networks() -> Vec<(String, Shape)> {
    let around = |example: &String| {
        let in_a_volume = format!("conv(4, 2, bias=false) -> {example} -> linear(3)");
        let in_a_row = format!("linear(6, bias=false) -> {example} -> linear(3)");
        [
            (in_a_volume, [6, 5, 2].into()),
            (in_a_row, Shape::Features(5)),
        ]
    };
    let kinds = Kinds::builtin();
    let examples = kinds.iter().flat_map(Signature::examples);
    examples
        .flat_map(around)
        .filter(|(text, input)| Network::<f32>::new(text, *input).is_ok())
        .collect()
}
