//! All thresholds by which the method of a pass is chosen, for each instruction set.
//!
//! They decide *which* method runs. The sizes of the blocks that a method works in stand with the method: they
//! count elements of caches and do not choose anything.
//!
//! # Measurements
//!
//! On a machine with two cores, AVX2 and 2 MiB of second-level cache, one thread, by the cases of
//! `cargo bench -p stepnet --bench layers`: both methods on both sides of a threshold. Where only the sign of a
//! comparison is known, and not its numbers, the field says so. The thresholds of Winograd's method on AVX-512 and the
//! portable set were measured on two cores of an AMD EPYC of the Zen 4 kind, one thread, by the same cases over other
//! layers of 3x3, with filters as they are in training, not packed before: see the constants. What they do not name is
//! carried over from AVX2.
//!
//! On AVX-512 few channels or filters, fewer than fill a vector, are computed on AVX2, by its thresholds.

use crate::simd::InstructionSet;

/// The thresholds that decide which method runs a pass on one instruction set.
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
    /// Where there are more elements of transformed filters than the first number, the fewest tiles of an image from which
    /// reading them pays for itself.
    pub(super) filters: [ManyFilters; 2],
}

/// The fewest tiles of an image for transformed filters of more elements than a cache holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ManyFilters {
    pub(super) elements: usize,
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
        // The second-level cache (1 MiB): fewer than eight tiles at a time lost to sums over windows.
        filters: [ManyFilters {
            elements: 256 << 10,
            tiles: 8,
        }; 2],
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

/// Four tiles of an image are enough for up to 256 channels and filters, 9 MiB of transformed filters. The time of sums
/// over windows against Winograd's method, forward, for 256 channels and filters (512 in brackets, which need eight):
///
/// | image | batch 1 | 2 | 8 | 32 |
/// | --- | --- | --- | --- | --- |
/// | 8x8, AVX-512 | 1.23 (0.47) | 1.63 (0.71) | 2.66 (1.42) | 3.02 |
/// | 6x6, AVX-512 | 0.77 (0.34) | 1.02 (0.52) | 1.62 (0.85) | 1.82 |
/// | 4x4, AVX-512, one tile | 0.45 (0.16) | 0.70 (0.25) | 1.72 (0.76) | 2.74 |
/// | 8x8, portable | 1.58 (0.72) | 2.20 (1.16) | 2.81 (2.24) | 3.12 |
/// | 6x6, portable | 0.82 (0.49) | 1.16 (0.69) | 1.56 (1.19) | 1.96 |
const FILTERS: [ManyFilters; 2] = [
    ManyFilters {
        elements: 256 << 10,
        tiles: 4,
    },
    ManyFilters {
        elements: 2304 << 10,
        tiles: 8,
    },
];

/// For 16 channels and filters, on images of 14x14, 10x10, 9x9, 7x7 and 6x6, whose saving is 6.1, 5.6, 4.5, 6.1 and 4.5,
/// sums over windows took 1.98, 1.47, 1.28, 1.63 and 1.23 times as long forward, 1.80, 1.46, 1.30, 1.63 and 1.20 times for
/// the data gradient, and for the weights gradient 1.34 times (10x10, 5.3) and 1.11 (9x9, 4.3); where the saving is 3.1
/// and less, 1.06 times or less.
#[cfg(target_arch = "x86_64")]
const AVX512: Thresholds = Thresholds {
    winograd: Winograd {
        saving: 4.0,
        filters: FILTERS,
        ..AVX2.winograd
    },
    winograd_weights: WinogradWeights {
        saving: 4.5,
        ..AVX2.winograd_weights
    },
    ..AVX2
};

/// Over 27 pairs of 2 to 64 channels and filters on images of 32x32, 12x12 and 7x7, the time of the quicker one of the
/// other methods against Winograd's was 1.06 to 2.1 where the saving is 2.4 to 6.5, and 0.67 to 1.34 below. For the weights
/// gradient it was 1.09 to 2.7 where the saving is 2.9 to 6.5.
const PORTABLE: Thresholds = Thresholds {
    winograd: Winograd {
        saving: 2.4,
        filters: FILTERS,
        ..AVX2.winograd
    },
    winograd_weights: WinogradWeights {
        saving: 2.9,
        ..AVX2.winograd_weights
    },
    ..AVX2
};

impl Thresholds {
    /// Those of an instruction set.
    pub(super) const fn of(set: InstructionSet) -> &'static Self {
        match set {
            InstructionSet::Portable => &PORTABLE,
            // Another method would have other bits.
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            InstructionSet::Simd128(_) => &PORTABLE,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2(_) => &AVX2,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512(_) => &AVX512,
        }
    }
}
