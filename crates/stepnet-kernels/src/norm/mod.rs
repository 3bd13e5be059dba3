//! Normalisation: to mean 0 and variance 1, then scaled and moved by what is learnt.
//!
//! ```text
//! y = gamma (x - mean) / sqrt(variance + epsilon) + beta
//! ```
//!
//! [`batch`] takes mean and variance of each channel over all rows of a batch (its pixels, or its
//! vectors), [`layer`] those of each row over its channels. `gamma` and `beta` have a number for
//! each channel in both.

pub mod batch;
mod columns;
mod geometry;
pub mod layer;
pub mod reference;
#[cfg(test)]
mod tests;

pub use geometry::NormGeometry;

/// What a normalisation learns: a factor and a summand for each channel.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a, T> {
    /// The factors.
    pub gamma: &'a [T],
    /// The summands.
    pub beta: &'a [T],
}
