//! What every method is given, and what it says of itself.

use super::attribution::Attribution;
use super::options::Options;
use super::passes::{Passes, image};
use crate::error::{Error, Result};
use stepnet_nn::{Number, Preprocessing};

/// A method of the table.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// Its name on the command line and in Python.
    pub name: &'static str,
    /// What its map shows, in a sentence.
    pub summary: &'static str,
    /// The work that defines it.
    pub source: &'static str,
    /// The options that it takes, as [`Options`] names them.
    pub options: &'static [&'static str],
}

/// An example to be explained, and how.
pub(super) struct Asked<'a, T> {
    pub(super) passes: &'a mut Passes<T>,
    /// The passes of the guided network, once a method has asked for them.
    pub(super) guided: &'a mut Option<Passes<T>>,
    pub(super) preprocessing: &'a Preprocessing,
    /// The network's input.
    pub(super) x: &'a [T],
    /// The weight of each output in the score that is explained.
    pub(super) seed: &'a [T],
    pub(super) options: &'a Options,
}

impl<T: Number> Asked<'_, T> {
    /// The sides and channels of the input.
    pub(super) fn size(&self) -> Result<[usize; 3]> {
        let input = self.passes.network().input();
        image(input).ok_or_else(|| {
            let expected = "an image of height, width and channels: maps show places in an image";
            Error::value("explain", "the network's input", input, expected)
        })
    }

    /// The gradient of the score with respect to the input.
    pub(super) fn gradient(&mut self) -> Result<Vec<f64>> {
        gradient(self.passes, self.x, self.seed)
    }
}

/// The gradient of the score with respect to one input.
pub(super) fn gradient<T: Number>(passes: &mut Passes<T>, x: &[T], seed: &[T]) -> Result<Vec<f64>> {
    let mut found = Vec::new();
    passes.input_gradients(
        1,
        seed,
        |_, to| to.copy_from_slice(x),
        |_, gradient| found = gradient.iter().map(|value| value.as_f64()).collect(),
    )?;
    Ok(found)
}

/// A way to say how much each place of an image speaks for a class.
pub(super) trait Method<T: Number>: Sync {
    /// What it says of itself.
    fn about(&self) -> &'static About;

    /// The map of an example.
    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution>;
}
