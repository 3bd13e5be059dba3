//! Whether the tensors of a layer of a file are those that a layer of a network takes, and in which order their values
//! go there.

use std::ops::Range;

use super::{Module, StoredTensor};
use crate::{Network, Node, Number, Shape};

/// In which order a framework stores a layer's values, and what it calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// PyTorch's: filters `(out, in, h, w)`, dense weights `(out, in)`, features by channel, row, column.
    Torch,
    /// TensorFlow's: filters `(h, w, in, out)`, dense weights `(in, out)`, features by row, column, channel.
    Keras,
}

/// A tensor in the order of the values of a network's array, and where that array lies.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) range: Range<usize>,
    pub(crate) tensor: StoredTensor<'a>,
}

/// Why the tensors of a layer do not fit a layer of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The tensor in the file, if it is there.
    pub(crate) tensor: String,
    /// Its shape; `None` if it is missing.
    pub(crate) found: Option<Vec<usize>>,
    /// The shape that the network takes, as the file would have it; `None` if it takes no such tensor.
    pub(crate) expected: Option<Vec<usize>>,
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            tensor,
            found,
            expected,
        } = self;
        match (found, expected) {
            (Some(found), Some(expected)) => {
                write!(f, "{tensor:?} has shape {found:?}, expected {expected:?}")
            }
            (Some(found), None) => write!(f, "{tensor:?} of shape {found:?} has no place there"),
            (None, Some(expected)) => write!(f, "{tensor:?} of shape {expected:?} is missing"),
            (None, None) => write!(f, "{tensor:?} does not fit"),
        }
    }
}

/// The names that files have for an array of a layer of the notation.
fn names(parameter: &str) -> &'static [&'static str] {
    match parameter {
        "weight" => &[
            "weight",
            "kernel",
            "depthwise_kernel",
            "pointwise_kernel",
            "filters",
            "weights",
        ],
        "bias" => &["bias", "biases"],
        "gamma" => &["weight", "gamma", "scale", "layer_scale"],
        "beta" => &["bias", "beta"],
        "mean" => &["running_mean", "moving_mean"],
        "variance" => &["running_var", "moving_variance"],
        "slope" => &["weight", "alpha"],
        _ => &[],
    }
}

/// The volume whose values a layer takes as features: that of the `flatten` before it, with only layers between that
/// leave each feature where it is.
pub(crate) fn flattened<T: Number>(network: &Network<T>, node: usize) -> Option<[usize; 3]> {
    let nodes = network.nodes();
    let mut node = nodes.get(node)?;
    loop {
        let [value] = *node.inputs() else {
            return None;
        };
        node = nodes.get(value.checked_sub(1)?)?;
        let kind = node.layer().text().kind().to_owned();
        match (kind.as_str(), node.input(), node.output()) {
            (
                "flatten",
                Shape::Volume {
                    height,
                    width,
                    channels,
                },
                _,
            ) => return Some([height, width, channels]),
            ("linear", ..) => return None,
            (_, Shape::Features(a), Shape::Features(b)) if a == b => {}
            _ => return None,
        }
    }
}

