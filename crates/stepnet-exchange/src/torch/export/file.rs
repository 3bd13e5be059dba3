//! The program around the modules: what it imports, its preprocessing, and how it predicts.

mod predict;
mod preprocess;

use stepnet_base::Task;
use stepnet_nn::Shape;

use super::helpers::Helper;
use super::modules::{Module, indented};
use crate::outgoing::Outgoing;
use crate::{Model, Number};

/// The longest line that is not broken.
const WIDTH: usize = 100;

/// Whether the last layer is left to `predict`, so that the network gives logits, as PyTorch's losses want them.
pub(super) fn closes<T: Number>(model: &Model<T>, outgoing: &Outgoing) -> bool {
    let is_of_numbers = matches!(model.preprocessing.task, Task::Numbers(_));
    !is_of_numbers && ["softmax", "sigmoid"].contains(&outgoing.closing())
}

/// The whole program.
pub(super) fn program<T: Number>(
    model: &Model<T>,
    outgoing: &Outgoing,
    network: &Module,
    name: &str,
) -> String {
    let is_closed = closes(model, outgoing);
    let parts = [
        heading(model, name),
        imports(network, preprocess::resizes(model)),
        classes(&model.classes),
        network
            .helpers
            .iter()
            .map(|helper| format!("\n{}", helper.code()))
            .collect(),
        class(model, network, is_closed),
        preprocess::function(model),
        predict::functions(model, outgoing.closing(), is_closed),
    ];
    parts.concat()
}

fn heading<T: Number>(model: &Model<T>, name: &str) -> String {
    let takes = if preprocess::takes_images(model) {
        "images"
    } else {
        "values"
    };
    let gives = predict::gives(model);
    let network = wrapped(&model.network.text().to_string(), "    ");
    let version = env!("CARGO_PKG_VERSION");
    // Only such a file can be imported by its name.
    let example = match is_identifier(name) {
        true => format!(
            "\n    from {name} import load, predict\n\n    network = load()\n    {gives} = predict(network, {takes})\n"
        ),
        false => String::new(),
    };
    format!(
        "\"\"\"A network that Stepnet {version} has exported. Its weights are in a file next to this one, of the same \
         name\nwith the ending .safetensors.\n{example}\nIn Stepnet's notation, where images are height x width x \
         channels, its input is {} and its layers are\n\n{network}\n\"\"\"\n",
        model.network.input()
    )
}

/// A network's text in lines that are not too long, broken between layers.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for (number, layer) in text.split(" -> ").enumerate() {
        let layer = if number == 0 {
            layer.to_owned()
        } else {
            format!(" -> {layer}")
        };
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.len() + layer.len() <= WIDTH => {
                line.push_str(&layer)
            }
            _ => lines.push(layer.trim_start().to_owned()),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    lines.join("\n")
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn imports(network: &Module, resizes: bool) -> String {
    let functional = match resizes || network.helpers.contains(&Helper::AvgPool) {
        true => "from torch.nn import functional as F\n",
        false => "",
    };
    format!(
        "\nfrom pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\nfrom torch import nn\n{functional}"
    )
}

/// The names as a list; JSON's texts are Python's, too.
fn classes(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names
        .iter()
        .map(|name| serde_json::Value::from(name.as_str()).to_string())
        .collect();
    let line = names.join(", ");
    match line.len() < WIDTH {
        true => format!("\nCLASSES = [{line}]\n"),
        false => format!("\nCLASSES = [\n    {},\n]\n", names.join(",\n    ")),
    }
}

fn class<T: Number>(model: &Model<T>, network: &Module, is_closed: bool) -> String {
    let takes = match model.network.input() {
        Shape::Volume {
            height,
            width,
            channels,
        } => format!("(batch, {channels}, {height}, {width})"),
        Shape::Features(features) => format!("(batch, {features})"),
    };
    let gives = match (is_closed, predict::gives(model)) {
        (true, _) => "logits",
        (false, "numbers") => "numbers before they are brought to their unit",
        (false, gives) => gives,
    };
    let layers = indented(&indented(&network.code));
    format!(
        "\n\nclass Network(nn.Module):\n    \"\"\"From what `preprocess` makes, {takes}, to {gives}.\"\"\"\n\n    \
         def __init__(self):\n        super().__init__()\n        self.layers = {layers}\n\n    \
         def forward(self, x):\n        return self.layers(x)\n"
    )
}

/// A number as Python has it.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A tensor of numbers.
fn tensor(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|&value| number(value)).collect();
    let line = values.join(", ");
    format!("torch.tensor([{line}], dtype=torch.float32)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_networks_are_broken_between_layers() {
        let text = ["relu"; 40].join(" -> ");
        let lines = wrapped(&text, "  ");
        assert!(
            lines
                .lines()
                .all(|line| line.len() <= WIDTH + 2 && line.starts_with("  ")),
            "{lines}"
        );
        let words = lines.replace('\n', " ");
        assert_eq!(words.split_whitespace().collect::<Vec<_>>().join(" "), text);
    }

    #[test]
    fn names_and_numbers_are_python() {
        assert!(
            is_identifier("pets_2")
                && !is_identifier("2_pets")
                && !is_identifier("my-pets")
                && !is_identifier("")
        );
        assert_eq!(
            (number(255.0), number(0.5), number(1e-9)),
            ("255".into(), "0.5".into(), "1e-9".into())
        );
        assert_eq!(
            classes(&["a \"b\"".to_owned(), "c\nd".to_owned()]),
            "\nCLASSES = [\"a \\\"b\\\"\", \"c\\nd\"]\n"
        );
    }
}
