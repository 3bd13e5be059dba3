//! `conv(filters, kernel, ...)`: convolution.

use std::sync::Arc;

use super::arguments::{count, divisors};
use super::kind::{BuildResult, LayerKind};
use super::packed::{Fused, PackedConv};
use super::plan_cache::PlanCache;
use super::window::{Window, accepted_volume, reason, volume};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Reach, Term};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{
    Advise, Backward, Cost, Explain, Forward, Layer, LayerError, Memory, Parameter, Prepared,
    Remedy,
};
use crate::notation::{Count, LayerText, PaddingText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::conv::PackedFilters;
use stepnet_kernels::{ConvGeometry, Pass, PassPlan, Real, conv, greatest_common_divisor};

/// Convolution with optional bias: `y[i, h, w, f] = b[f] + sum over the window of x * w[.., f]`.
///
/// Parameters: `weight` of shape `(kernel height, kernel width, channels / groups, filters)` and
/// `bias` of shape `(filters)`.
#[derive(Debug, Clone)]
pub(crate) struct Conv {
    text: LayerText,
    filters: usize,
    window: Window,
    groups: usize,
    bias: bool,
    /// Whether it keeps to the direct method: [`ConvGeometry::direct`].
    exact: bool,
    plans: PlanCache<conv::Plan>,
}

impl Conv {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        Ok(Self {
            text: text.clone(),
            filters: count(text, "filters")?,
            window: Window::of_conv(text),
            groups: count(text, "groups")?,
            bias: text.flag("bias"),
            exact: false,
            plans: PlanCache::default(),
        })
    }

    fn geometry(&self, input: Shape, batch: usize) -> Result<ConvGeometry, LayerError> {
        let [height, width, channels] = volume("conv", input)?;
        self.window
            .resolve([height, width])
            .and_then(|window| {
                ConvGeometry::new(
                    batch,
                    [height, width, channels],
                    self.filters,
                    window,
                    self.groups,
                )
            })
            .map_err(reason)
    }

    /// Groups, or filters, that divide where these do not.
    fn dividing(&self, channels: usize) -> Vec<Remedy> {
        let (filters, groups) = (self.filters, self.groups);
        let common = greatest_common_divisor(channels, filters);
        let mut changes = Vec::new();
        // The nearest, and of two equally near ones the larger.
        let nearest =
            divisors(common).min_by_key(|&by| (by.abs_diff(groups), groups.saturating_sub(by)));
        if let Some(by) = nearest {
            changes.push(("groups", by, cost::ARGUMENT + u32::from(by == 1)));
        }
        if channels.is_multiple_of(groups) {
            let (below, above) = (
                filters / groups * groups,
                filters.div_ceil(groups).saturating_mul(groups),
            );
            let near = match below {
                below if below > 0 && filters - below < above - filters => below,
                _ => above,
            };
            // A few filters more or less are nearer than other groups.
            let cost = match near.abs_diff(filters) <= filters / 4 {
                true => cost::PADDING,
                false => cost::ARGUMENT + 1,
            };
            changes.push(("filters", near, cost));
        }
        let changed = |(name, number, cost): (&str, usize, u32)| {
            let text = self.text.clone().with(name, number).ok()?;
            Some(Remedy { text, cost })
        };
        changes.into_iter().filter_map(changed).collect()
    }

    /// The same layer with a bias.
    pub(crate) fn with_bias(&self) -> Self {
        Self {
            bias: true,
            ..self.clone()
        }
    }

    /// The same layer, which keeps to the direct method if `exact`: [`Network::set_exact`](crate::Network::set_exact).
    pub(crate) fn with_exact(&self, exact: bool) -> Self {
        Self {
            exact,
            plans: PlanCache::default(),
            ..self.clone()
        }
    }

    /// Whether there is a bias.
    pub(super) fn has_bias(&self) -> bool {
        self.bias
    }

    /// The geometry for an input that `output_shape` has accepted.
    pub(super) fn accepted(&self, input: Shape, batch: usize) -> ConvGeometry {
        let geometry = self
            .geometry(input, batch)
            .unwrap_or_else(|problem| panic!("conv after its shape check: {problem}"));
        match self.exact {
            true => geometry.direct(),
            false => geometry,
        }
    }
}

