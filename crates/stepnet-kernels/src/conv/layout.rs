//! How the gradient by filters meets the elements of windows: as they lie, or laid out.

use super::ConvGeometry;
use super::blocks::{Cut, PIXELS};
use super::method::Method;
use super::sweep::Sweep;
use crate::aligned::LINE;

/// Bytes of a pixel's `dy` from which its panels are laid out: at so long steps, often powers of two,
/// the lines of the cache drive one another out.
pub(super) const LONG_STEP: usize = 256;

/// Channels from which a tap's own run fills the tiles.
const MANY_CHANNELS: usize = 24;

/// Taps from which laying out the image pays for itself.
const SOME_TAPS: usize = 4;

/// Pixels of a block of depthwise filters: each of their sums goes through all of them (`long_sum`).
const CHANNEL_PIXELS: usize = 256;

/// How the elements of a window are met.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// Run by run, a kernel row or a tap, in the image as it lies or laid out with its zeros.
    Runs(Sweep),
    /// Tap by tap, in the image as it lies, over the pixels for which the tap lies in it.
    InPlace,
    /// Depthwise: vectors of channels, in the image as it lies.
    Channels(Sweep),
}

impl Layout {
    /// The layout by which `method` meets the windows of a convolution of numbers `T`, whose forward pass sums as
    /// `sweep` says.
    pub(super) fn new<T>(g: &ConvGeometry, sweep: Sweep, method: Method) -> Self {
        if method == Method::Channels {
            return Self::Channels(sweep);
        }
        if !Self::sees_all_taps(g, &sweep) {
            return Self::InPlace;
        }
        let joined = g.groups == 1 && (g.dilation[1] == 1 || g.kernel[1] == 1);
        if joined && sweep.channels < MANY_CHANNELS {
            return Self::Runs(sweep);
        }
        if g.kernel[0] * g.kernel[1] < SOME_TAPS {
            return Self::InPlace;
        }
        // An odd number of lines from pixel to pixel: a column of pixels meets every set of the cache.
        let line = LINE / size_of::<T>();
        let lines = sweep.channels.div_ceil(line);
        let pitch = (lines + 1 - lines % 2) * line;
        Self::Runs(Sweep { pitch, ..sweep })
    }

    /// Whether all taps are in the sweep: of windows far larger than their image only some are.
    pub(super) fn sees_all_taps(g: &ConvGeometry, sweep: &Sweep) -> bool {
        [0, 1].map(|axis| sweep.lines[axis].taps) == g.kernel
    }

    /// Pixels that a block should have at most, where the steps between pixels of the image as it
    /// lies let only so many of their lines be in the first-level cache together.
    pub(super) fn most_pixels<T>(&self, g: &ConvGeometry) -> usize {
        let step = g.input[2] * g.stride[1] * size_of::<T>();
        match self {
            Self::InPlace if step >= 2 * LONG_STEP => 48,
            _ => usize::MAX,
        }
    }

    /// Pixels that a block should have.
    pub(super) fn block_pixels(&self) -> usize {
        match self {
            Self::Channels(_) => CHANNEL_PIXELS,
            Self::Runs(_) | Self::InPlace => PIXELS,
        }
    }

    /// Elements of the image that are laid out for a block.
    pub(super) fn staged(&self, cut: Cut) -> usize {
        match self {
            Self::Runs(sweep) if in_place(sweep) => 0,
            Self::Runs(sweep) => sweep.laid_out([cut.examples, cut.rows, cut.cols]),
            Self::InPlace | Self::Channels(_) => 0,
        }
    }
}

/// Whether nothing is laid out: no window leaves the image, and nothing is gained by other steps.
pub(super) fn in_place(sweep: &Sweep) -> bool {
    sweep.in_place() && sweep.pitch == sweep.channels
}
