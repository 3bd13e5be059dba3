//! The value to explain: `conv2[3,4,5]`, `linear1[7]`, `input[0,0,2]`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use stepnet_base::text::hint;
use stepnet_base::text::listed;
use stepnet_nn::Number;
use stepnet_nn::{Network, Shape};

/// The name that stands for the network's input.
pub(super) const INPUT: &str = "input";

/// The form of a place in a question.
const SYNTAX: &str =
    "LAYER[h,w,c] for a volume, LAYER[i] for a vector, or input[h,w,c]; such as conv1[0,3,2]";

/// A value by its layer's name and its indices, as a user writes it.
///
/// Parses from `conv2[3,4,5]`, `linear1[7]` or `input[0,0,2]`; spaces do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The layer's name, or `input`.
    pub layer: String,
    /// Height, width and channel, or the one index of a vector.
    pub indices: Vec<usize>,
}

impl FromStr for At {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::value("why", "the place", format!("{text:?}"), SYNTAX);
        let (layer, rest) = text.trim().rsplit_once('[').ok_or_else(wrong)?;
        let inside = rest.strip_suffix(']').ok_or_else(wrong)?;
        let index = |part: &str| {
            let part = part.trim();
            part.parse::<usize>().map_err(|_| {
                let place = format!("an index of {}", text.trim());
                let expected = format!("a whole number from 0 on: {SYNTAX}");
                Error::value("why", place, format!("{part:?}"), expected)
            })
        };
        let layer = layer.trim();
        if layer.is_empty() || inside.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            layer: layer.to_owned(),
            indices: inside.split(',').map(index).collect::<Result<_>>()?,
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&named(&self.layer, &self.indices))
    }
}

/// A value of a network: value 0 is the input, value `k` the output of layer number `k - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) value: usize,
    pub(super) place: usize,
}

impl At {
    /// The value that is meant in a network.
    pub(super) fn spot<T: Number>(&self, network: &Network<T>) -> Result<Spot> {
        let value = self.value(network)?;
        let shape = shape_of(network, value);
        let extents = shape.extents();
        let layer = name_of(network, value);
        if extents.len() != self.indices.len() {
            let names = if extents.len() == 1 { "[i]" } else { "[h,w,c]" };
            let found = match self.indices.len() {
                1 => "1 index".to_owned(),
                several => format!("{several} indices"),
            };
            return Err(Error::value(
                "why",
                self.to_string(),
                found,
                format!("{layer}{names}, because the output of {layer} is {shape}"),
            ));
        }
        for (axis, (&index, &extent)) in self.indices.iter().zip(&extents).enumerate() {
            if index >= extent {
                let axis = match extents.len() {
                    1 => "index",
                    _ => ["h", "w", "c"][axis.min(2)],
                };
                return Err(Error::value(
                    "why",
                    format!("{axis} of {self}"),
                    index,
                    format!(
                        "0 to {}, because the output of {layer} is {shape}",
                        extent - 1
                    ),
                ));
            }
        }
        let place = self
            .indices
            .iter()
            .zip(&extents)
            .fold(0, |place, (index, extent)| place * extent + index);
        Ok(Spot { value, place })
    }

    fn value<T: Number>(&self, network: &Network<T>) -> Result<usize> {
        let names = || network.nodes().iter().map(|node| node.name());
        let wanted = self.layer.as_str();
        // A layer that is labelled `input` is meant before the network's own.
        let exact = names().position(|name| name == wanted);
        let found = exact.or_else(|| names().position(|name| name.eq_ignore_ascii_case(wanted)));
        if let Some(node) = found {
            return Ok(node + 1);
        }
        if wanted.eq_ignore_ascii_case(INPUT) {
            return Ok(0);
        }
        let known: Vec<&str> = [INPUT].into_iter().chain(names()).collect();
        let hint = hint(wanted, known.iter().copied());
        let expected = format!("one of {}{hint}", listed(&known));
        Err(Error::value(
            "why",
            "the layer",
            format!("{wanted:?}"),
            expected,
        ))
    }
}

