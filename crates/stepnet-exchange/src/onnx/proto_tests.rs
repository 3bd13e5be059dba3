//! The numbers of the fields, against bytes written by hand from the specification.

use prost::Message;

use super::proto::*;

/// `ir_version: 8`, `producer_name: "p"`, a graph with one node and one array, and the operators' version.
const MODEL: &[u8] = &[
    0x08, 8, // ir_version
    0x12, 1, b'p', // producer_name
    0x3A, 39, // graph
    0x0A, 19, // its node
    0x0A, 1, b'x', 0x12, 1, b'y', 0x22, 4, b'R', b'e', b'l', b'u', // input, output, op_type
    0x2A, 5, 0x0A, 1, b'a', 0x18, 7, // attribute "a", i: 7
    0x12, 1, b'g', // name
    0x2A, 13, // initializer
    0x08, 2, 0x10, 1, // dims: [2], float
    0x42, 1, b'w', // name
    0x4A, 4, 0, 0, 0x80, 0x3F, // raw_data
    0x42, 2, 0x10, 13, // opset_import: version 13
];

#[test]
fn fields_have_the_numbers_of_the_specification() {
    let model = ModelProto::decode(MODEL).unwrap();
    assert_eq!((model.ir_version, model.producer_name.as_str()), (8, "p"));
    assert_eq!(model.opset_import[0].version, 13);
    let graph = model.graph.as_ref().unwrap();
    assert_eq!(graph.name, "g");
    let node = &graph.node[0];
    assert_eq!(
        (&node.input[0], &node.output[0], &node.op_type),
        (&"x".into(), &"y".into(), &"Relu".into())
    );
    assert_eq!(
        (node.attribute[0].name.as_str(), node.attribute[0].i),
        ("a", Some(7))
    );
    let array = &graph.initializer[0];
    assert_eq!(
        (array.dims.as_slice(), array.data_type, array.name.as_str()),
        (&[2][..], data_type::FLOAT, "w")
    );
    assert_eq!(array.raw_data.as_deref(), Some(&[0, 0, 0x80, 0x3F][..]));
    assert_eq!(model.encode_to_vec(), MODEL);
}

#[test]
fn a_file_that_ends_early_is_an_error() {
    for length in 1..MODEL.len() {
        // A file that ends between two fields of the model is whole.
        if [2, 5, 46].contains(&length) {
            continue;
        }
        assert!(
            ModelProto::decode(&MODEL[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn nesting_has_a_limit() {
    let mut graph = GraphProto::default();
    for _ in 0..200 {
        let attribute = AttributeProto {
            name: "body".into(),
            g: Some(graph),
            ..Default::default()
        };
        graph = GraphProto {
            node: vec![NodeProto {
                attribute: vec![attribute],
                ..Default::default()
            }],
            ..Default::default()
        };
    }
    let bytes = ModelProto {
        graph: Some(graph),
        ..Default::default()
    }
    .encode_to_vec();
    assert!(
        ModelProto::decode(bytes.as_slice())
            .unwrap_err()
            .to_string()
            .contains("recursion limit")
    );
}
