//! Small files made by hand.

mod damaged;
mod ends;
mod patterns;
mod refusals;

use std::path::Path;

use prost::Message;

use crate::imported::Imported;
use crate::onnx::proto::*;
use crate::options::{ImportOptions, Source};
use ndarray::ArrayViewD;

/// A graph that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    graph: GraphProto,
    kind: i32,
}

impl Writer {
    /// A graph with the input `x`; -1 leaves an extent open.
    pub(super) fn new(extents: &[i64]) -> Self {
        let mut writer = Self {
            kind: data_type::FLOAT,
            ..Self::default()
        };
        writer.input("x", extents);
        writer
    }

    pub(super) fn input(&mut self, name: &str, extents: &[i64]) {
        let dim = extents.iter().map(|&extent| Dimension {
            value: Some(match extent {
                -1 => DimensionValue::Name("open".into()),
                extent => DimensionValue::Size(extent),
            }),
            denotation: String::new(),
        });
        self.graph.input.push(ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                tensor_type: Some(TensorTypeProto {
                    elem_type: self.kind,
                    shape: Some(TensorShapeProto { dim: dim.collect() }),
                }),
                denotation: String::new(),
            }),
            doc_string: String::new(),
        });
    }

    /// Numbers: 1, then ever other ones, so that a wrong order shows.
    pub(super) fn weights(&mut self, name: &str, extents: &[i64]) {
        let count: i64 = extents.iter().product();
        let values = (0..count).map(|at| ((at * 7 + 3) % 11) as f32 * 0.1 - 0.4);
        self.constant(name, extents, values.collect());
    }

    pub(super) fn constant(&mut self, name: &str, extents: &[i64], values: Vec<f32>) {
        self.graph.initializer.push(TensorProto {
            name: name.into(),
            dims: extents.to_vec(),
            data_type: data_type::FLOAT,
            float_data: values,
            ..TensorProto::default()
        });
    }

    pub(super) fn whole(&mut self, name: &str, values: &[i64]) {
        self.graph.initializer.push(TensorProto {
            name: name.into(),
            dims: vec![values.len() as i64],
            data_type: data_type::INT64,
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
    }

    /// A node by its text: `y = Conv(x, w)`.
    pub(super) fn node(&mut self, text: &str) -> &mut NodeProto {
        let (outputs, call) = text.split_once(" = ").unwrap();
        let (operator, inputs) = call.trim_end_matches(')').split_once('(').unwrap();
        let names = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect();
        self.graph.node.push(NodeProto {
            input: names(inputs),
            output: names(outputs),
            op_type: operator.into(),
            ..NodeProto::default()
        });
        self.graph.node.last_mut().unwrap()
    }

    /// Several nodes, one a line.
    pub(super) fn nodes(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.node(line);
        }
    }

    /// The file, which ends in `y`.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut graph = self.graph.clone();
        graph.output.push(ValueInfoProto {
            name: "y".into(),
            ..ValueInfoProto::default()
        });
        let set = OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        };
        ModelProto {
            ir_version: 8,
            opset_import: vec![set],
            graph: Some(graph),
            ..ModelProto::default()
        }
        .encode_to_vec()
    }

    pub(super) fn import(&self) -> Imported<f64> {
        read(&self.bytes(), &plain()).unwrap()
    }

    /// The network's text.
    pub(super) fn text(&self) -> String {
        self.import().model.network.text().to_string()
    }

    /// Why it is refused.
    pub(super) fn refusal(&self) -> String {
        read(&self.bytes(), &plain()).unwrap_err()
    }
}

impl NodeProto {
    /// With an attribute of whole numbers.
    pub(super) fn ints(&mut self, name: &str, values: &[i64]) -> &mut Self {
        self.attribute.push(AttributeProto {
            name: name.into(),
            ints: values.to_vec(),
            r#type: attribute_type::INTS,
            ..AttributeProto::default()
        });
        self
    }

    pub(super) fn int(&mut self, name: &str, value: i64) -> &mut Self {
        self.attribute.push(AttributeProto {
            name: name.into(),
            i: Some(value),
            r#type: attribute_type::INT,
            ..AttributeProto::default()
        });
        self
    }

    pub(super) fn float(&mut self, name: &str, value: f32) -> &mut Self {
        self.attribute.push(AttributeProto {
            name: name.into(),
            f: Some(value),
            r#type: attribute_type::FLOAT,
            ..AttributeProto::default()
        });
        self
    }
}

/// Without a closing softmax.
pub(super) fn plain() -> ImportOptions {
    ImportOptions::default().keep_logits(true)
}

pub(super) fn read(bytes: &[u8], options: &ImportOptions) -> Result<Imported<f64>, String> {
    let source = Source {
        path: Path::new("model.onnx"),
        bytes,
    };
    super::read(&source, options).map_err(|problem| problem.to_string())
}

/// The outputs for an input in Stepnet's order.
pub(super) fn outputs(imported: &Imported<f64>, input: &[f64]) -> Vec<f64> {
    let network = &imported.model.network;
    let extents = [vec![1], network.input().extents()].concat();
    let x = ArrayViewD::from_shape(extents, input).unwrap();
    network.predict(x).unwrap().into_raw_vec_and_offset().0
}
