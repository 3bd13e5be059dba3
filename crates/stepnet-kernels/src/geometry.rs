//! Padding, and the size of what a sliding window leaves.

use std::ops::Range;

use crate::error::{Error, Result};

/// Rows and columns of padding around an image, per side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Rows above the first row.
    pub top: usize,
    /// Rows below the last row.
    pub bottom: usize,
    /// Columns left of the first column.
    pub left: usize,
    /// Columns right of the last column.
    pub right: usize,
}

impl Padding {
    /// No padding: windows stay inside the image.
    pub const VALID: Self = Self {
        top: 0,
        bottom: 0,
        left: 0,
        right: 0,
    };

    /// The same padding on all four sides.
    pub const fn even(size: usize) -> Self {
        Self {
            top: size,
            bottom: size,
            left: size,
            right: size,
        }
    }

    /// The padding that gives `ceil(n / stride)` windows per axis.
    ///
    /// Per axis, in total `max((ceil(n / s) - 1) s + (f - 1) d + 1 - n, 0)`; of an odd total the
    /// larger half goes to the bottom or right, as in TensorFlow. All pairs are (height, width).
    ///
    /// # Errors
    ///
    /// A size, stride or dilation of 0, and sizes whose sums overflow.
    pub fn same(
        input: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
    ) -> Result<Self> {
        let (top, bottom) = same_on_axis(
            "same padding",
            "height",
            input[0],
            kernel[0],
            stride[0],
            dilation[0],
        )?;
        let (left, right) = same_on_axis(
            "same padding",
            "width",
            input[1],
            kernel[1],
            stride[1],
            dilation[1],
        )?;
        Ok(Self {
            top,
            bottom,
            left,
            right,
        })
    }

    /// Whether there is no padding on any side.
    pub fn is_zero(&self) -> bool {
        *self == Self::VALID
    }
}

/// The padding before and after, on one axis.
fn same_on_axis(
    operation: &'static str,
    axis: &str,
    n: usize,
    f: usize,
    stride: usize,
    dilation: usize,
) -> Result<(usize, usize)> {
    positive(operation, || format!("input {axis}"), n)?;
    let extent = window_extent(operation, axis, f, stride, dilation)?;
    let last_start = (n.div_ceil(stride) - 1) * stride; // below n, so it cannot overflow
    let covered = last_start
        .checked_add(extent)
        .ok_or_else(|| too_large(operation, format!("padded {axis}")))?;
    let total = covered.saturating_sub(n);
    Ok((total / 2, total - total / 2))
}

/// How many windows fit on one axis: `floor((n + before + after - ((f - 1) d + 1)) / s) + 1`.
///
/// `pads` is the padding (before, after). `operation` and `axis` name the place in errors.
///
/// # Errors
///
/// A size of 0, a window that is larger than the padded input, and sums that overflow.
pub fn output_size(
    operation: &'static str,
    axis: &str,
    n: usize,
    pads: (usize, usize),
    f: usize,
    [stride, dilation]: [usize; 2],
) -> Result<usize> {
    positive(operation, || format!("input {axis}"), n)?;
    let extent = window_extent(operation, axis, f, stride, dilation)?;
    let padded = n
        .checked_add(pads.0)
        .and_then(|sum| sum.checked_add(pads.1))
        .ok_or_else(|| too_large(operation, format!("padded {axis}")))?;
    if extent > padded {
        let window = if dilation > 1 {
            format!("{extent} ({f} taps, dilation {dilation})")
        } else {
            extent.to_string()
        };
        let limit = if pads == (0, 0) {
            format!("at most {padded}, the input's {axis}")
        } else {
            format!(
                "at most {padded}, the padded {axis} ({n} with padding {} and {})",
                pads.0, pads.1
            )
        };
        return Err(Error::value(
            operation,
            format!("window {axis}"),
            window,
            limit,
        ));
    }
    Ok((padded - extent) / stride + 1)
}

/// Height and width with their padding, once [`output_size`] has added them up.
pub(super) fn padded([height, width]: [usize; 2], padding: Padding) -> [usize; 2] {
    [
        height + padding.top + padding.bottom,
        width + padding.left + padding.right,
    ]
}

