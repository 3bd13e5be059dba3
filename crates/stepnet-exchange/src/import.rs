//! From a file of another framework to a network: which format it has.

use std::path::Path;

use crate::imported::Imported;
use crate::options::{ImportOptions, Source};
use crate::problem::Checked;
use crate::weights::Layout;
use crate::{Error, Number, keras, onnx, safetensors, tfjs, torch, weights_only};
use stepnet_files as files;

/// A format: what it is called, how its files are recognised, and its reader.
struct Format<T> {
    name: &'static str,
    recognised: fn(&Source<'_>) -> bool,
    read: fn(&Source<'_>, &ImportOptions) -> Checked<Imported<T>>,
}

/// All formats, those with a signature first: the first one that recognises a file reads it.
fn formats<T: Number>() -> Vec<Format<T>> {
    vec![
        Format {
            name: "a PyTorch file",
            recognised: |source| torch::import::recognises(source.bytes),
            read: |source, options| {
                let state = torch::import::read(source.bytes, options.part.as_deref())?;
                weights_only::import(state, Layout::Torch, options)
            },
        },
        Format {
            name: "a .safetensors file of another program",
            recognised: |source| safetensors::recognises(source.bytes),
            read: |source, options| {
                weights_only::import(safetensors::read(source.bytes)?, Layout::Torch, options)
            },
        },
        Format {
            name: "a Keras model (.keras)",
            recognised: |source| keras::is_zipped(source.bytes),
            read: keras::read_zipped,
        },
        Format {
            name: "a Keras model (.h5)",
            recognised: |source| keras::is_hdf5(source.bytes),
            read: keras::read_hdf5,
        },
        Format {
            name: "a TensorFlow.js model (model.json)",
            recognised: |source| tfjs::recognises(source.bytes),
            read: tfjs::read,
        },
        // It has no signature: the last.
        Format {
            name: "an ONNX file",
            recognised: onnx::import::is_onnx,
            read: onnx::import::read::<T>,
        },
    ]
}

/// Reads a model of another framework. Its format follows from its content.
///
/// # Errors
/// When the file cannot be read, has no known format, or has what the notation cannot say: then the first node that
/// needs it is named.
pub fn import<T: Number>(
    path: impl AsRef<Path>,
    options: &ImportOptions,
) -> Result<Imported<T>, Error> {
    let path = path.as_ref();
    let bytes = files::read_filled(path)?;
    import_bytes(path, &bytes, options)
}

/// [`import`] of a file's content; `path` is its name in messages, and other files of the model are looked for next to it.
///
/// # Errors
/// As [`import`].
#[doc(hidden)]
pub fn import_bytes<T: Number>(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
) -> Result<Imported<T>, Error> {
    let source = Source { path, bytes };
    if safetensors::is_own(bytes) {
        let problem = "a model of Stepnet already: it needs no import";
        return Err(Error::file(path, problem.to_owned()));
    }
    let formats = formats::<T>();
    let Some(format) = formats.iter().find(|format| (format.recognised)(&source)) else {
        let known: Vec<&str> = formats.iter().map(|format| format.name).collect();
        let expected = stepnet_base::text::or_list(&known);
        let kind = files::Kind::of(source.bytes).name();
        return Err(Error::file(path, format!("{kind}, expected {expected}")));
    };
    let imported = (format.read)(&source, options);
    imported.map_err(|problem| problem.of_file(path))
}
