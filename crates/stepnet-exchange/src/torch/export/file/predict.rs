//! The functions that load the network and predict.

use stepnet_base::Task;
use stepnet_nn::Shape;

use super::{preprocess, tensor};
use crate::{Model, Number};

/// A word for what `predict` gives.
pub(super) fn gives<T: Number>(model: &Model<T>) -> &'static str {
    let closing = model
        .network
        .nodes()
        .last()
        .map(|node| node.layer().text().kind().to_owned());
    match (&model.preprocessing.task, closing.as_deref()) {
        (Task::Numbers(_), _) => "numbers",
        (_, Some("softmax" | "sigmoid")) => "probabilities",
        _ => "scores",
    }
}

/// `predict` and `load`.
pub(super) fn functions<T: Number>(model: &Model<T>, closing: &str, is_closed: bool) -> String {
    let takes = if preprocess::takes_images(model) {
        "images"
    } else {
        "values"
    };
    let mut lines = format!("    x = network(preprocess({takes}))\n");
    let mut told = match gives(model) {
        "numbers" => "Numbers in the unit of the targets",
        "probabilities" if model.preprocessing.task == Task::Labels => {
            "Probabilities, a column for each label"
        }
        "probabilities" => "Probabilities, a column for each class",
        _ => "The network's outputs",
    };
    match (is_closed, closing) {
        (true, "softmax") => lines += "    x = x.softmax(dim=1)\n",
        (true, _) => lines += "    x = x.sigmoid()\n",
        (false, _) => {}
    }
    let output = model.network.output();
    if is_closed && output == Shape::Features(1) && model.preprocessing.task.is_classes() {
        lines += "    x = torch.cat([1 - x, x], dim=1)\n";
        told = "Probabilities, a column for each of the two classes";
    }
    if let Task::Numbers(scale) = &model.preprocessing.task {
        if !scale.deviation.is_empty() {
            lines += &format!("    x = x * {}\n", tensor(&scale.deviation));
        }
        if !scale.mean.is_empty() {
            lines += &format!("    x = x + {}\n", tensor(&scale.mean));
        }
    }
    if matches!(output, Shape::Volume { .. }) {
        lines += "    x = x.permute(0, 2, 3, 1)\n";
    }
    format!(
        "\n\n@torch.no_grad()\ndef predict(network, {takes}):\n    \"\"\"{told}; for the {takes} that `preprocess` takes.\"\"\"\n\
         {lines}    return x\n{LOAD}"
    )
}

const LOAD: &str = r#"

def load(path=Path(__file__).with_suffix(".safetensors")):
    """The network with its weights, ready to predict."""
    network = Network()
    network.load_state_dict(load_file(path))
    return network.eval()
"#;
