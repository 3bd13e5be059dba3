//! A network that does not fit, and the changes that are allowed.

use crate::network::misfit::Misfit;
use crate::notation::NetworkText;
use crate::shape::Shape;

/// The changes of the input's shape that a fix may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InputChange {
    /// Nothing: the data is as it is.
    Never,
    /// See the same values in another shape.
    Reshape,
    /// Anything: images are resized to the size that is asked for.
    #[default]
    Any,
}

/// Where a network's text came from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) preset: Option<&'static str>,
}

/// A network that does not fit.
#[derive(Debug)]
pub(crate) struct Patient<'a, T> {
    /// The text, `classes` unresolved.
    pub(crate) text: &'a NetworkText,
    pub(crate) input: Shape,
    pub(crate) source: Source<'a>,
    pub(crate) misfit: &'a Misfit<T>,
}
