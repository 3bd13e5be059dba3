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
        };
        geometry.check_volumes()?;
        Ok(geometry)
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
mod tests {
    use super::*;

    #[test]
    fn sizes_of_the_course_network() {
        // cat-CNN: 64x64x8, window 8, stride 8, same.
        let same = Padding::same([64, 64], [8, 8], [8, 8], [1, 1]).unwrap();
        let g = PoolGeometry::new(3, [64, 64, 8], [8, 8], [8, 8], same).unwrap();
        assert_eq!(g.output, [8, 8, 8]);
        assert_eq!((g.x_len(), g.y_len()), (3 * 64 * 64 * 8, 3 * 512));
        assert_eq!(g.with_batch(1).y_len(), 512);
    }

    #[test]
    fn windows_are_clipped_to_the_image() {
        let padding = Padding {
            top: 1,
            bottom: 2,
            left: 0,
            right: 2,
        };
        let g = PoolGeometry::new(1, [4, 5, 1], [3, 3], [2, 2], padding).unwrap();
        assert_eq!(g.output, [3, 3, 1]);
        assert_eq!([0, 1, 2].map(|row| g.covered(0, row)), [0..2, 1..4, 3..4]);
        assert_eq!([0, 1, 2].map(|col| g.covered(1, col)), [0..3, 2..5, 4..5]);
        let covering = [0, 1, 2, 3].map(|row| g.covering(0, row));
        assert_eq!(covering, [0..1, 0..2, 1..2, 1..3]);
        assert_eq!(g.whole_windows(), 0..2);
        assert!(!g.apart());
    }

    #[test]
    fn whole_windows_and_windows_apart_are_told() {
        let new = |width, kernel, stride, left, right| {
            let padding = Padding {
                left,
                right,
                ..Padding::VALID
            };
            PoolGeometry::new(1, [1, width, 1], [1, kernel], [1, stride], padding).unwrap()
        };
        let g = new(7, 3, 1, 2, 2);
        assert_eq!((g.output[1], g.whole_windows()), (9, 2..7));
        // A window that is larger than the image is never whole; one alone overlaps with nothing.
        let g = new(2, 5, 1, 2, 1);
        assert_eq!((g.output[1], g.whole_windows()), (1, 1..1));
        assert!(g.apart());
        assert!(new(7, 3, 3, 0, 2).apart() && new(7, 3, 4, 0, 0).apart());
        assert!(!new(7, 3, 2, 0, 0).apart());
        assert_eq!(new(7, 3, 3, 0, 2).whole_windows(), 0..2);
    }

    #[test]
    fn mistakes_are_named_with_their_numbers() {
        let new = |input, kernel: usize, stride: usize, padding| {
            PoolGeometry::new(1, input, [kernel; 2], [stride; 2], padding)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            new([6, 4, 2], 5, 1, Padding::VALID),
            "pooling: window width is 5, expected at most 4, the input's width"
        );
        assert_eq!(
            new(
                [6, 6, 2],
                2,
                1,
                Padding {
                    bottom: 2,
                    ..Padding::VALID
                }
            ),
            "pooling: bottom padding is 2, expected less than the window's 2"
        );
        assert_eq!(
            new([6, 6, 2], 2, 0, Padding::VALID),
            "pooling: stride (height) is 0, expected at least 1"
        );
        assert!(new([6, 6, 0], 2, 1, Padding::VALID).contains("input channels is 0"));
        assert!(new([6, 6, 2], 0, 1, Padding::VALID).contains("window height is 0"));
        assert!(new([1 << 16, 1 << 16, 1], 2, 2, Padding::VALID).contains("4294967295"));
    }
}
