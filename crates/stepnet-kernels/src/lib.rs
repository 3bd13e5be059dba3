//! The operations at the speed of the hardware, on plain slices.
//!
//! | operation | passes |
//! | --- | --- |
//! | [`conv`] | `forward`, `backward_data`, `backward_weights` |
//! | [`pool`] | `max_forward`, `max_backward`, `max_backward_all`, `average_forward`, `average_backward`; [`pool::adaptive`] |
//! | [`dense`] | `forward`, `backward_data`, `backward_weights` |
//! | [`relu`], [`softmax`]; [`pointwise`], with the function as an argument, such as [`sigmoid`] and [`tanh`] | `forward`, `backward` |
//! | [`prelu`] | `forward`, `backward`, with the slopes' gradients |
//! | [`norm`] | batch, layer and group normalisation: statistics, `forward`, `backward` |
//! | [`pad`], [`upsample`], [`lrn`] | `forward`, `backward` |
//! | [`transpose`] | a transposed copy of a matrix |
//! | [`join`] | sums of arrays, channels one after the other |
//! | [`scale`] | products with factors of channels: `forward`, `backward_factors` |
//! | [`shuffle`] | channels of groups in turns |
//! | [`loss`] | a value and a gradient for each loss, fused with its activation |
//! | [`update`] | one optimiser step over the parameters of a layer; a moving average of them |
//! | [`clip`] | the sum of squares of gradients; gradients scaled, or brought into a range |
//!
//! # Conventions
//!
//! - Volumes are row-major NHWC, `(batch, height, width, channels)`. Filters are HWIO,
//!   `(f_H, f_W, channels / groups, filters)`; group `i` owns the `i`-th equal part of the channels
//!   and of the filters. Dense arrays are `(batch, features)`, dense weights `(out, in)`.
//! - `x, w, b, y` are input, weights, bias and output; `dx, dw, db, dy` the gradients of the loss
//!   with respect to them. Every output is *written*: what it held before does not matter. The only
//!   arrays that are changed in place are the parameters and the state in [`update`], and gradients in
//!   [`clip`].
//! - Sizes are validated once, by the `new` of a geometry ([`ConvGeometry`], [`PoolGeometry`],
//!   [`DenseGeometry`]), which answers with an error. After that a slice of the wrong length is a
//!   fault of the caller's code, and a pass panics with both lengths.
//! - Working memory comes from the caller: `scratch` has at least the length that the function
//!   `..._scratch` of the same pass returns, and may hold anything.
//! - Results are bitwise the same for any number of threads: work is cut into pieces by the
//!   geometry alone, and sums over pieces are taken in a fixed order. Work runs on rayon's current
//!   pool; small problems stay on the calling thread.
//! - Kernels are compiled for several instruction sets and take the best that the processor has when
//!   they run (`simd`), or what `STEPNET_ISA` names; another set may round sums and products differently.
//! - `exp`, `tanh`, the sigmoid and the logarithm of the sigmoid's loss are within 2 units of the last
//!   place of the exact value (`elementary`).
//! - NaN is never swallowed: it passes through ReLU and max pooling like any other value.
//!
//! [`peak`] measures the multiply-add speed that all of this is held against.
//!
//! Each heavy operation has a `reference` module: the naive loops for the whole geometry, against
//! which the fast passes are tested.

use stepnet_base::{Element, error, memory, threads};

mod aligned;
pub mod clip;
pub mod conv;
mod decision;
pub mod dense;
pub(crate) mod elementary;
mod elementwise;
mod geometry;
pub mod join;
#[doc(hidden)]
pub mod long_sum;
pub mod loss;
pub mod lrn;
#[cfg(test)]
mod miri_tests;
pub mod norm;
pub mod pad;
#[doc(hidden)]
pub mod parallel;
mod peak;
pub mod pointwise;
pub mod pool;
pub mod prelu;
mod real;
pub mod relu;
pub mod scale;
pub mod shuffle;
pub mod sigmoid;
pub(crate) mod simd;
pub mod softmax;
pub mod tanh;
#[doc(hidden)]
pub mod testing;
mod transpose;
pub mod update;
pub mod upsample;
mod work;

pub use aligned::AlignedVec;
pub use conv::{ConvGeometry, ConvWindow};
pub use decision::{Pass, PassPlan, Reason, Relation, Verdict};
pub use dense::DenseGeometry;
#[doc(hidden)]
pub use geometry::greatest_common_divisor;
pub use geometry::{Axis, Padding, output_size};
pub use norm::NormGeometry;
pub use pad::{PadGeometry, PadMode};
pub use peak::{instruction_set, peak};
pub use pool::PoolGeometry;
pub use real::Real;
pub use simd::{request_instruction_set, requested_instruction_set};
pub use transpose::transpose;

/// Panics, with both lengths, unless `slice` is as long as the geometry says.
#[track_caller]
fn assert_len<T>(operation: &str, argument: &str, slice: &[T], expected: usize) {
    assert!(
        slice.len() == expected,
        "{operation}: {argument} holds {} values, expected {expected}",
        slice.len()
    );
}

/// Panics, with both lengths, unless `scratch` is at least as long as the pass needs.
#[track_caller]
fn assert_scratch<T>(operation: &str, scratch: &[T], needed: usize) {
    assert!(
        scratch.len() >= needed,
        "{operation}: scratch holds {} values, at least {needed} are needed",
        scratch.len()
    );
}
