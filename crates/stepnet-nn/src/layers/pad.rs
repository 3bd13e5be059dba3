//! `pad(padding)`: a border of zeros.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::window::accepted_volume;
use crate::account::{Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{Advise, Backward, Explain, Forward, Layer, LayerError, Reads, Remedy};
use crate::notation::{LayerText, PaddingText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::{PadGeometry, Padding, pad};

/// Zero padding: `pad(2)` on all sides, `pad(1x2)` above and below, left and right, or
/// `pad(top/bottom/left/right)`.
#[derive(Debug, Clone)]
pub(super) struct Pad {
    text: LayerText,
    padding: Padding,
}

impl Pad {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        let padding = match text.padding("padding") {
            PaddingText::Valid => Padding::VALID,
            PaddingText::Sides {
                top,
                bottom,
                left,
                right,
            } => Padding {
                top,
                bottom,
                left,
                right,
            },
            PaddingText::Same => {
                return Err(
                    "its padding is same, which only the layer whose window it is for can work out; \
                     give numbers, such as pad(1) or pad(top/bottom/left/right), or pad there"
                        .into(),
                );
            }
        };
        Ok(Self {
            text: text.clone(),
            padding,
        })
    }

    /// For an input of any shape.
    fn of(&self, input: Shape) -> Result<PadGeometry, LayerError> {
        match input {
            Shape::Volume { .. } => Ok(self.geometry(input)),
            Shape::Features(features) => Err(format!(
                "pad surrounds a volume (height x width x channels), but its input is a vector of {features} features"
            ).into()),
        }
    }

    /// For an input that `output_shape` has accepted.
    fn geometry(&self, input: Shape) -> PadGeometry {
        PadGeometry {
            input: accepted_volume(input),
            padding: self.padding,
        }
    }
}

impl LayerKind for Pad {
    fn signature() -> Signature {
        Signature::new("pad", "Rows and columns of zeros around each image.")
            .alias("zeropad")
            .alias("zeropad2d")
            .alias("zeropadding2d")
            .required("padding", ParameterKind::Padding)
            .example("pad(1)")
            .example("pad(1/0/0/2)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for Pad {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        let output = self.of(input)?.output().ok_or_else(|| {
            format!("its border makes more values of {input} than can be addressed")
        })?;
        Ok(output.into())
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn is_view(&self, _training: bool) -> bool {
        self.padding.is_zero()
    }

    fn forward(&self, pass: Forward<'_, T>) {
        pad::forward(&self.geometry(pass.context.input), pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            pad::backward(&self.geometry(pass.context.input), pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }
}

impl<T: Real> Explain<T> for Pad {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let [height, width, channels] = accepted_volume(example.input);
        let [_, out_width, _] = accepted_volume(example.output);
        let [row, col] = [place / (out_width * channels), place / channels % out_width];
        let Padding { top, left, .. } = self.padding;
        let pixel = row.checked_sub(top).zip(col.checked_sub(left));
        let inside = pixel.filter(|&(row, col)| row < height && col < width);
        Ok(Some(match inside {
            Some((row, col)) => {
                let from = (row * width + col) * channels + place % channels;
                Account::same("y = x: the same value, in a border", from, example)
            }
            None => {
                let formula = "y = 0: in the border";
                Account::new(formula, Rule::Same, vec![Term::padding(1.0)])
            }
        }))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let [_, width, channels] = accepted_volume(example.input);
        let [_, out_width, _] = accepted_volume(example.output);
        let [row, col] = [place / (width * channels), place / channels % width];
        let Padding { top, left, .. } = self.padding;
        let to = ((row + top) * out_width + col + left) * channels + place % channels;
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(to, 1.0)])))
    }
}

impl Advise for Pad {
    fn formula(&self, input: Shape) -> Option<String> {
        let [height, width, channels] = self.of(input).ok()?.input;
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        Some(format!(
            "({height} + {top} + {bottom}) * ({width} + {left} + {right}) * {channels} values"
        ))
    }

    fn remedies(&self, _input: Shape) -> Vec<Remedy> {
        let text = self.text.clone().with("padding", 1);
        let cost = cost::ARGUMENT;
        text.map(|text| Remedy { text, cost }).into_iter().collect()
    }
}
