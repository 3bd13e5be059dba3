//! `upsample(factor, mode=nearest)`: larger images.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::window::accepted_volume;
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::upsample::{self, Between, UpsampleGeometry, UpsampleMode};

/// Each pixel several times (`nearest`), or the values between the centres of pixels (`bilinear`), as PyTorch's
/// `Upsample(scale_factor=factor)` with `align_corners=False`.
#[derive(Debug, Clone)]
pub(super) struct Upsample {
    text: LayerText,
    factor: [usize; 2],
    mode: UpsampleMode,
}

impl Upsample {
    /// For an input that `output_shape` has accepted.
    fn geometry(&self, input: Shape) -> UpsampleGeometry {
        UpsampleGeometry {
            input: accepted_volume(input),
            factor: self.factor,
            mode: self.mode,
        }
    }
}

/// The pixels that an output lies between along an axis, each once, with their shares.
fn shares(between: Between) -> impl Iterator<Item = (usize, f64)> + Clone {
    let Between {
        first,
        second,
        share,
    } = between;
    let both = match first == second {
        true => [(first, 1.0), (second, 0.0)],
        false => [(first, 1.0 - share), (second, share)],
    };
    both.into_iter().filter(|&(_, share)| share > 0.0)
}

impl LayerKind for Upsample {
    fn signature() -> Signature {
        let mode = ParameterKind::Word {
            words: &["nearest", "bilinear"],
            expected: "nearest or bilinear",
        };
        let summary =
            "Each pixel becomes several: the same value, or values on lines between centres.";
        Signature::new("upsample", summary)
            .alias("upsampling")
            .alias("upsampling2d")
            .required("factor", ParameterKind::Pair)
            .optional("mode", mode, Value::from("nearest"))
            .example("upsample(2)")
            .example("upsample(1x3)")
            .example("upsample(3x2, mode=bilinear)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        let mode = match text.word("mode") {
            "bilinear" => UpsampleMode::Bilinear,
            _ => UpsampleMode::Nearest,
        };
        Ok(Arc::new(Self {
            text: text.clone(),
            factor: text.pair("factor"),
            mode,
        }))
    }
}

impl<T: Real> Layer<T> for Upsample {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        if let Shape::Features(features) = input {
            return Err(format!(
                "upsample repeats the pixels of a volume (height x width x channels), but its input is a vector of \
                 {features} features"
            )
            .into());
        }
        let output = self.geometry(input).output();
        let output = output
            .ok_or_else(|| format!("it makes more values of {input} than can be addressed"))?;
        Ok(output.into())
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn is_view(&self, _training: bool) -> bool {
        self.factor == [1, 1]
    }

    fn forward(&self, pass: Forward<'_, T>) {
        upsample::forward(&self.geometry(pass.context.input), pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            upsample::backward(&self.geometry(pass.context.input), pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Upsample {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let g = self.geometry(example.input);
        let [_, width, channels] = g.input;
        let cols = width * g.factor[1];
        let (row, col) = (place / (cols * channels), place / channels % cols);
        let across = shares(g.between(1, col));
        let mut terms = account::room(4)?;
        for (row, by_row) in shares(g.between(0, row)) {
            terms.extend(across.clone().map(|(col, by_col)| {
                let at = (row * width + col) * channels + place % channels;
                Term::new(at, account::value(example.x, at), by_row * by_col)
            }));
        }
        Ok(Some(match self.mode {
            UpsampleMode::Nearest => {
                let rule = account::Rule::Same;
                Account::new("y = x: the value of the pixel it is a part of", rule, terms)
            }
            UpsampleMode::Bilinear => {
                let formula = "y = sum of x times its share, by the distance of the centres";
                Account::sum(formula, terms, None)
            }
        }))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.geometry(example.input);
        let [_, width, channels] = g.input;
        let cols = width * g.factor[1];
        let (row, col) = (place / (width * channels), place / channels % width);
        let share = |axis: usize, at: usize, pixel: usize| -> f64 {
            let own = shares(g.between(axis, at)).filter(|&(other, _)| other == pixel);
            own.map(|(_, share)| share).sum()
        };
        let (down, across) = (g.reach(0, row), g.reach(1, col));
        let mut feeds = account::room(down.len() * across.len())?;
        for i in down {
            let by_row = share(0, i, row);
            for j in across.clone() {
                let factor = by_row * share(1, j, col);
                if factor > 0.0 {
                    let to = (i * cols + j) * channels + place % channels;
                    feeds.push(Feed::new(to, factor));
                }
            }
        }
        let formula = "dx = sum of dy times the share of x";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}
