//! Models of Keras: `.h5` of all versions, `.keras` of Keras 3.

mod build;
mod config;
pub mod export;
mod layers;
mod model;
mod scaling;
mod stored;
mod weights;

#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use crate::archive;
use crate::imported::Imported;
use crate::options::{ImportOptions, Source};
use crate::outputs::{self, Said};
use crate::problem::Checked;
use crate::weights::Layout;
use crate::{Model, Number};
use build::Build;
use model::input_shape;
use scaling::Scaling;
use stepnet_data::Hdf5;
use stored::{ByName, ByNumber};

pub(crate) use config::parse;
pub(crate) use weights::{Loaded, Place, Weights};

/// The signature of HDF5.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether bytes are a `.keras` file.
pub(crate) fn is_zipped(bytes: &[u8]) -> bool {
    archive::has(bytes, "model.weights.h5")
}

/// Whether bytes are an HDF5 file.
pub(crate) fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(HDF5)
}

/// Whether a version is 3 or later, from which on some functions mean something else.
fn is_third(version: &str) -> bool {
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= 3)
}

/// Reads a `.keras` file: an archive with the description and the weights.
///
/// # Errors
/// A damaged file, or the first layer that the notation cannot write.
pub(crate) fn read_zipped<T: Number>(
    source: &Source<'_>,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    let entries = archive::entries(source.bytes)?;
    let file = |name: &str| -> Checked<&[u8]> {
        let entry = entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| format!("the archive has no {name}"))?;
        Ok(entry.bytes(source.bytes)?)
    };
    let text = |name: &str| -> Checked<&str> {
        let text = std::str::from_utf8(file(name)?);
        Ok(text.map_err(|_| format!("{name} is not in UTF-8"))?)
    };
    let description = parse(text("config.json")?)?;
    let version = parse(text("metadata.json").unwrap_or("null"))?;
    let version = version
        .get("keras_version")
        .and_then(Json::as_str)
        .unwrap_or("3");
    let weights = Hdf5::open(source.path, file("model.weights.h5")?.to_vec())?;
    let weights = ByNumber::new(weights)?;
    build(&description, &weights, is_third(version), options)
}

/// Reads an `.h5` file: one of a whole model, or one of weights, whose network the user gives.
///
/// # Errors
/// A damaged file, or the first layer that the notation cannot write.
pub(crate) fn read_hdf5<T: Number>(
    source: &Source<'_>,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    let file = Hdf5::open(source.path, source.bytes.to_vec())?;
    let first = |texts: Option<Vec<String>>| texts.and_then(|texts| texts.into_iter().next());
    let version = first(file.texts_of("", "keras_version")?).unwrap_or_default();
    match first(file.texts_of("", "model_config")?) {
        Some(description) => {
            let description = parse(&description)?;
            let weights = ByName::new(file, "model_weights/")?;
            build(&description, &weights, is_third(&version), options)
        }
        None => crate::weights_only::import(stored::state(file)?, Layout::Keras, options),
    }
}

/// Builds the model of a description, whichever file it comes from.
///
/// # Errors
/// The first layer that the notation cannot write, or weights that do not fit.
pub(crate) fn build<T: Number>(
    description: &Json,
    weights: &dyn Weights,
    third: bool,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    if options.recipe.is_some() || options.model.is_some() {
        return Err(
            "the file says what its network is: `recipe` and `model` are for weights without one"
                .into(),
        );
    }
    let input = input_shape(description, options.input)?;
    let mut build = Build::new(input, weights, third, options.until.as_deref());
    let output = build.run(description)?;
    let Build {
        mut graph,
        mut notes,
        ..
    } = build;
    let output = outputs::close(&mut graph, output, options, &mut notes)?;
    let scaling = Scaling::first(&mut graph, output, options);
    let preprocessing = scaling.preprocessing(input, options, &mut notes)?;
    let filled = graph.finish::<T>(output)?;
    let (task, classes) = outputs::described(&filled.network, Said::default(), options)?;
    let model = Model::new(filled.network, classes, preprocessing.task(task));
    model.check_finite()?;
    let mut imported = Imported::new(model);
    imported.mappings = filled.mappings;
    imported.notes = notes;
    Ok(imported)
}