impl Conv {
    /// The plan for an input that `output_shape` has accepted.
    pub(super) fn plan<T: Real>(&self, input: Shape, batch: usize) -> conv::Plan {
        let make = || conv::Plan::new::<T>(&self.accepted(input, batch));
        self.plans.get(input, batch, conv::Plan::is_for::<T>, make)
    }

    /// The layer with these parameters packed: [`Fused::Conv`], or [`Fused::Relu`] with the ReLU after it.
    pub(super) fn packed<T: Real>(
        &self,
        input: Shape,
        parameters: &[T],
        fused: fn(PackedFilters<T>) -> Fused<T>,
    ) -> Checked<Prepared<T>> {
        let plan = self.plan::<T>(input, 1);
        let (weight, bias) = parameters.split_at(plan.geometry().weights_len());
        let filters = plan.pack(weight, self.bias.then_some(bias))?;
        Ok(PackedConv::prepared(self.text.clone(), fused(filters)))
    }
}

impl LayerKind for Conv {
    fn signature() -> Signature {
        use ParameterKind::{Count as Number, CountOrClasses, Flag, Padding, Pair};
        let one = || Value::Count(Count::Number(1));
        Signature::new("conv", "Convolution with a bias per filter.")
            .alias("conv2d")
            .alias("convolution2d")
            .required("filters", CountOrClasses)
            .required("kernel", Pair)
            .optional("padding", Padding, Value::Padding(PaddingText::Valid))
            .optional("stride", Pair, one())
            .optional("dilation", Pair, one())
            .optional("groups", Number, one())
            .optional("bias", Flag, true)
            .example("conv(3, 2)")
            .example("conv(4, 3x2, 1/0/2/1, stride=2x1, dilation=1x2, groups=2, bias=false)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for Conv {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(self.geometry(input, 1)?.output.into())
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let [.., channels] = accepted_volume(input);
        let [height, width] = self.window.kernel;
        let area = height * width;
        let per_group = channels / self.groups;
        let weight = Parameter::weight(
            vec![height, width, per_group, self.filters],
            area * per_group,
            area * self.filters / self.groups,
        );
        if self.bias {
            vec![weight, Parameter::bias(self.filters)]
        } else {
            vec![weight]
        }
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let plan = self.plan::<T>(input, batch);
        let [data, weights] = [Pass::Data, Pass::Weights].map(|pass| plan.scratch::<T>(pass));
        Memory {
            scratch: plan.scratch::<T>(Pass::Forward),
            backward_scratch: data.max(weights),
            ..Memory::default()
        }
    }

    fn prepare(&self, input: Shape, parameters: &[T]) -> Checked<Option<Prepared<T>>> {
        self.packed(input, parameters, Fused::Conv).map(Some)
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(plan.geometry().weights_len());
        let bias = self.bias.then_some(bias);
        plan.forward(pass.x, weight, bias, pass.y, pass.scratch);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let weights = plan.geometry().weights_len();
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            let db = self.bias.then_some(db);
            plan.backward_weights(pass.x, pass.dy, dw, db, pass.scratch);
        }
        if let Some(dx) = pass.dx {
            let weight = &pass.parameters[..weights];
            plan.backward_data(pass.dy, weight, dx, pass.scratch);
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

impl<T: Real> Explain<T> for Conv {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let g = self.accepted(example.input, 1);
        let [_, out_width, filters] = g.output;
        let [_, width, channels] = g.input;
        let (row, col) = (place / (out_width * filters), place / filters % out_width);
        let filter = place % filters;
        let seen_channels = g.group_channels();
        let first_channel = filter / g.group_filters() * seen_channels;
        let [down, right] = g.axes();
        let weight = |tap: usize| account::value(example.parameters, tap * filters + filter);

        let mut terms = account::room(g.kernel[0] * g.kernel[1] * seen_channels)?;
        for u in 0..g.kernel[0] {
            for v in 0..g.kernel[1] {
                let pixel = down.coordinate(row, u).zip(right.coordinate(col, v));
                for channel in 0..seen_channels {
                    let w = weight((u * g.kernel[1] + v) * seen_channels + channel);
                    terms.push(pixel.map_or(Term::padding(w), |(i, j)| {
                        let place = (i * width + j) * channels + first_channel + channel;
                        Term::new(place, account::value(example.x, place), w)
                    }));
                }
            }
        }
        let bias = g.weights_len() + filter;
        let bias = self.bias.then(|| account::value(example.parameters, bias));
        let formula = match bias {
            Some(_) => "y = sum of x w over the window, + b",
            None => "y = sum of x w over the window",
        };
        let window = [g.kernel[0], g.kernel[1], seen_channels];
        let spread = conv::spread_forward::<T>(&g, [row, col]);
        let reaches = reaches(spread, g.input, |channel| {
            let taps = (0..g.kernel[0] * g.kernel[1]).map(|tap| tap * channels + channel);
            taps.map(|tap| weight(tap).abs()).sum()
        })?;
        let slack = reaches.iter().map(|reach| reach.slack(example.x)).sum();
        let account = Account::sum(formula, terms, bias).windowed(window);
        Ok(Some(account.with_slack(slack)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.accepted(example.input, 1);
        let [_, width, channels] = g.input;
        let [_, out_width, filters] = g.output;
        let (row, col) = (place / (width * channels), place / channels % width);
        let (seen_channels, group_filters) = (g.group_channels(), g.group_filters());
        let channel = place % channels;
        let first_filter = channel / seen_channels * group_filters;
        let [down, right] = g.axes();

        let windows = down.windows(row).count() * right.windows(col).count();
        let mut feeds = account::room(windows * group_filters)?;
        for (i, u) in down.windows(row) {
            for (j, v) in right.windows(col) {
                let tap = (u * g.kernel[1] + v) * seen_channels + channel % seen_channels;
                for filter in first_filter..first_filter + group_filters {
                    let weight = account::value(example.parameters, tap * filters + filter);
                    let place = (i * out_width + j) * filters + filter;
                    feeds.push(Feed::new(place, weight));
                }
            }
        }
        let formula = "dx = sum of dy w over the windows that saw x";
        let spread = conv::spread_backward::<T>(&g, [row, col]);
        let reaches = reaches(spread, g.output, |filter| {
            let taps = (0..g.kernel[0] * g.kernel[1]).map(|tap| tap * channels + channel);
            let weight = |tap: usize| account::value(example.parameters, tap * filters + filter);
            taps.map(|tap| weight(tap).abs()).sum()
        })?;
        Ok(Some(Feeds::new(formula, feeds).with_reaches(reaches)))
    }
}

impl Advise for Conv {
    fn formula(&self, input: Shape) -> Option<String> {
        let [height, width, channels] = volume("conv", input).ok()?;
        let groups = self.groups;
        for (what, number) in [("channels", channels), ("filters", self.filters)] {
            if !number.is_multiple_of(groups) {
                let (share, rest) = (number / groups, number % groups);
                return Some(format!(
                    "{number} {what} / {groups} groups = {share}, remainder {rest}"
                ));
            }
        }
        self.window.formula([height, width])
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let Ok([height, width, channels]) = volume("conv", input) else {
            return Vec::new();
        };
        let mut remedies = self.dividing(channels);
        remedies.extend(self.window.remedies(&self.text, "kernel", [height, width]));
        remedies
    }
}

impl<T: Real> Cost<T> for Conv {
    fn multiply_adds(&self, input: Shape) -> u64 {
        self.accepted(input, 1).multiply_adds()
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        let plan = self.plan::<T>(input, batch);
        Pass::ALL.map(|pass| plan.explain::<T>(pass)).into()
    }
}

/// The effect of each channel of `[height, width, channels]` in a result that the kernel does not
/// compute as the sum of its terms; nothing (no `spread`) where it does.
///
/// `weights(channel)` is the sum of the magnitudes that multiply a channel in the result.
fn reaches(
    spread: Option<conv::Spread>,
    [_, width, channels]: [usize; 3],
    weights: impl Fn(usize) -> f64,
) -> Checked<Vec<Reach>> {
    let Some(conv::Spread { rows, cols, factor }) = spread else {
        return Ok(Vec::new());
    };
    let mut reaches = account::room(channels)?;
    for channel in 0..channels {
        let mut places = account::room(rows.len() * cols.len())?;
        for row in rows.clone() {
            places.extend(
                cols.clone()
                    .map(|col| (row * width + col) * channels + channel),
            );
        }
        let factor = factor * weights(channel);
        reaches.push(Reach { places, factor });
    }
    Ok(reaches)
}
