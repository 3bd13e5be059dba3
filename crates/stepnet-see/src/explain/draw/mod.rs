//! Maps for people: PNG files and pages.

mod canvas;
mod colour;
mod figure;
mod font;
mod page;
#[cfg(test)]
mod tests;

pub use canvas::Canvas;
pub use figure::{figure, heat_map, sheet};
pub use page::Page;

pub use crate::why::Drawing;

use super::{Attribution, Target, rank_correlation};

/// A map, and what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// The map.
    pub map: &'a Attribution,
    /// What it speaks for.
    pub target: &'a Target,
    /// The map of the model's twin with random weights, for the same target.
    pub twin: Option<&'a Attribution>,
}

impl Finding<'_> {
    /// The method, with the layer of one that uses a layer.
    pub fn name(&self) -> String {
        match &self.map.layer {
            Some(layer) => format!("{} at {layer}", self.map.method),
            None => self.map.method.to_owned(),
        }
    }

    /// How alike the map and its twin's are, from -1 to 1; `None` without a twin, and where a map is the same everywhere.
    pub fn likeness(&self) -> Option<f64> {
        rank_correlation(&self.map.map, &self.twin?.map)
    }
}
