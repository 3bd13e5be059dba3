//! What a model does to raw values before its first other layer: it becomes the preprocessing.

use crate::Preprocessing;
use crate::graph::{Graph, Value};
use crate::options::{ImportOptions, preprocessing};
use crate::problem::Checked;
use crate::{Error, Shape};

/// A factor and an offset for each channel, one for all if there is only one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scaling {
    factors: Vec<f64>,
    offsets: Vec<f64>,
    /// Whether a layer said it.
    said: bool,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            factors: vec![1.0],
            offsets: vec![0.0],
            said: false,
        }
    }
}

impl Scaling {
    /// Takes the factors and offsets that a graph begins with out of it. If the options say how values are scaled, they
    /// stay: the network takes what the options make.
    pub(crate) fn first(graph: &mut Graph, output: Value, options: &ImportOptions) -> Self {
        let mut scaling = Self::default();
        if options.scales() {
            return scaling;
        }
        while let Some((factors, offsets)) = graph.take_first_affine(output) {
            scaling.then(&factors, &offsets);
        }
        scaling
    }

    /// Another factor and offset after these, for each channel or for all.
    fn then(&mut self, factors: &[f64], offsets: &[f64]) {
        let count = [self.factors.len(), factors.len(), offsets.len()];
        let count = count.into_iter().max().unwrap_or(1);
        let of =
            |values: &[f64], at: usize| values.get(at).or(values.first()).copied().unwrap_or(0.0);
        let both = (0..count).map(|at| {
            let (factor, offset) = (of(factors, at), of(offsets, at));
            (
                of(&self.factors, at) * factor,
                of(&self.offsets, at) * factor + offset,
            )
        });
        (self.factors, self.offsets) = both.collect();
        self.said = true;
    }

    /// The preprocessing that does the same: `(v / divisor - mean) / deviation`.
    ///
    /// # Errors
    /// Factors that cannot be written so.
    pub(crate) fn preprocessing(
        &self,
        input: Shape,
        options: &ImportOptions,
        notes: &mut Vec<String>,
    ) -> Checked<Preprocessing> {
        if !self.said {
            if !options.scales() {
                notes.push(
                    "the file does not say how images become its input: values of 0 to 1 were assumed; `divisor`, `mean` and `deviation` say otherwise".to_owned(),
                );
            }
            return preprocessing(input, options, 255.0);
        }
        let [height, width, channels] = input.as_image();
        let spread = |values: &[f64]| match values {
            [one] => vec![*one; channels],
            more => more.to_vec(),
        };
        let (factors, offsets) = (spread(&self.factors), spread(&self.offsets));
        let plain = factors.iter().all(|&factor| factor == factors[0])
            && offsets.iter().all(|&offset| offset == 0.0);
        let divisor = if plain { 1.0 / self.factors[0] } else { 1.0 };
        let mut made = Preprocessing::scaled(height, width, channels, divisor)
            .picture_divisor(divisor)
            .resize(options.resize.unwrap_or_default());
        if !plain {
            let each = factors.iter().zip(&offsets);
            made = made
                .mean(each.map(|(factor, offset)| -offset / factor).collect())
                .deviation(factors.iter().map(|factor| 1.0 / factor).collect());
        }
        let refused =
            |error: Error| format!("what the model does to its input cannot be written: {error}");
        made.check().map_err(refused)?;
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(scaling: &Scaling) -> Preprocessing {
        let shape = Shape::volume(4, 4, 3);
        scaling
            .preprocessing(shape, &ImportOptions::default(), &mut Vec::new())
            .unwrap()
    }

    #[test]
    fn what_layers_do_to_the_input_is_preprocessing() {
        let mut scaling = Scaling::default();
        let mut notes = Vec::new();
        let shape = Shape::volume(4, 4, 3);
        scaling
            .preprocessing(shape, &ImportOptions::default(), &mut notes)
            .unwrap();
        assert_eq!(notes.len(), 1, "an assumption is told");
        scaling.then(&[1.0 / 255.0], &[0.0]);
        assert!((made(&scaling).divisor - 255.0).abs() < 1e-9);
        scaling.then(&[2.0], &[-1.0]);
        let both = made(&scaling);
        for (raw, expected) in [(0.0, -1.0), (255.0, 1.0), (51.0, -0.6)] {
            let value: f64 = both.value(raw, 2);
            assert!((value - expected).abs() < 1e-12, "{value}");
        }
        scaling.then(&[1.0, 2.0, 4.0], &[0.0, 0.0, 1.0]);
        let value: f64 = made(&scaling).value(255.0, 2);
        assert!((value - 5.0).abs() < 1e-12, "{value}");
        let mut nothing = Scaling::default();
        nothing.then(&[0.0], &[1.0]);
        assert!(
            nothing
                .preprocessing(shape, &ImportOptions::default(), &mut notes)
                .is_err()
        );
    }
}
