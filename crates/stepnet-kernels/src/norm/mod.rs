//! Normalisation: to mean 0 and variance 1, then scaled and moved by what is learnt.
//!
//! ```text
//! y = gamma (x - mean) / sqrt(variance + epsilon) + beta
//! ```
//!
//! [`batch`] takes mean and variance of each channel over all rows of a batch (its pixels, or its
//! vectors), [`layer`] those of each row over its channels, [`group`] those of an example's groups of channels over all its
//! pixels. `gamma` and `beta` have a number for each channel in all.

mod arguments;
pub mod batch;
mod columns;
mod geometry;
pub mod group;
pub mod layer;
#[doc(hidden)]
pub mod reference;
#[cfg(test)]
mod tests;

use crate::Real;
pub use arguments::Affine;
pub use geometry::NormGeometry;

/// Mean and variance, taken again where the variance is no more than what rounding of the mean makes of equal values:
/// these have their value as mean, and no variance.
#[inline(always)]
fn settled<'a, T: Real>(
    [mean, variance]: [T; 2],
    values: impl ExactSizeIterator<Item = &'a T> + Clone,
) -> [T; 2] {
    // A mean is a few roundings from exact: blocks are short.
    let rounding = mean * T::epsilon() * T::from_f64(32.0);
    if variance.is_zero() || variance.is_nan() || variance > rounding * rounding {
        return [mean, variance];
    }
    let count = values.len() as f64;
    let apart = |mean: T| values.clone().map(move |&value| (value - mean).as_f64());
    let mean = mean + T::from_f64(apart(mean).sum::<f64>() / count);
    let squares: f64 = apart(mean).map(|apart| apart * apart).sum();
    [mean, T::from_f64(squares / count)]
}