/// The shape of value number `value`.
pub(super) fn shape_of<T: Number>(network: &Network<T>, value: usize) -> Shape {
    match value
        .checked_sub(1)
        .and_then(|node| network.nodes().get(node))
    {
        Some(node) => node.output(),
        None => network.input(),
    }
}

/// The name of value number `value`: its layer's, or `input`.
pub(super) fn name_of<T: Number>(network: &Network<T>, value: usize) -> &str {
    match value
        .checked_sub(1)
        .and_then(|node| network.nodes().get(node))
    {
        Some(node) => node.name(),
        None => INPUT,
    }
}

/// The indices of a place, row-major.
pub(super) fn indices(shape: Shape, mut place: usize) -> Vec<usize> {
    let mut indices = shape.extents();
    for index in indices.iter_mut().rev() {
        let extent = (*index).max(1);
        *index = place % extent;
        place /= extent;
    }
    indices
}

/// `conv2[3,4,5]`.
pub(super) fn named(layer: &str, indices: &[usize]) -> String {
    let indices: Vec<String> = indices.iter().map(usize::to_string).collect();
    format!("{layer}[{}]", indices.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_parse_and_print() {
        for (text, printed) in [
            ("conv2[3,4,5]", "conv2[3,4,5]"),
            (" linear1 [ 7 ]", "linear1[7]"),
            ("block.1.conv1[0, 0,0]", "block.1.conv1[0,0,0]"),
            ("flatten before linear1[12]", "flatten before linear1[12]"),
        ] {
            assert_eq!(text.parse::<At>().unwrap().to_string(), printed);
        }
        for (text, words) in [
            ("conv2", "LAYER[h,w,c]"),
            ("[3]", "LAYER[h,w,c]"),
            ("conv2[]", "LAYER[h,w,c]"),
            ("conv2[1", "LAYER[h,w,c]"),
            ("conv2[-1,0,0]", "\"-1\""),
            ("conv2[1,,0]", "\"\""),
            ("conv2[1.5]", "\"1.5\""),
            ("conv2[99999999999999999999]", "from 0 on"),
        ] {
            let message = text.parse::<At>().unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn places_are_found_or_the_shape_is_reported() {
        let network = Network::<f32>::new(
            "conv(3, 3) -> mine: relu -> linear(4) -> softmax",
            [5, 6, 2],
        )
        .unwrap();
        let spot = |text: &str| text.parse::<At>()?.spot(&network);
        assert_eq!(
            spot("input[4,5,1]").unwrap(),
            Spot {
                value: 0,
                place: 59
            }
        );
        assert_eq!(
            spot("CONV1[1,2,0]").unwrap(),
            Spot {
                value: 1,
                place: 18
            }
        );
        assert_eq!(spot("mine[0,0,2]").unwrap(), Spot { value: 2, place: 2 });
        assert_eq!(spot("softmax1[3]").unwrap(), Spot { value: 5, place: 3 });
        for (text, words) in [
            ("cnv1[0,0,0]", "\"conv1\"?"),
            (
                "thing[0]",
                "input, conv1, mine, flatten before linear1, linear1, softmax1",
            ),
            (
                "conv1[0]",
                "1 index, expected conv1[h,w,c], because the output of conv1 is 3x4x3",
            ),
            (
                "linear1[0,0,0]",
                "3 indices, expected linear1[i], because the output of linear1 is 4",
            ),
            ("conv1[3,0,0]", "h of conv1[3,0,0] is 3, expected 0 to 2"),
            ("conv1[0,0,9]", "c of conv1[0,0,9] is 9, expected 0 to 2"),
            ("linear1[4]", "index of linear1[4] is 4, expected 0 to 3"),
        ] {
            let message = spot(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn indices_are_row_major() {
        assert_eq!(indices([5, 6, 2].into(), 59), [4, 5, 1]);
        assert_eq!(indices(7.into(), 3), [3]);
    }
}
