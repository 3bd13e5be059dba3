//! All thresholds by which the method of a dense pass is chosen.
//!
//! Unless an instruction set is named, a threshold is the same for all: it was measured on AVX2, and is carried over to
//! AVX-512 and the portable set.
//!
//! # Measurements
//!
//! The limits of small layers are where a general product on a machine with two cores and AVX2 became as quick,
//! over both number types and sizes from 1 x 2 x 2 to 4000 x 2 x 2 and 128 x 64 x 64; well inside them it took 2
//! to 8 times as long. The numbers of units of wide layers are those up to which reading `x` where it lies was
//! measured to be quicker than a general product. Of the other limits no numbers are recorded.

/// Small layers: multiply-adds up to which the calling thread alone is quicker than several.
pub(super) const SMALL_WORK: u64 = 1 << 19;

/// Small products: examples from which copying any weights is worth it, and weights that are worth it for fewer.
pub(super) const SMALL_EXAMPLES: usize = 16;
pub(super) const SMALL_WEIGHTS: usize = 1 << 10;

/// Small weights gradients: the shorter side of `w` up to which tiles over the examples are quicker.
pub(super) const SMALL_SIDE: usize = 16;

/// Wide layers: the fewest features.
pub(super) const WIDE_FEATURES: usize = 256;

/// Wide layers: the most units of the weights gradient, and of the forward pass.
pub(super) const WIDE_UNITS: usize = 24;
pub(super) const WIDE_UNITS_FORWARD: usize = 4;

/// Data gradients of few examples: the most of them on sets without and with multiply-adds that take a number from memory
/// into every lane, and the fewest weights. On one thread, over sizes from 64 x 64 to 2048 x 2048 and both number
/// types, the time against that of a general product was 0.26 to 0.93 for up to 16 examples on AVX-512, 0.5 to 1.04 for
/// 32, and 0.8 to 1.4 for 64; on AVX2 0.3 to 0.9 for up to 8, and 0.5 to 1.4 for 16.
pub(super) const FEW_EXAMPLES: [usize; 2] = [8, 32];
pub(super) const FEW_WEIGHTS: usize = 1 << 12;
