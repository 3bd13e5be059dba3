//! What the layers have in common that drop parts of an example while training.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Reads};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::scale::{self, ScaleGeometry};

/// A way of dropping that the notation knows, with the one argument `rate`.
pub(super) trait Dropping: Debug + Copy + Send + Sync + 'static {
    /// What is dropped as a whole.
    const PARTS: Parts;

    /// Its name, without the argument.
    fn signature() -> Signature;
}

/// A way of dropping as a layer.
///
/// What is dropped depends on the seed, the epoch, the example and the layer alone.
#[derive(Debug, Clone)]
pub(super) struct DropLayer<D> {
    text: LayerText,
    rate: f64,
    way: PhantomData<D>,
}

impl<D: Dropping> LayerKind for DropLayer<D> {
    fn signature() -> Signature {
        let signature = D::signature().required("rate", ParameterKind::Rate);
        let example = format!("{}(0.4)", signature.name());
        signature.example(&example)
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            rate: text.number("rate"),
            way: PhantomData,
        }))
    }
}

impl<T: Real, D: Dropping> Layer<T> for DropLayer<D> {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        Memory {
            kept: batch * D::PARTS.of(input),
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn is_view(&self, training: bool) -> bool {
        !training
    }

    fn forward(&self, pass: Forward<'_, T>) {
        drop_forward(self.rate, D::PARTS, pass);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        drop_backward(D::PARTS, pass);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real, D: Dropping> Explain<T> for DropLayer<D> {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y = x: the same value: nothing is dropped at inference";
        Ok(Some(Account::same(formula, place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}

/// What is dropped, or kept, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Each value.
    Values,
    /// Each channel of an example.
    Channels,
    /// Each example.
    Examples,
}

impl Parts {
    /// How many parts an example has.
    fn of(self, input: Shape) -> usize {
        match self {
            Self::Values => input.len(),
            Self::Channels => input.channels(),
            Self::Examples => 1,
        }
    }
}

/// Zeroes each part of a training pass with probability `rate`, divides the others by `1 - rate`, and keeps the factor of
/// each part of each example. A frozen layer passes everything on.
fn drop_forward<T: Real>(rate: f64, parts: Parts, pass: Forward<'_, T>) {
    let Some(noise) = pass.context.noise else {
        pass.y.copy_from_slice(pass.x);
        return;
    };
    let input = pass.context.input;
    let factor = T::from_f64(1.0 / (1.0 - rate));
    // A 32-bit draw below this limit is dropped.
    let limit = (rate * 4_294_967_296.0) as u64;
    for (example, factors) in pass.kept.chunks_exact_mut(parts.of(input)).enumerate() {
        let mut generator = noise.generator(pass.context.layer as u64, example);
        for keep in factors {
            *keep = if u64::from(generator.next_u32()) < limit {
                T::zero()
            } else {
                factor
            };
        }
    }
    multiply(parts, input, pass.kept, pass.x, pass.y);
}

/// The gradient: `dy` times the factors that [`drop_forward`] kept.
fn drop_backward<T: Real>(parts: Parts, pass: Backward<'_, T>) {
    let Some(dx) = pass.dx else { return };
    match pass.context.noise {
        Some(_) => multiply(parts, pass.context.input, pass.kept, pass.dy, dx),
        None => dx.copy_from_slice(pass.dy),
    }
}

/// `y = x` times the factors of its parts.
fn multiply<T: Real>(parts: Parts, input: Shape, factors: &[T], x: &[T], y: &mut [T]) {
    let (len, channels) = (input.len(), parts.of(input));
    if parts == Parts::Examples {
        let examples = y.chunks_exact_mut(len).zip(x.chunks_exact(len));
        for ((y, x), &keep) in examples.zip(factors) {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * keep);
        }
        return;
    }
    let g = ScaleGeometry {
        examples: x.len() / len,
        pixels: len / channels,
        channels,
    };
    scale::forward(&g, x, factors, y, false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;
    use crate::layer::{Context, Noise};
    use crate::notation::{Item, parse};

    const INPUT: [usize; 3] = [5, 4, 6];
    const LEN: usize = 120;

    /// `y` of ones and `dx` of ones, of these examples.
    fn passes(text: &str, noise: Option<Noise<'_>>, examples: usize) -> [Vec<f64>; 2] {
        let registry = Registry::<f64>::builtin();
        let network = parse(text, registry.kinds()).unwrap();
        let Item::Layer(layer) = &network.steps[0].item else {
            panic!("{text} is a group");
        };
        let layer = registry.build(text, layer).unwrap();
        let input = Shape::from(INPUT);
        let context = Context::new(3, input, input, examples)
            .backward(true)
            .noise(noise);
        let ones = vec![1.0; examples * LEN];
        let mut kept = vec![f64::NAN; layer.memory(input, examples).kept];
        let [mut y, mut dx] = [(); 2].map(|()| vec![f64::NAN; ones.len()]);
        layer.forward(Forward {
            context,
            parameters: &[],
            x: &ones,
            y: &mut y,
            kept: &mut kept,
            kept_indices: &mut [],
            scratch: &mut [],
        });
        layer.backward(Backward {
            context,
            parameters: &[],
            x: &[],
            y: &[],
            dy: &ones,
            dx: Some(&mut dx),
            gradients: None,
            kept: &kept,
            kept_indices: &[],
            scratch: &mut [],
        });
        [y, dx]
    }

    #[test]
    fn parts_are_dropped_as_a_whole_and_by_their_example() {
        fn of(examples: &[u64]) -> Noise<'_> {
            Noise {
                seed: 1,
                epoch: 2,
                examples,
            }
        }
        let examples: Vec<u64> = (0..600).collect();
        for (kind, parts, rows) in [
            ("dropout", LEN, 1),
            ("dropout2d", 6, 20),
            ("droppath", 1, LEN),
        ] {
            let text = format!("{kind}(0.25)");
            let [y, dx] = passes(&text, Some(of(&examples)), examples.len());
            assert_eq!(y, dx);
            let mut dropped = 0;
            for y in y.chunks_exact(LEN) {
                for (at, &value) in y.iter().enumerate() {
                    assert_eq!(value, y[at % parts], "{kind}: one of {rows} rows differs");
                    assert!(value == 0.0 || value == 1.0 / 0.75);
                }
                dropped += y[..parts].iter().filter(|&&value| value == 0.0).count();
            }
            let share = dropped as f64 / (parts * examples.len()) as f64;
            assert!((share - 0.25).abs() < 0.06, "{kind}: {share}");
            // The same examples among others.
            let [few, _] = passes(&text, Some(of(&[599, 7])), 2);
            assert_eq!(few[..LEN], y[599 * LEN..]);
            assert_eq!(few[LEN..], y[7 * LEN..8 * LEN]);
        }
    }

    #[test]
    fn a_frozen_layer_passes_values_and_gradients_on() {
        for kind in ["dropout", "dropout2d", "droppath"] {
            let [y, dx] = passes(&format!("{kind}(0.5)"), None, 2);
            assert!(y.iter().chain(&dx).all(|&value| value == 1.0), "{kind}");
        }
    }
}
