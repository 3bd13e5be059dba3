//! Files that Stepnet has written: what their metadata says is not guessed again.
//!
//! Their preprocessing is nodes whose names begin with `preprocessing/`; the network begins after the last of them. The
//! scores before the closing softmax or sigmoid are an output of their own.

use super::ends::Input;
use super::view::View;
use crate::Shape;
use crate::onnx::proto::ModelProto;
use crate::outputs::Said;
use stepnet_nn::Preprocessing;

/// The part of an own file that is the network.
#[derive(Debug)]
pub(super) struct Own<'f> {
    pub(super) input: Input<'f>,
    /// The value with the scores, and the layer that makes probabilities of them.
    pub(super) scores: Option<(&'f str, &'static str)>,
}

/// An entry of a file's metadata.
pub(super) fn entry<'f>(model: &'f ModelProto, key: &str) -> Option<&'f str> {
    let mut entries = model.metadata_props.iter();
    entries
        .find(|entry| entry.key == key)
        .map(|entry| entry.value.as_str())
}

/// What a file's metadata says about its outputs: their names as a JSON list, and whether they are numbers.
pub(super) fn said(model: &ModelProto) -> Said {
    let names = entry(model, "classes").and_then(|text| serde_json::from_str(text).ok());
    Said {
        names: names.unwrap_or_default(),
        numbers: entry(model, "task") == Some("numbers"),
    }
}

/// The network in a file, if Stepnet has written it.
pub(super) fn find(model: &ModelProto) -> Option<Own<'_>> {
    if model.producer_name != "stepnet" {
        return None;
    }
    let file = model.graph.as_ref()?;
    let shape: Shape = entry(model, "input")?.parse().ok()?;
    let shape = shape.checked().ok()?;
    let preprocessing: Preprocessing = serde_json::from_str(entry(model, "preprocessing")?).ok()?;
    let mut nodes = file.node.iter().rev();
    let last = nodes.find(|node| node.name.starts_with("preprocessing/"))?;
    let closing = entry(model, "network")?;
    let closing = ["softmax", "sigmoid"]
        .into_iter()
        .find(|kind| closing.ends_with(kind));
    let scores = file.output.iter().find(|output| output.name == "logits");
    Some(Own {
        input: Input {
            name: last.output.first()?,
            shape,
            view: View::usual(1, shape),
            batch: 1,
            bytes: false,
            preprocessing: Some(preprocessing),
        },
        scores: scores.map(|scores| scores.name.as_str()).zip(closing),
    })
}
