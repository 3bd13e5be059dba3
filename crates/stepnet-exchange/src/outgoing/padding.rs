//! Padding in numbers.

use stepnet_base::Result;
use stepnet_kernels::Padding;
use stepnet_nn::notation::{LayerText, PaddingText};

use super::layer::OutLayer;

/// The padding of a convolution.
pub(crate) fn conv_padding(layer: &OutLayer) -> Result<Padding> {
    let text = &layer.text;
    let window = [
        text.pair("kernel"),
        text.pair("stride"),
        text.pair("dilation"),
    ];
    resolved(layer, text, window)
}

/// The padding of a pooling: what the text gives, and what a last window that is not whole has beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolPadding {
    pub(crate) given: Padding,
    pub(crate) beyond: Padding,
}

impl PoolPadding {
    /// Both.
    pub(crate) fn whole(self) -> Padding {
        Padding {
            bottom: self.given.bottom + self.beyond.bottom,
            right: self.given.right + self.beyond.right,
            ..self.given
        }
    }
}

/// The padding of a pooling.
pub(crate) fn pool_padding(layer: &OutLayer) -> Result<PoolPadding> {
    let text = &layer.text;
    let (size, stride) = (text.pair("size"), text.pair("stride"));
    let given = resolved(layer, text, [size, stride, [1, 1]])?;
    let [height, width, _] = layer.volume()?;
    let [rows, cols, _] = layer.output.as_image();
    let beyond = |axis: usize, windows: usize, n: usize| {
        ((windows - 1) * stride[axis] + size[axis]).saturating_sub(n)
    };
    let beyond = Padding {
        bottom: beyond(0, rows, given.top + height + given.bottom),
        right: beyond(1, cols, given.left + width + given.right),
        ..Padding::VALID
    };
    Ok(PoolPadding { given, beyond })
}

/// What a transposed convolution crops, and the rows and columns that it adds at the end.
pub(crate) fn transposed_padding(layer: &OutLayer) -> (Padding, [usize; 2]) {
    let text = &layer.text;
    let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| text.pair(name));
    let more = text.pair("output_padding");
    match text.padding("padding") {
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        } => (
            Padding {
                top,
                bottom,
                left,
                right,
            },
            more,
        ),
        // The stride times the input: what a window reaches beyond its stride is cropped, an odd rest at the end.
        PaddingText::Same => {
            let reach = |axis: usize| (kernel[axis] - 1) * dilation[axis] + 1;
            let over = [0, 1].map(|axis| reach(axis).saturating_sub(stride[axis]));
            let padding = Padding {
                top: over[0] / 2,
                bottom: over[0] - over[0] / 2,
                left: over[1] / 2,
                right: over[1] - over[1] / 2,
            };
            (
                padding,
                [0, 1].map(|axis| stride[axis].saturating_sub(reach(axis))),
            )
        }
        _ => (Padding::VALID, more),
    }
}

/// The sides of a padding; those of `same` follow from the input and the window: kernel, stride, dilation.
fn resolved(layer: &OutLayer, text: &LayerText, window: [[usize; 2]; 3]) -> Result<Padding> {
    match text.padding("padding") {
        PaddingText::Same => {
            let [height, width, _] = layer.volume()?;
            let [kernel, stride, dilation] = window;
            Padding::same([height, width], kernel, stride, dilation)
        }
        PaddingText::Sides {
            top,
            bottom,
            left,
            right,
        } => Ok(Padding {
            top,
            bottom,
            left,
            right,
        }),
        // The enum may get more words; a layer has been built with this one, so it is one of these three.
        _ => Ok(Padding::VALID),
    }
}
