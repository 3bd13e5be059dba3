//! Smaller numbers, for networks that ask for too much.

use super::cost;
use super::site::{Site, has, outputs_parameter};
use crate::Number;
use crate::notation::{LayerText, ParameterKind};

/// The most halvings of a number, which brings the largest of the notation to 1.
pub(super) const HALVINGS: u32 = 31;

impl<T: Number> Site<'_, T> {
    /// Half the filters or units, a quarter, ...
    pub(super) fn halved(&mut self, index: usize, cost: u32) {
        let Some(layer) = self.misfit.layers.get(index).map(|named| &named.layer) else {
            return;
        };
        let Some((name, count)) =
            outputs_parameter(layer).and_then(|name| Some((name, layer.count(name).number()?)))
        else {
            return;
        };
        for halving in 1..=HALVINGS {
            let fewer = two_digits(count >> halving);
            if fewer == 0 {
                return;
            }
            if let Ok(to) = layer.clone().with(name, fewer) {
                self.replace(index, to, cost + halving);
            }
        }
    }

    /// The layers before the misfit with the most outputs, halved.
    pub(super) fn widest_halved(&mut self) {
        let misfit = self.misfit;
        let written = misfit.nodes.iter().filter(|node| !node.implied());
        let mut widest: Vec<(usize, usize)> = (written.zip(&misfit.layers).enumerate())
            .filter(|(index, (_, named))| {
                *index != misfit.index && outputs_parameter(&named.layer).is_some()
            })
            .map(|(index, (node, _))| (index, node.output().len()))
            .collect();
        widest.sort_by_key(|&(_, outputs)| std::cmp::Reverse(outputs));
        for (index, _) in widest.into_iter().take(2) {
            self.halved(index, cost::HALVED + 1);
        }
    }

    /// Larger steps between windows.
    pub(super) fn strided(&mut self, index: usize, layer: &LayerText) {
        if !has(layer, "stride", ParameterKind::Pair) {
            return;
        }
        let [down, across] = layer.pair("stride");
        for doubling in 1..8 {
            let stride = [down << doubling, across << doubling];
            if let Ok(to) = layer.clone().with("stride", stride) {
                self.replace(index, to, cost::HALVED + doubling);
            }
        }
    }
}

/// The number with all digits but the first two made zero.
fn two_digits(number: usize) -> usize {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}
