//! The two ends of a network: images come in, and classes go out.

use std::collections::{BTreeMap, HashSet};

use super::digits::rounded;
use super::lower::{Known, Lowering};
use super::view::{Axis, View};
use crate::graph::{Filled, Value};
use crate::imported::Imported;
use crate::onnx::proto::{DimensionValue, GraphProto, ModelProto, ValueInfoProto, data_type};
use crate::options::{ImportOptions, preprocessing};
use crate::outputs::{self, added};
use crate::problem::Checked;
use crate::{Model, Number, Shape};
use stepnet_nn::Preprocessing;

/// The input of a file.
#[derive(Debug, Clone)]
pub(super) struct Input<'f> {
    pub(super) name: &'f str,
    pub(super) shape: Shape,
    pub(super) view: View,
    pub(super) batch: usize,
    /// Whether it takes the bytes of images.
    pub(super) bytes: bool,
    /// How they become its values, if the file says so.
    pub(super) preprocessing: Option<Preprocessing>,
}

/// The input that nodes take.
///
/// # Errors
/// When there is not exactly one, or it is neither an image nor a vector.
pub(super) fn find_input<'f>(
    file: &'f GraphProto,
    needed: &[usize],
    options: &ImportOptions,
) -> Checked<Input<'f>> {
    let weights: HashSet<&str> = file
        .initializer
        .iter()
        .map(|weight| weight.name.as_str())
        .collect();
    let taken: HashSet<&str> = (needed.iter())
        .flat_map(|&place| file.node[place].input.iter().map(String::as_str))
        .collect();
    let inputs: Vec<&ValueInfoProto> = (file.input.iter())
        .filter(|input| {
            !weights.contains(input.name.as_str()) && taken.contains(input.name.as_str())
        })
        .collect();
    let &[input] = inputs.as_slice() else {
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        if names.is_empty() {
            return Err("its output depends on no input of the file".into());
        }
        return Err(format!(
            "its output needs {} inputs ({}), expected one",
            names.len(),
            names.join(", ")
        )
        .into());
    };
    let tensor = input
        .r#type
        .as_ref()
        .and_then(|kind| kind.tensor_type.as_ref());
    let extents = tensor.and_then(|tensor| tensor.shape.as_ref());
    let extents: Option<Vec<Option<usize>>> = extents.map(|shape| {
        let sizes = shape.dim.iter().map(|dim| match dim.value {
            Some(DimensionValue::Size(size)) => usize::try_from(size).ok().filter(|&size| size > 0),
            _ => None,
        });
        sizes.collect()
    });
    let extents = extents.ok_or_else(|| format!("its input {:?} has no shape", input.name))?;
    let (shape, view, batch) = placed(&input.name, &extents, options)?;
    Ok(Input {
        name: &input.name,
        shape: shape.checked()?,
        view,
        batch,
        bytes: tensor.is_some_and(|tensor| tensor.elem_type == data_type::UINT8),
        preprocessing: None,
    })
}

/// The shape of an example, which dimension is which of its axes, and the examples in a batch.
fn placed(
    name: &str,
    extents: &[Option<usize>],
    options: &ImportOptions,
) -> Checked<(Shape, View, usize)> {
    let shown: Vec<String> = (extents.iter())
        .map(|extent| extent.map_or("?".to_owned(), |extent| extent.to_string()))
        .collect();
    let shown = match shown.is_empty() {
        true => "a single number".to_owned(),
        false => shown.join("x"),
    };
    let batch = extents.first().copied().flatten().unwrap_or(1);
    match *extents {
        [_, features] => {
            let features = features.or(options.input.map(|shape| shape.len()));
            let features = features.ok_or_else(|| format!("its input {name:?} is of {shown}: give the number of features as `input`"))?;
            let shape = Shape::Features(features);
            Ok((shape, View::usual(batch, shape), batch))
        }
        [_, first, second, third] => {
            // Colour before grey, and channels first where nothing tells.
            let like = |extent: Option<usize>| match extent {
                Some(3) => 2,
                Some(1) => 1,
                _ => 0,
            };
            let last = like(third) > like(first);
            let file = match last {
                true => [first, second, third],
                false => [second, third, first],
            };
            let wanted = options.input.map(|shape| shape.as_image());
            let mut sizes = [0; 3];
            for (axis, size) in sizes.iter_mut().enumerate() {
                *size = match (wanted, file[axis]) {
                    (Some(wanted), _) => wanted[axis],
                    (None, Some(extent)) => extent,
                    (None, None) => {
                        return Err(format!(
                            "its input {name:?} is of {shown} and leaves the size of images open: give it as `input`, \
                             HEIGHTxWIDTHxCHANNELS"
                        )
                        .into());
                    }
                };
            }
            if let Some(channels) = file[2]
                && channels != sizes[2]
            {
                return Err(format!("its input {name:?} has {channels} channels, but `input` has {}", sizes[2]).into());
            }
            let shape = Shape::from(sizes);
            let [height, width, channels] = sizes;
            let view = match last {
                true => View::of(&[
                    (Axis::Batch, batch),
                    (Axis::Height, height),
                    (Axis::Width, width),
                    (Axis::Channel, channels),
                ]),
                false => View::planes(batch, shape),
            };
            Ok((shape, view, batch))
        }
        _ => Err(format!(
            "its input {name:?} is of {shown}, expected a batch of images (4 dimensions) or of vectors (2)"
        )
        .into()),
    }
}

