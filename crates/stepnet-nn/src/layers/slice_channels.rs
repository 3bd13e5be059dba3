//! `slicechannels(first, count)`: some of the channels, one after the other.

use std::sync::Arc;

use super::arguments::count;
use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds, Rule, Term, value};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{Advise, Backward, Explain, Forward, Layer, LayerError, Reads, Remedy};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::join::Channels;

/// Channels `first` to `first + count - 1` of a volume, counted from 0, or features of a vector. `branch` with slices
/// that cover all channels is the split of ShuffleNetV2.
#[derive(Debug, Clone)]
pub(super) struct SliceChannels {
    text: LayerText,
    first: usize,
    count: usize,
}

impl SliceChannels {
    /// The part of the channels of an input that `output_shape` has accepted.
    fn channels(&self, input: Shape) -> Channels {
        Channels {
            all: input.channels(),
            first: self.first,
            count: self.count,
        }
    }
}

impl LayerKind for SliceChannels {
    fn signature() -> Signature {
        let summary = "Some of the channels, or features: `count` of them, from number `first` on.";
        Signature::new("slicechannels", summary)
            .required("first", ParameterKind::Whole)
            .required("count", ParameterKind::Count)
            .example("slicechannels(1, 2)")
            .example("slicechannels(0, 4)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            first: text.whole("first"),
            count: count(text, "count")?,
        }))
    }
}

impl<T: Real> Layer<T> for SliceChannels {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        // Each is at most the notation's largest number, far from overflow.
        if self.first + self.count > input.channels() {
            return Err(format!(
                "it takes channels {} to {}, expected at most {}, the input's last",
                self.first,
                self.first + self.count - 1,
                input.channels() - 1
            )
            .into());
        }
        Ok(match input {
            Shape::Volume { height, width, .. } => Shape::volume(height, width, self.count),
            Shape::Features(_) => Shape::Features(self.count),
        })
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let channels = self.channels(pass.context.input);
        channels.take(pass.x, pass.y, false);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            dx.fill(T::zero());
            self.channels(pass.context.input).put(pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }
}

impl<T: Real> Explain<T> for SliceChannels {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let Channels { all, first, count } = self.channels(example.input);
        let from = place / count * all + first + place % count;
        let term = Term::new(from, value(example.x, from), 1.0);
        let formula = "y = x: the same value, one of the channels that are taken";
        Ok(Some(Account::new(formula, Rule::Same, vec![term])))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let Channels { all, first, count } = self.channels(example.input);
        let channel = (place % all).checked_sub(first);
        let taken = channel.filter(|&channel| channel < count);
        Ok(Some(match taken {
            Some(channel) => {
                let to = place / all * count + channel;
                Feeds::new("dx = dy", vec![Feed::new(to, 1.0)])
            }
            None => Feeds::new("dx = 0: a channel that is not taken", Vec::new()),
        }))
    }
}

impl Advise for SliceChannels {
    fn formula(&self, input: Shape) -> Option<String> {
        let Self { first, count, .. } = self;
        let (end, all) = (first + count, input.channels());
        Some(format!(
            "{first} + {count} = {end} channels, more than {all}"
        ))
    }

    /// The channels that there are from the first on, or as many that end with the last.
    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let all = input.channels();
        let fewer = all.checked_sub(self.first).filter(|&count| count > 0);
        let fewer = fewer.map(|count| self.text.clone().with("count", count));
        let earlier = all.checked_sub(self.count);
        let earlier = earlier.map(|first| self.text.clone().with("first", first));
        let cost = cost::ARGUMENT;
        let texts = fewer.into_iter().chain(earlier).flatten();
        texts.map(|text| Remedy { text, cost }).collect()
    }
}
