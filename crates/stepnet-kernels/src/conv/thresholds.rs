//! All thresholds by which the method of a pass is chosen, for each instruction set.
//!
//! They decide *which* method runs. The sizes of the blocks that a method works in stand with the method: they
//! count elements of caches and do not choose anything.
//!
//! # Measurements
//!
//! On a machine with two cores, AVX2 and 2 MiB of second-level cache, one thread, by the cases of
//! `cargo bench -p stepnet --bench layers`: both methods on both sides of a threshold. Where only the sign of a
//! comparison is known, and not its numbers, the field says so. AVX-512 and the portable set have no
//! measurements of their own: their thresholds are carried over from AVX2.

use crate::simd::InstructionSet;

/// What decides which method runs a pass on one instruction set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thresholds {
    pub(super) winograd: Winograd,
    pub(super) winograd_weights: WinogradWeights,
    pub(super) pixels: Pixels,
    pub(super) windows: Windows,
    pub(super) winners: Winners,
}

/// Winograd's method for the forward pass and the data gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Winograd {
    /// The least `used c f / (c + f)`, where `c` are channels, `f` filters, and `used` is the share of the tiles'
    /// outputs that lies in the image. A tile saves 108 multiply-adds for each pair of a channel and a filter,
    /// and costs some hundred operations for each of either.
    pub(super) saving: f64,
    /// The least `used`.
    pub(super) used: f64,
    /// Elements of transformed filters that stay in the second-level cache (1 MiB).
    pub(super) filters: usize,
    /// Tiles of an image from which a pass over more filters than that is worth it: fewer than eight at a time
    /// lost to sums over windows.
    pub(super) tiles: usize,
}

/// Winograd's method for the weights gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WinogradWeights {
    /// The least `used c f (1 - pair_tiles / tiles) / (c + f)`. Winograd's method took half of the time of the
    /// sums over pixels, or less, on the 3x3 layers of ResNet.
    pub(super) saving: f64,
    /// The cost of a pair of a channel and a filter, in tiles.
    pub(super) pair_tiles: f64,
}

/// Pixels in the lanes of vectors. `lenet1` forward was 1.35 times as fast as with columns in the lanes on AVX2 and 1.7
/// times on AVX-512, `cat4x4` 1.07 and 1.6 times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pixels {
    /// Taps from which laying out the channels one by one pays for itself.
    pub(super) taps: usize,
    /// The most vectors for each pixel of a row: with columns in the lanes it is one.
    pub(super) vectors: [usize; 2],
    /// Bytes of filters that are spread out, each number over a vector: they stay in the first-level cache.
    pub(super) spread: usize,
}

/// Sums over windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Windows {
    /// Elements of the source under a single window that are too many to be laid out (16 MiB of `f32`).
    pub(super) laid_out: usize,
}

/// Gradients of a pooled convolution from the winners alone, in cycles, compared with those of the dense pass. The
/// weights gradient of the cat network's first layer went from 8.3 to 0.9 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Winners {
    /// Cycles of the weights gradient to list a winner.
    pub(super) list: usize,
    /// Cycles for eight elements of a window's row, as a fraction.
    pub(super) add: [usize; 2],
    /// Cycles of the data gradient for a winner, and for a row of its window.
    pub(super) spread: [usize; 2],
    /// Cycles for eight elements, as a fraction: what is added to is loaded and stored each time.
    pub(super) spread_add: [usize; 2],
    /// Elements from which a row of pooling windows is too much to stay in the cache (256 KiB of `f32`).
    pub(super) row: usize,
}

const AVX2: Thresholds = Thresholds {
    winograd: Winograd {
        saving: 6.5,
        used: 0.5,
        filters: 256 << 10,
        tiles: 8,
    },
    winograd_weights: WinogradWeights {
        saving: 5.5,
        pair_tiles: 6.0,
    },
    pixels: Pixels {
        taps: 4,
        vectors: [9, 8],
        spread: 24 << 10,
    },
    windows: Windows { laid_out: 1 << 22 },
    winners: Winners {
        list: 16,
        add: [9, 10],
        spread: [10, 2],
        spread_add: [5, 2],
        row: 1 << 16,
    },
};

/// Carried over from AVX2.
#[cfg(target_arch = "x86_64")]
const AVX512: Thresholds = AVX2;

/// Carried over from AVX2.
const PORTABLE: Thresholds = AVX2;

impl Thresholds {
    /// Those of an instruction set.
    pub(super) const fn of(set: InstructionSet) -> &'static Self {
        match set {
            InstructionSet::Portable => &PORTABLE,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2(_) => &AVX2,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512(_) => &AVX512,
        }
    }
}
