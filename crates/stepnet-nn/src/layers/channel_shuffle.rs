//! `channelshuffle(groups)`: the channels of several groups in turns.

use std::sync::Arc;

use super::arguments::{count, divisors};
use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds, Rule, Term, value};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{Advise, Backward, Explain, Forward, Layer, LayerError, Reads, Remedy};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::{Real, shuffle};

/// The first channel of each group, then the second of each, and so on, as PyTorch's `ChannelShuffle(groups)`: after a
/// convolution in groups, each group of the next one sees channels of all.
///
/// Source: Zhang, Zhou, Lin and Sun, "ShuffleNet", 2018.
#[derive(Debug, Clone)]
pub(super) struct ChannelShuffle {
    text: LayerText,
    groups: usize,
}

impl LayerKind for ChannelShuffle {
    fn signature() -> Signature {
        let summary = "Channels in another order: the first of each group, the second of each, ...";
        Signature::new("channelshuffle", summary)
            .required("groups", ParameterKind::Count)
            .example("channelshuffle(2)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            groups: count(text, "groups")?,
        }))
    }
}

impl<T: Real> Layer<T> for ChannelShuffle {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        let (channels, groups) = (input.channels(), self.groups);
        if !channels.is_multiple_of(groups) {
            return Err(format!(
                "channels is {channels}, expected a multiple of the {groups} groups"
            )
            .into());
        }
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let channels = pass.context.input.channels();
        shuffle::forward(channels, self.groups, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let channels = pass.context.input.channels();
            shuffle::forward(channels, channels / self.groups, pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }
}

impl<T: Real> Explain<T> for ChannelShuffle {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let channels = example.input.channels();
        let channel = place % channels;
        let channel_from = channel % self.groups * (channels / self.groups) + channel / self.groups;
        let from = place - channel + channel_from;
        let term = Term::new(from, value(example.x, from), 1.0);
        let formula = "y = x: the same value, under another channel";
        Ok(Some(Account::new(formula, Rule::Same, vec![term])))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let channels = example.input.channels();
        let (channel, size) = (place % channels, channels / self.groups);
        let to = place - channel + channel % size * self.groups + channel / size;
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(to, 1.0)])))
    }
}

impl Advise for ChannelShuffle {
    fn formula(&self, input: Shape) -> Option<String> {
        let (channels, groups) = (input.channels(), self.groups);
        let (share, rest) = (channels / groups, channels % groups);
        (rest > 0)
            .then(|| format!("{channels} channels / {groups} groups = {share}, remainder {rest}"))
    }

    /// The nearest numbers of groups that divide the channels and move any of them.
    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let channels = input.channels();
        let fitting = || divisors(channels).filter(|&groups| groups > 1 && groups < channels);
        let fewer = fitting().filter(|&groups| groups < self.groups).max();
        let more = fitting().filter(|&groups| groups > self.groups).min();
        let text = |groups: usize| self.text.clone().with("groups", groups).ok();
        let cost = cost::ARGUMENT;
        let nearest = fewer.into_iter().chain(more).filter_map(text);
        nearest.map(|text| Remedy { text, cost }).collect()
    }
}
