//! Transposed convolution.

use super::activation::function;
use super::conv::{Window, bias, filters};
use super::refusals::{one, refuse};
use crate::graph::{Array, Value};
use crate::keras::build::{Build, Site};
use crate::problem::Checked;
use stepnet_nn::notation::{PaddingText, Value as Argument};

/// What is cropped before and after an axis of the output, and added after it.
fn cropped(reach: usize, stride: usize, padding: PaddingText, more: Option<usize>) -> [usize; 3] {
    match (padding, more) {
        (PaddingText::Same, None) => {
            let over = reach.saturating_sub(stride);
            [over / 2, over - over / 2, stride.saturating_sub(reach)]
        }
        // The output is `(n - 1) stride + reach % 2 + more`, and the odd one is cropped at the end.
        (PaddingText::Same, Some(more)) => {
            let size = reach % 2 + more;
            let over = reach.saturating_sub(size);
            [over / 2, over - over / 2, size.saturating_sub(reach)]
        }
        (_, None) => [0, 0, stride.saturating_sub(reach)],
        (_, Some(more)) => [0, 0, more],
    }
}

/// `Conv2DTranspose`: filters `(h, w, filters, channels)`, which is the notation's order, too.
pub(super) fn conv(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let input = one(site, inputs)?;
    let window = Window::of(site)?;
    let count = site.layer.count("filters")?;
    let channels = build.graph.shape(input).channels();
    let [h, w] = window.kernel;
    if h == 0 || w == 0 {
        return refuse(site, "its kernel_size is 0, expected at least 1");
    }
    let kernel = filters(build, site, 0, &["kernel"], &[h, w, count, channels])?;
    let bias = bias(build, site, 1, window.bias, count)?;
    let more = match site.layer.get("output_padding") {
        Some(_) => Some(site.layer.pair("output_padding", [0; 2])?),
        None => None,
    };
    let axis = |axis: usize| {
        let reach = (window.kernel[axis] - 1)
            .saturating_mul(window.dilation[axis])
            .saturating_add(1);
        let more = more.map(|more| more[axis]);
        cropped(reach, window.stride[axis], window.padding, more)
    };
    let ([top, bottom, below], [left, right, beyond]) = (axis(0), axis(1));
    let same = window.padding == PaddingText::Same && more.is_none();
    let (padding, more) = match (same, [top, bottom, left, right]) {
        (true, _) => (PaddingText::Same, [0; 2]),
        (_, [0, 0, 0, 0]) => (PaddingText::Valid, [below, beyond]),
        _ => {
            let sides = PaddingText::Sides {
                top,
                bottom,
                left,
                right,
            };
            (sides, [below, beyond])
        }
    };
    let arguments: [(&str, Argument); 7] = [
        ("filters", count.into()),
        ("kernel", window.kernel.into()),
        ("padding", padding.into()),
        ("stride", window.stride.into()),
        ("output_padding", more.into()),
        ("dilation", window.dilation.into()),
        ("bias", bias.is_some().into()),
    ];
    let text = build.graph.text("convtranspose", arguments)?;
    let mut arrays = vec![Array::new("weight", kernel)];
    arrays.extend(bias.map(|bias| Array::new("bias", bias)));
    let value = build.graph.layer(site.origin(), text, arrays, input)?;
    function(build, site, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes and the left border of Keras (its function for JAX), of an axis of five values.
    #[test]
    fn sizes_are_those_of_keras() {
        for (reach, stride, same, more, size, before) in [
            (3, 2, true, None, 10, 0),
            (4, 2, true, None, 10, 1),
            (2, 3, true, None, 15, 0),
            (5, 1, true, None, 5, 2),
            (3, 2, false, None, 11, 0),
            (2, 3, false, None, 15, 0),
            (3, 2, false, Some(1), 12, 0),
            (3, 2, true, Some(0), 9, 1),
            (3, 2, true, Some(1), 10, 0),
            (4, 2, true, Some(1), 9, 1),
        ] {
            let padding = match same {
                true => PaddingText::Same,
                false => PaddingText::Valid,
            };
            let [first, last, added] = cropped(reach, stride, padding, more);
            let case = format!("{reach} {stride} {same} {more:?}");
            assert_eq!(4 * stride + reach - first - last + added, size, "{case}");
            assert_eq!(first, before, "{case}");
        }
    }
}
