//! Model files: weights and everything needed to use them, in one `.safetensors` file.
//!
//! Each array of parameters is a tensor named `layer.parameter` (`conv1.weight`). The metadata has one
//! entry, `stepnet`, a JSON object: `format` and `notation` (version numbers), `network` (arrow
//! text), `input` (shape), `element` (`f32` or `f64`), `loss`, `classes` (names),
//! `preprocessing`, and `training` (a free summary of the run). A checkpoint of training is a model
//! file with one entry (`checkpoint`) and some arrays more. `checksums` has one of each tensor, and `checksum`,
//! at the end, that of the object before it.

mod checks;
mod tensor;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Metadata, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Number;
use crate::error::{Error, Result};
use crate::layers::Registry;
use crate::loss::Loss;
use crate::network::Network;
use crate::notation;
use crate::shape::Shape;
use stepnet_base::preprocessing::Preprocessing;
use stepnet_base::text::check_class_names;
use stepnet_files as files;
use stepnet_files::tensors::{ENTRY, damage, refusal};

pub use tensor::Tensor;

use checks::{build_problem, check_description, read_header};
use tensor::read_tensor;
use write::write;

/// The version of the metadata's form.
const FORMAT: u32 = 1;

/// The prefix of the names of a checkpoint's own arrays; no layer's name has a slash.
pub const EXTRA: &str = "checkpoint/";

/// A network with everything needed to use it on images.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Model<T> {
    /// The network and its weights.
    pub network: Network<T>,
    /// The names of the classes, by number; of labels or numbers, the names of the outputs.
    pub classes: Vec<String>,
    /// How images become its input.
    pub preprocessing: Preprocessing,
    /// Facts about its training; any names and values.
    pub training: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    notation: u32,
    network: String,
    input: String,
    element: String,
    loss: String,
    classes: Vec<String>,
    preprocessing: Preprocessing,
    #[serde(default)]
    training: BTreeMap<String, Value>,
    /// The description of a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<Value>,
    /// That of each tensor, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    checksums: BTreeMap<String, String>,
    /// That of the text before it, to which it is added at the end.
    #[serde(default, rename = "checksum", skip_serializing)]
    _checksum: Option<String>,
}

/// A `.safetensors` file that was read and checked: a Stepnet model, or other tensors.
#[derive(Debug)]
pub struct ModelFile {
    path: PathBuf,
    tensors: Vec<Tensor>,
    header: Option<Header>,
    /// The part of it that was changed.
    damage: Option<String>,
}

impl<T> Model<T> {
    /// A model of a network, without facts about its training. `classes` are the names by number, and
    /// `preprocessing` is how training prepared raw values.
    pub fn new(network: Network<T>, classes: Vec<String>, preprocessing: Preprocessing) -> Self {
        Self {
            network,
            classes,
            preprocessing,
            training: BTreeMap::new(),
        }
    }

    /// Sets the facts about the training.
    #[must_use]
    pub fn training(mut self, training: BTreeMap<String, Value>) -> Self {
        self.training = training;
        self
    }
}

impl<T: Number> Model<T> {
    /// Brings outputs that are numbers to the unit of the targets; those that say classes or labels stay as they are.
    ///
    /// # Shapes
    /// `outputs` (examples, outputs), row-major.
    pub fn restore(&self, outputs: &mut [T]) {
        let Some(scale) = self.preprocessing.task.scale() else {
            return;
        };
        for row in outputs.chunks_mut(self.network.output().len()) {
            for (at, value) in row.iter_mut().enumerate() {
                *value = T::from_f64(scale.restored(value.as_f64(), at));
            }
        }
    }

