//! Sliding windows as the notation writes them, made numbers for one input.

use crate::doctor::cost;
use crate::error::{Error, Result};
use crate::layer::{LayerError, Remedy};
use crate::notation::{LayerText, PaddingText};
use crate::shape::Shape;
use stepnet_kernels::{ConvWindow, Padding};

/// A window before its input is known: `same` still stands for a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    pub(super) padding: PaddingText,
    /// Whether a last window that is not whole counts, as poolings may have it.
    pub(super) ceil_mode: bool,
}

impl Window {
    /// The window of a convolution's text.
    pub(super) fn of_conv(text: &LayerText) -> Self {
        Self {
            kernel: text.pair("kernel"),
            stride: text.pair("stride"),
            dilation: text.pair("dilation"),
            padding: text.padding("padding"),
            ceil_mode: false,
        }
    }

    /// The window of a pooling's text, whose stride is its size unless given.
    pub(super) fn of_pool(text: &LayerText) -> Self {
        Self {
            kernel: text.pair("size"),
            stride: text.pair("stride"),
            dilation: [1, 1],
            padding: text.padding("padding"),
            ceil_mode: text.flag("ceil_mode"),
        }
    }

    /// A window of this size, moved by its own size, without padding.
    pub(super) fn plain(size: [usize; 2]) -> Self {
        Self {
            kernel: size,
            stride: size,
            dilation: [1, 1],
            padding: PaddingText::Valid,
            ceil_mode: false,
        }
    }

    /// The numbers for a volume of `height` x `width`.
    pub(super) fn resolve(&self, input: [usize; 2]) -> Result<ConvWindow> {
        let padding = match self.padding {
            PaddingText::Valid => Padding::VALID,
            PaddingText::Same => Padding::same(input, self.kernel, self.stride, self.dilation)?,
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
        };
        Ok(ConvWindow {
            kernel: self.kernel,
            stride: self.stride,
            padding,
            dilation: self.dilation,
        })
    }

    /// The padding before and after on an axis (0: height), as far as it is given in numbers.
    fn pads(&self, axis: usize) -> [usize; 2] {
        match (self.padding, axis) {
            (PaddingText::Sides { top, bottom, .. }, 0) => [top, bottom],
            (PaddingText::Sides { left, right, .. }, _) => [left, right],
            _ => [0, 0],
        }
    }

    /// How far a dilated window reaches on an axis: `(f - 1) d + 1`.
    fn reach(&self, axis: usize) -> i128 {
        (self.kernel[axis] as i128 - 1) * self.dilation[axis] as i128 + 1
    }

    /// The largest reach for which there is a window on an axis.
    fn room(&self, axis: usize, input: [usize; 2]) -> i128 {
        let pads = self.pads(axis).map(|pad| pad as i128);
        input[axis] as i128 + pads[0] + pads[1]
    }

    fn fits(&self, axis: usize, input: [usize; 2]) -> bool {
        self.padding == PaddingText::Same || self.over(axis, input) >= 0
    }

    /// How far the room for a window reaches beyond it on an axis, a step that is not whole included in `ceil_mode`.
    fn over(&self, axis: usize, input: [usize; 2]) -> i128 {
        let more = match self.ceil_mode {
            true => self.stride[axis] as i128 - 1,
            false => 0,
        };
        self.room(axis, input) - self.reach(axis) + more
    }

    /// The size of an output without room for a window: `floor((n - f + pads) / s) + 1`, where a
    /// dilated window stands as `((f - 1) * d + 1)`; `ceil` in `ceil_mode`.
    pub(super) fn formula(&self, input: [usize; 2]) -> Option<String> {
        let axis = (0..2).find(|&axis| !self.fits(axis, input))?;
        let (n, f, s, d) = (
            input[axis],
            self.kernel[axis],
            self.stride[axis],
            self.dilation[axis],
        );
        let window = match d {
            1 => f.to_string(),
            _ => format!("(({f} - 1) * {d} + 1)"),
        };
        let [before, after] = self.pads(axis);
        let size = self.over(axis, input).div_euclid(s as i128) + 1;
        let rounding = if self.ceil_mode { "ceil" } else { "floor" };
        Some(format!(
            "{rounding}(({n} - {window} + {before} + {after}) / {s}) + 1 = {size}"
        ))
    }

