//! Sliding windows as the notation writes them, made numbers for one input.

use crate::error::Result;
use crate::kernels::{ConvWindow, Padding};
use crate::nn::notation::{LayerText, PaddingText};
use crate::nn::shape::Shape;

/// A window before its input is known: `same` still stands for a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    pub(super) padding: PaddingText,
}

impl Window {
    /// The window of a convolution's text.
    pub(super) fn of_conv(text: &LayerText) -> Self {
        Self {
            kernel: text.pair("kernel"),
            stride: text.pair("stride"),
            dilation: text.pair("dilation"),
            padding: text.padding("padding"),
        }
    }

    /// The window of a pooling's text, whose stride is its size unless given.
    pub(super) fn of_pool(text: &LayerText) -> Self {
        Self {
            kernel: text.pair("size"),
            stride: text.pair("stride"),
            dilation: [1, 1],
            padding: text.padding("padding"),
        }
    }

    /// A window of this size, moved by its own size, without padding.
    pub(super) fn plain(size: [usize; 2]) -> Self {
        Self {
            kernel: size,
            stride: size,
            dilation: [1, 1],
            padding: PaddingText::Valid,
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
            "{kind} slides over a volume (height x width x channels), but its input is a vector of {features} features; \
             put it before flatten and linear"
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