/// The tensors of a module in the order of the values of a network's layer.
///
/// # Errors
/// The first that does not fit.
pub(crate) fn fit<'a, T: Number>(
    network: &Network<T>,
    number: usize,
    module: &Module<'a>,
    layout: Layout,
) -> Result<Vec<Placed<'a>>, Misfit> {
    let node = &network.nodes()[number];
    let volume = match layout {
        Layout::Torch => flattened(network, number),
        Layout::Keras => None,
    };
    let kind = node.layer().text().kind().to_owned();
    let mut placed = Vec::new();
    let mut taken = Vec::new();
    for (parameter, range) in node.placed_parameters() {
        let want = Wanted {
            kind: &kind,
            name: parameter.name,
            shape: &parameter.shape,
            volume,
            layout,
        };
        let names = names(parameter.name);
        let found =
            (names.iter()).find_map(|name| module.parts.iter().find(|(part, _)| part == name));
        let Some((part, tensor)) = found else {
            let name = names.first().copied().unwrap_or(parameter.name);
            return Err(Misfit {
                tensor: joined(module.name, name),
                found: None,
                expected: Some(want.expected()),
            });
        };
        taken.push(*part);
        match want.ordered(tensor) {
            Some(tensor) => placed.push(Placed { range, tensor }),
            None => {
                return Err(Misfit {
                    tensor: tensor.name.clone(),
                    found: Some(tensor.shape.clone()),
                    expected: Some(want.expected()),
                });
            }
        }
    }
    match module.parts.iter().find(|(part, _)| !taken.contains(part)) {
        // What lies in a module next to the modules in it is not the network's.
        Some((_, tensor)) if node_takes_all(&kind) => Err(Misfit {
            tensor: tensor.name.clone(),
            found: Some(tensor.shape.clone()),
            expected: None,
        }),
        _ => Ok(placed),
    }
}

/// Whether a module of a file for this kind of layer has nothing but that layer's tensors.
fn node_takes_all(kind: &str) -> bool {
    kind != "layerscale"
}

fn joined(module: &str, part: &str) -> String {
    match module {
        "" => part.to_owned(),
        module => format!("{module}.{part}"),
    }
}

/// An array of a network, to be filled.
struct Wanted<'a> {
    kind: &'a str,
    name: &'a str,
    shape: &'a [usize],
    /// The volume that its features come from, where their order differs.
    volume: Option<[usize; 3]>,
    layout: Layout,
}

impl Wanted<'_> {
    /// The shape as a file has it.
    fn expected(&self) -> Vec<usize> {
        match (self.layout, self.kind, self.name, self.shape) {
            (Layout::Torch, "conv", "weight", &[h, w, i, o]) => vec![o, i, h, w],
            (Layout::Torch, "convtranspose", "weight", &[h, w, o, i]) => vec![i, o, h, w],
            (Layout::Keras, "linear", "weight", &[o, i]) => vec![i, o],
            (_, _, _, shape) => shape.to_vec(),
        }
    }

    /// A tensor of a file in the order of the array; `None` if it has another shape.
    fn ordered<'t>(&self, tensor: &StoredTensor<'t>) -> Option<StoredTensor<'t>> {
        let ordered = match (self.layout, self.kind, self.name) {
            (Layout::Torch, "conv", "weight") => tensor.with_axes(4)?.permuted(&[2, 3, 1, 0]),
            (Layout::Torch, "convtranspose", "weight") => {
                tensor.with_axes(4)?.permuted(&[2, 3, 1, 0])
            }
            (Layout::Torch, "linear", "weight") => return self.dense(tensor),
            (Layout::Keras, "conv", "weight") => self.filters(tensor)?,
            (Layout::Keras, "convtranspose", "weight") => tensor.with_axes(4)?,
            (Layout::Keras, "linear", "weight") => tensor.with_axes(2)?.permuted(&[1, 0]),
            _ => return self.vector(tensor),
        };
        (ordered.shape == self.shape).then_some(ordered)
    }

    /// Keras's filters; of a depthwise convolution `(h, w, in, multiplier)`, which are `in` groups of one input.
    fn filters<'t>(&self, tensor: &StoredTensor<'t>) -> Option<StoredTensor<'t>> {
        let tensor = tensor.with_axes(4)?;
        let &[h, w, i, o] = self.shape else {
            return None;
        };
        match tensor.shape[..] {
            [a, b, channels, multiplier]
                if i == 1 && [a, b] == [h, w] && channels.checked_mul(multiplier) == Some(o) =>
            {
                // A channel's filters are neighbours, as in the network.
                tensor.merged(2).and_then(|merged| merged.split(2, &[1, o]))
            }
            _ => Some(tensor),
        }
    }

    /// PyTorch's dense weights, whose features may come channel by channel from a volume; also as convolutions
    /// whose kernel is the whole volume.
    fn dense<'t>(&self, tensor: &StoredTensor<'t>) -> Option<StoredTensor<'t>> {
        let [units, features] = *self.shape else {
            return None;
        };
        let [height, width, channels] = self.volume.unwrap_or([1, 1, features]);
        let spread = match tensor.shape.len() {
            4 if tensor.shape[1..] == [channels, height, width] => tensor.clone(),
            _ => tensor.with_axes(2)?.split(1, &[channels, height, width])?,
        };
        let ordered = spread.permuted(&[0, 2, 3, 1]);
        (ordered.shape == [units, height, width, channels]).then_some(ordered)
    }

    /// A value per channel or feature.
    fn vector<'t>(&self, tensor: &StoredTensor<'t>) -> Option<StoredTensor<'t>> {
        let &[len] = self.shape else {
            return (tensor.shape == self.shape).then(|| tensor.clone());
        };
        let tensor = match tensor.shape.iter().filter(|&&extent| extent != 1).count() {
            // A value per channel with axes of 1 around it: `(C, 1, 1)`, `(1, 1, C)`.
            0 => tensor.squeezed().with_axes(1)?,
            1 => tensor.squeezed(),
            _ => return None,
        };
        if tensor.shape != [len] {
            return None;
        }
        match self.volume {
            Some([height, width, channels]) if height * width * channels == len => Some(
                tensor
                    .split(0, &[channels, height, width])?
                    .permuted(&[1, 2, 0]),
            ),
            _ => Some(tensor),
        }
    }
}

