//! Writing the `.safetensors` format.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, View};

use super::{EXTRA, Header};
use crate::Number;
use crate::network::Network;
use stepnet_files::tensors::{ENTRY, dtype_of, of_values, seal, to_little_endian};

/// A file's content: the network's arrays, and `arrays` with names after [`EXTRA`].
pub(super) fn write<T: Number>(
    mut header: Header,
    network: &Network<T>,
    arrays: Vec<(String, &[T])>,
) -> Result<Vec<u8>, String> {
    let mut tensors = Vec::new();
    for node in network.nodes() {
        for (parameter, range) in node.placed_parameters() {
            let values = Values {
                shape: parameter.shape.clone(),
                values: &network.parameters()[range],
            };
            tensors.push((format!("{}.{}", node.name(), parameter.name), values));
        }
    }
    for (name, values) in arrays {
        let shape = vec![values.len()];
        tensors.push((format!("{EXTRA}{name}"), Values { shape, values }));
    }
    header.checksums = tensors
        .iter()
        .map(|(name, array)| (name.clone(), of_values(name, &array.shape, array.values)))
        .collect();
    let json = serde_json::to_string(&header).map_err(|error| error.to_string())?;
    // One entry only: several would be written in a random order, and equal models would differ.
    let metadata = [(ENTRY.to_owned(), seal(json))].into_iter().collect();
    safetensors::serialize(tensors, Some(metadata)).map_err(|error| error.to_string())
}

/// An array that becomes bytes when it is written, so that only one at a time is there twice.
struct Values<'a, T> {
    shape: Vec<usize>,
    values: &'a [T],
}

impl<T: Number> View for Values<'_, T> {
    fn dtype(&self) -> Dtype {
        dtype_of::<T>()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(to_little_endian(self.values))
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}
