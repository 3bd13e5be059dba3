//! The sizes of a transposed convolution: those of the convolution that it is the gradient of.

use super::arguments::count;
use super::window::{Window, reason};
use crate::layer::LayerError;
use crate::notation::{LayerText, PaddingText};
use crate::shape::Shape;
use stepnet_kernels::{ConvGeometry, ConvWindow, Padding};

/// The arguments that the sizes follow from.
#[derive(Debug, Clone)]
pub(super) struct Transposed {
    pub(super) filters: usize,
    pub(super) window: Window,
    pub(super) groups: usize,
    output_padding: [usize; 2],
}

/// An axis of the output: its extent, and what is cropped before and after it.
#[derive(Debug, Clone, Copy)]
struct Extent {
    out: usize,
    before: usize,
    after: usize,
}

impl Transposed {
    pub(super) fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        let window = Window::of_conv(text);
        let output_padding = text.pair("output_padding");
        for (more, stride) in output_padding.into_iter().zip(window.stride) {
            if more >= stride {
                return Err(format!(
                    "its output_padding is {more}, expected less than its stride, {stride}"
                )
                .into());
            }
            if more > 0 && window.padding == PaddingText::Same {
                return Err(format!(
                    "its output_padding is {more}, expected 0 with same padding, whose output is the stride times \
                     the input"
                )
                .into());
            }
        }
        Ok(Self {
            filters: count(text, "filters")?,
            window,
            groups: count(text, "groups")?,
            output_padding,
        })
    }

    /// How far a window reaches on an axis: `(f - 1) d + 1`.
    fn reach(&self, axis: usize) -> i128 {
        (self.window.kernel[axis] as i128 - 1) * self.window.dilation[axis] as i128 + 1
    }

    /// What is cropped before and after an axis, and added after it.
    fn cropped(&self, axis: usize) -> [i128; 3] {
        let more = self.output_padding[axis] as i128;
        match (self.window.padding, axis) {
            (PaddingText::Valid, _) => [0, 0, more],
            (PaddingText::Sides { top, bottom, .. }, 0) => [top as i128, bottom as i128, more],
            (PaddingText::Sides { left, right, .. }, _) => [left as i128, right as i128, more],
            (PaddingText::Same, _) => {
                let over = self.reach(axis) - self.window.stride[axis] as i128;
                let before = over.max(0) / 2;
                [before, over.max(0) - before, (-over).max(0)]
            }
        }
    }

    /// The extent of the output on an axis, `(n - 1) s + reach - crop + output_padding`, which may be none.
    fn size(&self, axis: usize, n: usize) -> i128 {
        let [before, after, more] = self.cropped(axis);
        (n as i128 - 1) * self.window.stride[axis] as i128 + self.reach(axis) - before - after
            + more
    }

    fn extent(&self, axis: usize, n: usize) -> Result<Extent, String> {
        let size = self.size(axis, n);
        let (what, [before, after, _]) = (["rows", "columns"][axis], self.cropped(axis));
        if size < 1 {
            return Err(format!(
                "its padding crops the output to {size} {what}, expected at least 1"
            ));
        }
        let number = |size: i128| usize::try_from(size).ok();
        let extent = number(size).zip(number(before)).zip(number(after));
        let ((out, before), after) =
            extent.ok_or_else(|| format!("its output has {size} {what}, too many"))?;
        Ok(Extent { out, before, after })
    }

    /// The convolution whose input is the output here, and whose output is the input.
    pub(super) fn mirror(&self, input: Shape, batch: usize) -> Result<ConvGeometry, LayerError> {
        let Shape::Volume {
            height,
            width,
            channels,
        } = input
        else {
            return Err(format!(
                "convtranspose slides over a volume (height x width x channels), but its input is a vector of {} \
                 features",
                input.len()
            )
            .into());
        };
        for (what, number) in [("channels", channels), ("filters", self.filters)] {
            if !number.is_multiple_of(self.groups) {
                return Err(format!(
                    "{what} is {number}, expected a multiple of the {} groups",
                    self.groups
                )
                .into());
            }
        }
        let [down, across] = [self.extent(0, height)?, self.extent(1, width)?];
        let window = ConvWindow {
            kernel: self.window.kernel,
            stride: self.window.stride,
            padding: Padding {
                top: down.before,
                bottom: down.after,
                left: across.before,
                right: across.after,
            },
            dilation: self.window.dilation,
        };
        let output = [down.out, across.out, self.filters];
        let mirror = ConvGeometry::new(batch, output, channels, window, self.groups);
        // By sums alone: explanations would have to bound what Winograd's method rounds.
        let mirror = mirror.map_err(reason)?.direct();
        debug_assert_eq!(mirror.output, [height, width, channels]);
        Ok(mirror)
    }

    /// The mirror of an input that was accepted.
    pub(super) fn accepted(&self, input: Shape, batch: usize) -> ConvGeometry {
        self.mirror(input, batch)
            .unwrap_or_else(|problem| panic!("convtranspose after its shape check: {problem}"))
    }

    /// The formula by which an input is refused.
    pub(super) fn formula(&self, input: Shape) -> Option<String> {
        let Shape::Volume {
            height,
            width,
            channels,
        } = input
        else {
            return None;
        };
        let groups = self.groups;
        for (what, number) in [("channels", channels), ("filters", self.filters)] {
            if !number.is_multiple_of(groups) {
                let (share, rest) = (number / groups, number % groups);
                return Some(format!(
                    "{number} {what} / {groups} groups = {share}, remainder {rest}"
                ));
            }
        }
        let extents = [height, width];
        let axis = (0..2).find(|&axis| self.size(axis, extents[axis]) < 1)?;
        let ([before, after, more], n) = (self.cropped(axis), extents[axis]);
        Some(format!(
            "({n} - 1) * {} + {} - {before} - {after} + {more} = {}",
            self.window.stride[axis],
            self.reach(axis),
            self.size(axis, n)
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Network, Shape};

    /// PyTorch's sizes, and Keras's of `same`.
    #[test]
    fn outputs_have_the_sizes_of_pytorch_and_keras() {
        for (text, input, output) in [
            ("convtranspose(4, 2, stride=2)", "3x5x2", "6x10x4"),
            (
                "convtranspose(4, 3, 1, stride=2, output_padding=1)",
                "3x5x2",
                "6x10x4",
            ),
            ("convtranspose(4, 3, 1, stride=2)", "3x5x2", "5x9x4"),
            (
                "convtranspose(1, 3x2, stride=2x3, dilation=2x1)",
                "2x3x1",
                "7x8x1",
            ),
            ("convtranspose(1, 3, same)", "4x5x1", "4x5x1"),
            ("convtranspose(1, 4, same, stride=3)", "4x5x1", "12x15x1"),
            ("convtranspose(1, 1, same, stride=3)", "4x5x1", "12x15x1"),
        ] {
            let network = Network::<f32>::new(text, input.parse::<Shape>().unwrap()).unwrap();
            assert_eq!(network.output().to_string(), output, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_in_one_line_with_what_would_do() {
        let refused = |text: &str, input: Shape| {
            let message = Network::<f32>::new(text, input).unwrap_err().to_string();
            assert!(!message.contains('\n'), "{message}");
            message
        };
        let volume = Shape::volume(2, 3, 4);
        for (text, input, words) in [
            (
                "convtranspose(4, 3, output_padding=1)",
                volume,
                "its output_padding is 1, expected less than its stride, 1",
            ),
            (
                "convtranspose(4, 3, same, stride=2, output_padding=1)",
                volume,
                "expected 0 with same padding",
            ),
            (
                "convtranspose(4, 2, 2)",
                volume,
                "(2 - 1) * 1 + 2 - 2 - 2 + 0 = -1",
            ),
            (
                "convtranspose(4, 2, groups=3)",
                volume,
                "channels is 4, expected a multiple of the 3 groups",
            ),
            (
                "convtranspose(5, 2, groups=2)",
                volume,
                "filters is 5, expected a multiple of the 2 groups",
            ),
            (
                "convtranspose(5, 2)",
                Shape::Features(7),
                "its input is a vector of 7 features",
            ),
            (
                "convtranspose(1, 2147483648, stride=2147483648)",
                volume,
                "too large",
            ),
        ] {
            let message = refused(text, input);
            assert!(message.contains(words), "{message}");
        }
    }
}