/// The reach of a dilated window: `(f - 1) d + 1`.
fn window_extent(
    operation: &'static str,
    axis: &str,
    f: usize,
    stride: usize,
    dilation: usize,
) -> Result<usize> {
    positive(operation, || format!("window {axis}"), f)?;
    positive(operation, || format!("stride ({axis})"), stride)?;
    positive(operation, || format!("dilation ({axis})"), dilation)?;
    (f - 1)
        .checked_mul(dilation)
        .and_then(|reach| reach.checked_add(1))
        .ok_or_else(|| {
            too_large(
                operation,
                format!("window {axis} {f} with dilation {dilation}"),
            )
        })
}

/// One axis of a sliding window, for asking which window sees which coordinate.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// The input's extent.
    pub(crate) n: usize,
    /// Padding before the first coordinate.
    pub(crate) before: usize,
    /// Taps of the window.
    pub(crate) kernel: usize,
    /// Coordinates between neighbouring windows.
    pub(crate) stride: usize,
    /// Coordinates between neighbouring taps.
    pub(crate) dilation: usize,
    /// How many windows there are.
    pub(crate) windows: usize,
}

impl Axis {
    /// The coordinate that tap `tap` of window `window` sees; `None` in the padding.
    pub fn coordinate(&self, window: usize, tap: usize) -> Option<usize> {
        let padded = window * self.stride + tap * self.dilation;
        padded
            .checked_sub(self.before)
            .filter(|&coordinate| coordinate < self.n)
    }

    /// The taps of window `window` that see the input rather than the padding.
    pub fn taps(&self, window: usize) -> Range<usize> {
        let start = window * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation);
        let end = (self.before + self.n).saturating_sub(start);
        let end = end.div_ceil(self.dilation).min(self.kernel);
        first.min(end)..end
    }

    /// Those of `windows` that see the input rather than the padding through tap `tap`.
    pub(crate) fn windows_inside(&self, tap: usize, windows: Range<usize>) -> Range<usize> {
        let place = tap * self.dilation;
        let first = self.before.saturating_sub(place).div_ceil(self.stride);
        let end = (self.before + self.n)
            .saturating_sub(place)
            .div_ceil(self.stride);
        let first = first.clamp(windows.start, windows.end);
        first..end.clamp(first, windows.end)
    }

    /// The windows that see `coordinate`, each with its tap. However large a window is, no more
    /// steps are taken than there are windows.
    pub fn windows(&self, coordinate: usize) -> impl Iterator<Item = (usize, usize)> {
        let place = coordinate + self.before;
        let reach = (self.kernel - 1) * self.dilation;
        let first = place.saturating_sub(reach).div_ceil(self.stride);
        let end = (place / self.stride + 1).min(self.windows);
        (first..end).filter_map(move |window| {
            let distance = place - window * self.stride;
            let tap = distance / self.dilation;
            distance
                .is_multiple_of(self.dilation)
                .then_some((window, tap))
        })
    }
}

/// Euclid's algorithm.
pub fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// An error unless `value` is at least 1.
pub(super) fn positive(
    operation: &'static str,
    argument: impl FnOnce() -> String,
    value: usize,
) -> Result<()> {
    if value == 0 {
        return Err(Error::value(operation, argument(), 0, "at least 1"));
    }
    Ok(())
}

/// The product of sizes, or an error that shows them.
pub(super) fn volume(operation: &'static str, argument: &str, sizes: &[usize]) -> Result<usize> {
    // A batch of 0 must not hide sizes that overflow as soon as there is one example.
    sizes
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size.max(1)))
        .filter(|&elements| isize::try_from(elements).is_ok())
        .map(|elements| if sizes.contains(&0) { 0 } else { elements })
        .ok_or_else(|| too_large(operation, format!("{argument} of shape {sizes:?}")))
}

fn too_large(operation: &'static str, argument: String) -> Error {
    Error::value(
        operation,
        argument,
        "too large",
        "sizes whose product fits in memory",
    )
}

#[cfg(test)]
mod tests;
