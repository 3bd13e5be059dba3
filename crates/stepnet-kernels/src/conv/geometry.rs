//! The sizes of a convolution, validated once.

use crate::error::{Error, Result};
use crate::geometry::{Axis, Padding, output_size, padded, positive, volume};

/// How a convolution's window lies and moves; pairs are (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvWindow {
    /// Taps of the window.
    pub kernel: [usize; 2],
    /// Input pixels between neighbouring windows.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: Padding,
    /// Input pixels between neighbouring taps; 1 is a dense window.
    pub dilation: [usize; 2],
}

impl Default for ConvWindow {
    /// One pixel, stride 1, no padding.
    fn default() -> Self {
        Self {
            kernel: [1, 1],
            stride: [1, 1],
            padding: Padding::VALID,
            dilation: [1, 1],
        }
    }
}

/// The sizes of a convolution that fit together. Built by [`ConvGeometry::new`] only, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ConvGeometry {
    /// Examples.
    pub batch: usize,
    /// Height, width and channels of an example.
    pub input: [usize; 3],
    /// Filters, which are the output's channels.
    pub filters: usize,
    /// Height and width of the window in taps.
    pub kernel: [usize; 2],
    /// Input pixels between neighbouring windows (height, width), at most the padded picture's.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: Padding,
    /// Input pixels between neighbouring taps (height, width), at most the padded picture's.
    pub dilation: [usize; 2],
    /// Equal parts of the channels and filters that do not see one another.
    pub groups: usize,
    /// Height, width and channels of an output.
    pub output: [usize; 3],
    /// Whether every product is summed as it is: see [`ConvGeometry::direct`].
    pub direct: bool,
}

const NAME: &str = "convolution";

impl ConvGeometry {
    /// Checks sizes and works out the output: `floor((n + pads - (f - 1) d - 1) / stride) + 1`.
    ///
    /// `input` is (height, width, channels).
    ///
    /// # Errors
    ///
    /// Any size of 0 but the batch, a window that is larger than the padded input, channels or
    /// filters that do not divide into the groups, and arrays too large to address.
    pub fn new(
        batch: usize,
        input: [usize; 3],
        filters: usize,
        window: ConvWindow,
        groups: usize,
    ) -> Result<Self> {
        let ConvWindow {
            kernel,
            stride,
            padding,
            dilation,
        } = window;
        let [height, width, channels] = input;
        positive(NAME, || "input channels".into(), channels)?;
        positive(NAME, || "filters".into(), filters)?;
        positive(NAME, || "groups".into(), groups)?;
        for (argument, number) in [("channels", channels), ("filters", filters)] {
            if number % groups != 0 {
                let multiple = format!("a multiple of the {groups} groups");
                return Err(Error::value(NAME, argument, number, multiple));
            }
        }
        let vertical = (padding.top, padding.bottom);
        let horizontal = (padding.left, padding.right);
        let steps = [[stride[0], dilation[0]], [stride[1], dilation[1]]];
        let out_h = output_size(NAME, "height", height, vertical, kernel[0], steps[0])?;
        let out_w = output_size(NAME, "width", width, horizontal, kernel[1], steps[1])?;
        let output = [out_h, out_w, filters];
        // Steps past the whole picture are not taken, whatever their length: no place may overflow.
        let whole = padded([height, width], padding);
        let within = |steps: [usize; 2]| [steps[0].min(whole[0]), steps[1].min(whole[1])];
        let geometry = Self {
            batch,
            input,
            filters,
            kernel,
            stride: within(stride),
            padding,
            dilation: within(dilation),
            groups,
            output,
            direct: false,
        };
        geometry.check_volumes()?;
        Ok(geometry)
    }

    /// Rows of `channels` values as pictures of one pixel column, for products of matrices whose
    /// sizes were checked before.
    pub(crate) fn of_rows(rows: usize, channels: usize, filters: usize) -> Self {
        Self {
            // Without rows there is no picture: windows need one.
            batch: rows.min(1),
            input: [rows, 1, channels],
            filters,
            kernel: [1, 1],
            stride: [1, 1],
            padding: Padding::VALID,
            dilation: [1, 1],
            groups: 1,
            output: [rows, 1, filters],
            direct: false,
        }
    }

    /// The layer the other way round, from the filters to the channels, where its weights' gradient is the
    /// quicker one, turned: of 1x1 windows with more channels than filters. Its panels, which are laid out
    /// once for all of the other side, are of the side with more.
    pub(super) fn turned(&self) -> Option<Self> {
        let product = self.kernel == [1, 1]
            && self.stride == [1, 1]
            && self.groups == 1
            && self.output[..2] == self.input[..2]
            && self.padding.is_zero();
        let rows = self.batch * self.output[0] * self.output[1];
        let turned = Self::of_rows(rows, self.filters, self.input[2]);
        (product && self.input[2] > self.filters).then_some(turned)
    }

    /// No product of sizes that a pass forms may overflow, the scratch memory's included.
    fn check_volumes(&self) -> Result<()> {
        let [h, w, c] = self.input;
        let [out_h, out_w, _] = self.output;
        let group_channels = c / self.groups;
        let weights = [self.kernel[0], self.kernel[1], group_channels, self.filters];
        volume(NAME, "x", &[self.batch, h, w, c])?;
        volume(NAME, "y", &[self.batch, out_h, out_w, self.filters])?;
        volume(NAME, "w", &weights)?;
        // Packed filters, sums of parts and rows of windows are a small multiple of these.
        volume(
            NAME,
            "the scratch",
            &[64, weights[0], weights[1], c + 16, self.filters + 16],
        )?;
        volume(
            NAME,
            "the scratch",
            &[64, weights[0] + h, weights[1] + w, c],
        )?;
        Ok(())
    }

