//! Weights in HDF5 files: under the names of layers, or numbered.

use std::cell::RefCell;
use std::collections::HashMap;

use super::weights::{Loaded, Place, Weights};
use crate::graph::Numbers;
use crate::problem::Checked;
use crate::weights::{Bytes, StateDict, Storage, StoredElement, StoredTensor};
use stepnet_data::Hdf5;
use stepnet_data::array::{ArrayValues, RawArray};

/// The numbers of an array.
fn loaded(array: RawArray, path: &str) -> Checked<Loaded> {
    let RawArray { shape, values, .. } = array;
    let numbers = match values {
        ArrayValues::F32(values) => Numbers::F32(values),
        other => match other.to_f64() {
            Some(values) => Numbers::F64(values),
            None => return Err(format!("dataset {path:?} is of texts, expected numbers").into()),
        },
    };
    Ok(Loaded { shape, numbers })
}

/// Weights of Keras 1 and 2, and of Keras 3 in `.h5` files: `model_weights/LAYER/.../LAYER/NAME`, with `:0` after it in
/// older ones.
pub(super) struct ByName {
    file: RefCell<Hdf5>,
    /// Paths by the outermost layer, the innermost one, and the array's name.
    paths: HashMap<[String; 3], String>,
}

/// The name of an array without the number of its output.
fn plain(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name)
}

impl ByName {
    /// The weights below a group.
    ///
    /// # Errors
    /// A damaged file.
    pub(super) fn new(mut file: Hdf5, root: &str) -> Checked<Self> {
        let mut paths = HashMap::new();
        for path in file.paths()? {
            let Some(below) = path.strip_prefix(root) else {
                continue;
            };
            let parts: Vec<&str> = below.split('/').collect();
            let [first, .., leaf] = parts[..] else {
                continue;
            };
            let inner = parts.get(parts.len() - 2).copied().unwrap_or(first);
            for inner in [inner, ""] {
                let key = [first, inner, plain(leaf)].map(str::to_owned);
                paths.entry(key).or_insert_with(|| path.clone());
            }
        }
        Ok(Self {
            file: RefCell::new(file),
            paths,
        })
    }
}

impl Weights for ByName {
    fn find(&self, place: &Place, _: usize, names: &[&str]) -> Checked<Option<Loaded>> {
        let outer = place.around.first().unwrap_or(&place.name);
        let inner = match place.around.is_empty() {
            true => "",
            false => &place.name,
        };
        let key = |name: &&str| [outer.clone(), inner.to_owned(), (*name).to_owned()];
        let older = |name: &&str| {
            // Keras 1: `conv1_W`.
            [
                outer.clone(),
                inner.to_owned(),
                format!("{}_{name}", place.name),
            ]
        };
        let path = names.iter().find_map(|name| {
            self.paths
                .get(&key(name))
                .or_else(|| self.paths.get(&older(name)))
        });
        let Some(path) = path else {
            return Ok(None);
        };
        loaded(self.file.borrow_mut().array(path)?, path).map(Some)
    }
}

/// Weights of Keras 3: `layers/conv2d_1/vars/0`.
pub(super) struct ByNumber {
    file: RefCell<Hdf5>,
    paths: Vec<String>,
}

impl ByNumber {
    /// The weights of a file.
    ///
    /// # Errors
    /// A damaged file.
    pub(super) fn new(mut file: Hdf5) -> Checked<Self> {
        let mut paths = file.paths()?;
        paths.sort_unstable();
        Ok(Self {
            file: RefCell::new(file),
            paths,
        })
    }

    fn has(&self, path: &str) -> bool {
        let found = self
            .paths
            .binary_search_by(|known| known.as_str().cmp(path));
        found.is_ok()
    }
}

impl Weights for ByNumber {
    fn find(&self, place: &Place, index: usize, _: &[&str]) -> Checked<Option<Loaded>> {
        let path = format!("{}/vars/{index}", place.path);
        // The name of the same group before Keras 3.0.
        let older = path.replace("layers/", "_layer_checkpoint_dependencies/");
        let Some(path) = [path, older].into_iter().find(|path| self.has(path)) else {
            return Ok(None);
        };
        loaded(self.file.borrow_mut().array(&path)?, &path).map(Some)
    }
}

/// The weights of a file without a network, in the order of its layers.
///
/// # Errors
/// A file that is not of Keras's weights.
pub(super) fn state(mut file: Hdf5) -> Checked<StateDict<'static>> {
    let Some(order) = file.texts_of("", "layer_names")? else {
        return Err("an HDF5 file without the description of a Keras model (model_config) and without its layers' names: save the whole model".into());
    };
    let paths = file.paths()?;
    let mut state = StateDict::default();
    for layer in order {
        let names = file.texts_of(&layer, "weight_names")?.unwrap_or_default();
        for name in names {
            let path = format!("{layer}/{name}");
            if !paths.contains(&path) {
                return Err(format!(
                    "the file has no dataset {path:?}, which its layer {layer:?} names"
                )
                .into());
            }
            let Loaded { shape, numbers } = loaded(file.array(&path)?, &path)?;
            let mut bytes = Vec::new();
            for at in 0..numbers.len() {
                bytes.extend(numbers.at(at).to_le_bytes());
            }
            let bytes = Bytes::Unpacked(std::sync::Arc::new(bytes));
            let storage = Storage::new(bytes, 0, numbers.len(), StoredElement::F64)?;
            let leaf = plain(name.rsplit('/').next().unwrap_or(&name));
            let name = format!("{layer}.{leaf}");
            state
                .tensors
                .push(StoredTensor::contiguous(name, &shape, storage)?);
        }
    }
    Ok(state.with_separable_layers_split())
}
