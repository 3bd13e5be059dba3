//! A node's attributes, and its name in messages.

use crate::graph::Origin;
use crate::onnx::proto::{AttributeProto, NodeProto, TensorProto};
use crate::problem::Checked;

/// A node of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeOf<'f> {
    pub(super) proto: &'f NodeProto,
}

impl<'f> NodeOf<'f> {
    /// Its name, or that of its first output if it has none.
    pub(super) fn name(&self) -> &'f str {
        match self.proto.name.as_str() {
            "" => self.proto.output.first().map_or("", String::as_str),
            name => name,
        }
    }

    /// Its operator.
    pub(super) fn operator(&self) -> &'f str {
        &self.proto.op_type
    }

    /// The node as the origin of a layer.
    pub(super) fn origin(&self) -> Origin {
        let origin = Origin::new(self.name(), self.operator());
        match self.says_more_than_its_operator() {
            true => origin.labelled(&self.proto.name),
            false => origin,
        }
    }

    /// Whether a person may have given it its name. `Conv_12` and `node_conv2d_3` are PyTorch's, and would keep equal
    /// blocks from becoming groups.
    fn says_more_than_its_operator(&self) -> bool {
        let name = self.proto.name.as_str();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        !stem.is_empty()
            && !name.starts_with("node_")
            && !stem.eq_ignore_ascii_case(self.operator())
    }

    fn attribute(&self, name: &str) -> Option<&'f AttributeProto> {
        let mut attributes = self.proto.attribute.iter();
        attributes.find(|attribute| attribute.name == name)
    }

    /// A whole number.
    pub(super) fn int(&self, name: &str, usual: i64) -> i64 {
        let found = self.attribute(name).and_then(|attribute| attribute.i);
        found.unwrap_or(usual)
    }

    /// A number.
    pub(super) fn float(&self, name: &str, usual: f64) -> f64 {
        let found = self.attribute(name).and_then(|attribute| attribute.f);
        found.map_or(usual, f64::from)
    }

    /// Whole numbers; `None` if it has no such attribute.
    pub(super) fn ints(&self, name: &str) -> Option<&'f [i64]> {
        self.attribute(name)
            .map(|attribute| attribute.ints.as_slice())
    }

    /// Numbers.
    pub(super) fn floats(&self, name: &str) -> Option<&'f [f32]> {
        self.attribute(name)
            .map(|attribute| attribute.floats.as_slice())
    }

    /// A word.
    pub(super) fn word(&self, name: &str, usual: &'f str) -> &'f str {
        let found = self
            .attribute(name)
            .and_then(|attribute| attribute.s.as_deref());
        found.map_or(usual, |word| std::str::from_utf8(word).unwrap_or("?"))
    }

    /// An array.
    pub(super) fn tensor(&self, name: &str) -> Option<&'f TensorProto> {
        self.attribute(name)
            .and_then(|attribute| attribute.t.as_ref())
    }

    /// Two sizes, such as a stride: height and width.
    ///
    /// # Errors
    /// When there are not two, or one is negative or absurd.
    pub(super) fn pair(&self, name: &str, usual: [usize; 2]) -> Checked<[usize; 2]> {
        match self.ints(name) {
            None | Some([]) => Ok(usual),
            Some(&[height, width]) => Ok([size(name, height)?, size(name, width)?]),
            Some(others) => Err(format!(
                "its {name} is of {} dimensions, expected 2: images of height and width",
                others.len()
            )
            .into()),
        }
    }

    /// Four sizes, such as a padding: top, left, bottom, right.
    ///
    /// # Errors
    /// As [`NodeOf::pair`].
    pub(super) fn sides(&self, name: &str) -> Checked<Option<[usize; 4]>> {
        match self.ints(name) {
            None | Some([]) => Ok(None),
            Some(&[top, left, bottom, right]) => Ok(Some([
                size(name, top)?,
                size(name, left)?,
                size(name, bottom)?,
                size(name, right)?,
            ])),
            Some(others) => {
                Err(format!("its {name} has {} numbers, expected 4", others.len()).into())
            }
        }
    }
}

/// A size that a layer may have.
fn size(name: &str, value: i64) -> Checked<usize> {
    let found = usize::try_from(value).ok().filter(|&size| size < 1 << 20);
    found.ok_or_else(|| format!("its {name} is {value}, expected a usual size").into())
}
