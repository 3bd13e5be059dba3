//! How the weights gradient reads the elements of windows: as they lie, or laid out.

use crate::aligned::LINE;
use crate::conv::ConvGeometry;
use crate::conv::method::Method;
use crate::conv::parts::blocks::{Cut, PIXELS};
use crate::conv::parts::window_sum::WindowSum;

/// Bytes of a pixel's `dy` from which its panels are laid out: at so long steps, often powers of two,
/// the lines of the cache drive one another out.
pub(in crate::conv) const LONG_STEP: usize = 256;

/// Channels from which a tap's own run fills the tiles.
const MANY_CHANNELS: usize = 24;

/// Taps from which laying out the image pays for itself.
const SOME_TAPS: usize = 4;

/// Pixels of a block of depthwise filters: each of their sums goes through all of them (`long_sum`).
const CHANNEL_PIXELS: usize = 256;

/// How the elements of a window are met.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) enum Layout {
    /// Run by run, a kernel row or a tap, in the image as it lies or laid out with its zeros.
    Runs(WindowSum),
    /// Tap by tap, in the image as it lies, over the pixels for which the tap lies in it.
    InPlace,
    /// Depthwise: vectors of channels, in the image as it lies.
    Channels(WindowSum),
}

impl Layout {
    /// The layout by which `method` meets the windows of a convolution of numbers `T`, whose forward pass sums as
    /// `window_sum` says.
    pub(in crate::conv) fn new<T>(g: &ConvGeometry, window_sum: WindowSum, method: Method) -> Self {
        if method == Method::Channels {
            return Self::Channels(window_sum);
        }
        if !Self::sees_all_taps(g, &window_sum) {
            return Self::InPlace;
        }
        let joined = g.groups == 1 && (g.dilation[1] == 1 || g.kernel[1] == 1);
        if joined && window_sum.channels < MANY_CHANNELS {
            return Self::Runs(window_sum);
        }
        if g.kernel[0] * g.kernel[1] < SOME_TAPS {
            return Self::InPlace;
        }
        // An odd number of lines from pixel to pixel: a column of pixels meets every set of the cache.
        let line = LINE / size_of::<T>();
        let lines = window_sum.channels.div_ceil(line);
        let pitch = (lines + 1 - lines % 2) * line;
        Self::Runs(WindowSum {
            pitch,
            ..window_sum
        })
    }

    /// Whether all taps are in the sum: of windows far larger than their image only some are.
    pub(in crate::conv) fn sees_all_taps(g: &ConvGeometry, window_sum: &WindowSum) -> bool {
        [0, 1].map(|axis| window_sum.lines[axis].taps) == g.kernel
    }

    /// Pixels that a block should have at most, where the steps between pixels of the image as it
    /// lies allow only few of their lines in the first-level cache at a time.
    pub(in crate::conv) fn most_pixels<T>(&self, g: &ConvGeometry) -> usize {
        let step = g.input[2] * g.stride[1] * size_of::<T>();
        match self {
            Self::InPlace if step >= 2 * LONG_STEP => 48,
            _ => usize::MAX,
        }
    }

    /// Pixels that a block should have.
    pub(in crate::conv) fn block_pixels(&self) -> usize {
        match self {
            Self::Channels(_) => CHANNEL_PIXELS,
            Self::Runs(_) | Self::InPlace => PIXELS,
        }
    }

    /// Elements of the image that are laid out for a block.
    pub(in crate::conv) fn staged(&self, cut: Cut) -> usize {
        match self {
            Self::Runs(window_sum) if in_place(window_sum) => 0,
            Self::Runs(window_sum) => window_sum.laid_out([cut.examples, cut.rows, cut.cols]),
            Self::InPlace | Self::Channels(_) => 0,
        }
    }
}

/// Whether nothing is laid out: no window leaves the image, and nothing is gained by other steps.
pub(in crate::conv) fn in_place(window_sum: &WindowSum) -> bool {
    window_sum.in_place() && window_sum.pitch == window_sum.channels
}
