//! From the file's input to the network's: type, size, and `(v / divisor - mean) / deviation`.

use stepnet_base::{Error, Result};
use stepnet_nn::{Preprocessing, Resize, Shape};

use super::attributes::{Extent, info, int, ints};
use super::graph::Graph;
use super::{ExportInput, images};
use crate::onnx::proto::{ValueInfoProto, data_type};
use crate::outgoing::Array;
use crate::{Model, Number};

/// The input, and the value that the first layer takes.
pub(super) struct Entry {
    pub(super) info: ValueInfoProto,
    pub(super) value: String,
}

/// The version of `Resize` that can average where it shrinks.
const RESIZE: i64 = 18;

/// Writes the preprocessing.
///
/// # Errors
/// When images are asked for and the network takes none.
pub(super) fn write<T: Number>(
    graph: &mut Graph,
    model: &Model<T>,
    wanted: ExportInput,
    notes: &mut Vec<String>,
) -> Result<Entry> {
    let preprocessing = &model.preprocessing;
    let shape = model.network.input();
    let of_images = matches!(
        shape,
        Shape::Volume {
            channels: 1 | 3,
            ..
        }
    );
    let input = match wanted {
        ExportInput::Auto if of_images => ExportInput::AnySize,
        ExportInput::Auto => ExportInput::Values,
        wanted => wanted,
    };
    if input != ExportInput::Values && !of_images {
        let found = format!("images for a network that takes {shape}");
        let expected = "values, as images have 1 or 3 channels";
        return Err(Error::value("ONNX export", "the input", found, expected));
    }
    let entry = match input {
        ExportInput::Values => values(graph, preprocessing, shape),
        _ => bytes(graph, preprocessing, input == ExportInput::AnySize),
    };
    notes.push(match input {
        ExportInput::Values => {
            "values are in the unit of the training data; their scaling is in the file".to_owned()
        }
        ExportInput::AnySize => resize_note(preprocessing),
        _ => format!(
            "images must be {}x{}; their scaling is in the file",
            preprocessing.height, preprocessing.width
        ),
    });
    if input != ExportInput::Values && preprocessing.channels == 1 {
        notes.push(
            "images are grey: convert colours by 0.299 R + 0.587 G + 0.114 B before".to_owned(),
        );
    }
    Ok(entry)
}

/// How images of another size are resized in the file.
fn resize_note(preprocessing: &Preprocessing) -> String {
    let Preprocessing { height, width, .. } = preprocessing;
    let rule = match preprocessing.resize {
        Resize::Stretch => "stretched",
        Resize::Crop => "cropped in the centre and scaled",
        Resize::Fit => "scaled to fit and centred on black",
    };
    format!(
        "images of other sizes are {rule} to {height}x{width} in the file, which takes opset {RESIZE}"
    )
}

/// Images in bytes.
fn bytes(graph: &mut Graph, preprocessing: &Preprocessing, any_size: bool) -> Entry {
    let [height, width, channels] = preprocessing.shape();
    let (rows, cols) = match any_size {
        true => (Extent::Any("height"), Extent::Any("width")),
        false => (Extent::Size(height), Extent::Size(width)),
    };
    let shape = vec![Extent::Any("batch"), rows, cols, Extent::Size(channels)];
    let front = graph.node(
        "Transpose",
        "preprocessing/channels_first",
        &["images"],
        vec![ints("perm", [0, 3, 1, 2])],
    );
    let to = vec![int("to", i64::from(data_type::FLOAT))];
    let mut value = graph.node("Cast", "preprocessing/float", &[&front], to);
    if any_size {
        graph.require(RESIZE);
        value = images::resize(graph, &value, preprocessing);
    }
    Entry {
        info: info("images", data_type::UINT8, shape),
        value: scale(graph, value, &preprocessing.for_pictures(), true),
    }
}

/// Raw values.
fn values(graph: &mut Graph, preprocessing: &Preprocessing, input: Shape) -> Entry {
    let dims = input.extents().into_iter().map(Extent::Size);
    let shape = std::iter::once(Extent::Any("batch")).chain(dims).collect();
    let is_volume = matches!(input, Shape::Volume { .. });
    let value = match is_volume {
        true => graph.node(
            "Transpose",
            "preprocessing/channels_first",
            &["values"],
            vec![ints("perm", [0, 3, 1, 2])],
        ),
        false => "values".to_owned(),
    };
    Entry {
        info: info("values", data_type::FLOAT, shape),
        value: scale(graph, value, preprocessing, is_volume),
    }
}

/// `(v / divisor - mean) / deviation`, as three operations on `f32` like Stepnet's, so that they round alike.
fn scale(
    graph: &mut Graph,
    mut value: String,
    preprocessing: &Preprocessing,
    is_volume: bool,
) -> String {
    if preprocessing.divisor != 1.0 {
        let divisor = graph.number("preprocessing.divisor", preprocessing.divisor);
        value = graph.node(
            "Div",
            "preprocessing/scale",
            &[&value, &divisor],
            Vec::new(),
        );
    }
    let steps = [
        (
            "Sub",
            "preprocessing/centre",
            "preprocessing.mean",
            &preprocessing.mean,
        ),
        (
            "Div",
            "preprocessing/spread",
            "preprocessing.deviation",
            &preprocessing.deviation,
        ),
    ];
    for (op_type, name, array, numbers) in steps {
        if numbers.is_empty() {
            continue;
        }
        let values: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
        let shape = match is_volume {
            true => vec![values.len(), 1, 1],
            false => vec![values.len()],
        };
        let array = graph.weights(array, &Array { shape, values });
        value = graph.node(op_type, name, &[&value, &array], Vec::new());
    }
    value
}
