//! `pad(padding, mode=zeros)`: a border of zeros, of the mirrored image, or of its edge.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::window::accepted_volume;
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{Advise, Backward, Explain, Forward, Layer, LayerError, Reads, Remedy};
use crate::notation::{LayerText, PaddingText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::{PadGeometry, PadMode, Padding, pad};

/// A border: `pad(2)` on all sides, `pad(1x2)` above and below, left and right, or
/// `pad(top/bottom/left/right)`. `mode` is what is in it: `zeros`; `reflect`, the image mirrored at its first and last
/// pixels; `edge`, those again and again (PyTorch's `replicate`).
#[derive(Debug, Clone)]
pub(super) struct Pad {
    text: LayerText,
    padding: Padding,
    mode: PadMode,
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
        let mode = match text.word("mode") {
            "reflect" => PadMode::Reflect,
            "edge" => PadMode::Edge,
            _ => PadMode::Zeros,
        };
        Ok(Self {
            text: text.clone(),
            padding,
            mode,
        })
    }

    /// The first border, in the order top, bottom, left, right, that is too large to mirror an image.
    fn too_large(&self, [height, width, _]: [usize; 3]) -> Option<(&'static str, usize, usize)> {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        let sides = [
            ("top", top, height),
            ("bottom", bottom, height),
            ("left", left, width),
            ("right", right, width),
        ];
        let mut large = sides.into_iter().filter(|(_, pad, n)| pad >= n);
        large.next().filter(|_| self.mode == PadMode::Reflect)
    }

    /// For an input of any shape.
    fn of(&self, input: Shape) -> Result<PadGeometry, LayerError> {
        match input {
            Shape::Volume {
                height,
                width,
                channels,
            } => match self.too_large([height, width, channels]) {
                None => Ok(self.geometry(input)),
                Some((side, pad, n)) => Err(format!(
                    "its {side} padding is {pad}, expected less than {n}: the image is mirrored without its edge"
                )
                .into()),
            },
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
            mode: self.mode,
        }
    }
}

impl LayerKind for Pad {
    fn signature() -> Signature {
        let mode = ParameterKind::Word {
            words: &["zeros", "reflect", "edge"],
            expected: "zeros, reflect or edge",
        };
        let summary = "Rows and columns around each image: zeros, the image mirrored, or its edge.";
        Signature::new("pad", summary)
            .alias("zeropad")
            .alias("zeropad2d")
            .alias("zeropadding2d")
            .required("padding", ParameterKind::Padding)
            .optional("mode", mode, Value::from("zeros"))
            .example("pad(1)")
            .example("pad(1/0/0/2)")
            .example("pad(1/3/0/2, mode=reflect)")
            .example("pad(1x7, mode=edge)")
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
        let g = self.geometry(example.input);
        let [_, width, channels] = g.input;
        let [_, out_width, _] = accepted_volume(example.output);
        let [row, col] = [place / (out_width * channels), place / channels % out_width];
        let pixel = g.source(0, row).zip(g.source(1, col));
        Ok(Some(match pixel {
            Some((row, col)) => {
                let from = (row * width + col) * channels + place % channels;
                Account::same(
                    "y = x: the same value, in a border or repeated there",
                    from,
                    example,
                )
            }
            None => {
                let formula = "y = 0: in the border";
                Account::new(formula, Rule::Same, vec![Term::padding(1.0)])
            }
        }))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.geometry(example.input);
        let [_, width, channels] = g.input;
        let [out_height, out_width, _] = accepted_volume(example.output);
        let [row, col] = [place / (width * channels), place / channels % width];
        let Padding { top, left, .. } = self.padding;
        if self.mode == PadMode::Zeros {
            let to = ((row + top) * out_width + col + left) * channels + place % channels;
            return Ok(Some(Feeds::new("dx = dy", vec![Feed::new(to, 1.0)])));
        }
        let repeats = |axis: usize, pixel: usize, end: usize| {
            (0..end).filter(move |&at| g.source(axis, at) == Some(pixel))
        };
        let across = || repeats(1, col, out_width);
        let mut feeds = account::room(repeats(0, row, out_height).count() * across().count())?;
        for i in repeats(0, row, out_height) {
            let to = |j: usize| (i * out_width + j) * channels + place % channels;
            feeds.extend(across().map(|j| Feed::new(to(j), 1.0)));
        }
        let formula = "dx = sum of dy over the places where x is repeated";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

impl Advise for Pad {
    fn formula(&self, input: Shape) -> Option<String> {
        let [height, width, channels] = match input {
            Shape::Volume {
                height,
                width,
                channels,
            } => [height, width, channels],
            Shape::Features(_) => return None,
        };
        if let Some((side, pad, n)) = self.too_large([height, width, channels]) {
            return Some(format!("{pad} >= {n} at the {side}"));
        }
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

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let text = match (self.mode, input) {
            (PadMode::Reflect, Shape::Volume { height, width, .. }) => {
                let Padding {
                    top,
                    bottom,
                    left,
                    right,
                } = self.padding;
                let less = PaddingText::Sides {
                    top: top.min(height - 1),
                    bottom: bottom.min(height - 1),
                    left: left.min(width - 1),
                    right: right.min(width - 1),
                };
                self.text.clone().with("padding", less)
            }
            _ => self.text.clone().with("padding", 1),
        };
        let cost = cost::ARGUMENT;
        text.map(|text| Remedy { text, cost }).into_iter().collect()
    }
}
