//! What is refused, and by which name.

use super::Writer;
use crate::onnx::proto::{AttributeProto, GraphProto};

#[test]
fn the_first_node_that_cannot_be_written_is_named() {
    let mut file = Writer::new(&[1, 3, 8, 8]);
    file.weights("w", &[2, 3, 1, 1]);
    file.node("c = Conv(x, w)").name = "stem".into();
    file.node("y = LSTM(c, w)").name = "/rnn/LSTM".into();
    let problem = file.refusal();
    let said = "node \"/rnn/LSTM\" (LSTM): no layer of the notation does what this operator does; 1 of the 2 nodes that \
                the output needs came before it; `until` \"stem\" imports the part before it";
    assert_eq!(problem, said);
}

#[test]
fn names_are_cut_and_an_output_without_an_input_is_said_to_be_one() {
    let mut file = Writer::new(&[1, 3, 8, 8]);
    file.node("a = Relu(x)").name = "first".repeat(1000);
    file.node("y = LSTM(a)").name = "second".repeat(1000);
    let problem = file.refusal();
    assert!(
        problem.len() < 500 && problem.starts_with("node \"secondsecond"),
        "{problem}"
    );
    let mut file = Writer::new(&[1, 3, 8, 8]);
    file.node("y = Relu(y)");
    assert_eq!(file.refusal(), "its output depends on no input of the file");
}

#[test]
fn what_no_layer_does_is_refused_with_the_reason() {
    for (nodes, reason) in [
        (
            "a = Relu(x)\n y = MatMul(x, a)",
            "multiplies two values of the network",
        ),
        ("y = Exp(x)", "no layer for the function exp"),
        (
            "y = Conv(x, missing)",
            "neither a weight nor the value of a node",
        ),
        ("y = Conv(x, r)", "expected those of a convolution"),
        ("y = MaxPool(x)", "kernel is not of height and width"),
        ("y = Add(x, places)", "one for all or one for each channel"),
        ("y = Reshape(x, mixed)", "mixes height, width and channels"),
        (
            "a = Conv(x, w)\n b = Relu(x)\n y = Mul(a, b)",
            "can only multiply a value by what a body makes of it",
        ),
        ("y = Conv(x, thin)", "its input has 3 channels"),
    ] {
        let mut file = Writer::new(&[1, 3, 4, 4]);
        file.weights("w", &[3, 3, 1, 1]);
        file.weights("r", &[3, 3]);
        file.weights("thin", &[3, 2, 1, 1]);
        file.weights("places", &[1, 3, 4, 4]);
        file.whole("mixed", &[1, 4, 12]);
        file.nodes(nodes);
        let problem = file.refusal();
        assert!(problem.contains(reason), "{nodes}: {problem}");
    }
}

#[test]
fn inputs_that_are_no_images_or_vectors_are_refused() {
    for (extents, reason) in [
        (&[1, 100, 1][..], "expected a batch of images"),
        (&[1, 3, -1, -1], "give it as `input`"),
        (&[1, -1], "give the number of features"),
    ] {
        let mut file = Writer::new(extents);
        file.node("y = Relu(x)");
        let problem = file.refusal();
        assert!(problem.contains(reason), "{extents:?}: {problem}");
    }
    let mut file = Writer::new(&[1, 4]);
    file.input("z", &[1, 4]);
    file.node("y = Add(x, z)");
    assert!(file.refusal().contains("needs 2 inputs (x, z)"));
}

#[test]
fn graphs_inside_of_nodes_are_refused_by_the_node() {
    let mut file = Writer::new(&[1, 4]);
    file.node("y = If(x)").attribute.push(AttributeProto {
        name: "then_branch".into(),
        g: Some(GraphProto::default()),
        ..AttributeProto::default()
    });
    let problem = file.refusal();
    assert!(
        problem.starts_with("node \"y\" (If): it has graphs inside"),
        "{problem}"
    );
}

#[test]
fn weights_that_are_used_over_and_over_do_not_fill_the_memory() {
    let mut file = Writer::new(&[1, 64, 2, 2]);
    file.weights("w", &[64, 64, 8, 8]);
    for layer in 0..2000 {
        let before = if layer == 0 {
            "x".into()
        } else {
            format!("v{layer}")
        };
        let node = file.node(&format!("v{} = Conv({before}, w)", layer + 1));
        node.ints("pads", &[4, 4, 4, 4]);
    }
    file.node("y = Relu(v2000)");
    assert!(
        file.refusal()
            .contains("more constants than its size allows")
    );
}

#[test]
fn expressions_do_not_grow_without_end() {
    let mut file = Writer::new(&[1, 4]);
    for doubling in 0..40 {
        let before = if doubling == 0 {
            "x".into()
        } else {
            format!("v{doubling}")
        };
        file.node(&format!("v{} = Mul({before}, {before})", doubling + 1));
    }
    file.node("y = Relu(v40)");
    // Before an expression has as many terms as there are products, it becomes layers.
    let text = file.text();
    assert!(text.len() < 300 && text.ends_with("relu"), "{text}");
}