    /// Writes the model; a crash leaves the old file or the new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = self.to_bytes();
        let bytes = bytes.map_err(|error| Error::file(path, error.to_string()))?;
        files::write_atomic(path, &bytes)
    }

    /// Reads a model of built-in layers. Values of the other element type are converted.
    ///
    /// # Errors
    /// When the file cannot be read or is not a valid model.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        ModelFile::open(path)?.model(Registry::builtin())
    }

    /// The file's content.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.to_bytes_with(None, Vec::new())
    }

    /// The content of a checkpoint: the model's, with more to say and more arrays, whose names are
    /// written after [`EXTRA`].
    ///
    /// # Errors
    /// What cannot be written.
    #[doc(hidden)]
    pub fn to_bytes_with(
        &self,
        checkpoint: Option<Value>,
        arrays: Vec<(String, &[T])>,
    ) -> Result<Vec<u8>> {
        check_class_names(&self.classes)?;
        let header = Header {
            format: FORMAT,
            notation: notation::VERSION,
            network: self.network.text().to_string(),
            input: self.network.input().to_string(),
            element: T::NAME.to_owned(),
            loss: self.network.loss().to_string(),
            classes: self.classes.clone(),
            preprocessing: self.preprocessing.clone(),
            training: self.training.clone(),
            checkpoint,
            checksums: BTreeMap::new(),
            _checksum: None,
        };
        write(header, &self.network, arrays).map_err(Error::Training)
    }

    /// Refuses weights that would only give nonsense.
    ///
    /// # Errors
    /// Names the first array with values that are not finite.
    pub fn check_finite(&self) -> Result<()> {
        for node in self.network.nodes() {
            for (parameter, range) in node.placed_parameters() {
                let count = self.network.parameters()[range]
                    .iter()
                    .filter(|value| !value.is_finite())
                    .count();
                if count > 0 {
                    return Err(Error::layer(
                        node.name(),
                        format!(
                            "{count} of the {} values of its {} are not finite (NaN or infinite), so what the model says means nothing",
                            parameter.len(),
                            parameter.name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The description in a file, if there is one.
///
/// # Errors
/// In words, when it cannot be read.
fn described(metadata: &Metadata) -> Result<Option<Header>, String> {
    let entries = metadata.metadata().as_ref();
    let json = entries.and_then(|entries| entries.get(ENTRY));
    json.map(|json| read_header(json)).transpose()
}

impl ModelFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = files::read(path)?;
        Self::from_bytes(path, &bytes)
    }

    /// Reads and checks the content of a file called `path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let wrong = |problem: String| Error::file(path, problem);
        if bytes.is_empty() {
            return Err(wrong(
                "the file is empty, expected a .safetensors model".into(),
            ));
        }
        let file =
            SafeTensors::deserialize(bytes).map_err(|error| wrong(refusal(bytes, &error)))?;
        let (_, metadata) =
            SafeTensors::read_metadata(bytes).map_err(|error| wrong(refusal(bytes, &error)))?;
        // An error in the content of a damaged file follows from the damage.
        let damage = damage(&file, &metadata);
        let wrong = |problem: String| wrong(damage.clone().unwrap_or(problem));
        let mut tensors = Vec::new();
        // In the order of the file, which is the order of their bytes.
        for name in metadata.offset_keys() {
            let view = file
                .tensor(&name)
                .map_err(|error| wrong(error.to_string()))?;
            tensors.push(read_tensor(&name, &view).map_err(wrong)?);
        }
        let header = described(&metadata).map_err(wrong)?;
        Ok(Self {
            path: path.to_owned(),
            tensors,
            header,
            damage,
        })
    }

    /// Fails if the file's checksums show that it was changed. [`ModelFile::model`] does this first; call it
    /// yourself before you use the tensors directly.
    ///
    /// # Errors
    /// With the name of the tensor that is damaged.
    pub fn check_undamaged(&self) -> Result<()> {
        match &self.damage {
            Some(damage) => Err(self.wrong(damage)),
            None => Ok(()),
        }
    }

    /// The tensors in the order of the file.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// Whether a Stepnet model's metadata is there.
    pub fn is_model(&self) -> bool {
        self.header.is_some()
    }

    /// The element type the model was saved with: `"f32"` or `"f64"`; `None` if it is no Stepnet model.
    pub fn element(&self) -> Option<&str> {
        self.header.as_ref().map(|header| header.element.as_str())
    }

    /// The file's description as a checkpoint of training; `None` if it is not a checkpoint.
    pub fn checkpoint_entry(&self) -> Option<&Value> {
        self.header.as_ref()?.checkpoint.as_ref()
    }

    /// A wrong content of this file.
    pub fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::file(&self.path, problem)
    }

    /// The model in the file, built of the registry's layers.
    ///
    /// # Errors
    /// When the file is no Stepnet model, or its parts do not belong together.
    pub fn model<T: Number>(&self, registry: Registry<T>) -> Result<Model<T>> {
        let wrong = |problem: String| Error::file(&self.path, problem);
        let Some(header) = &self.header else {
            return Err(wrong(self.not_a_model()));
        };
        self.check_undamaged()?;
        let inner = |error: Error| wrong(error.to_string());
        let input: Shape = header.input.parse().map_err(inner)?;
        let loss: Loss = header.loss.parse().map_err(inner)?;
        // A short text can describe a large network: it may not be larger than the file.
        let most = self.tensors.iter().map(|tensor| tensor.values.len()).sum();
        let builder = Network::builder()
            .registry(registry)
            .loss(loss)
            .most_parameters(most)
            .advice(false);
        let built = builder.build(&header.network, input);
        let mut network = built.map_err(|error| wrong(build_problem(&error)))?;
        check_description(header, input, network.output()).map_err(wrong)?;
        self.fill(&mut network).map_err(wrong)?;
        Ok(Model {
            network,
            classes: header.classes.clone(),
            preprocessing: header.preprocessing.clone(),
            training: header.training.clone(),
        })
    }

    fn not_a_model(&self) -> String {
        let weights: usize = self.tensors.iter().map(Tensor::non_finite).sum();
        let finite = match weights {
            0 => String::new(),
            count => format!("; {count} of its values are not finite"),
        };
        format!(
            "a .safetensors file of {} tensor(s), but not a Stepnet model: its metadata has no {ENTRY:?} entry{finite}",
            self.tensors.len()
        )
    }

    /// Copies the tensors into the network: each must be there once, in its shape, and no other.
    fn fill<T: Number>(&self, network: &mut Network<T>) -> std::result::Result<(), String> {
        let mut wanted = BTreeMap::new();
        for node in network.nodes() {
            for (parameter, range) in node.placed_parameters() {
                wanted.insert(
                    format!("{}.{}", node.name(), parameter.name),
                    (parameter.shape.clone(), range),
                );
            }
        }
        let extra =
            |tensor: &&Tensor| self.checkpoint_entry().is_some() && tensor.name.starts_with(EXTRA);
        for tensor in self.tensors.iter().filter(|tensor| !extra(tensor)) {
            let Some((shape, range)) = wanted.remove(&tensor.name) else {
                return Err(format!(
                    "the tensor {:?} belongs to no layer of the network",
                    tensor.name
                ));
            };
            if self.element() != Some(tensor.element()) {
                return Err(format!(
                    "the tensor {:?} is of {}, but its element is {}",
                    tensor.name,
                    tensor.element(),
                    self.element().unwrap_or_default()
                ));
            }
            if shape != tensor.shape {
                return Err(format!(
                    "the tensor {:?} has shape {:?}, expected {shape:?}",
                    tensor.name, tensor.shape
                ));
            }
            for (place, &value) in network.parameters_mut()[range]
                .iter_mut()
                .zip(&tensor.values)
            {
                *place = T::from_f64(value);
            }
        }
        match wanted.into_keys().next() {
            Some(name) => Err(format!("the tensor {name:?} is missing")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
