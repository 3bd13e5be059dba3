//! From a file of another framework to a network: which format it has, and what a user may say about it.

use std::path::Path;

use crate::imported::Imported;
use crate::problem::{Checked, Problem};
use crate::weights::Layout;
use crate::{Error, Number, Shape, keras, onnx, safetensors, tfjs, torch, weights};
use stepnet_base::setters;
use stepnet_files as files;
use stepnet_nn::{Preprocessing, Resize};

/// What a file does not say about its network, and which part of it is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The network whose weights a file without a network has, such as `resnet18`.
    pub recipe: Option<String>,
    /// The same as a text in the arrow notation: weights go to its layers by order and shape.
    pub model: Option<String>,
    /// Which weights are meant where a file has several sets, such as `ema`.
    pub part: Option<String>,
    /// The last node that is read: a model's features instead of its classes, or the part that can be read.
    pub until: Option<String>,
    /// The names of the classes; without them, those of the file, or else numbers.
    pub classes: Vec<String>,
    /// The shape of the input, where the file leaves it open or another is wanted.
    pub input: Option<Shape>,
    /// Subtracted from each channel after the division; none if empty.
    pub mean: Vec<f64>,
    /// What each channel is divided by after that; nothing if empty.
    pub deviation: Vec<f64>,
    /// What 8-bit values are divided by first; 255 unless the file says otherwise.
    pub divisor: Option<f64>,
    /// How images are brought to the input's size.
    pub resize: Option<Resize>,
    /// Whether outputs stay logits; otherwise a classifier that ends in them gets a softmax.
    pub keep_logits: bool,
}

setters! { ImportOptions {
    recipe: Option<String>,
    model: Option<String>,
    part: Option<String>,
    until: Option<String>,
    classes: Vec<String>,
    input: Option<Shape>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    divisor: Option<f64>,
    resize: Option<Resize>,
    keep_logits: bool,
} }

/// A file that is to be read.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// Its path; formats of several files have the others next to it.
    pub(crate) path: &'a Path,
    /// Its content.
    pub(crate) bytes: &'a [u8],
}

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
                weights::import(state, Layout::Torch, options)
            },
        },
        Format {
            name: "a .safetensors file of another program",
            recognised: |source| safetensors::recognises(source.bytes),
            read: |source, options| {
                weights::import(safetensors::read(source.bytes)?, Layout::Torch, options)
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

/// The preprocessing of a network for `input`, from the options; `divisor` is that of the file.
///
/// # Errors
/// Numbers that cannot preprocess anything.
pub(crate) fn preprocessing(
    input: Shape,
    options: &ImportOptions,
    divisor: f64,
) -> Checked<Preprocessing> {
    let [height, width, channels] = input.as_image();
    let divisor = options.divisor.unwrap_or(divisor);
    let made = Preprocessing::scaled(height, width, channels, divisor)
        .picture_divisor(divisor)
        .mean(options.mean.clone())
        .deviation(options.deviation.clone())
        .resize(options.resize.unwrap_or_default());
    made.check().map_err(Problem::Other)?;
    Ok(made)
}
