//! `convtranspose(filters, kernel, ...)`: transposed convolution.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::plan_cache::PlanCache;
use super::transposed::Transposed;
use super::window::accepted_volume;
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{
    Advise, Backward, Cost, Explain, Forward, Layer, LayerError, Memory, Parameter, Remedy,
};
use crate::notation::{Count, LayerText, PaddingText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::{Pass, PassPlan, Real, conv, greatest_common_divisor, join};

/// Transposed convolution: every input pixel adds its value, times the filters, to the output pixels that a convolution
/// with the same window would compute it from. Its forward pass is that convolution's data gradient, and its data gradient
/// that convolution's forward pass: `mirror` below.
///
/// `padding` is cropped from the output, as PyTorch's `ConvTranspose2d` and the gradient of a padded convolution have it;
/// `same` makes `stride` times the input, as Keras does. `output_padding` adds rows at the bottom and columns on the right.
///
/// Parameters: `weight` of shape `(kernel height, kernel width, filters / groups, channels)`, the mirror's, and `bias` of
/// shape `(filters)`.
#[derive(Debug, Clone)]
pub(super) struct ConvTranspose {
    text: LayerText,
    sizes: Transposed,
    bias: bool,
    plans: PlanCache<conv::Plan>,
}

impl ConvTranspose {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        Ok(Self {
            text: text.clone(),
            sizes: Transposed::from_text(text)?,
            bias: text.flag("bias"),
            plans: PlanCache::default(),
        })
    }

    /// The plan of the mirror for an input that `output_shape` has accepted.
    fn plan<T: Real>(&self, input: Shape, batch: usize) -> conv::Plan {
        let make = || conv::Plan::new::<T>(&self.sizes.accepted(input, batch));
        self.plans.get(input, batch, conv::Plan::is_for::<T>, make)
    }
}