    /// Windows that may fit where this one, written as `size` in `text`, does not.
    ///
    /// Height and width swapped; `same` padding; for dilated windows a smaller dilation; the
    /// largest window there is room for.
    pub(super) fn remedies(&self, text: &LayerText, size: &str, input: [usize; 2]) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        let mut add = |text: Result<LayerText>, cost| {
            remedies.extend(text.ok().map(|text| Remedy { text, cost }));
        };
        let [height, width] = self.kernel;
        if height != width && input[0] != input[1] {
            add(text.clone().with(size, [width, height]), cost::SLIP);
        }
        let met = |axis: usize| self.reach(axis) < 2 * input[axis] as i128;
        let pooled = u32::from(size == "size");
        let cost = match met(0) && met(1) && input != [1, 1] {
            true => cost::PADDING + 2 * pooled,
            false => cost::IDLE + pooled,
        };
        add(text.clone().with("padding", PaddingText::Same), cost);
        let per_axis = |change: &dyn Fn(usize) -> i128| {
            [0, 1].map(|axis| usize::try_from(change(axis).max(1)).unwrap_or(1))
        };
        let dilated = self.dilation != [1, 1];
        if dilated {
            let fitting = per_axis(&|axis| {
                let gaps = (self.kernel[axis] as i128 - 1).max(1);
                ((self.room(axis, input) - 1) / gaps).min(self.dilation[axis] as i128)
            });
            add(text.clone().with("dilation", fitting), cost::ARGUMENT);
        }
        let fitting = per_axis(&|axis| {
            let taps = (self.room(axis, input) - 1) / self.dilation[axis] as i128 + 1;
            taps.min(self.kernel[axis] as i128)
        });
        // A pooling of single pixels would only look as if it did something.
        if pooled == 0 || fitting != [1, 1] {
            // Single pixels see no neighbours: hardly what was meant.
            let lonely = if fitting == [1, 1] { 3 } else { 0 };
            let cost = cost::ARGUMENT + u32::from(dilated) + lonely;
            add(text.clone().with(size, fitting), cost);
        }
        // Where the padding alone asks for too much.
        let unpadded = per_axis(&|axis| (input[axis] as i128).min(self.kernel[axis] as i128));
        if self.pads(0) != [0, 0] || self.pads(1) != [0, 0] {
            let plain = text.clone().with("padding", PaddingText::Valid);
            let cost = cost::ARGUMENT + 1;
            add(plain.and_then(|text| text.with(size, unpadded)), cost);
        }
        remedies
    }
}

/// Why sizes do not go together, without the operation's name: the layer's stands before it.
pub(super) fn reason(error: Error) -> LayerError {
    match error {
        Error::Value {
            argument,
            found,
            expected,
            ..
        } => format!("{argument} is {found}, expected {expected}").into(),
        other => other.into(),
    }
}

/// The extents of a volume, or why a vector will not do.
pub(super) fn volume(kind: &str, input: Shape) -> Result<[usize; 3], String> {
    match input {
        Shape::Volume {
            height,
            width,
            channels,
        } => Ok([height, width, channels]),
        Shape::Features(features) => Err(format!(
            "{kind} slides over a volume (height x width x channels), but its input is a vector of {features} features"
        )),
    }
}

/// The extents of a volume that `output_shape` has accepted before.
pub(super) fn accepted_volume(input: Shape) -> [usize; 3] {
    match input {
        Shape::Volume {
            height,
            width,
            channels,
        } => [height, width, channels],
        Shape::Features(features) => {
            panic!("a layer for volumes was given {features} features after its shape check")
        }
    }
}
