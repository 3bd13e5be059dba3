//! The sizes of a pooling, validated once.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::geometry::{Axis, Padding, output_size, padded, positive, volume};
use crate::parallel::{MAX_PARTS, Parts};

/// The sizes of a pooling that fit together. Built by [`PoolGeometry::new`] only, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PoolGeometry {
    /// Examples.
    pub batch: usize,
    /// Height, width and channels of an example.
    pub input: [usize; 3],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Input pixels between neighbouring windows (height, width).
    pub stride: [usize; 2],
    /// Rows and columns around the image.
    pub padding: Padding,
    /// Height, width and channels of an output.
    pub output: [usize; 3],
    /// Rows and columns after the image that belong to the last windows alone, not to the padding that was asked for:
    /// they count in no average. The bottom and right padding include them.
    pub beyond: [usize; 2],
}

const NAME: &str = "pooling";

impl PoolGeometry {
    /// Checks sizes and works out the output: `floor((n + pads - f) / stride) + 1`.
    ///
    /// `input` is (height, width, channels); `kernel` and `stride` are (height, width).
    ///
    /// # Errors
    ///
    /// Any size of 0 but the batch, a window that is larger than the padded input, padding that is
    /// not smaller than the window (a window could lie in it wholly), and arrays too large to
    /// address; an example may hold 2^32 - 1 values, since winners are `u32`.
    pub fn new(
        batch: usize,
        input: [usize; 3],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        let [height, width, channels] = input;
        positive(NAME, || "input channels".into(), channels)?;
        let Padding {
            top,
            bottom,
            left,
            right,
        } = padding;
        let out_h = output_size(
            NAME,
            "height",
            height,
            (top, bottom),
            kernel[0],
            [stride[0], 1],
        )?;
        let out_w = output_size(
            NAME,
            "width",
            width,
            (left, right),
            kernel[1],
            [stride[1], 1],
        )?;
        let sides = [
            ("top padding", top, kernel[0]),
            ("bottom padding", bottom, kernel[0]),
            ("left padding", left, kernel[1]),
            ("right padding", right, kernel[1]),
        ];
        for (side, pad, window) in sides {
            if pad >= window {
                let less = format!("less than the window's {window}");
                return Err(Error::value(NAME, side, pad, less));
            }
        }
        let example = volume(NAME, "an example", &input)?;
        if u32::try_from(example).is_err() {
            return Err(Error::value(
                NAME,
                "values per example",
                example,
                "at most 4294967295",
            ));
        }
        let whole = padded([height, width], padding);
        let geometry = Self {
            batch,
            input,
            kernel,
            // A step past the whole picture is not taken, whatever its length.
            stride: [stride[0].min(whole[0]), stride[1].min(whole[1])],
            padding,
            output: [out_h, out_w, channels],
            beyond: [0, 0],
        };
        geometry.check_volumes()?;
        Ok(geometry)
    }

    /// The same with a last window that is not whole: the output is `ceil((n + pads - f) / stride) + 1`, and one less
    /// where the last window would start after the image. PyTorch's `ceil_mode`.
    ///
    /// # Errors
    ///
    /// As [`PoolGeometry::new`], but a window may be larger than the padded input by less than a step.
    pub fn rounded_up(
        batch: usize,
        input: [usize; 3],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        let down = padding.top.checked_add(padding.bottom);
        let across = padding.left.checked_add(padding.right);
        let mut beyond = [0; 2];
        for (axis, (pads, before)) in [(down, padding.top), (across, padding.left)]
            .into_iter()
            .enumerate()
        {
            let [n, f, step] = [input[axis], kernel[axis], stride[axis]];
            // Sizes of 0 and those that overflow are refused below.
            let whole = pads.and_then(|pads| pads.checked_add(n));
            let (Some(whole), true) = (whole, step > 0 && before < f) else {
                continue;
            };
            // Steps to the last window, if there is room for one.
            let Some(over) = whole
                .checked_add(step - 1)
                .and_then(|end| end.checked_sub(f))
            else {
                continue;
            };
            let starts_inside = |steps: &usize| {
                steps
                    .checked_mul(step)
                    .is_some_and(|start| start < n.saturating_add(before))
            };
            let steps = Some(over / step).filter(starts_inside);
            let steps = steps.unwrap_or((over / step).saturating_sub(1));
            let end = steps
                .checked_mul(step)
                .and_then(|start| start.checked_add(f));
            beyond[axis] = end.map_or(0, |end| end.saturating_sub(whole));
        }
        let extended = Padding {
            bottom: padding.bottom.saturating_add(beyond[0]),
            right: padding.right.saturating_add(beyond[1]),
            ..padding
        };
        for (side, pad, window) in [
            ("bottom padding", padding.bottom, kernel[0]),
            ("right padding", padding.right, kernel[1]),
        ] {
            if pad >= window {
                let less = format!("less than the window's {window}");
                return Err(Error::value(NAME, side, pad, less));
            }
        }
        let geometry = Self::new(batch, input, kernel, stride, extended)?;
        Ok(Self { beyond, ..geometry })
    }