impl LayerKind for ConvTranspose {
    fn signature() -> Signature {
        use ParameterKind::{Count as Number, CountOrClasses, Flag, Padding, Pair, WholePair};
        let one = || Value::Count(Count::Number(1));
        let summary = "Transposed convolution: each pixel adds filters to the output. Padding is cropped from it.";
        Signature::new("convtranspose", summary)
            .alias("convtranspose2d")
            .alias("conv2dtranspose")
            .alias("deconv")
            .required("filters", CountOrClasses)
            .required("kernel", Pair)
            .optional("padding", Padding, Value::Padding(PaddingText::Valid))
            .optional("stride", Pair, one())
            .optional("output_padding", WholePair, Value::Count(Count::Number(0)))
            .optional("dilation", Pair, one())
            .optional("groups", Number, one())
            .optional("bias", Flag, true)
            .example("convtranspose(3, 2)")
            .example("convtranspose(2, 3, same, stride=2)")
            .example(
                "convtranspose(4, 3x2, 1/0/1/1, stride=2x3, output_padding=1x0, dilation=1x2, groups=2, bias=false)",
            )
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for ConvTranspose {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(self.sizes.mirror(input, 1)?.input.into())
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let [.., channels] = accepted_volume(input);
        let Transposed {
            filters, groups, ..
        } = self.sizes;
        let [height, width] = self.sizes.window.kernel;
        let stride = self.sizes.window.stride;
        // Of the taps, an output pixel is under every stride-th.
        let taps = height.div_ceil(stride[0]) * width.div_ceil(stride[1]);
        let weight = Parameter::weight(
            vec![height, width, filters / groups, channels],
            taps * channels / groups,
            height * width * filters / groups,
        );
        match self.bias {
            true => vec![weight, Parameter::bias(filters)],
            false => vec![weight],
        }
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let plan = self.plan::<T>(input, batch);
        let [forward, weights] = [Pass::Forward, Pass::Weights].map(|pass| plan.scratch::<T>(pass));
        Memory {
            scratch: plan.scratch::<T>(Pass::Data),
            backward_scratch: forward.max(weights),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(plan.geometry().weights_len());
        plan.backward_data(pass.x, weight, pass.y, pass.scratch);
        if self.bias {
            join::add_to_rows(pass.y, bias);
        }
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let weights = plan.geometry().weights_len();
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            plan.backward_weights(pass.dy, pass.x, dw, None, pass.scratch);
            if self.bias {
                join::sum_of_rows(pass.dy, db);
            }
        }
        if let Some(dx) = pass.dx {
            let weight = &pass.parameters[..weights];
            plan.forward(pass.dy, weight, None, dx, pass.scratch);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Explain<T> for ConvTranspose {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        // The mirror's input is the output here, and its windows are the pixels of the input.
        let g = self.sizes.accepted(example.input, 1);
        let ([_, out_width, filters], [_, width, channels]) = (g.input, g.output);
        let (row, col) = (place / (out_width * filters), place / filters % out_width);
        let filter = place % filters;
        let (own, seen) = (g.group_channels(), g.group_filters());
        let first = filter / own * seen;
        let [down, across] = g.axes();
        let pixels = down.windows(row).count() * across.windows(col).count();
        let mut terms = account::room(pixels * seen)?;
        for (i, u) in down.windows(row) {
            for (j, v) in across.windows(col) {
                let tap = (u * g.kernel[1] + v) * own + filter % own;
                terms.extend((first..first + seen).map(|channel| {
                    let w = account::value(example.parameters, tap * channels + channel);
                    let at = (i * width + j) * channels + channel;
                    Term::new(at, account::value(example.x, at), w)
                }));
            }
        }
        let bias = g.weights_len() + filter;
        let bias = self.bias.then(|| account::value(example.parameters, bias));
        let formula = match bias {
            Some(_) => "y = sum of x w over the pixels whose filters reach it, + b",
            None => "y = sum of x w over the pixels whose filters reach it",
        };
        Ok(Some(Account::sum(formula, terms, bias)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.sizes.accepted(example.input, 1);
        let ([_, out_width, filters], [_, width, channels]) = (g.input, g.output);
        let (row, col) = (place / (width * channels), place / channels % width);
        let channel = place % channels;
        let own = g.group_channels();
        let first = channel / g.group_filters() * own;
        let [down, across] = g.axes();
        let (rows, cols) = (down.taps(row), across.taps(col));
        let mut feeds = account::room(rows.len() * cols.len() * own)?;
        for u in rows {
            for v in cols.clone() {
                let Some((i, j)) = down.coordinate(row, u).zip(across.coordinate(col, v)) else {
                    continue;
                };
                feeds.extend((0..own).map(|filter| {
                    let tap = (u * g.kernel[1] + v) * own + filter;
                    let weight = account::value(example.parameters, tap * channels + channel);
                    Feed::new((i * out_width + j) * filters + first + filter, weight)
                }));
            }
        }
        let formula = "dx = sum of dy w over the outputs that the filters reach";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

impl Advise for ConvTranspose {
    fn formula(&self, input: Shape) -> Option<String> {
        self.sizes.formula(input)
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let Shape::Volume { channels, .. } = input else {
            return Vec::new();
        };
        let common = greatest_common_divisor(channels, self.sizes.filters);
        let groups = greatest_common_divisor(common, self.sizes.groups);
        let mut texts = vec![
            self.text.clone().with("groups", groups),
            self.text.clone().with("padding", PaddingText::Valid),
        ];
        let multiple = self.sizes.filters.next_multiple_of(self.sizes.groups);
        texts.push(self.text.clone().with("filters", multiple));
        let cost = cost::ARGUMENT;
        let changed = texts
            .into_iter()
            .flatten()
            .filter(|text| *text != self.text);
        changed.map(|text| Remedy { text, cost }).collect()
    }
}

impl<T: Real> Cost<T> for ConvTranspose {
    fn multiply_adds(&self, input: Shape) -> u64 {
        self.sizes.accepted(input, 1).multiply_adds()
    }

    /// The mirror's methods, each under the pass that it is here.
    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        let plan = self.plan::<T>(input, batch);
        let of = |pass: Pass, mirrored: Pass| PassPlan {
            pass,
            ..plan.explain::<T>(mirrored)
        };
        vec![
            of(Pass::Forward, Pass::Data),
            of(Pass::Data, Pass::Forward),
            of(Pass::Weights, Pass::Weights),
        ]
    }
}
