//! Why no network came of a text.

use super::node::Node;
use crate::error::Error;
use crate::layer::Remedy;
use crate::notation::NamedLayer;
use crate::shape::Shape;

/// Why no network came of a text.
#[derive(Debug)]
pub(crate) enum Refusal<T> {
    /// It is no matter of what fits what.
    Plain(Error),
    /// Something does not fit.
    Misfit(Box<Misfit<T>>),
}

impl<T, E: Into<Error>> From<E> for Refusal<T> {
    fn from(error: E) -> Self {
        Self::Plain(error.into())
    }
}

/// The kinds of misfits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A layer refuses its arguments.
    Arguments,
    /// A layer refuses its input.
    Input,
    /// The network asks for too much from this layer on.
    Size,
    /// The loss needs this closing activation.
    Closing(&'static str),
    /// The output is a volume where a vector is needed.
    Volume,
    /// The outputs are not one for each class.
    Classes,
}

/// Something that does not fit, with what there is to say about it.
#[derive(Debug)]
pub(crate) struct Misfit<T> {
    pub(crate) kind: Kind,
    /// The layer's number when groups are written out.
    pub(crate) index: usize,
    /// All layers, groups written out.
    pub(crate) layers: Vec<NamedLayer>,
    /// The layers before it that fit, with the implied ones.
    pub(crate) nodes: Vec<Node<T>>,
    /// The shape of the layer's input.
    pub(crate) input: Shape,
    pub(crate) problem: String,
    pub(crate) formula: Option<String>,
    /// The change that the layer itself suggests.
    pub(crate) remedies: Vec<Remedy>,
}

/// A misfit of a layer, before the position of the layer is known.
pub(super) enum Fault {
    Plain(Error),
    Misfit {
        kind: Kind,
        problem: String,
        formula: Option<String>,
        remedies: Vec<Remedy>,
    },
}

impl Fault {
    pub(super) fn new(kind: Kind, problem: String, formula: Option<String>) -> Self {
        Self::Misfit {
            kind,
            problem,
            formula,
            remedies: Vec::new(),
        }
    }

    /// The refusal, at layer number `index`, into which `input` flows.
    pub(super) fn at<T>(
        self,
        index: usize,
        layers: Vec<NamedLayer>,
        nodes: Vec<Node<T>>,
        input: Shape,
    ) -> Refusal<T> {
        match self {
            Self::Plain(error) => Refusal::Plain(error),
            Self::Misfit {
                kind,
                problem,
                formula,
                remedies,
            } => Refusal::Misfit(Box::new(Misfit {
                kind,
                index,
                layers,
                nodes,
                input,
                problem,
                formula,
                remedies,
            })),
        }
    }
}