/// Whether a layer has numbers that a file must give.
pub(crate) fn takes_weights<T: Number>(node: &Node<T>) -> bool {
    node.placed_parameters().next().is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::weights::{Bytes, StateDict, Storage, StoredElement, by_order};

    /// A state dict of one tensor with the values 0, 1, 2, ...
    fn state(name: &str, shape: &[usize]) -> StateDict<'static> {
        let count = shape.iter().product();
        let bytes = (0..count).flat_map(|value: usize| (value as f32).to_le_bytes());
        let bytes = Bytes::Unpacked(Arc::new(bytes.collect()));
        let storage = Storage::new(bytes, 0, count, StoredElement::F32).unwrap();
        let mut state = StateDict::default();
        let tensor = StoredTensor::contiguous(name, shape, storage).unwrap();
        state.tensors.push(tensor);
        state
    }

    /// The weights of two channels and three filters of 1x2, of each layout, in the order (column, filter, channel).
    #[test]
    fn transposed_convolutions_have_their_filters_before_their_channels() {
        let text = "convtranspose(3, 1x2, bias=false)";
        for (layout, shape, strides) in [
            (Layout::Torch, [2, 3, 1, 2], [1, 2, 6]),
            (Layout::Keras, [1, 2, 3, 2], [6, 2, 1]),
        ] {
            let mut network = Network::<f32>::new(text, [1, 1, 2]).unwrap();
            by_order(&mut network, &state("up.weight", &shape), layout).unwrap();
            let mut expected = Vec::new();
            for column in 0..2 {
                for filter in 0..3 {
                    for channel in 0..2 {
                        let at = [column, filter, channel].into_iter().zip(strides);
                        expected.push(at.map(|(at, stride)| at * stride).sum::<usize>() as f32);
                    }
                }
            }
            assert_eq!(network.parameters(), expected, "{layout:?}");
        }
        let mut network = Network::<f32>::new(text, [1, 1, 2]).unwrap();
        let wrong = state("up.weight", &[3, 2, 1, 2]);
        let problem = by_order(&mut network, &wrong, Layout::Torch).unwrap_err();
        assert!(
            problem.contains("has shape [3, 2, 1, 2], expected [2, 3, 1, 2]"),
            "{problem}"
        );
    }
}