    /// The same convolution for another number of examples.
    ///
    /// # Panics
    ///
    /// If the arrays of `batch` examples cannot be addressed.
    #[must_use]
    pub fn with_batch(&self, batch: usize) -> Self {
        let geometry = Self { batch, ..*self };
        if let Err(error) = geometry.check_volumes() {
            panic!("{error}");
        }
        geometry
    }

    /// The same convolution by the direct method alone: never by Winograd's ([`super::winograd`]), so
    /// that its results are rounded as plain sums are. Slower where the other would have been chosen.
    #[must_use]
    pub fn direct(self) -> Self {
        Self {
            direct: true,
            ..self
        }
    }

    /// Elements of `w`: `f_H f_W (channels / groups) filters`.
    pub fn weights_len(&self) -> usize {
        self.patch_len() * self.filters
    }

    /// Elements of `x`: `batch height width channels`.
    pub fn x_len(&self) -> usize {
        self.batch * self.input.iter().product::<usize>()
    }

    /// Elements of `y`: `batch out_height out_width filters`.
    pub fn y_len(&self) -> usize {
        self.pixels() * self.filters
    }

    /// Multiply-adds of one pass, positions in the padding included.
    pub fn multiply_adds(&self) -> u64 {
        (self.y_len() as u64).saturating_mul(self.patch_len() as u64)
    }

    /// How windows lie along the height and the width.
    pub fn axes(&self) -> [Axis; 2] {
        let before = [self.padding.top, self.padding.left];
        [0, 1].map(|axis| Axis {
            n: self.input[axis],
            before: before[axis],
            kernel: self.kernel[axis],
            stride: self.stride[axis],
            dilation: self.dilation[axis],
            windows: self.output[axis],
        })
    }

    /// Output pixels of the batch.
    pub(super) fn pixels(&self) -> usize {
        self.batch * self.pixels_per_example()
    }

    /// Output pixels of an example.
    pub(super) fn pixels_per_example(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Elements of a window in one group: `f_H f_W (channels / groups)`.
    pub(super) fn patch_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.group_channels()
    }

    /// Channels that a filter sees.
    pub fn group_channels(&self) -> usize {
        self.input[2] / self.groups
    }

    /// Filters of one group.
    pub fn group_filters(&self) -> usize {
        self.filters / self.groups
    }

    /// Whether every filter sees one channel, that of its own number.
    pub(super) fn is_channelwise(&self) -> bool {
        self.groups > 1 && self.group_channels() == 1 && self.group_filters() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(
        input: [usize; 3],
        filters: usize,
        kernel: usize,
        groups: usize,
    ) -> Result<ConvGeometry> {
        let window = ConvWindow {
            kernel: [kernel; 2],
            ..ConvWindow::default()
        };
        ConvGeometry::new(2, input, filters, window, groups)
    }

    #[test]
    fn sizes_of_the_course_example() {
        // The notebook's conv_forward: (10, 5, 7, 4), 8 filters of 3x3, stride 2, pad 1.
        let window = ConvWindow {
            kernel: [3, 3],
            stride: [2, 2],
            padding: Padding::even(1),
            dilation: [1, 1],
        };
        let g = ConvGeometry::new(10, [5, 7, 4], 8, window, 1).unwrap();
        assert_eq!(g.output, [3, 4, 8]);
        assert_eq!((g.x_len(), g.y_len(), g.weights_len()), (1400, 960, 288));
        assert_eq!(g.multiply_adds(), 960 * 36);
        assert_eq!(g.with_batch(0).x_len(), 0);
        assert_eq!(g.with_batch(3).y_len(), 288);
    }

    #[test]
    fn mistakes_are_named_with_their_numbers() {
        let cases = [
            (
                new([5, 5, 6], 8, 3, 4),
                "convolution: channels is 6, expected a multiple of the 4 groups",
            ),
            (
                new([5, 5, 8], 6, 3, 4),
                "convolution: filters is 6, expected a multiple of the 4 groups",
            ),
            (
                new([5, 5, 8], 0, 3, 4),
                "convolution: filters is 0, expected at least 1",
            ),
            (
                new([5, 5, 0], 6, 3, 4),
                "convolution: input channels is 0, expected at least 1",
            ),
            (
                new([5, 5, 8], 6, 3, 0),
                "convolution: groups is 0, expected at least 1",
            ),
            (
                new([9, 5, 8], 8, 6, 1),
                "convolution: window width is 6, expected at most 5, the input's width",
            ),
        ];
        for (result, words) in cases {
            assert_eq!(result.unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn products_that_overflow_are_errors_even_for_an_empty_batch() {
        let huge = usize::MAX / 8;
        assert!(new([huge, 8, 2], 1, 1, 1).is_err());
        assert!(new([4, 4, 1], huge, 2, 1).is_err());
        let window = ConvWindow {
            kernel: [1 << 30, 1 << 30],
            padding: Padding::even(1 << 30),
            ..ConvWindow::default()
        };
        assert!(ConvGeometry::new(0, [4, 4, 1], 1, window, 1).is_err());
    }
}