/// Ends the network in `output`, builds it, and says what was assumed.
///
/// # Errors
/// When the graph is not one that the notation can write, or the options do not fit it.
pub(super) fn finish<T: Number>(
    mut lowering: Lowering<'_>,
    model: &ModelProto,
    (output, closing): (&str, Option<&str>),
    input: &Input<'_>,
    options: &ImportOptions,
) -> Checked<Imported<T>> {
    let said = super::own::said(model);
    let closed = closing.is_some() || said.numbers;
    let mut value = end(&mut lowering, output, closed, options)?;
    if let Some(kind) = closing.filter(|_| !options.keep_logits) {
        value = lowering.graph.plain(added(kind), kind, value)?;
    }
    let (preprocessing, note) = first(&mut lowering, value, input, options)?;
    let mut notes = std::mem::take(&mut lowering.notes);
    notes.extend(note);
    let file = model
        .graph
        .as_ref()
        .map_or(&[][..], |graph| graph.output.as_slice());
    if file.len() > 1 && options.until.is_none() && input.preprocessing.is_none() {
        let others: Vec<&str> = file
            .iter()
            .skip(1)
            .map(|other| other.name.as_str())
            .collect();
        notes.push(format!(
            "the file has {} outputs: the network is the part that makes the first, {output:?}; `until` names another \
             ({})",
            file.len(),
            others.join(", ")
        ));
    }
    let Filled { network, mappings } = lowering.graph.finish::<T>(value)?;
    let (task, classes) = outputs::described(&network, said, options)?;
    let training = BTreeMap::from([("imported".to_owned(), facts(model))]);
    let model = Model::new(network, classes, preprocessing.task(task)).training(training);
    model.check_finite()?;
    let mut imported = Imported::new(model);
    imported.mappings = mappings;
    imported.notes = notes;
    Ok(imported)
}

/// The value of the network's end: a vector, and probabilities if it is to be a classifier.
fn end(
    lowering: &mut Lowering<'_>,
    output: &str,
    closed: bool,
    options: &ImportOptions,
) -> Checked<Value> {
    let Known::Activation(activation) = lowering.known(output)? else {
        return Err(format!(
            "its output {output:?} does not depend on its input, or is a part of a normalisation"
        )
        .into());
    };
    let (mut value, shape) = lowering.forced(&activation)?;
    if let Shape::Volume {
        height,
        width,
        channels,
    } = shape
        && (activation.view.rank() == 2 || height * width == 1)
    {
        if height * width > 1 && channels > 1 {
            let note = "the output is flattened by height, width, channel; the file's is by channel, height, width";
            lowering.notes.push(note.to_owned());
        }
        value = lowering.graph.plain(added("flatten"), "flatten", value)?;
    }
    match closed {
        true => Ok(value),
        false => outputs::close(&mut lowering.graph, value, options, &mut lowering.notes),
    }
}

/// The preprocessing: from the options, or what the file does to its input first.
fn first(
    lowering: &mut Lowering<'_>,
    output: Value,
    input: &Input<'_>,
    options: &ImportOptions,
) -> Checked<(Preprocessing, Option<String>)> {
    let image = matches!(input.shape, Shape::Volume { .. });
    let given = options.scales();
    if let (Some(own), false) = (&input.preprocessing, given) {
        own.check()?;
        if own.shape() != input.shape.as_image() {
            return Err(
                "its preprocessing makes images of another size than its network takes".into(),
            );
        }
        let resize = options.resize.unwrap_or(own.resize);
        return Ok((own.clone().resize(resize), None));
    }
    if given {
        let usual = if input.bytes || !image { 1.0 } else { 255.0 };
        return Ok((preprocessing(input.shape, options, usual)?, None));
    }
    let Some((scale, shift)) = lowering.graph.take_first_affine(output) else {
        if input.bytes || !image {
            return Ok((preprocessing(input.shape, options, 1.0)?, None));
        }
        let note = "the file does not say how images become its input: values from 0 to 1 are assumed; `mean`, \
                    `deviation` and `divisor` say it";
        return Ok((
            preprocessing(input.shape, options, 255.0)?,
            Some(note.to_owned()),
        ));
    };
    // A network that divides by so much takes bytes.
    let raw = input.bytes || scale.iter().all(|&factor| factor < 0.1);
    let divisor = if raw && image { 255.0 } else { 1.0 };
    let mean: Vec<f64> = (scale.iter().zip(&shift))
        .map(|(factor, shift)| rounded(-shift / factor / divisor))
        .collect();
    let deviation: Vec<f64> = scale
        .iter()
        .map(|factor| rounded(1.0 / factor / divisor))
        .collect();
    let same =
        |values: &[f64], usual: f64| values.iter().all(|&value| (value - usual).abs() < 1e-9);
    let made = preprocessing(input.shape, options, if image { 255.0 } else { 1.0 })?;
    let made = made
        .mean(if same(&mean, 0.0) { Vec::new() } else { mean })
        .deviation(if same(&deviation, 1.0) {
            Vec::new()
        } else {
            deviation
        });
    made.check()?;
    let range = if raw { "0 to 255" } else { "0 to 1" };
    let note = format!(
        "the file's own scaling of its input, which takes values from {range}, is a part of the preprocessing"
    );
    Ok((made, Some(note).filter(|_| image)))
}

/// Where the model comes from.
fn facts(model: &ModelProto) -> serde_json::Value {
    let producer = format!("{} {}", model.producer_name, model.producer_version);
    serde_json::json!({ "format": "ONNX", "producer": producer.trim() })
}