    fn check_volumes(&self) -> Result<()> {
        let ([h, w, c], [out_h, out_w, _]) = (self.input, self.output);
        volume(NAME, "x", &[self.batch, h, w, c])?;
        volume(NAME, "y", &[self.batch, out_h, out_w, c])?;
        volume(NAME, "a window", &[self.kernel[0], self.kernel[1], c])?;
        Ok(())
    }

    /// The same pooling for another number of examples.
    ///
    /// # Panics
    ///
    /// If the arrays of so many examples cannot be addressed.
    #[must_use]
    pub fn with_batch(&self, batch: usize) -> Self {
        let geometry = Self { batch, ..*self };
        if let Err(error) = geometry.check_volumes() {
            panic!("{error}");
        }
        geometry
    }

    /// The same pooling of `height` rows of its images, `windows` rows of windows.
    pub(crate) fn of_part(&self, batch: usize, height: usize, windows: usize) -> Self {
        let [_, width, channels] = self.input;
        let [_, columns, _] = self.output;
        Self {
            batch,
            input: [height, width, channels],
            output: [windows, columns, channels],
            ..*self
        }
    }

    /// Elements of `x`: `batch height width channels`.
    #[inline(always)]
    pub fn x_len(&self) -> usize {
        self.batch * self.example_len()
    }

    /// Elements of `y`, and of the winners: `batch out_height out_width channels`.
    #[inline(always)]
    pub fn y_len(&self) -> usize {
        self.batch * self.output_len()
    }

    /// Elements of one example.
    #[inline(always)]
    pub(super) fn example_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Elements of one output.
    #[inline(always)]
    pub(super) fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// How windows lie along the height and the width.
    pub fn axes(&self) -> [Axis; 2] {
        let before = [self.padding.top, self.padding.left];
        [0, 1].map(|axis| Axis {
            n: self.input[axis],
            before: before[axis],
            kernel: self.kernel[axis],
            stride: self.stride[axis],
            dilation: 1,
            windows: self.output[axis],
        })
    }

    /// The coordinates of the image that window `window` covers on axis 0 (height) or 1 (width).
    #[inline(always)]
    pub(super) fn covered(&self, axis: usize, window: usize) -> Range<usize> {
        let before = [self.padding.top, self.padding.left][axis];
        let start = window * self.stride[axis]; // in the padded image
        let end = (start + self.kernel[axis] - before).min(self.input[axis]);
        start.saturating_sub(before)..end
    }

    /// The positions of window `window` on an axis that an average with the padding divides by.
    #[inline(always)]
    pub(super) fn counted(&self, axis: usize, window: usize) -> usize {
        if self.beyond[axis] == 0 {
            return self.kernel[axis];
        }
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        let pads = [top + bottom, left + right][axis];
        let end = self.input[axis] + pads - self.beyond[axis];
        self.kernel[axis].min(end - window * self.stride[axis])
    }

    /// The positions of the window of the output value at `place` of an example, those in the padding included.
    pub fn counted_at(&self, place: usize) -> usize {
        let [_, width, channels] = self.output;
        let (row, col) = (place / (width * channels), place / channels % width);
        self.counted(0, row) * self.counted(1, col)
    }

    /// The windows that cover `coordinate` on axis 0 (height) or 1 (width).
    #[inline(always)]
    pub(super) fn covering(&self, axis: usize, coordinate: usize) -> Range<usize> {
        let place = coordinate + [self.padding.top, self.padding.left][axis];
        let first = (place + 1).saturating_sub(self.kernel[axis]);
        let end = (place / self.stride[axis] + 1).min(self.output[axis]);
        first.div_ceil(self.stride[axis]).min(end)..end
    }

    /// The windows whose columns all lie in the image; they are neighbours.
    #[inline(always)]
    pub(super) fn whole_windows(&self) -> Range<usize> {
        let (left, stride) = (self.padding.left, self.stride[1]);
        let first = left.div_ceil(stride).min(self.output[1]);
        // The last window that ends in the image, counted from 1.
        let end = (self.input[1] + left)
            .checked_sub(self.kernel[1])
            .map_or(0, |last| last / stride + 1);
        first..end.clamp(first, self.output[1])
    }

    /// Whether no two windows share a pixel.
    pub(super) fn apart(&self) -> bool {
        [0, 1]
            .iter()
            .all(|&axis| self.stride[axis] >= self.kernel[axis] || self.output[axis] == 1)
    }

    /// How examples, or output rows, are shared out; `items` of them make up the batch.
    pub(super) fn parts(&self, items: usize) -> Parts {
        // A comparison with its bookkeeping costs some two multiply-adds.
        let window = 2u64.saturating_mul((self.kernel[0] * self.kernel[1]) as u64);
        let work = window.saturating_mul(self.y_len() as u64) / items.max(1) as u64;
        Parts::new(items, work, MAX_PARTS)
    }
}

#[cfg(test)]
mod tests;
