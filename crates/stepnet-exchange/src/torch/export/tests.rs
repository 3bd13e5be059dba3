use std::collections::BTreeSet;

use safetensors::SafeTensors;
use stepnet_nn::notation::{Kinds, Signature};
use stepnet_nn::{Network, Preprocessing, Shape, example_networks};

use super::*;

fn exported(text: &str, input: impl Into<Shape>) -> ExportedCode {
    let input = input.into();
    let network = Network::<f32>::new(text, input).unwrap();
    let [height, width, channels] = input.as_image();
    let model = Model::new(
        network,
        Vec::new(),
        Preprocessing::scaled(height, width, channels, 255.0),
    );
    export_code(&model, "net").unwrap()
}

/// The names of the weights, without the first part of each, `layers.`.
fn names(exported: &ExportedCode) -> Vec<String> {
    let file = SafeTensors::deserialize(&exported.weights).unwrap();
    let mut names: Vec<String> = file
        .names()
        .iter()
        .map(|name| name.strip_prefix("layers.").unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_kind_has_a_writer_or_is_a_block() {
    let written: BTreeSet<&str> = layers::kinds().collect();
    for kind in Kinds::builtin().iter().map(Signature::name) {
        let is_block = ["residual", "branch", "scale"].contains(&kind);
        assert!(
            is_block || written.contains(kind),
            "there is no writer of {kind} in torch/export/layers"
        );
    }
}

#[test]
fn the_example_of_every_kind_is_exported_with_all_its_weights() {
    for (text, input) in example_networks() {
        let network = Network::<f32>::new(&text, input).unwrap();
        let arrays: usize = network
            .nodes()
            .iter()
            .map(|node| node.parameters().len())
            .sum();
        assert_eq!(names(&exported(&text, input)).len(), arrays, "{text}");
    }
}

#[test]
fn a_plain_network_is_one_sequence() {
    let exported = exported(
        "conv(4, 3) -> relu -> maxpool(2) -> linear(2) -> softmax",
        [8, 8, 1],
    );
    let layers = "        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3),  # conv1
            nn.ReLU(),  # relu1
            nn.MaxPool2d(2),  # maxpool1
            nn.Flatten(),
            nn.Linear(36, 2),  # linear1
        )
";
    assert!(exported.code.contains(layers), "{}", exported.code);
    assert!(exported.code.contains("x.softmax(dim=1)"));
    assert_eq!(
        names(&exported),
        ["0.bias", "0.weight", "4.bias", "4.weight"]
    );
}

#[test]
fn equal_blocks_are_made_in_a_loop() {
    let text = "[residual(conv(4, 3, same) -> relu)] x 3 -> linear(2)";
    let code = exported(text, [8, 8, 4]).code;
    let block = "            *(
                Residual(
                    body=nn.Sequential(
                        nn.Conv2d(4, 4, 3, padding=1),
                        nn.ReLU(),
                    ),
                )
                for _ in range(3)
            ),
";
    assert!(code.contains(block), "{code}");
    assert!(names(&exported(text, [8, 8, 4])).contains(&"2.body.0.weight".to_owned()));
    // The first is another, since its input has other channels.
    let code = exported("[conv(4, 3, same) -> relu] x 3 -> linear(2)", [8, 8, 1]).code;
    assert!(
        code.contains("nn.Conv2d(1, 4, 3, padding=1),  # conv1")
            && code.contains("for _ in range(2)"),
        "{code}"
    );
    assert!(code.contains("for layer in (\n"), "{code}");
}

#[test]
fn padding_that_differs_by_side_is_a_layer_before() {
    let code = exported(
        "conv(2, 2, same) -> maxpool(3, padding=0/1/0/2, stride=1)",
        [5, 5, 1],
    )
    .code;
    assert!(
        code.contains("nn.ZeroPad2d((0, 1, 0, 1)),\n            nn.Conv2d(1, 2, 2)"),
        "{code}"
    );
    assert!(
        code.contains("nn.ConstantPad2d((0, 2, 0, 1), -torch.inf)"),
        "{code}"
    );
}
